// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What a program does to its address space, and accesses to it. None of these
 * calls may leave the slots, as the process itself lives outside of them.
 */
#include <sys/uio.h>

#include "fuzz.h"

/* Usually whole slots of one of our files. */
void call_map(struct caller *c)
{
	int prot = PICK(c, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE,
			PROT_READ | PROT_WRITE, PROT_READ, PROT_WRITE,
			PROT_NONE, PROT_READ | PROT_EXEC);
	int flags = PICK(c, MAP_SHARED, MAP_SHARED, MAP_SHARED, MAP_SHARED,
			 MAP_PRIVATE, MAP_SHARED | MAP_POPULATE,
			 MAP_SHARED_VALIDATE | MAP_SYNC);
	unsigned int file = below(&c->rng, FILES);
	struct pages p = any_pages(c);
	int fd = one_in(&c->rng, 24) ? any_file(c) : world.file[file];
	off_t offset = 0;
	void *va;

	if (one_in(&c->rng, 6)) {
		flags = MAP_PRIVATE | MAP_ANONYMOUS;
		fd = -1;
	}
	if (one_in(&c->rng, 24)) {
		flags = MAP_SHARED;
		fd = world.memory;
	}
	if (one_in(&c->rng, 12))
		offset = below(&c->rng, SLOT_PAGES) * PAGE;
	va = mmap(p.va, p.n * PAGE, prot, flags | MAP_FIXED, fd, offset);
	if (va == p.va && fd == world.file[file])
		world.slot[p.slot] =
			(struct slot){ file, p.first, p.n, NO_DOMAIN };
}

void call_unmap(struct caller *c)
{
	struct pages p = any_pages(c);

	munmap(p.va, p.n * PAGE);
}

void call_move(struct caller *c)
{
	struct pages from = any_pages(c), to = any_pages(c);
	size_t n = from.n < to.n ? from.n : to.n;
	size_t rest = slot_room(to.slot) - to.first;
	void *va;

	switch (below(&c->rng, 5)) {
	case 0: /* in place */
		mremap(from.va, from.n * PAGE, n * PAGE, 0);
		return;
	case 1:
		va = mremap(from.va, n * PAGE, n * PAGE,
			    MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
			    to.va);
		break;
	case 2: /* a second mapping, as is possible for shared ones */
		va = mremap(from.va, 0, n * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			    to.va);
		break;
	case 3: /* another size */
		va = mremap(from.va, from.n * PAGE, to.n * PAGE,
			    MREMAP_MAYMOVE | MREMAP_FIXED, to.va);
		n = to.n;
		break;
	default: /* as large as before, if there is room */
		n = from.n < rest ? from.n : rest;
		va = mremap(from.va, from.n * PAGE, n * PAGE,
			    MREMAP_MAYMOVE | MREMAP_FIXED, to.va);
	}
	if (va == MAP_FAILED)
		return;
	world.slot[to.slot] = world.slot[from.slot];
	world.slot[to.slot].first = to.first;
	world.slot[to.slot].n = n;
}

void call_protect(struct caller *c)
{
	int prot = PICK(c, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE,
			PROT_READ, PROT_NONE, PROT_WRITE,
			PROT_READ | PROT_EXEC);
	struct pages p = any_pages(c);

	mprotect(p.va, p.n * PAGE, prot);
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
	struct pages p = any_pages(c);
	void *va = p.va;
	size_t n = p.n;

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
	struct pages p = any_pages(c);
	size_t i;

	page = p.va;
	for (i = 0; i < p.n; i++, page += PAGE)
		if (writes)
			try_copy(page + below(&c->rng, PAGE), &byte, 1);
		else
			try_copy(&byte, page + below(&c->rng, PAGE), 1);
}

/*
 * The kernel accesses the pages: system calls that would pin them, or that copy
 * between them.
 */
void call_pin(struct caller *c)
{
	struct pages p = any_pages(c), q = any_pages(c);
	size_t len = (p.n < q.n ? p.n : q.n) * PAGE;
	struct iovec from = { p.va, len }, to = { q.va, len };

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
