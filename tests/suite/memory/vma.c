// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Areas of memory files that are moved, split, locked, pinned or advised upon, and
 * their end. The rules are those of areas of the device (vma/, xsa.c); an area of a
 * memory file is populated by accesses alone, so a call that must not populate it
 * leaves all of its pages lazy.
 */
#include <linux/userfaultfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "memory/memory.h"

#define N  8
#define RW (PROT_READ | PROT_WRITE)

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef SYS_mseal
#define SYS_mseal 462
#endif

/* Nothing has populated the area. */
static void is_lazy(const struct area *a)
{
	memory_has(a->fd, 0, a->n, 0);
	check_eq(frames_in_state(a, PRIVCMD_X_LAZY), a->n);
}

TAP_CASE(memory_mremap, .rows = "B1")
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0), i;
	struct area a = memory_area(file, 1, N - 2), b = area_new(file, N);

	around("1");
	check_eq(touch(page_at(&a, 2)), 0);
	for (i = 0; i < 3; i++) {
		unsigned char *va = aside(a.n), *old = a.va;

		must(mremap(a.va, a.n * PAGE, a.n * PAGE,
			    MREMAP_MAYMOVE | MREMAP_FIXED, va) == va);
		a.va = va;
		check_eq(touch(old), SIGSEGV);
		check_eq(state_at(&a, 2), PRIVCMD_X_RW);
		check_eq(touch(page_at(&a, 2 + i)), 0);
	}
	memory_has(file, 3, N - 2 - 3 + N, 0);
	memory_shows(&a, d, 1);
	page_fill(page_at(&a, 3), 4);
	check(page_has(page_at(&b, 4), 4));
	check_eq(munmap(b.va, N * PAGE), 0);
	area_done(&a);
	memory_end(d);
}

/* What would enlarge, shorten, split or double the area. */
TAP_CASE(memory_mremap_refused, .rows = "A61 B1")
{
	static const struct {
		size_t first, from, to;
		int flags;
	} move[] = {
		{ 0, N, N + 1, MREMAP_MAYMOVE },
		{ 0, N, N + 1, 0 },
		{ 0, N, 2 * N, MREMAP_MAYMOVE | MREMAP_FIXED },
		{ 0, N, N - 2, 0 },
		{ 0, N, N - 2, MREMAP_MAYMOVE | MREMAP_FIXED },
		{ 0, 2, 2, MREMAP_MAYMOVE | MREMAP_FIXED },
		{ 2, N - 2, N - 2, MREMAP_MAYMOVE | MREMAP_FIXED },
		{ 3, 1, 1, MREMAP_MAYMOVE | MREMAP_FIXED },
		{ 0, 0, N, MREMAP_MAYMOVE },
		{ 0, 0, N, MREMAP_MAYMOVE | MREMAP_FIXED },
		{ 0, N, N, MREMAP_MAYMOVE | MREMAP_DONTUNMAP },
	};
	struct domain *d = memory_full(3 * N);
	int file = memory_of(d, 0, 3 * N,
			     0); /* the file is larger than the area */
	struct area a = memory_area(file, 1, N);
	void *to = aside(2 * N);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(move); i++)
		if (!check(mremap(page_at(&a, move[i].first),
				  move[i].from * PAGE, move[i].to * PAGE,
				  move[i].flags, to) == MAP_FAILED))
			tap_note("row %zu", i);
	is_lazy(&a);
	memory_shows(&a, d, 1);
	area_done(&a);
	memory_end(d);
}

