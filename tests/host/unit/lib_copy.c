// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Host tests of libxenfm's reading and writing: by X_COPY, and by a window on
 * drivers that do not have it. What comes back must be the same.
 */
#include "lib_start.h"

#define WINDOW (256 * 4096)

static struct xenfm *start_on(bool intree)
{
	if (intree)
		fake_start_intree();
	else
		fake_start();
	return opened();
}

/* Every case below runs on both. */
#define COPY_CASE(situation)                       \
	static void both_##situation(bool intree); \
	TAP_CASE(situation)                        \
	{                                          \
		both_##situation(false);           \
	}                                          \
	TAP_CASE(situation##_intree)               \
	{                                          \
		both_##situation(true);            \
	}                                          \
	static void both_##situation(bool intree)

static bool bytes_are(const unsigned char *bytes, uint64_t addr, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != FAKE_BYTE((addr + i) / 4096, (addr + i) % 4096))
			return false;
	return true;
}

TAP_CASE(read_is_one_call)
{
	struct xenfm *h = start();
	unsigned char buf[10000];
	size_t done = 1;

	check_ret(xenfm_read(h, 5, 0x1ffe, buf, sizeof(buf), &done), 0);
	check_eq(done, sizeof(buf));
	check_eq(fake.nr_calls, 1);
	check_eq(fake.calls[0].request, 0x5044);
	check_eq(fake.calls[0].x_copy.size, 64);
	check_eq(fake.calls[0].x_copy.flags, 2);
	check_eq(fake.calls[0].x_copy.dom, 5);
	check_eq(fake.calls[0].x_copy.frames, 1);
	check_eq(fake.calls[0].x_copy.num, 4);
	check_eq(fake.calls[0].x_copy.offset, 0xffe);
	check_eq(fake.calls[0].x_copy.len, sizeof(buf));
	check_eq(fake.calls[0].x_copy.buf, (uintptr_t)buf);
	check_eq(fake.mmaps, 0);
	check(bytes_are(buf, 0x1ffe, sizeof(buf)));
	xenfm_close(h);
}

TAP_CASE(write_is_one_call)
{
	struct xenfm *h = start();

	check_ret(xenfm_write(h, 5, 0x1fff, "abc", 3, NULL), 0);
	check_eq(fake.nr_calls, 1);
	check_eq(fake.calls[0].x_copy.flags, 3);
	check_eq(fake.calls[0].x_copy.num, 2);
	check(!memcmp(fake.wrote, "abc", 3));
	xenfm_close(h);
}

/* Otherwise a driver could keep the program busy for good. */
TAP_CASE(copy_of_nothing_is_no_success)
{
	struct xenfm *h = start();
	char byte;

	fake.copy_nothing = true;
	check_ret(xenfm_read(h, 5, 0, &byte, 1, NULL), -EIO);
	xenfm_close(h);
}

COPY_CASE(read_bytes)
{
	struct xenfm *h = start_on(intree);
	unsigned char buf[5] = { 0 };

	check_ret(xenfm_read(h, 5, 0x1ffe, buf, 4, NULL), 0);
	check(bytes_are(buf, 0x1ffe, 4));
	check_eq(buf[4], 0);
	check_eq(fake_left(), 0);
	xenfm_close(h);
}

COPY_CASE(read_windows)
{
	struct xenfm *h = start_on(intree);
	unsigned char *buf = malloc(2 * WINDOW);
	size_t done = 0;

	check_ret(xenfm_read(h, 5, 4095, buf, 2 * WINDOW, &done), 0);
	check_eq(done, 2 * WINDOW);
	check(bytes_are(buf, 4095, done));
	check_eq(fake.mmaps, intree ? 3 : 0);
	check_eq(fake.munmaps, fake.mmaps);
	free(buf);
	xenfm_close(h);
}

COPY_CASE(read_stops_where_memory_does)
{
	struct xenfm *h = start_on(intree);
	unsigned char buf[16];
	size_t done = 99;

	check_ret(xenfm_read(h, 5, FAKE_HOLE * 4096ULL - 3, buf, 16, &done),
		  -EINVAL);
	check_eq(done, 3);
	check(bytes_are(buf, FAKE_HOLE * 4096ULL - 3, 3));
	check_ret(xenfm_read(h, 5, FAKE_BUSY * 4096ULL, buf, 16, &done),
		  -EBUSY);
	check_eq(done, 0);
	check_eq(fake_left(), 0);
	xenfm_close(h);
}

