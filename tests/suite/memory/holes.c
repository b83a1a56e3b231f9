// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * read(2) and write(2) of memory files with holes. They end before the first hole, and
 * fail with EIO if they begin with one. With ZERO_HOLES a hole reads as zeroes; it
 * cannot be written or mapped all the same. touch.c maps files with holes.
 */
#include <sys/uio.h>

#include "memory/memory.h"

/* Holes in the middle, beside each other, and at the end. */
static const char pages[] = "###..#.##..........#.";

#define N    (sizeof(pages) - 1)
#define SIZE (N * PAGE)

static const size_t at[] = {
	0,
	5,
	2 * PAGE,
	3 * PAGE - 1,
	3 * PAGE,
	3 * PAGE + 9,
	5 * PAGE - 1,
	5 * PAGE,
	6 * PAGE - 3,
	8 * PAGE,
	9 * PAGE - 1,
	15 * PAGE,
	19 * PAGE + 100,
	(N - 1) * PAGE,
	SIZE - 1,
	SIZE,
};

static const size_t length[] = {
	1,	  PAGE - 1,  PAGE, PAGE + 1, 2 * PAGE, 3 * PAGE + 5,
	9 * PAGE, 11 * PAGE, SIZE, SIZE + 8,
};

/*
 * The bytes from @from on that a call of @len bytes may copy, up to the first hole or the
 * end of the file.
 */
static size_t reaches(size_t from, size_t len, bool over_holes)
{
	size_t end = from + len < SIZE ? from + len : SIZE, i;

	for (i = from / PAGE; !over_holes && i * PAGE < end; i++)
		if (pages[i] != '#') {
			end = i * PAGE > from ? i * PAGE : from;
			break;
		}
	return end > from ? end - from : 0;
}

/* Does such a call fail? Otherwise it reaches the end of the file or some memory. */
static bool fails(size_t from, bool over_holes)
{
	return from < SIZE && !over_holes && pages[from / PAGE] != '#';
}

static void reads(int file, size_t from, size_t len, bool zeroes,
		  const unsigned char *want)
{
	static unsigned char *buf;
	size_t n = reaches(from, len, zeroes);

	if (!buf)
		buf = buffer(N + 1);
	memset(buf, 0xee, (N + 1) * PAGE);
	must(lseek(file, from, SEEK_SET) == (off_t)from);
	if (fails(from, zeroes))
		check_errno(read(file, buf, len), EIO);
	else
		check_eq(read(file, buf, len), n);
	if (!check_eq(lseek(file, 0, SEEK_CUR), from + n) ||
	    !check(!memcmp(buf, want + from, n)) || !check(buf[n] == 0xee))
		tap_note("%zu bytes from %zu on", len, from);
}

static void reads_all(unsigned int flags)
{
	struct domain *d = memory_domain(pages);
	int file = memory_of(d, 0, N, flags);
	unsigned char *want = memory_contents(d, pages);
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(at); i++)
		for (k = 0; k < ARRAY_SIZE(length); k++)
			reads(file, at[i], length[k], flags & ZERO_HOLES, want);
	memory_end(d);
}

TAP_CASE(memory_read_holes)
{
	reads_all(0);
}

TAP_CASE(memory_read_zero_holes)
{
	reads_all(ZERO_HOLES);
}

TAP_CASE(memory_read_zero_holes_read_only)
{
	reads_all(ZERO_HOLES | READ_ONLY);
}

/*
 * The buffer ends in front of a hole, within one, or within memory. There the kernel
 * may leave out up to 15 bytes, and no byte that it has left out counts.
 */
TAP_CASE(memory_read_zero_holes_buffer_ends)
{
	static const size_t from[] = { 0, 104, PAGE - 1 };
	struct domain *d = memory_domain(pages);
	int file = memory_of(d, 0, N, ZERO_HOLES);
	unsigned char *want = memory_contents(d, pages), *buf;
	ssize_t got;
	size_t n, i;

	for (n = 1; n < N - 1; n++) {
		buf = buffer(n);
		for (i = 0; i < ARRAY_SIZE(from); i++) {
			memset(buf, 0xee, n * PAGE);
			must(lseek(file, from[i], SEEK_SET) >= 0);
			got = read(file, buf, SIZE);
			if (!from[i])
				check_eq(got, n * PAGE);
			must(check(got <= (ssize_t)(n * PAGE) &&
				   got > (ssize_t)(n * PAGE) - 16));
			check_eq(lseek(file, 0, SEEK_CUR), from[i] + got);
			check(!memcmp(buf, want + from[i], got));
		}
		munmap(buf, (n + 1) * PAGE);
	}
	memory_end(d);
}