/* Every call that would split the area is refused. */
TAP_CASE(memory_split_refused, .rows = "A19 A54")
{
	static const struct {
		size_t first, n;
	} part[] = {
		{ 0, 1 }, { 0, N - 1 }, { N - 1, 1 }, { 1, N - 1 }, { 2, 3 },
	};
	static const unsigned long node = 1;
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0);
	struct area a = area_new(file, N);
	size_t i;
	void *p;

	for (i = 0; i < ARRAY_SIZE(part); i++) {
		void *va = page_at(&a, part[i].first);
		size_t len = part[i].n * PAGE;

		check_errno(munmap(va, len), EINVAL);
		check_errno(mprotect(va, len, PROT_READ), EINVAL);
		check_errno(mprotect(va, len, PROT_NONE), EINVAL);
		check_errno(madvise(va, len, MADV_SEQUENTIAL), EINVAL);
		check_errno(madvise(va, len, MADV_RANDOM), EINVAL);
		/* Linux 6.1 says ENOMEM. */
		p = mmap(va, len, RW, MAP_SHARED | MAP_FIXED, file, 0);
		check(p == MAP_FAILED && (errno == ENOMEM || errno == EINVAL));
		/* Older kernels have no mseal(), some have no NUMA. */
		check_eq(syscall(SYS_mbind, va, len, 2 /* bind */, &node,
				 8 * sizeof(node), 0),
			 -1);
		check_eq(syscall(SYS_mseal, va, len, 0), -1);
		mlock(va, len);
		munlock(va, len);
	}
	is_lazy(&a);
	memory_shows(&a, d, 0);
	area_done(&a);
	memory_end(d);
}

/*
 * Advice for the whole area, also what QEMU, DPDK and other programs give. It has no
 * effect on the frames.
 */
TAP_CASE(memory_madvise)
{
	static const struct {
		int advice, err; /* -1: depends on the kernel */
	} advice[] = {
		{ MADV_DONTDUMP, 0 },	     { MADV_DODUMP, EINVAL },
		{ MADV_DONTFORK, 0 },	     { MADV_DOFORK, EINVAL },
		{ MADV_HUGEPAGE, -1 },	     { MADV_NOHUGEPAGE, -1 },
		{ MADV_DONTNEED, EINVAL },   { MADV_FREE, EINVAL },
		{ MADV_COLD, EINVAL },	     { MADV_PAGEOUT, EINVAL },
		{ MADV_REMOVE, EOPNOTSUPP }, { MADV_WILLNEED, 0 },
		{ MADV_MERGEABLE, -1 },	     { MADV_NORMAL, 0 },
		{ MADV_SEQUENTIAL, 0 },	     { MADV_RANDOM, 0 },
		{ MADV_NORMAL, 0 },	     { MADV_POPULATE_READ, EINVAL },
		{ MADV_COLLAPSE, EINVAL },   { MADV_POPULATE_WRITE, EINVAL },
		{ MADV_WIPEONFORK, EINVAL },
	};
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0), round;
	struct area a = area_new(file, N);
	size_t i;

	/* First nothing is populated, and then all of it is. */
	for (round = 0; round < 2; round++) {
		for (i = 0; i < ARRAY_SIZE(advice); i++) {
			int ret = madvise(a.va, N * PAGE, advice[i].advice);

			if (!check(advice[i].err == -1 ||
				   (ret ? errno : 0) == advice[i].err))
				tap_note("advice %d: %d, %s", advice[i].advice,
					 ret, strerror(errno));
			if (!round)
				check_eq(fdinfo(file, "xen-privcmd-lazy"), N);
			else
				check_eq(fdinfo(file, "xen-privcmd-frames"), N);
		}
		memory_shows(&a, d, 0);
	}
	area_done(&a);
	memory_end(d);
}

TAP_CASE(memory_mlock)
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0);
	struct area a = area_new(file, N), b;

	check_eq(mlock(a.va, N * PAGE), 0);
	is_lazy(&a);
	check_eq(munlock(a.va, N * PAGE), 0);
	check_eq(mlockall(MCL_CURRENT | MCL_FUTURE), 0);
	b = area_new(file, N);
	memory_has(file, 0, 2 * N, 0);
	check_eq(munlockall(), 0);
	memory_shows(&a, d, 0);
	memory_shows(&b, d, 0);
	check_eq(munmap(b.va, N * PAGE), 0);
	area_done(&a);
	memory_end(d);
}

/*
 * A user whose new areas are all locked, up to a small limit. The limit counts for one
 * area, and areas of the file are not locked, so there may be many. A refused mmap()
 * leaves nothing.
 */
