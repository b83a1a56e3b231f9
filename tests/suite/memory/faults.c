// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Memory files while the kernel has no memory: X_MEMORY, mmap(), the first access to a
 * page, read(2) and write(2), with each of their allocations and user copies failing in
 * turn.
 */
#include <sys/stat.h>

#include "dom0/nth.h"
#include "faults/faults.h"
#include "memory/memory.h"

#define N      40 /* pages: half of an area is in one page table, half in the next */
#define COPIED 20 /* pages of a read or a write, in three pieces */

static int file = -1;
static int before; /* free_descriptor() before the call */
static int sink;   /* a file with some bytes */
static unsigned char *bytes;

/*
 * The second lowest number that is free. The lowest one is that of the device in make(),
 * so a number that X_MEMORY has kept is this one.
 */
static int free_descriptor(const struct scene *s)
{
	int lowest = dup(s->fd), second = dup(s->fd);

	close(lowest);
	close(second);
	return second;
}

/* By a new open file, so that the call makes a mount, too. */
static int make(void *arg)
{
	const struct scene *s = arg;
	int fd, error;

	before = free_descriptor(s);
	fd = open(device(), O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -1;
	file = memory_file(fd, s->d, s->d->frame[0], N, s->flags);
	error = errno;
	close(fd);
	errno = error;
	return file < 0 ? -1 : 0;
}

static void is_made(void *arg)
{
	const struct scene *s = arg;
	struct stat st;

	check_eq(fstat(file, &st), 0);
	check_eq(st.st_size, N * PAGE);
	close(file);
	check(tap_soon(module_references() == s->references, 0));
}

/* The call has left no descriptor and no reference. */
static void is_not_made(void *arg)
{
	const struct scene *s = arg;

	check_eq(free_descriptor(s), before);
	check(tap_soon(module_references() == s->references, 0));
}

/* First without any other file, so that each call makes the file system, too. */
TAP_HAZARD(faults_memory, .rows = "A56", .seconds = 300)
{
	static const struct operation makes = { "X_MEMORY", make, is_made,
						is_not_made };
	long without_files;
	struct scene s;
	int other;

	need_memory();
	faults_begin(&s, DOMAIN_HVM, N);
	without_files = s.references;
	faults_run(&makes, &s, 1, 1, ANY);
	faults_starve(&makes, &s);
	s.flags = READ_ONLY | ZERO_HOLES;
	must(!make(&s));
	other = file;
	s.references = module_references();
	faults_run(&makes, &s, 1, 1, ANY);
	close(other);
	s.references = without_files;
	check(tap_soon(module_references() == without_files, 0));
	scene_end(&s);
}

/* ---- areas ---- */

static int map(void *arg)
{
	struct scene *s = arg;

	s->a.va = mmap(NULL, N * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file,
		       0);
	return s->a.va == MAP_FAILED ? -1 : 0;
}

static void is_mapped(void *arg)
{
	struct scene *s = arg;

	s->a.n = N;
	s->a.fd = file;
	memory_has(file, 0, N, 0);
	scene_shows(s);
	area_done(&s->a);
}

static void is_not_mapped(void *arg)
{
	(void)arg;
	memory_has(file, 0, 0, 0);
}

static int touch_page(void *arg)
{
	const struct scene *s = arg;

	if (!touch(page_at(&s->a, N / 2)))
		return 0;
	errno = ENOMEM;
	return -1;
}

/* The kernel accesses the page for the program. */
static int write_page(void *arg)
{
	const struct scene *s = arg;

	return pwrite(sink, page_at(&s->a, N / 2), 8, 0) == 8 ? 0 : -1;
}

/* The area is made again, without a page table. */
static void is_touched(void *arg)
{
	struct scene *s = arg;

	scene_shows(s);
	area_done(&s->a);
	s->a = crossing_area(file, N);
}

/* A failed allocation says nothing about the frame. */
static void is_not_touched(void *arg)
{
	const struct scene *s = arg;

	check(state_at(&s->a, N / 2) != PRIVCMD_X_NONE);
	check_eq(fdinfo(file, "xen-privcmd-failed"), 0);
}

/* Releases all pages but the first and the last one. */
static int unmap(void *arg)
{
	const struct scene *s = arg;

	return x_unmap(file, page_at(&s->a, 1), N - 2);
}

static void is_unmapped(void *arg)
{
	struct scene *s = arg;

	memory_has(file, 2, N - 2, 0);
	scene_shows(s);
	memory_has(file, N, 0, 0);
}

/* A part of the pages may be released. Those show their frames again. */
static void is_partly_unmapped(void *arg)
{
	struct scene *s = arg;

	check_eq(fdinfo(file, "xen-privcmd-frames") +
			 fdinfo(file, "xen-privcmd-lazy"),
		 N);
	check_eq(fdinfo(file, "xen-privcmd-failed"), 0);
	scene_shows(s);
}

TAP_HAZARD(faults_memory_areas, .rows = "A60", .seconds = 300)
{
	static const struct operation
		maps = { "mmap of a memory file", map, is_mapped,
			 is_not_mapped },
		touches = { "access to a page", touch_page, is_touched,
			    is_not_touched },
		writes = { "the kernel's access to a page", write_page,
			   is_touched, is_not_touched },
		unmaps = { "X_UNMAP", unmap, is_unmapped, is_partly_unmapped };
	struct scene s;

	need_memory();
	faults_begin(&s, DOMAIN_HVM, N);
	must(!make(&s));
	sink = memfd_create("sink", MFD_CLOEXEC);
	must(sink >= 0 && pwrite(sink, "12345678", 8, 0) == 8);
	faults_run(&maps, &s, 1, 0, ANY);
	s.a = crossing_area(file, N);
	faults_run(&touches, &s, 0, 0, ANY);
	faults_run(&writes, &s, 0, 1, ANY);
	scene_shows(&s);
	faults_run(&unmaps, &s, 0, 1, ANY);
	area_done(&s.a);
	close(file);
	scene_end(&s);
}

/* ---- copies ---- */

/*
 * Where copy_to_user() or copy_from_user() of arm64 has copied nothing, it tries one byte
 * more. If the failure of an allocation was the only one, that byte arrives.
 */
#ifdef __aarch64__
#define MORE 1
#else
#define MORE 0
#endif

static unsigned char first_byte(unsigned int seed)
{
	static _Alignas(8) unsigned char page[PAGE];

	page_fill(page, seed);
	return page[0];
}

/* Reads into memory that is absent at first, so the driver needs a buffer. */
static int copy_out(void *arg)
{
	const struct scene *s = arg;
	ssize_t n;
	size_t i;

	must(!madvise(bytes, COPIED * PAGE, MADV_DONTNEED));
	n = pread(file, bytes, COPIED * PAGE, 0);
	if (n < 0)
		return -1;
	/* A short read has read what it says, whatever else could be told. */
	check(n > 0 && n % PAGE <= MORE);
	for (i = 0; i < n / PAGE; i++)
		check(page_has(bytes + i * PAGE, domain_seed(s->d, i)));
	if (n % PAGE)
		check_eq(bytes[n - 1], first_byte(domain_seed(s->d, i)));
	errno = ENOMEM;
	return n == (ssize_t)(COPIED * PAGE) ? 0 : -1;
}

static int copy_in(void *arg)
{
	const struct scene *s = arg;
	ssize_t n;
	size_t i;

	for (i = 0; i < COPIED; i++)
		page_fill(bytes + i * PAGE, domain_seed(s->d, i));
	n = pwrite(file, bytes, COPIED * PAGE, 0);
	if (n < 0)
		return -1;
	check(n > 0 && n % PAGE <= MORE);
	errno = ENOMEM;
	return n == (ssize_t)(COPIED * PAGE) ? 0 : -1;
}

static void is_copied(void *arg)
{
	const struct scene *s = arg;
	unsigned char *now = buffer(COPIED);
	size_t i;

	check_eq(pread(file, now, COPIED * PAGE, 0), COPIED * PAGE);
	for (i = 0; i < COPIED; i++)
		check(page_has(now + i * PAGE, domain_seed(s->d, i)));
	munmap(now, (COPIED + 1) * PAGE);
	memory_has(file, 0, 0, 0);
}

/* A lack of memory is no hole: with ZERO_HOLES no page may read as zeroes. */
TAP_HAZARD(faults_memory_copies, .seconds = 300)
{
	static const unsigned int flags[] = { 0, ZERO_HOLES };
	static const struct operation reads = { "read of a memory file",
						copy_out, is_copied, NULL },
				      writes = { "write to a memory file",
						 copy_in, is_copied, NULL };
	struct scene s;
	size_t i;

	need_memory();
	faults_begin(&s, DOMAIN_HVM, N);
	bytes = buffer(COPIED);
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		s.flags = flags[i];
		must(!make(&s));
		faults_run(&reads, &s, 1, 0, ANY);
		faults_run(&writes, &s, 1, 0, ANY);
		close(file);
	}
	scene_end(&s);
}
