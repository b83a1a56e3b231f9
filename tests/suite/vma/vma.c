// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The life of a mapping: mmap, accesses to absent pages, fork, exit, unmap,
 * replacement, and the end of its domain. move.c moves and protects
 * mappings, access.c accesses their bytes, xsa.c splits them.
 */
#include "soon.h"
#include "suite.h"

/* The VmFlags of the area that begins at @va, two letters each. */
static bool vm_flags(const void *va, char *flags, size_t size)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	char line[256], begin[32];
	bool here = false, found = false;

	snprintf(begin, sizeof(begin), "%lx-", (unsigned long)va);
	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, begin, strlen(begin)))
			here = true;
		if (!here || strncmp(line, "VmFlags:", 8))
			continue;
		line[strcspn(line, "\n")] = 0;
		snprintf(flags, size, "%s ", line + 8);
		found = true;
		break;
	}
	fclose(f);
	return found;
}

TAP_CASE(vma_flags)
{
	static const char *const want[] = {
		" io ", " pf ", " dc ", " de ", " dd ", " sh ", " ms ",
	};
	struct area a = area_new(privcmd_open(), 3);
	char flags[512] = "";
	size_t i;

	must(vm_flags(a.va, flags, sizeof(flags)));
	for (i = 0; i < ARRAY_SIZE(want); i++)
		if (!check(strstr(flags, want[i])))
			tap_note("no%sin%s", want[i], flags);
	area_done(&a);
}

TAP_CASE(vma_any_offset)
{
	static const unsigned long page[] = { 1, 511, 0x123456, 1UL << 40 };
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(page); i++) {
		struct area a = { .fd = privcmd_open(), .n = 2 };

		a.va = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			    a.fd, page[i] * PAGE);
		must(a.va != MAP_FAILED);
		area_works(&a, d);
	}
}

TAP_HAZARD(vma_private, .rows = "B11")
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	int fd = privcmd_open();
	struct area a;

	check_errno((long)mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE, fd, 0),
		    EINVAL);
	check_errno((long)mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0),
		    EINVAL);
	a = area_new(fd, 2);
	area_works(&a, d);
}

/* A file that is open for reading only can be mapped and populated. */
TAP_CASE(vma_read_only_file)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct area a = { .n = 2 };

	a.fd = open(device(), O_RDONLY | O_CLOEXEC);
	must(a.fd >= 0);
	check_errno((long)mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			       MAP_SHARED, a.fd, 0),
		    EACCES);
	a.va = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, a.fd, 0);
	must(a.va != MAP_FAILED);
	must(map_frames(&a, d, 0));
	check(page_has(a.va, domain_seed(d, 0)));
	check_eq(poke(a.va, 1), SIGSEGV);
	check_errno(mprotect(a.va, 2 * PAGE, PROT_READ | PROT_WRITE), EACCES);
	check(page_has(a.va, domain_seed(d, 0)));
	area_done(&a);
}

TAP_CASE(vma_touch_unpopulated, .rows = "A1")
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = area_new(privcmd_open(), 3);
	size_t i;

	for (i = 0; i < 3; i++) {
		check_eq(touch(page_at(&a, i)), SIGBUS);
		check_eq(poke(page_at(&a, i), 1), SIGBUS);
	}
	/*
	 * An area that was accessed before it was populated works like any
	 * other.
	 */
	area_works(&a, d);
}

TAP_CASE(vma_fork)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = area_new(privcmd_open(), 3);
	size_t i;

	must(map_frames(&a, d, 0));
	if (fork() == 0) {
		char flags[512];

		for (i = 0; i < 3; i++)
			check_eq(touch(page_at(&a, i)), SIGSEGV);
		check(!vm_flags(a.va, flags, sizeof(flags)));
		/* The child has the file, and can map again. */
		a = area_new(a.fd, 2);
		check(map_frames(&a, d, 1));
		check(page_has(a.va, domain_seed(d, 1)));
		_exit(0); /* exits while it is mapped */
	}
	wait(NULL);
	for (i = 0; i < 3; i++)
		check(page_has(page_at(&a, i), domain_seed(d, i)));
	area_done(&a);
}

/* The mapping keeps the file open. */
TAP_CASE(vma_close_first)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = area_new(privcmd_open(), 3);

	must(map_frames(&a, d, 0));
	close(a.fd);
	check(page_has(page_at(&a, 2), domain_seed(d, 2)));
	page_fill(a.va, 6);
	check(page_has(a.va, 6));
	check_eq(munmap(a.va, 3 * PAGE), 0);
	domain_destroy(d);
	check(domain_gone(d));
}

