// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * read(2) of a memory file, and its kin: any offset, any length, in each way that a
 * program may ask for the bytes. write.c writes, holes.c has files with holes.
 */
#include <sys/uio.h>

#include "memory/memory.h"

#define N     10 /* pages: the driver copies them in several pieces */
#define BEGIN 7	 /* position before a call that has an offset of its own */

static const size_t at[] = {
	0,	  1,	    PAGE - 1,	 PAGE,	  PAGE + 1,
	3 * PAGE, 8 * PAGE, N *PAGE - 1, N *PAGE, N *PAGE + 1,
};

static const size_t length[] = {
	0,
	1,
	PAGE - 1,
	PAGE,
	PAGE + 1,
	8 * PAGE,
	8 * PAGE + 1,
	N *PAGE,
	N *PAGE + 77,
};

/* Three pieces of any length, and an empty one. */
static int pieces(struct iovec *v, unsigned char *buf, size_t len)
{
	size_t some = len / 3;

	v[0] = (struct iovec){ buf, some };
	v[1] = (struct iovec){ buf + some, 0 };
	v[2] = (struct iovec){ buf + some, len - some > 5 ? 5 : len - some };
	v[3] = (struct iovec){ buf + some + v[2].iov_len,
			       len - some - v[2].iov_len };
	return 4;
}

static ssize_t by_pread(int file, unsigned char *buf, size_t len, off_t from)
{
	return pread(file, buf, len, from);
}

static ssize_t by_preadv(int file, unsigned char *buf, size_t len, off_t from)
{
	struct iovec v[4];

	return preadv(file, v, pieces(v, buf, len), from);
}

static ssize_t by_preadv2(int file, unsigned char *buf, size_t len, off_t from)
{
	struct iovec v = { buf, len };

	return preadv2(file, &v, 1, from, RWF_HIPRI);
}

static ssize_t by_read(int file, unsigned char *buf, size_t len, off_t from)
{
	(void)from;
	return read(file, buf, len);
}

static ssize_t by_readv(int file, unsigned char *buf, size_t len, off_t from)
{
	struct iovec v[4];

	(void)from;
	return readv(file, v, pieces(v, buf, len));
}

static ssize_t by_preadv2_here(int file, unsigned char *buf, size_t len,
			       off_t from)
{
	struct iovec v = { buf, len };

	(void)from;
	return preadv2(file, &v, 1, -1, 0);
}

static const struct {
	ssize_t (*read)(int file, unsigned char *buf, size_t len, off_t from);
	bool here; /* at the file's position, which moves */
} way[] = {
	{ by_pread, false }, { by_preadv, false }, { by_preadv2, false },
	{ by_read, true },   { by_readv, true },   { by_preadv2_here, true },
};

/* One read, of a file with these bytes. */
static void reads(int file, size_t w, size_t from, size_t len,
		  const unsigned char *want)
{
	static unsigned char *buf;
	size_t size = N * PAGE, n = from < size ? size - from : 0;
	off_t before = way[w].here ? from : BEGIN;

	if (!buf)
		buf = buffer(N + 2);
	if (n > len)
		n = len;
	memset(buf, 0xee, (N + 2) * PAGE);
	must(lseek(file, before, SEEK_SET) == before);
	if (!check_eq(way[w].read(file, buf + 3, len, from), n) ||
	    !check(!memcmp(buf + 3, want + from, n)) ||
	    !check(buf[2] == 0xee && buf[3 + n] == 0xee) ||
	    !check_eq(lseek(file, 0, SEEK_CUR), way[w].here ? from + n : BEGIN))
		tap_note("way %zu, %zu bytes from %zu on", w, len, from);
}

static void reads_all(unsigned int flags)
{
	struct domain *d = memory_full(N + 2);
	int file = memory_of(d, 1, N, flags);
	unsigned char *want = buffer(N);
	size_t w, i, k;

	for (i = 0; i < N; i++)
		page_fill(want + i * PAGE, domain_seed(d, 1 + i));
	for (w = 0; w < ARRAY_SIZE(way); w++)
		for (i = 0; i < ARRAY_SIZE(at); i++)
			for (k = 0; k < ARRAY_SIZE(length); k++)
				reads(file, w, at[i], length[k], want);
	/* Nothing is mapped for a read. */
	memory_has(file, 0, 0, 0);
	memory_end(d);
}

TAP_CASE(memory_read)
{
	reads_all(0);
}

TAP_CASE(memory_read_read_only)
{
	reads_all(READ_ONLY | ZERO_HOLES);
}

