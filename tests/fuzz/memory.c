// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * What a program does to its address space, and touching what is there. None of
 * these calls may leave the slots: the process lives outside of them.
 */
#include <sys/uio.h>

#include "fuzz.h"

/* Mostly a file of ours, whole slots of it. */
void call_map(struct caller *c)
{
	int prot = PICK(c, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE,
			PROT_READ | PROT_WRITE, PROT_READ, PROT_WRITE,
			PROT_NONE, PROT_READ | PROT_EXEC);
	int flags = PICK(c, MAP_SHARED, MAP_SHARED, MAP_SHARED, MAP_SHARED,
			 MAP_PRIVATE, MAP_SHARED | MAP_POPULATE,
			 MAP_SHARED_VALIDATE | MAP_SYNC);
	int fd = any_file(c);
	off_t offset = 0;
	size_t n;
	void *va = any_pages(c, &n);

	if (one_in(&c->rng, 3)) {
		flags = MAP_PRIVATE | MAP_ANONYMOUS;
		fd = -1;
	}
	if (one_in(&c->rng, 12))
		offset = below(&c->rng, SLOT_PAGES) * PAGE;
	mmap(va, n * PAGE, prot, flags | MAP_FIXED, fd, offset);
}

void call_unmap(struct caller *c)
{
	size_t n;
	void *va = any_pages(c, &n);

	munmap(va, n * PAGE);
}

void call_move(struct caller *c)
{
	size_t n, m;
	void *from = any_pages(c, &n), *to = any_pages(c, &m);

	switch (below(&c->rng, 4)) {
	case 0: /* in place */
		mremap(from, n * PAGE, (n < m ? n : m) * PAGE, 0);
		break;
	case 1:
		m = n < m ? n : m;
		mremap(from, m * PAGE, m * PAGE,
		       MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to);
		break;
	case 2: /* once more, as shared mappings can be */
		mremap(from, 0, m * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
		break;
	default:
		mremap(from, n * PAGE, m * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		       to);
	}
}

void call_protect(struct caller *c)
{
	int prot = PICK(c, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE,
			PROT_READ, PROT_NONE, PROT_WRITE,
			PROT_READ | PROT_EXEC);
	size_t n;
	void *va = any_pages(c, &n);

	mprotect(va, n * PAGE, prot);
}

void call_advise(struct caller *c)
{
	int what = PICK(c, MADV_NORMAL, MADV_RANDOM, MADV_WILLNEED,
			MADV_DONTNEED, MADV_FREE, MADV_REMOVE, MADV_DONTFORK,
			MADV_DOFORK, MADV_MERGEABLE, MADV_UNMERGEABLE,
			MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DONTDUMP,
			MADV_DODUMP, MADV_WIPEONFORK, MADV_KEEPONFORK,
			MADV_COLD, MADV_PAGEOUT, MADV_POPULATE_READ,
			MADV_POPULATE_WRITE);
	size_t n;
	void *va = any_pages(c, &n);

	switch (below(&c->rng, 8)) {
	case 0:
		msync(va, n * PAGE, MS_SYNC);
		break;
	case 1:
		mlock2(va, n * PAGE, one_in(&c->rng, 2) ? MLOCK_ONFAULT : 0);
		break;
	case 2:
		munlock(va, n * PAGE);
		break;
	default:
		madvise(va, n * PAGE, what);
	}
}

void call_touch(struct caller *c)
{
	unsigned char byte = below(&c->rng, 256), *page;
	bool writes = one_in(&c->rng, 2);
	size_t n, i;

	page = any_pages(c, &n);
	for (i = 0; i < n; i++, page += PAGE)
		if (writes)
			try_copy(page + below(&c->rng, PAGE), &byte, 1);
		else
			try_copy(&byte, page + below(&c->rng, PAGE), 1);
}

/* By the kernel: what would pin the page, or copies from there to there. */
void call_pin(struct caller *c)
{
	size_t n, m;
	struct iovec from = { any_pages(c, &n), 0 };
	struct iovec to = { any_pages(c, &m), 0 };

	to.iov_len = from.iov_len = (n < m ? n : m) * PAGE;
	switch (below(&c->rng, 4)) {
	case 0:
		process_vm_readv(getpid(), &to, 1, &from, 1, 0);
		break;
	case 1:
		process_vm_writev(getpid(), &from, 1, &to, 1, 0);
		break;
	case 2:
		(void)!pwrite(world.memfd, from.iov_base, from.iov_len, 0);
		break;
	default:
		(void)!pread(world.memfd, to.iov_base, to.iov_len, 0);
	}
}