/* Mapped pages stay readable. The domain goes when they are unmapped. */
TAP_CASE(vma_domain_destroyed)
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	struct area a = area_new(privcmd_open(), 3),
		    b = area_new(privcmd_open(), 1);
	int err = 0;

	must(map_frames(&a, d, 0));
	domain_destroy(d);
	check(page_has(page_at(&a, 0), domain_seed(d, 0)));
	check(page_has(page_at(&a, 2), domain_seed(d, 2)));
	check(domain_held(d));
	/* No other frame of the domain can be mapped. */
	check_eq(v2(b.fd, d->id, b.va, d->frame + 3, &err, 1), 0);
	check_eq(err, xlate() ? -EINVAL : -EBUSY);
	area_done(&b);
	area_done(&a);
	check(domain_gone(d));
}

TAP_CASE(vma_unmap_lets_the_domain_go)
{
	struct domain *d = domain_new(DOMAIN_ANY, 600);
	long before = xen_free_pages();
	struct area a = area_new(privcmd_open(), 600);

	must(map_frames(&a, d, 0));
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
	check(xen_free_pages() >= before + 600 - 8);
}

static void exit_with_mapping(int how)
{
	struct domain *d = domain_new(DOMAIN_ANY, 40);
	pid_t pid;

	pid = fork();
	if (pid == 0) {
		struct area a = area_new(privcmd_open(), 40);

		must(map_frames(&a, d, 0));
		if (how)
			kill(getpid(), how);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(vma_exit)
{
	exit_with_mapping(0);
}

TAP_CASE(vma_killed)
{
	exit_with_mapping(SIGKILL);
}

/* What libxenforeignmemory does: a new area over the old one. */
TAP_CASE(vma_replaced_by_another)
{
	struct domain *d = domain_new(DOMAIN_ANY, 4),
		      *e = domain_new(DOMAIN_ANY, 4);
	struct area a = area_new(privcmd_open(), 4);

	must(map_frames(&a, d, 0));
	must(mmap(a.va, 4 * PAGE, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED, a.fd, 0) == a.va);
	check_eq(touch(a.va), SIGBUS);
	domain_destroy(d);
	check(domain_gone(d));
	area_works(&a, e);
}

TAP_CASE(vma_replaced_by_memory)
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	struct area a = area_new(privcmd_open(), 4);

	must(map_frames(&a, d, 0));
	must(mmap(a.va, 4 * PAGE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == a.va);
	check_eq(*(int *)a.va, 0);
	page_fill(a.va, 4);
	domain_destroy(d);
	check(domain_gone(d));
	check(page_has(a.va, 4));
	check_errno(v2(a.fd, 1, a.va, d->frame, (int[4]){ 0 }, 4), EINVAL);
}

/* Unmapped together with address space before and after it. */
TAP_CASE(vma_unmapped_with_neighbours)
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	struct area a = { .fd = privcmd_open(), .n = 4 };
	unsigned char *va = aside(8);

	a.va = va + 2 * PAGE;
	must(mmap(a.va, 4 * PAGE, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED, a.fd, 0) == a.va);
	must(map_frames(&a, d, 0));
	check_eq(munmap(va, 8 * PAGE), 0);
	check_eq(touch(a.va), SIGSEGV);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(vma_populated_many_times)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	int fd = privcmd_open(), i;

	for (i = 0; i < 50; i++) {
		struct area a = area_new(fd, 3);

		area_works(&a, d);
	}
	domain_destroy(d);
	check(domain_gone(d));
}

/* The seconds that @times areas of @n pages take, which have no frames. */
static double without_frames(int fd, size_t n, unsigned int times)
{
	struct timespec t0;
	double sum = 0;

	while (times--) {
		struct area a = area_new(fd, n);

		clock_gettime(CLOCK_MONOTONIC, &t0);
		check_eq(mprotect(a.va, n * PAGE, PROT_READ), 0);
		check_eq(munmap(a.va, n * PAGE), 0);
		sum += seconds_since(&t0);
		if (!times)
			check_eq(touch(a.va), SIGSEGV);
	}
	return sum;
}

#define TIB_32 (1UL << 33) /* pages */

/*
 * An area without frames has nothing to drop, however large it is. So 32 TiB
 * take less time than 100 times 32 GiB. The smallest of three figures counts, as
 * other processes may run meanwhile.
 */
TAP_CASE(vma_32_tib)
{
	double large = 0, small = 0;
	int fd = privcmd_open(), i;

	for (i = 0; i < 3 && large >= small; i++) {
		small = without_frames(fd, TIB_32 / 1024, 100);
		large = without_frames(fd, TIB_32, 1);
	}
	tap_note("32 TiB took %.3f s, 100 times 32 GiB %.3f s", large, small);
	check(large < small);
}
