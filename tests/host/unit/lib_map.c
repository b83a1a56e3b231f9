// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Host tests of libxenfm's mappings: what is asked of the driver, what comes
 * back to the program, paged-out frames and their deadline.
 */
#include "lib_start.h"

#define MS 1000000 /* in ns */

static void *const untouched = (void *)0x1234;

TAP_CASE(map_asks_for_one_batch)
{
	const uint64_t frames[] = { 7, 0, 0x1fff };
	struct xenfm *h = start();
	int err[] = { 1, 2, 3 };
	void *addr;

	check_ret(xenfm_map(h, 5, frames, 3, 0, 0, err, &addr), 0);
	check_eq(fake.nr_calls, 1);
	check_eq(fake.calls[0].request, 0x00205004);
	check_eq(fake.calls[0].batch.num, 3);
	check_eq(fake.calls[0].batch.dom, 5);
	check_eq(fake.calls[0].batch.addr, (uintptr_t)addr);
	check((const void *)fake.calls[0].batch.arr == frames);
	check(fake.calls[0].batch.err == err);
	check_eq(fake.mmaps, 1);
	check_eq(fake.areas[0].size, 3 * 4096);
	check_eq(fake.areas[0].prot, PROT_READ);
	check_eq(fake.areas[0].flags, MAP_SHARED);
	check_eq(fake.areas[0].offset, 0);
	for (int i = 0; i < 3; i++) {
		check_eq(err[i], 0);
		check(fake_page_is(addr, i, frames[i]));
	}
	check_ret(xenfm_unmap(h, addr, 3), 0);
	check_eq(fake_left(), 0);
	xenfm_close(h);
}

TAP_CASE(map_writable)
{
	const uint64_t frame = 3;
	struct xenfm *h = start();
	void *addr;

	check_ret(xenfm_map(h, 5, &frame, 1, XENFM_MAP_WRITE, 0, NULL, &addr),
		  0);
	check_eq(fake.areas[0].prot, PROT_READ | PROT_WRITE);
	check_ret(xenfm_unmap(h, addr, 1), 0);
	xenfm_close(h);
}

TAP_CASE(map_reports_each_frame)
{
	const uint64_t frames[] = { FAKE_HOLE, 1, FAKE_BUSY, 2, FAKE_END };
	const int want[] = { -EINVAL, 0, -EBUSY, 0, -EINVAL };
	struct xenfm *h = start();
	int err[5];
	void *addr;

	check_ret(xenfm_map(h, 5, frames, 5, 0, 1000, err, &addr), 0);
	for (int i = 0; i < 5; i++)
		check_eq(err[i], want[i]);
	check(fake_page_is(addr, 1, 1));
	check(fake_page_is(addr, 3, 2));
	check_eq(fake.nr_calls, 1);
	check_ret(xenfm_unmap(h, addr, 5), 0);
	xenfm_close(h);
}

TAP_CASE(map_all_failed_is_a_mapping)
{
	const uint64_t frames[] = { FAKE_HOLE, FAKE_HOLE };
	struct xenfm *h = start();
	void *addr = NULL;
	int err[2];

	check_ret(xenfm_map(h, 5, frames, 2, 0, 0, err, &addr), 0);
	check(addr);
	check_ret(xenfm_unmap(h, addr, 2), 0);
	xenfm_close(h);
}

TAP_CASE(map_without_err, .rows = "A23")
{
	const uint64_t frames[] = { 9, 8, 7 };
	struct xenfm *h = start();
	void *addr;

	check_ret(xenfm_map(h, 5, frames, 3, 0, 0, NULL, &addr), 0);
	check(fake.calls[0].batch.err);
	for (int i = 0; i < 3; i++)
		check(fake_page_is(addr, i, frames[i]));
	check_ret(xenfm_unmap(h, addr, 3), 0);
	xenfm_close(h);
}

TAP_CASE(map_without_err_is_all_or_nothing, .rows = "A23")
{
	const uint64_t frames[] = { 9, FAKE_BUSY, 7, FAKE_HOLE };
	struct xenfm *h = start();
	void *addr = untouched;

	check_ret(xenfm_map(h, 5, frames, 4, 0, 0, NULL, &addr), -EBUSY);
	check(addr == untouched);
	check_eq(fake.munmaps, 1);
	check_eq(fake_left(), 0);
	xenfm_close(h);
}

