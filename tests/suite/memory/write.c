// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * write(2) to a memory file, and its kin: any offset, any length, the end of the file,
 * and files that are larger than what programs without O_LARGEFILE may write.
 */
#include <sys/resource.h>
#include <sys/uio.h>

#include "memory/memory.h"

#define N     10 /* pages: the driver copies them in several pieces */
#define SIZE  (N * PAGE)
#define BEGIN 7 /* position before a call that has an offset of its own */

static const size_t at[] = {
	0, 1, PAGE - 1, PAGE + 1, 3 * PAGE, 8 * PAGE - 1, SIZE - 1,
};

static const size_t length[] = {
	0, 1, PAGE - 1, PAGE + 1, 8 * PAGE + 1, SIZE, SIZE + 77,
};

static ssize_t by_pwrite(int file, unsigned char *buf, size_t len, off_t to)
{
	return pwrite(file, buf, len, to);
}

static ssize_t by_pwritev(int file, unsigned char *buf, size_t len, off_t to)
{
	struct iovec v[3] = {
		{ buf, len / 3 },
		{ NULL, 0 },
		{ buf + len / 3, len - len / 3 },
	};

	return pwritev(file, v, 3, to);
}

static ssize_t by_pwritev2(int file, unsigned char *buf, size_t len, off_t to)
{
	struct iovec v = { buf, len };

	return pwritev2(file, &v, 1, to, RWF_DSYNC);
}

static ssize_t by_write(int file, unsigned char *buf, size_t len, off_t to)
{
	(void)to;
	return write(file, buf, len);
}

static ssize_t by_writev(int file, unsigned char *buf, size_t len, off_t to)
{
	struct iovec v[2] = { { buf, len / 2 },
			      { buf + len / 2, len - len / 2 } };

	(void)to;
	return writev(file, v, 2);
}

static const struct {
	ssize_t (*write)(int file, unsigned char *buf, size_t len, off_t to);
	bool here; /* at the file's position, which moves */
} way[] = {
	{ by_pwrite, false }, { by_pwritev, false }, { by_pwritev2, false },
	{ by_write, true },   { by_writev, true },
};

struct target {
	int file;
	unsigned char *want;	  /* what the file has */
	const unsigned char *now; /* the same, through a mapping of the device */
};

/* One write; then all of the file is compared, and the pages beside it. */
static void writes(struct target *t, size_t w, size_t to, size_t len)
{
	static unsigned char *buf;
	size_t n = SIZE - to < len ? SIZE - to : len, i;
	off_t before = way[w].here ? to : BEGIN;
	static unsigned int round;

	if (!buf)
		buf = buffer(N + 2);
	round++;
	for (i = 0; i < len; i++)
		buf[3 + i] = i * 7 + i / PAGE + round;
	memcpy(t->want + to, buf + 3, n);
	must(lseek(t->file, before, SEEK_SET) == before);
	if (!check_eq(way[w].write(t->file, buf + 3, len, to), n) ||
	    !check(!memcmp(t->now, t->want, SIZE)) ||
	    !check_eq(lseek(t->file, 0, SEEK_CUR),
		      way[w].here ? to + n : BEGIN))
		tap_note("way %zu, %zu bytes to %zu", w, len, to);
}

/* The domain has a page before the file and one behind it, which stay as they are. */
TAP_CASE(memory_write)
{
	struct domain *d = memory_full(N + 2);
	struct area look = area_new(privcmd_open(), N + 2);
	struct target t = { .file = memory_of(d, 1, N, 0), .want = buffer(N) };
	size_t w, i, k;

	must(map_frames(&look, d, 0));
	t.now = look.va + PAGE;
	memcpy(t.want, t.now, SIZE);
	for (w = 0; w < ARRAY_SIZE(way); w++)
		for (i = 0; i < ARRAY_SIZE(at); i++)
			for (k = 0; k < ARRAY_SIZE(length); k++)
				writes(&t, w, at[i], length[k]);
	check(page_has(look.va, domain_seed(d, 0)));
	check(page_has(page_at(&look, N + 1), domain_seed(d, N + 1)));
	memory_has(t.file, 0, 0, 0);
	area_done(&look);
	memory_end(d);
}

/* The file does not grow: at its end there is no space, as on a block device. */
TAP_CASE(memory_write_at_the_end)
{
	static const off_t to[] = {
		SIZE, SIZE + 1, SIZE + PAGE, 1L << 40, 1L << 62,
	};
	struct domain *d = memory_full(N + 1);
	int file = memory_of(d, 0, N, 0);
	unsigned char *buf = buffer(2);
	size_t i;

	page_fill(buf, 1);
	for (i = 0; i < ARRAY_SIZE(to); i++) {
		check_errno(pwrite(file, buf, 1, to[i]), ENOSPC);
		check_errno(pwrite(file, buf, PAGE, to[i]), ENOSPC);
		check_eq(pwrite(file, buf, 0, to[i]), 0);
	}
	check_errno(pwrite(file, buf, 1, -1), EINVAL);
	check_errno(pwrite(file, buf, 1, LONG_MAX), EINVAL);
	/* A program that writes on gets the rest of the space, and then the error. */
	must(lseek(file, -(off_t)PAGE - 10, SEEK_END) > 0);
	check_eq(write(file, buf, 2 * PAGE), PAGE + 10);
	check_errno(write(file, buf, 2 * PAGE), ENOSPC);
	check_eq(lseek(file, 0, SEEK_CUR), SIZE);
	check_eq(lseek(file, 0, SEEK_END), SIZE);
	/* The page behind the file is unchanged. */
	close(file);
	file = memory_of(d, 0, N + 1, 0);
	check_eq(pread(file, buf, PAGE, SIZE), PAGE);
	check(page_has(buf, domain_seed(d, N)));
}