TAP_CASE(memory_mlock_future)
{
	const struct rlimit limit = { 16 * PAGE, 16 * PAGE };
	struct domain *d = memory_full(4 * N);
	int file = memory_of(d, 0, 4 * N, 0), i;

	memory_has(file, 0, 0, 0);
	if (fork() == 0) {
		struct area a[4];

		must(!setrlimit(RLIMIT_MEMLOCK, &limit) && !setuid(NOBODY));
		must(check_eq(mlockall(MCL_FUTURE), 0));
		check_errno((long)mmap(NULL, 17 * PAGE, RW, MAP_SHARED, file,
				       0),
			    EAGAIN);
		memory_has(file, 0, 0, 0);
		for (i = 0; i < 4; i++)
			a[i] = memory_area(file, i * N, N);
		memory_has(file, 0, 4 * N, 0);
		for (i = 0; i < 4; i++)
			memory_shows(&a[i], d, i * N);
		_exit(0);
	}
	wait(NULL);
	memory_has(file, 0, 0, 0);
	memory_end(d);
}

/* Nobody gets references to the pages: the frames are not the kernel's. */
TAP_CASE(memory_cannot_be_pinned, .rows = "B19")
{
	struct domain *d = memory_full(2);
	int file = memory_of(d, 0, 2, 0), p[2], mem;
	struct area a = area_new(file, 2);
	unsigned char *plain = buffer(1);
	struct iovec here = { plain, PAGE }, there = { a.va, PAGE };
	int round;

	mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	must(mem >= 0 && !pipe(p));
	for (round = 0; round < 2; round++) {
		check_errno(process_vm_readv(getpid(), &here, 1, &there, 1, 0),
			    EFAULT);
		check_errno(process_vm_writev(getpid(), &here, 1, &there, 1, 0),
			    EFAULT);
		check_errno(pread(mem, plain, 8, (off_t)a.va), EIO);
		check_errno(pwrite(mem, plain, 8, (off_t)a.va), EIO);
		check_errno(vmsplice(p[1], &there, 1, 0), EFAULT);
		if (!round)
			is_lazy(&a);
		memory_shows(&a, d, 0);
	}
	area_done(&a);
	memory_end(d);
}

/*
 * The kernel cannot wait for pages of a memory file, so postcopy migration of a
 * vhost-user back end cannot work, and the attempt must fail.
 */
TAP_CASE(memory_no_userfaultfd)
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0), fd;
	struct area a = area_new(file, N);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { (unsigned long)a.va, N * PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (fd < 0)
		skip("this kernel has no userfaultfd");
	must(!ioctl(fd, UFFDIO_API, &api));
	check_errno(ioctl(fd, UFFDIO_REGISTER, &reg), EINVAL);
	memory_shows(&a, d, 0);
	area_done(&a);
	close(fd);
	memory_end(d);
}

/* An old call that gives the area another offset of its file. */
TAP_CASE(memory_remap_file_pages)
{
	struct domain *d = memory_full(2 * N);
	int file = memory_of(d, 0, 2 * N, 0);
	struct area a = area_new(file, N);

	memory_shows(&a, d, 0);
	check_eq(syscall(SYS_remap_file_pages, a.va, N * PAGE, 0, N - 1, 0), 0);
	memory_has(file, 0, N, 0);
	memory_shows(&a, d, N - 1);
	area_done(&a);
	memory_end(d);
}

/* Whatever ends the area gives its frames back. */
TAP_CASE(memory_area_ends)
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0), how;
	struct area a = area_new(file, N);
	unsigned char *va = aside(3 * N);
	pid_t pid;

	/* Replaced by another area, by memory, and unmapped with its neighbours. */
	memory_shows(&a, d, 0);
	must(mmap(a.va, N * PAGE, RW, MAP_SHARED | MAP_FIXED, file, 0) == a.va);
	memory_has(file, 0, N, 0);
	memory_shows(&a, d, 0);
	must(mmap(a.va, N * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		  -1, 0) == a.va);
	memory_has(file, 0, 0, 0);
	check_eq(*a.va, 0);
	a.va = va + N * PAGE;
	must(mmap(a.va, N * PAGE, RW, MAP_SHARED | MAP_FIXED, file, 0) == a.va);
	memory_shows(&a, d, 0);
	check_eq(munmap(va, 3 * N * PAGE), 0);
	memory_has(file, 0, 0, 0);
	/* Its process exits, or is killed. */
	for (how = 0; how < 2; how++) {
		pid = fork();
		if (pid == 0) {
			a = area_new(file, N);
			memory_shows(&a, d, 0);
			if (how)
				kill(getpid(), SIGKILL);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		memory_has(file, 0, 0, 0);
	}
	/* The file is still open. */
	memory_end(d);
}