/* A program that reads on until the end gets all bytes once. */
TAP_CASE(memory_read_to_the_end)
{
	static const size_t step[] = { 1000, PAGE, 3 * PAGE + 1, 100 * PAGE };
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0);
	unsigned char *buf = buffer(N + 1);
	size_t i, k, done;
	ssize_t n;

	for (i = 0; i < ARRAY_SIZE(step); i++) {
		must(lseek(file, 0, SEEK_SET) == 0);
		memset(buf, 0, N * PAGE);
		for (done = 0; done <= N * PAGE; done += n) {
			size_t left = (N + 1) * PAGE - done;

			n = read(file, buf + done,
				 left < step[i] ? left : step[i]);
			must(check(n >= 0));
			if (!n)
				break;
		}
		check_eq(done, N * PAGE);
		for (k = 0; k < N; k++)
			check(page_has(buf + k * PAGE, domain_seed(d, k)));
		check_eq(read(file, buf, 1), 0);
	}
}

TAP_CASE(memory_read_offsets)
{
	static const struct {
		off_t from;
		size_t len;
		int error; /* 0: the end of the file */
	} row[] = {
		{ -1, 1, EINVAL },
		{ LONG_MIN, 1, EINVAL },
		{ -(off_t)PAGE, PAGE, EINVAL },
		{ LONG_MAX, 1, EINVAL },
		{ LONG_MAX - 5, 10, EINVAL },
		{ LONG_MAX - 10, 10, 0 },
		{ 1L << 62, PAGE, 0 },
		{ 1L << 40, PAGE, 0 },
	};
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0);
	unsigned char *buf = buffer(1);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(row); i++)
		if (row[i].error)
			check_errno(pread(file, buf, row[i].len, row[i].from),
				    row[i].error);
		else
			check_eq(pread(file, buf, row[i].len, row[i].from), 0);
	check_eq(buf[0], 0);
}

/* Flags of preadv2(). A read may wait, so it cannot promise not to. */
TAP_CASE(memory_read_flags)
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0);
	unsigned char *buf = buffer(1);
	struct iovec v = { buf, PAGE };

	check_errno(preadv2(file, &v, 1, 0, RWF_NOWAIT), EOPNOTSUPP);
	check_errno(preadv2(file, &v, 1, 0, 1 << 30), EOPNOTSUPP);
	check_eq(buf[0], 0);
	check_eq(preadv2(file, &v, 1, PAGE, RWF_SYNC | RWF_DSYNC), PAGE);
	check(page_has(buf, domain_seed(d, 1)));
}

/* What the program does not ask of a READ_ONLY descriptor. */
TAP_CASE(memory_read_only_write)
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, READ_ONLY);
	unsigned char *buf = buffer(1);
	struct iovec v = { buf, PAGE };

	check_errno(write(file, buf, PAGE), EBADF);
	check_errno(pwrite(file, buf, PAGE, 0), EBADF);
	check_errno(pwrite(file, buf, 0, 0), EBADF);
	check_errno(pwritev2(file, &v, 1, 0, RWF_APPEND), EBADF);
	check_eq(lseek(file, 0, SEEK_CUR), 0);
	check_eq(pread(file, buf, PAGE, 0), PAGE);
	check(page_has(buf, domain_seed(d, 0)));
}

/* A PV domain is named by machine frames. Those of others are holes of the file. */
TAP_CASE(memory_machine_frames)
{
	unsigned char *buf = buffer(1);
	int fd = privcmd_open(), file;
	struct domain *d, *other;
	struct area a;
	size_t i;

	need_memory();
	need_pv("frames have numbers of their domain there");
	d = domain_new(DOMAIN_PV, N);
	other = domain_new(DOMAIN_PV, 1);
	file = memory_file(fd, d, 0, BAD_FRAME + 1, 0);
	must(check(file >= 0));
	for (i = 0; i < N; i++) {
		check_eq(pread(file, buf, PAGE, d->frame[i] * PAGE), PAGE);
		check(page_has(buf, domain_seed(d, i)));
		page_fill(buf, 500 + i);
		check_eq(pwrite(file, buf, PAGE, d->frame[i] * PAGE), PAGE);
		a = memory_area(file, d->frame[i], 1);
		check_eq(touch(a.va), 0);
		check(page_has(a.va, 500 + i));
		area_done(&a);
	}
	check_errno(pread(file, buf, PAGE, BAD_FRAME * PAGE), EIO);
	check_errno(pwrite(file, buf, PAGE, BAD_FRAME * PAGE), EIO);
	check_errno(pread(file, buf, PAGE, other->frame[0] * PAGE), EIO);
	check_errno(pwrite(file, buf, PAGE, other->frame[0] * PAGE), EIO);
	a = memory_area(file, other->frame[0], 1);
	check_eq(touch(a.va), SIGBUS);
	check_eq(poke(a.va, 1), SIGBUS);
	area_done(&a);
	file = memory_file(fd, other, other->frame[0], 1, 0);
	check_eq(pread(file, buf, PAGE, 0), PAGE);
	check(page_has(buf, domain_seed(other, 0)));
	memory_end(d);
	memory_end(other);
}