/* The same bytes through vectors, whose pieces end within the holes. */
TAP_CASE(memory_read_zero_holes_by_pieces)
{
	struct domain *d = memory_domain(pages);
	int file = memory_of(d, 0, N, ZERO_HOLES);
	unsigned char *want = memory_contents(d, pages), *buf = buffer(N);
	static const size_t piece[] = { 1000, PAGE - 8, 3 * PAGE + 16 };
	size_t i, k, done;

	for (i = 0; i < ARRAY_SIZE(piece); i++) {
		struct iovec v[90];

		for (k = done = 0; done < SIZE; k++) {
			v[k].iov_base = buf + done;
			v[k].iov_len = SIZE - done < piece[i] ? SIZE - done :
								piece[i];
			done += v[k].iov_len;
		}
		memset(buf, 0xee, SIZE);
		check_eq(preadv(file, v, k, 0), SIZE);
		check(!memcmp(buf, want, SIZE));
	}
	memory_end(d);
}

static void writes(int file, size_t to, size_t len, unsigned char *want,
		   const unsigned char *now)
{
	static unsigned char *buf;
	size_t n = reaches(to, len, false), i;
	static unsigned int round;

	if (!buf)
		buf = buffer(N + 1);
	round++;
	for (i = 0; i < len; i++)
		buf[i] = i * 5 + i / PAGE + round;
	memcpy(want + to, buf, n);
	must(lseek(file, to, SEEK_SET) == (off_t)to);
	if (fails(to, false))
		check_errno(write(file, buf, len), EIO);
	else if (to >= SIZE)
		check_errno(write(file, buf, len), ENOSPC);
	else
		check_eq(write(file, buf, len), n);
	check_eq(lseek(file, 0, SEEK_CUR), to + n);
	for (i = 0; i < N; i++)
		if (pages[i] == '#' &&
		    !check(!memcmp(now + i * PAGE, want + i * PAGE, PAGE)))
			tap_note("page %zu, %zu bytes to %zu", i, len, to);
}

static void writes_all(unsigned int flags)
{
	struct domain *d = memory_domain(pages);
	int file = memory_of(d, 0, N, flags);
	unsigned char *want = memory_contents(d, pages);
	struct area look = area_new(file, N);
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(at); i++)
		for (k = 0; k < ARRAY_SIZE(length); k++)
			writes(file, at[i], length[k], want, look.va);
	/* The holes are still holes. */
	for (i = 0; i < N; i++)
		check_eq(touch(page_at(&look, i)),
			 pages[i] == '#' ? 0 : SIGBUS);
	area_done(&look);
	memory_end(d);
}

TAP_CASE(memory_write_holes)
{
	writes_all(0);
}

TAP_CASE(memory_write_zero_holes)
{
	writes_all(ZERO_HOLES);
}

/* A hole is asked for each time, as the domain may get memory there. */
TAP_CASE(memory_read_hole_filled_meanwhile)
{
	struct domain *d = memory_domain("##.#");
	int file = memory_of(d, 0, 4, 0),
	    zeroes = memory_of(d, 0, 4, ZERO_HOLES);
	unsigned char *buf = buffer(4), *page = buffer(1);

	check_eq(pread(file, buf, 4 * PAGE, 0), 2 * PAGE);
	check_errno(pread(file, buf, PAGE, 2 * PAGE), EIO);
	check_errno(pwrite(zeroes, page, PAGE, 2 * PAGE), EIO);
	check_eq(pread(zeroes, buf, 4 * PAGE, 0), 4 * PAGE);
	must(domain_populate_at(d, d->frame[0] + 2));
	page_fill(page, 8);
	check_eq(pwrite(zeroes, page, PAGE, 2 * PAGE), PAGE);
	check_eq(pread(zeroes, buf, 4 * PAGE, 0), 4 * PAGE);
	check(page_has(buf + 2 * PAGE, 8));
	memset(buf, 0, 4 * PAGE);
	check_eq(pread(file, buf, 4 * PAGE, 0), 4 * PAGE);
	check(page_has(buf + 2 * PAGE, 8));
	check(page_has(buf + 3 * PAGE, domain_seed(d, 3)));
	memory_end(d);
}
