// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * /dev/xen/hypercall: memory that the hypervisor can always read and write.
 */
#include "suite.h"

#define OP_xen_version	    17
#define XENVER_extraversion 1
#define RW		    (PROT_READ | PROT_WRITE)

static int buf_open(void)
{
	int fd = open(hypercall_device(), O_RDWR | O_CLOEXEC);

	if (fd < 0)
		bail("%s: %s", hypercall_device(), strerror(errno));
	return fd;
}

static unsigned char *buf_map(int fd, size_t pages)
{
	unsigned char *p = mmap(NULL, pages * PAGE, RW, MAP_SHARED, fd, 0);

	must(p != MAP_FAILED);
	return p;
}

static bool all_zero(const unsigned char *p, size_t pages)
{
	return !*p && !memcmp(p, p + 1, pages * PAGE - 1);
}

/* The hypervisor writes to a page that the program has never accessed. */
static void used_by_a_hypercall(int privcmd, unsigned char *p)
{
	check_eq(hypercall(privcmd, OP_xen_version, XENVER_extraversion,
			   (long)p, 0, 0, 0),
		 0);
	check_eq(*p, '.');
}

TAP_CASE(buf_used_by_hypercalls, .rows = "A9 A10")
{
	unsigned char *p = buf_map(buf_open(), 5);
	int privcmd = privcmd_open(), i;

	for (i = 4; i >= 0; i--)
		used_by_a_hypercall(privcmd, p + i * PAGE);
	used_by_a_hypercall(privcmd, p + PAGE - 3);
	check_eq(munmap(p, 5 * PAGE), 0);
}

TAP_CASE(buf_is_zero)
{
	int fd = buf_open(), i;

	for (i = 0; i < 20; i++) {
		unsigned char *p = buf_map(fd, 30);

		check(all_zero(p, 30));
		memset(p, 0xff, 30 * PAGE);
		check_eq(munmap(p, 30 * PAGE), 0);
	}
}

TAP_CASE(buf_private)
{
	int fd = buf_open();

	check_errno((long)mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0), EINVAL);
	check_errno((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0),
		    EINVAL);
	check_eq(munmap(buf_map(fd, 1), PAGE), 0);
}

/* Bytes. They are enough for the dirty bitmap of any domain. */
#define MOST (128UL << 20)

TAP_CASE(buf_largest)
{
	unsigned char *p = buf_map(buf_open(), MOST / PAGE);

	used_by_a_hypercall(privcmd_open(), p + MOST - PAGE);
	check_eq(munmap(p, MOST), 0);
}

TAP_CASE(buf_too_large)
{
	check_errno((long)mmap(NULL, MOST + PAGE, RW, MAP_SHARED, buf_open(),
			       0),
		    ENOMEM);
}

TAP_CASE(buf_no_read_or_write)
{
	int fd = buf_open();
	char c = 0;

	check_errno(read(fd, &c, 1), EINVAL);
	check_errno(write(fd, &c, 1), EINVAL);
}

/* Sizes for which the kernel must not even try to allocate. */
TAP_HAZARD(buf_absurd_size, .rows = "A13")
{
	int fd = buf_open();

	check_errno((long)mmap(NULL, 1UL << 36, RW, MAP_SHARED, fd, 0), ENOMEM);
	check_errno((long)mmap(NULL, 1UL << 40, RW, MAP_SHARED, fd, 0), ENOMEM);
	check_eq(munmap(buf_map(fd, 1), PAGE), 0);
}

/* A split buffer stays a buffer. munmap() of a part frees that part. */
TAP_CASE(buf_split)
{
	unsigned char *p = buf_map(buf_open(), 9);
	int privcmd = privcmd_open();

	memset(p, 7, 9 * PAGE);
	check_eq(munmap(p + 4 * PAGE, PAGE), 0);
	check_eq(touch(p + 4 * PAGE), SIGSEGV);
	check_eq(p[3 * PAGE], 7);
	check_eq(p[5 * PAGE], 7);
	used_by_a_hypercall(privcmd, p + 3 * PAGE);
	used_by_a_hypercall(privcmd, p + 5 * PAGE);
	check_eq(munmap(p, 2 * PAGE), 0);
	check_eq(munmap(p + 7 * PAGE, 2 * PAGE), 0);
	used_by_a_hypercall(privcmd, p + 2 * PAGE);
	used_by_a_hypercall(privcmd, p + 6 * PAGE);
	check_eq(munmap(p, 9 * PAGE), 0);
}