/* An array that is not there is no range from frame 0 on. */
TAP_CASE(map_without_an_array, .rows = "A44")
{
	static const unsigned int flags[] = { 0, XENFM_MAP_WRITE,
					      XENFM_MAP_STRICT,
					      XENFM_MAP_LAZY };
	struct xenfm *h = start();
	void *addr = NULL;
	int err[3];

	for (unsigned int i = 0; i < 4; i++) {
		check_ret(xenfm_map(h, 5, NULL, 3, flags[i], 0, err, &addr),
			  -EFAULT);
		check_ret(xenfm_map(h, 5, NULL, 3, flags[i], 0, NULL, &addr),
			  -EFAULT);
	}
	check_ret(xenfm_map(h, 5, NULL, 0, 0, 0, err, &addr), -EINVAL);
	check(!addr);
	check_eq(fake.mmaps, fake.munmaps);
	check_eq(fake.nr_calls, 0);
	xenfm_close(h);
}

TAP_CASE(populate_without_an_array, .rows = "A44")
{
	struct xenfm *h = start();
	int err[3];

	check_ret(xenfm_populate(h, 5, (void *)4096, NULL, 3, 0, 0, err),
		  -EFAULT);
	check_ret(xenfm_populate(h, 5, (void *)4096, NULL, 3, XENFM_MAP_LAZY, 0,
				 NULL),
		  -EFAULT);
	check_eq(fake.nr_calls, 0);
	xenfm_close(h);
}

TAP_CASE(map_refused_as_a_whole)
{
	const uint64_t frame = 1;
	struct xenfm *h = start();
	void *addr = untouched;
	int err;

	check_ret(xenfm_map(h, FAKE_DOM_FOREIGN, &frame, 1, 0, 0, &err, &addr),
		  -EPERM);
	check_ret(xenfm_map(h, FAKE_DOM_FOREIGN, &frame, 1, 0, 0, NULL, &addr),
		  -EPERM);
	check(addr == untouched);
	check_eq(fake.mmaps, 2);
	check_eq(fake.munmaps, 2);
	xenfm_close(h);
}

TAP_CASE(map_einval_is_final)
{
	const uint64_t frame = 1;
	struct xenfm *h = start();
	void *addr = untouched;
	int err;

	fake.batch_errno = EINVAL;
	check_ret(xenfm_map(h, 5, &frame, 1, 0, 1000, &err, &addr), -EINVAL);
	check_eq(fake.nr_calls, 1); /* no second try with an older ioctl */
	check_eq(fake_left(), 0);
	xenfm_close(h);
}

TAP_CASE(map_no_address_space)
{
	const uint64_t frame = 1;
	struct xenfm *h = start();
	void *addr = untouched;

	fake.mmap_errno = ENOMEM;
	check_ret(xenfm_map(h, 5, &frame, 1, 0, 0, NULL, &addr), -ENOMEM);
	check(addr == untouched);
	check_eq(fake.nr_calls, 0);
	check_eq(fake.munmaps, 0);
	xenfm_close(h);
}

TAP_CASE(map_no_memory_for_results)
{
	const uint64_t frame = 1;
	struct xenfm *h = start();
	void *addr = untouched;

	fake.alloc_max = 0;
	check_ret(xenfm_map(h, 5, &frame, 1, 0, 0, NULL, &addr), -ENOMEM);
	check(addr == untouched);
	check_eq(fake_left(), 0);
	check_eq(fake.nr_calls, 0);
	xenfm_close(h);
}

TAP_CASE(map_arguments_out_of_range)
{
	const uint64_t frame = 1;
	struct xenfm *h = start();
	void *addr = untouched;
	int err;

	check_ret(xenfm_map(h, 5, &frame, 0, 0, 0, &err, &addr), -EINVAL);
	check_ret(xenfm_map(h, 5, &frame, (size_t)UINT32_MAX + 1, 0, 0, &err,
			    &addr),
		  -EINVAL);
	check_ret(xenfm_map(h, 5, &frame, SIZE_MAX, 0, 0, &err, &addr),
		  -EINVAL);
	check_ret(xenfm_map(h, 5, &frame, SIZE_MAX / 4096 + 2, 0, 0, &err,
			    &addr),
		  -EINVAL);
	check_ret(xenfm_map(h, 0x10000, &frame, 1, 0, 0, &err, &addr), -EINVAL);
	check_ret(xenfm_map(h, 5, &frame, 1, 8, 0, &err, &addr), -EINVAL);
	check_ret(xenfm_map(h, 5, &frame, 1, ~XENFM_MAP_WRITE, 0, &err, &addr),
		  -EINVAL);
	check(addr == untouched);
	check_eq(fake.mmaps, 0);
	check_eq(fake.nr_calls, 0);
	xenfm_close(h);
}