/* A window waits for frames that are paged out at first. */
TAP_CASE(read_paged_frames_intree)
{
	struct xenfm *h = start_on(true);
	unsigned char buf[8];
	size_t done = 0;

	fake.paged_rounds = 2;
	check_ret(xenfm_read(h, 5, FAKE_PAGED * 4096 + 4092, buf, 8, &done), 0);
	check_eq(done, 8);
	check_eq(fake.sleeps, 2);
	check(bytes_are(buf, FAKE_PAGED * 4096 + 4092, 8));
	check_eq(fake_left(), 0);
	xenfm_close(h);
}

COPY_CASE(write_bytes)
{
	struct xenfm *h = start_on(intree);
	size_t done = 0;

	check_ret(xenfm_write(h, 5, 0x2000, "hello", 5, &done), 0);
	check_eq(done, 5);
	check(!memcmp(fake.wrote, "hello", 5));
	if (intree)
		check_eq(fake.areas[0].prot, PROT_READ | PROT_WRITE);
	xenfm_close(h);
}

COPY_CASE(copy_no_bytes)
{
	struct xenfm *h = start_on(intree);
	size_t done = 99;

	check_ret(xenfm_read(h, 5, UINT64_MAX, NULL, 0, &done), 0);
	check_eq(done, 0);
	check_ret(xenfm_write(h, 5, 0, NULL, 0, NULL), 0);
	check_eq(fake.nr_calls, 0);
	xenfm_close(h);
}

COPY_CASE(copy_arguments)
{
	struct xenfm *h = start_on(intree);
	size_t done = 99;
	char buf[8];

	check_ret(xenfm_read(h, 0x10005, 0, buf, 8, &done), -EINVAL);
	check_eq(done, 0);
	check_ret(xenfm_read(h, 5, UINT64_MAX - 6, buf, 8, NULL), -EINVAL);
	check_ret(xenfm_write(h, 5, UINT64_MAX, buf, SIZE_MAX, NULL), -EINVAL);
	check_eq(fake.nr_calls, 0);
	/* The last byte there can be is an address like any other. */
	check_ret(xenfm_read(h, 5, UINT64_MAX - 7, buf, 8, &done), -EINVAL);
	check_eq(fake.nr_calls, 1);
	check_ret(xenfm_read(h, FAKE_DOM_GONE, 0, buf, 8, NULL), -ESRCH);
	xenfm_close(h);
}

/* Mapped read-only instead, it would kill the program that writes. */
TAP_CASE(write_by_window_is_strict)
{
	struct xenfm *h = NULL;
	size_t done = 99;

	fake_start();
	fake.info.features &= ~(uint64_t)PRIVCMD_X_FEATURE_COPY;
	must(check_eq(xenfm_open(&h, 0), 0));
	check_ret(xenfm_write(h, 5, (FAKE_RO - 1) * 4096 + 4094, "four", 4,
			      &done),
		  -EBUSY);
	check_eq(done, 2);
	check_eq(fake_left(), 0);
	xenfm_close(h);
	/* And who cannot be strict does not begin. */
	fake_start();
	fake.info.features = 7;
	must(check_eq(xenfm_open(&h, 0), 0));
	check_ret(xenfm_write(h, 5, 0, "four", 4, &done), -EOPNOTSUPP);
	check_eq(done, 0);
	xenfm_close(h);
}

/* With the driver's own copying and with a window alike. */
TAP_CASE(copy_without_a_buffer, .rows = "A44")
{
	size_t done = 1;

	for (unsigned int i = 0; i < 2; i++) {
		struct xenfm *h = start();

		if (i)
			fake.info.features &= ~PRIVCMD_X_FEATURE_COPY;
		xenfm_close(h);
		h = opened();
		check_ret(xenfm_read(h, 5, 0x1000, NULL, 8, &done), -EFAULT);
		check_eq(done, 0);
		check_ret(xenfm_write(h, 5, 0x1000, NULL, 8, &done), -EFAULT);
		check_ret(xenfm_read(h, 5, 0x1000, NULL, 0, &done), 0);
		check_eq(fake.nr_calls, 0);
		xenfm_close(h);
	}
}