/* A buffer cannot grow, as its new pages would be absent. It can move and shrink. */
TAP_CASE(buf_mremap)
{
	unsigned char *p = buf_map(buf_open(), 3), *to = aside(3);
	int privcmd = privcmd_open();

	p[2 * PAGE] = 7;
	check_errno((long)mremap(p, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE),
		    EFAULT);
	check_errno((long)mremap(p, 3 * PAGE, 4 * PAGE, 0), EFAULT);
	check_eq(p[2 * PAGE], 7);
	must(mremap(p, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
	     to);
	check_eq(to[2 * PAGE], 7);
	used_by_a_hypercall(privcmd, to + PAGE);
	must(mremap(to, 3 * PAGE, PAGE, 0) == to);
	used_by_a_hypercall(privcmd, to);
	check_eq(munmap(to, PAGE), 0);
}

TAP_CASE(buf_close_first)
{
	int fd = buf_open();
	unsigned char *p = buf_map(fd, 2);

	close(fd);
	used_by_a_hypercall(privcmd_open(), p + PAGE);
	check_eq(munmap(p, 2 * PAGE), 0);
}

/* The copy-on-write of fork() must not replace the parent's pages. */
TAP_CASE(buf_fork, .rows = "A10")
{
	unsigned char *p = buf_map(buf_open(), 4);
	int privcmd = privcmd_open(), i;

	for (i = 0; i < 30; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			/*
			 * The page is shared or absent in the child. Which of
			 * the two is not tested.
			 */
			poke(p + 64, 1);
			usleep(1000);
			_exit(0);
		}
		used_by_a_hypercall(privcmd, p + (i % 4) * PAGE);
		memset(p, 0, 4 * PAGE);
		used_by_a_hypercall(privcmd, p + (i % 4) * PAGE);
		waitpid(pid, NULL, 0);
		used_by_a_hypercall(privcmd, p + (i % 4) * PAGE);
	}
	check_eq(munmap(p, 4 * PAGE), 0);
}

/* The kernel neither moves nor reclaims the pages, whatever it needs. */
TAP_CASE(buf_under_memory_pressure, .rows = "A10")
{
	unsigned char *p = buf_map(buf_open(), 16);
	int privcmd = privcmd_open(), i;
	size_t len = (size_t)meminfo("MemAvailable") * 1024 / 4;
	unsigned char *hog =
		mmap(NULL, len, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	FILE *compact;

	must(hog != MAP_FAILED);
	for (i = 0; i < 16; i++)
		memset(p + i * PAGE, i, PAGE);
	memset(hog, 1, len);
	compact = fopen("/proc/sys/vm/compact_memory", "w");
	if (compact) {
		fputs("1", compact);
		fclose(compact);
	}
	munmap(hog, len);
	for (i = 0; i < 16; i++) {
		check_eq(p[i * PAGE + PAGE - 1], i);
		used_by_a_hypercall(privcmd, p + i * PAGE);
	}
	check_eq(munmap(p, 16 * PAGE), 0);
}

TAP_CASE(buf_memory_is_back)
{
	int fd = buf_open(), i;
	long before;

	munmap(buf_map(fd, 256), 256 * PAGE);
	before = meminfo("MemFree");
	for (i = 0; i < 300; i++)
		check_eq(munmap(buf_map(fd, 256), 256 * PAGE), 0);
	/* 300 MiB were allocated and freed. Not more than 30 MiB may be missing. */
	check(meminfo("MemFree") > before - 30 * 1024);
}

/* The arrays of a batch may lie in a hypercall buffer. */
BATCH_CASE(arrays_in_a_hypercall_buffer)
{
	struct domain *d = domain_new(DOMAIN_ANY, 8);
	struct area a = area_new(privcmd_open(), 8);
	unsigned char *p = buf_map(buf_open(), 1);
	__u64 *frame = (void *)p;
	int *err = (void *)(p + 2048);

	memcpy(frame, d->frame, 8 * sizeof(*frame));
	if (version == 1)
		must(check_eq(v1(a.fd, d->id, a.va, frame, 8), 0));
	else
		must(check_eq(v2(a.fd, d->id, a.va, frame, err, 8), 0));
	check(page_has(page_at(&a, 7), domain_seed(d, 7)));
	area_done(&a);
}
