// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * mmap() of a memory file: which frames an area shows, and which areas there
 * cannot be. touch.c accesses the pages, vma.c moves and protects areas.
 */
#include "map/tables.h"
#include "memory/memory.h"

#define N    6
#define MOST ((1ULL << 51) - 1) /* frames of a file */

static void *map_at(int file, size_t len, int prot, int flags, off_t offset)
{
	return mmap(NULL, len, prot, flags, file, offset);
}

static void refused(int file, size_t len, off_t offset, int error)
{
	check_errno((long)map_at(file, len, PROT_READ, MAP_SHARED, offset),
		    error);
	check_errno((long)map_at(file, len, RW, MAP_SHARED, offset), error);
}

/*
 * Every offset and every length up to more than the whole file: the area shows
 * the pages that the offset names, or there is no area.
 */
TAP_CASE(memory_area_offsets, .rows = "A52")
{
	struct domain *d = memory_full(N + 3);
	int file = memory_of(d, 2, N, 0);
	size_t first, n;

	for (first = 0; first < N + 3; first++)
		for (n = 1; n < N + 3; n++) {
			struct area a;

			if (first + n > N) {
				refused(file, n * PAGE, first * PAGE, ENXIO);
				continue;
			}
			a = memory_area(file, first, n);
			memory_shows(&a, d, 2 + first);
			area_done(&a);
		}
	/* One byte more needs one page more. */
	refused(file, N * PAGE + 1, 0, ENXIO);
	refused(file, PAGE + 1, (N - 1) * PAGE, ENXIO);
	refused(file, PAGE, 100, EINVAL);
	refused(file, 0, 0, EINVAL);
	memory_end(d);
}

/* The sum of offset and length is near 2^63 or beyond it. */
TAP_CASE(memory_area_offset_overflows, .rows = "A52")
{
	static const struct {
		__u64 page;
		size_t n;
		int error;
	} at[] = {
		{ MOST, 1, EOVERFLOW },	    { MOST - 1, 2, EOVERFLOW },
		{ MOST - 3, 5, EOVERFLOW }, { MOST + 1, 1, EOVERFLOW },
		{ -1, 1, EOVERFLOW },	    { -1, 2, EOVERFLOW },
		{ -2, 3, EOVERFLOW },	    { 1ULL << 50, 1, ENXIO },
		{ MOST - 1, 1, ENXIO },	    { MOST - 2, 2, ENXIO },
		{ 1ULL << 32, 1, ENXIO },   { 1ULL << 20, 1, ENXIO },
	};
	struct domain *d = memory_full(2);
	int small = memory_of(d, 0, 2, 0), fd = privcmd_open();
	int large = memory_file(fd, d, 0, MOST, 0);
	size_t i;

	must(check(large >= 0));
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		off_t offset = at[i].page * PAGE;
		size_t len = at[i].n * PAGE;
		void *va;

		refused(small, len, offset, at[i].error);
		if (at[i].error != ENXIO) {
			refused(large, len, offset, at[i].error);
			continue;
		}
		/* Of the largest file this is the end, or a part. */
		va = map_at(large, len, RW, MAP_SHARED, offset);
		if (check(va != MAP_FAILED))
			check_eq(munmap(va, len), 0);
	}
}

/*
 * The area begins and ends within a page table, and so do its frames within the
 * file: each page of 420 shows its own frame, whatever page is accessed first.
 */
TAP_CASE(memory_area_across_tables)
{
	struct domain *d = memory_full(TABLE + 90);
	int file = memory_of(d, 20, TABLE + 70, 0);
	unsigned char *va = space(4), *to = va + (3 * TABLE - 5) * PAGE;
	struct area a = { .fd = file, .n = 420 };
	size_t i;

	around("64");
	a.va = va + (TABLE - 100) * PAGE;
	must(mmap(a.va, a.n * PAGE, RW, MAP_SHARED | MAP_FIXED, file,
		  130 * PAGE) == a.va);
	for (i = a.n; i--;)
		check(page_has(page_at(&a, i), domain_seed(d, 20 + 130 + i)));
	memory_has(file, 420, 0, 0);
	area_done(&a);

	/* Moved before most of it was accessed. */
	must(mmap(a.va, a.n * PAGE, RW, MAP_SHARED | MAP_FIXED, file,
		  130 * PAGE) == a.va);
	check(page_has(page_at(&a, 7), domain_seed(d, 20 + 130 + 7)));
	must(mremap(a.va, a.n * PAGE, a.n * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		    to) == to);
	a.va = to;
	for (i = 0; i < a.n; i++)
		check(page_has(page_at(&a, i), domain_seed(d, 20 + 130 + i)));
	area_done(&a);
	memory_end(d);
}

/* The guest would not see what a program writes into a private mapping. */
TAP_CASE(memory_area_private, .rows = "B11")
{
	static const int prot[] = { PROT_NONE, PROT_READ, RW };
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0), ro = memory_of(d, 0, N, READ_ONLY);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prot); i++) {
		check_errno((long)map_at(file, PAGE, prot[i], MAP_PRIVATE, 0),
			    EINVAL);
		check_errno((long)map_at(ro, PAGE, prot[i], MAP_PRIVATE, 0),
			    EINVAL);
	}
	memory_has(file, 0, 0, 0);
	memory_has(ro, 0, 0, 0);
}