TAP_CASE(paged_asks_again_for_runs, .rows = "A6")
{
	const uint64_t p = FAKE_PAGED;
	const uint64_t frames[] = { p, p + 1, 4, FAKE_HOLE, p + 2, 5, p + 3 };
	const int want[] = { 0, 0, 0, -EINVAL, 0, 0, 0 };
	const struct {
		unsigned int first, num;
	} runs[] = {
		{ 0, 7 },
		{ 0, 2 },
		{ 4, 1 },
		{ 6, 1 },
	};
	struct xenfm *h = start();
	int err[7];
	void *addr;

	fake.paged_rounds = 1;
	check_ret(xenfm_map(h, 5, frames, 7, 0, 1000, err, &addr), 0);
	check_eq(fake.nr_calls, 4);
	for (int i = 0; i < 4; i++) {
		const struct privcmd_mmapbatch_v2 *b = &fake.calls[i].batch;

		check_eq(b->num, runs[i].num);
		check_eq(b->dom, 5);
		check_eq(b->addr, (uintptr_t)addr + runs[i].first * 4096);
		check((const void *)b->arr == frames + runs[i].first);
		check(b->err == err + runs[i].first);
	}
	for (int i = 0; i < 7; i++) {
		check_eq(err[i], want[i]);
		if (!err[i])
			check(fake_page_is(addr, i, frames[i]));
	}
	check_eq(fake.sleeps, 1);
	check_ret(xenfm_unmap(h, addr, 7), 0);
	xenfm_close(h);
}

TAP_CASE(paged_timeout_0_asks_once)
{
	const uint64_t frames[] = { 1, FAKE_PAGED };
	struct xenfm *h = start();
	void *addr;
	int err[2];

	fake.paged_rounds = 1;
	check_ret(xenfm_map(h, 5, frames, 2, 0, 0, err, &addr), 0);
	check_eq(fake.nr_calls, 1);
	check_eq(fake.sleeps, 0);
	check_eq(err[0], 0);
	check_eq(err[1], -ENOENT);
	check_ret(xenfm_unmap(h, addr, 2), 0);
	xenfm_close(h);
}

TAP_CASE(paged_keeps_the_deadline)
{
	const uint64_t frame = FAKE_PAGED;
	static const unsigned int ms[] = { 1, 2, 100, 1000 };
	void *addr;
	int err;

	for (unsigned int i = 0; i < sizeof(ms) / sizeof(ms[0]); i++) {
		struct xenfm *h = start();

		fake.paged_rounds = UINT32_MAX;
		check_ret(xenfm_map(h, 5, &frame, 1, 0, ms[i], &err, &addr), 0);
		check_eq(err, -ENOENT);
		check_eq(fake.now_ns, ms[i] * (int64_t)MS);
		check_eq(fake.nr_calls, fake.sleeps + 1);
		check_ret(xenfm_unmap(h, addr, 1), 0);
		xenfm_close(h);
	}
}

TAP_CASE(paged_without_err)
{
	const uint64_t frames[] = { 1, FAKE_PAGED };
	struct xenfm *h = start();
	void *addr = untouched;

	fake.paged_rounds = 2;
	check_ret(xenfm_map(h, 5, frames, 2, 0, 0, NULL, &addr), -ENOENT);
	check(addr == untouched);
	check_eq(fake_left(), 0);
	check_ret(xenfm_map(h, 5, frames, 2, 0, 1000, NULL, &addr), 0);
	check(fake_page_is(addr, 1, FAKE_PAGED));
	check_ret(xenfm_unmap(h, addr, 2), 0);
	xenfm_close(h);
}

TAP_CASE(paged_retry_refused)
{
	const uint64_t frames[] = { 1, FAKE_PAGED };
	struct xenfm *h = start();
	void *addr = untouched;
	int err[2];

	fake.paged_rounds = 1;
	fake.batch_errno = EFAULT;
	fake.batch_good = 1;
	check_ret(xenfm_map(h, 5, frames, 2, 0, 1000, err, &addr), -EFAULT);
	check(addr == untouched);
	check_eq(fake_left(), 0);
	xenfm_close(h);
}

TAP_CASE(unmap_null, .rows = "A23")
{
	struct xenfm *h = start();

	check_ret(xenfm_unmap(h, NULL, 0), 0);
	check_ret(xenfm_unmap(h, NULL, 3), 0);
	check_eq(fake.munmaps, 0);
	xenfm_close(h);
}

TAP_CASE(unmap_wrong_size)
{
	const uint64_t frames[] = { 1, 2 };
	struct xenfm *h = start();
	void *addr;

	check_ret(xenfm_map(h, 5, frames, 2, 0, 0, NULL, &addr), 0);
	check_ret(xenfm_unmap(h, addr, 0), -EINVAL);
	check_ret(xenfm_unmap(h, addr, 1), -EINVAL);
	check_ret(xenfm_unmap(h, (char *)addr + 4096, 1), -EINVAL);
	check_ret(xenfm_unmap(h, addr, SIZE_MAX), -EINVAL);
	check(fake_page_is(addr, 1, 2));
	check_ret(xenfm_unmap(h, addr, 2), 0);
	xenfm_close(h);
}