TAP_CASE(memory_append)
{
	struct domain *d = memory_full(2);
	int file = memory_of(d, 0, 2, 0);
	unsigned char *buf = buffer(1);
	struct iovec v = { buf, 1 };

	check_errno(pwritev2(file, &v, 1, 0, RWF_APPEND), ENOSPC);
	check_eq(fcntl(file, F_SETFL, O_APPEND), 0);
	check_errno(write(file, buf, 1), ENOSPC);
	check_errno(pwrite(file, buf, PAGE, 0), ENOSPC);
	check_eq(write(file, buf, 0), 0);
	check_eq(lseek(file, 0, SEEK_CUR), 0);
	check_eq(pread(file, buf, PAGE, 0), PAGE);
	check(page_has(buf, domain_seed(d, 0)));
	check_eq(fcntl(file, F_SETFL, 0), 0);
	page_fill(buf, 3);
	check_eq(write(file, buf, PAGE), PAGE);
	check_eq(lseek(file, 0, SEEK_CUR), PAGE);
}

#define FAR (1UL << 20) /* pages: 4 GiB */

/*
 * Neither the limit of programs without O_LARGEFILE nor the limit on the size of files
 * applies: no EFBIG, and no SIGXFSZ, which would end the case. Where the domain has no
 * memory it is a hole as any other.
 */
TAP_CASE(memory_beyond_4_gib)
{
	static const off_t to[] = {
		(1L << 62) - 1, (1L << 31) - 1,	   1L << 31,
		(1L << 32) - 1, (1L << 32) + PAGE,
	};
	const struct rlimit limit = { 2 * PAGE, RLIM_INFINITY };
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	struct domain *d = memory_full(4);
	int file = memory_of(d, 0, 1UL << 50, 0), k;
	unsigned char *buf = buffer(1);
	struct area a;
	size_t i;

	must(domain_populate_at(d, d->frame[0] + FAR));
	for (k = 0; k < 2; k++) {
		if (k)
			must(!setrlimit(RLIMIT_FSIZE, &limit));
		for (i = 0; i < ARRAY_SIZE(to); i++) {
			check_errno(pwrite(file, buf, 1, to[i]), EIO);
			check_errno(pread(file, buf, 1, to[i]), EIO);
		}
		page_fill(buf, 40 + k);
		check_eq(pwrite(file, buf, PAGE, FAR * PAGE), PAGE);
		check_eq(pwrite(file, buf, PAGE, 3 * PAGE), PAGE);
	}
	must(!setrlimit(RLIMIT_FSIZE, &none));
	memset(buf, 0, PAGE);
	check_eq(lseek(file, FAR * PAGE, SEEK_SET), FAR * PAGE);
	check_eq(read(file, buf, PAGE), PAGE);
	check(page_has(buf, 41));
	check_eq(lseek(file, 0, SEEK_CUR), (FAR + 1) * PAGE);
	a = memory_area(file, FAR, 1);
	check_eq(touch(a.va), 0);
	check(page_has(a.va, 41));
	area_done(&a);
	a = memory_area(file, 3, 1);
	check(page_has(a.va, 41));
	area_done(&a);
	memory_end(d);
}

/* A page table of a PV domain is read, and not written. */
TAP_CASE(memory_unwritable)
{
	unsigned char *buf = buffer(3);
	int fd = privcmd_open(), file;
	struct domain *d;
	struct area a;

	need_memory();
	need_pv("pinned frames map writable");
	d = domain_new(DOMAIN_PV, 1);
	file = memory_file(fd, d, d->frame[0], 1, 0);
	must(check(file >= 0));
	check_eq(pwrite(file, buf, PAGE, 0), PAGE);
	must(check_eq(domain_pin_l1(d, 0), 0));
	check_errno(pwrite(file, buf, PAGE, 0), EIO);
	check_errno(pwrite(file, buf, 1, PAGE - 1), EIO);
	check_eq(pread(file, buf, PAGE, 0), PAGE);
	check_eq(buf[0], 0);

	/* A mapping of it is read-only until the domain gives the page back. */
	a = area_new(file, 1);
	check_eq(touch(a.va), 0);
	check_eq(state_at(&a, 0), PRIVCMD_X_RO);
	check_eq(fdinfo(file, "xen-privcmd-readonly"), 1);
	check_eq(poke(a.va, 1), SIGBUS);
	must(check_eq(domain_unpin(d, 0), 0));
	check_eq(poke(a.va, 1), 0);
	check_eq(state_at(&a, 0), PRIVCMD_X_RW);
	check_eq(pwrite(file, buf, 1, 5), 1);
	area_done(&a);
	memory_end(d);
}