TAP_CASE(memory_area_executable)
{
	static const int prot[] = { PROT_EXEC, PROT_READ | PROT_EXEC };
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0), ro = memory_of(d, 0, N, READ_ONLY);
	struct area a = area_new(file, N), b = area_prot(ro, N, PROT_READ);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prot); i++) {
		check_errno((long)map_at(file, PAGE, prot[i], MAP_SHARED, 0),
			    EPERM);
		check_errno((long)map_at(ro, PAGE, prot[i], MAP_SHARED, 0),
			    EPERM);
		check_errno(mprotect(a.va, N * PAGE, prot[i]), EACCES);
		check_errno(mprotect(b.va, N * PAGE, prot[i]), EACCES);
	}
	check_errno((long)map_at(file, PAGE, RW | PROT_EXEC, MAP_SHARED, 0),
		    EPERM);
	check_errno(mprotect(a.va, N * PAGE, RW | PROT_EXEC), EACCES);
	memory_shows(&a, d, 0);
	memory_shows(&b, d, 0);
	area_done(&a);
	area_done(&b);
	memory_end(d);
}

/* Neither mmap() nor a later mprotect() makes an area of a READ_ONLY file writable. */
TAP_CASE(memory_area_read_only, .rows = "A53 B13")
{
	struct domain *d = memory_full(N);
	int ro = memory_of(d, 0, N, READ_ONLY), rw = memory_of(d, 0, N, 0);
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	struct area a = area_prot(ro, N, PROT_READ), b = area_new(rw, N);
	size_t i;

	check_errno((long)map_at(ro, PAGE, RW, MAP_SHARED, 0), EACCES);
	check_errno((long)map_at(ro, PAGE, PROT_WRITE, MAP_SHARED, 0), EACCES);
	check_errno(mprotect(a.va, N * PAGE, RW), EACCES);
	check_errno(mprotect(a.va, N * PAGE, PROT_WRITE), EACCES);
	check_errno(mprotect(a.va, PAGE, RW), EACCES);
	memory_shows(&a, d, 0);
	check_errno(mprotect(a.va, N * PAGE, RW), EACCES);
	for (i = 0; i < N; i++) {
		check_eq(poke(page_at(&a, i), 1), SIGSEGV);
		check_errno(read(zero, page_at(&a, i), 8), EFAULT);
	}
	/* The way through another protection leads nowhere either. */
	check_eq(mprotect(a.va, N * PAGE, PROT_NONE), 0);
	check_eq(touch(a.va), SIGSEGV);
	check_errno(mprotect(a.va, N * PAGE, RW), EACCES);
	check_eq(mprotect(a.va, N * PAGE, PROT_READ), 0);
	memory_shows(&a, d, 0);

	/* The page shows what others write. */
	page_fill(page_at(&b, 3), 9);
	check(page_has(page_at(&a, 3), 9));
	area_done(&a);
	area_done(&b);
	memory_end(d);
}

/* An area of a writable file that is made without write access gets it later. */
TAP_CASE(memory_area_born_read_only, .rows = "B13")
{
	struct domain *d = memory_full(2);
	int file = memory_of(d, 0, 2, 0);
	struct area a = area_prot(file, 2, PROT_READ), b = area_new(file, 2);

	check(page_has(a.va, domain_seed(d, 0)));
	check_eq(poke(a.va, 1), SIGSEGV);
	check_eq(mprotect(a.va, 2 * PAGE, RW), 0);
	page_fill(a.va, 12);
	page_fill(page_at(&a, 1), 13);
	check(page_has(b.va, 12));
	check(page_has(page_at(&b, 1), 13));
	check_eq(munmap(b.va, 2 * PAGE), 0);
	area_done(&a);
	memory_end(d);
}

/* Flags that a program uses because it takes the file for an ordinary one. */
TAP_CASE(memory_area_flags)
{
	static const int flags[] = {
		MAP_SHARED | MAP_NORESERVE,
		MAP_SHARED | MAP_POPULATE,
		MAP_SHARED | MAP_LOCKED,
		MAP_SHARED | MAP_POPULATE | MAP_NONBLOCK,
		MAP_SHARED_VALIDATE,
		MAP_SHARED_VALIDATE | MAP_POPULATE | MAP_NORESERVE,
	};
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		struct area a = { .fd = file, .n = N - 1 };

		a.va = map_at(file, a.n * PAGE, RW, flags[i], PAGE);
		if (!check(a.va != MAP_FAILED))
			continue;
		/* Nothing is populated before the program accesses it. */
		memory_has(file, 0, N - 1, 0);
		memory_shows(&a, d, 1);
		area_done(&a);
	}
	check_errno((long)map_at(file, PAGE, RW, MAP_SHARED_VALIDATE | MAP_SYNC,
				 0),
		    EOPNOTSUPP);
	memory_end(d);
}

/* Areas are not charged to any file: all of them together may have more frames. */
TAP_CASE(memory_area_max_frames)
{
	struct domain *d = memory_full(40);
	int file = memory_of(d, 0, 40, 0), fd = privcmd_open(), i;
	struct area a[3], b = area_new(fd, 9);

	must(param_set("max_frames", "8"));
	for (i = 0; i < 3; i++) {
		a[i] = area_new(file, 40);
		memory_shows(&a[i], d, 0);
	}
	memory_has(file, 120, 0, 0);
	/* The limit is there for the device, as before. */
	check_errno(x_map_area(&b, d, 0, 0), ENOMEM);
	check_eq(x_unmap(file, a[0].va, 40), 0);
	memory_shows(&a[0], d, 0);
	for (i = 0; i < 3; i++)
		check_eq(munmap(a[i].va, 40 * PAGE), 0);
	memory_has(file, 0, 0, 0);
	area_done(&b);
	b = area_new(fd, 8);
	check_eq(x_map_area(&b, d, 0, 0), 0);
	area_done(&b);
	memory_end(d);
}
