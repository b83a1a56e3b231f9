// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Host tests of what libxenfm asks of X_MAP and X_UNMAP: ranges, strict and lazy
 * mappings, parts that go and come back; and what it does where the driver knows
 * neither.
 */
#include "lib_start.h"

/* A driver without X_MAP, @ours or not. */
static struct xenfm *start_without(bool ours)
{
	if (ours)
		fake_start();
	else
		fake_start_intree();
	fake.info.features = 7;
	return opened();
}

TAP_CASE(range_is_one_contiguous_map)
{
	struct xenfm *h = start();
	int err[3] = { 1, 2, 3 };
	void *addr;

	check_ret(xenfm_map_range(h, 5, 0x1fff, 3, XENFM_MAP_WRITE, 0, err,
				  &addr),
		  0);
	check_eq(fake.nr_calls, 1);
	check_eq(fake.calls[0].request, 0x5041);
	check_eq(fake.calls[0].x_map.size, 48);
	check_eq(fake.calls[0].x_map.flags, 2);
	check_eq(fake.calls[0].x_map.dom, 5);
	check_eq(fake.calls[0].x_map.addr, (uintptr_t)addr);
	check_eq(fake.calls[0].x_map.num, 3);
	check_eq(fake.calls[0].x_map.frames, 0x1fff);
	check_eq(fake.areas[0].prot, PROT_READ | PROT_WRITE);
	check_eq(err[0], 0);
	check_eq(err[1], -EINVAL);
	check_eq(err[2], -EINVAL);
	check(fake_page_is(addr, 0, 0x1fff));
	check_ret(xenfm_unmap(h, addr, 3), 0);
	xenfm_close(h);
}

TAP_CASE(range_without_err_is_all_or_nothing)
{
	struct xenfm *h = start();
	void *addr = h;

	check_ret(xenfm_map_range(h, 5, 0x1fff, 2, 0, 0, NULL, &addr), -EINVAL);
	check(addr == h);
	check_eq(fake_left(), 0);
	check_ret(xenfm_map_range(h, 5, 0x1ffe, 2, 0, 0, NULL, &addr), 0);
	check(fake_page_is(addr, 1, 0x1fff));
	check_ret(xenfm_unmap(h, addr, 2), 0);
	xenfm_close(h);
}

TAP_CASE(range_waits_for_paged_frames)
{
	struct xenfm *h = start();
	int err[4];
	void *addr;

	fake.paged_rounds = 2;
	check_ret(xenfm_map_range(h, 5, FAKE_PAGED - 1, 4, 0, 1000, err, &addr),
		  0);
	check_eq(fake.nr_calls, 3);
	check_eq(fake.calls[2].x_map.frames, FAKE_PAGED);
	check_eq(fake.calls[2].x_map.num, 3);
	check_eq(fake.calls[2].x_map.addr, (uintptr_t)addr + 4096);
	check_eq(err[0], -EBUSY);
	for (int i = 1; i < 4; i++)
		check_eq(err[i], 0);
	check_ret(xenfm_unmap(h, addr, 4), 0);
	xenfm_close(h);
}

TAP_CASE(range_has_a_last_frame)
{
	struct xenfm *h = start();
	void *addr = h;
	int err[2];

	check_ret(xenfm_map_range(h, 5, UINT64_MAX, 2, 0, 0, err, &addr),
		  -EINVAL);
	check_ret(xenfm_map_range(h, 5, 0, 0, 0, 0, err, &addr), -EINVAL);
	check_ret(xenfm_map_range(h, 5, 0, SIZE_MAX, 0, 0, err, &addr),
		  -EINVAL);
	check_ret(xenfm_map_range(h, 5, 0, 1, 8, 0, err, &addr), -EINVAL);
	check(addr == h);
	check_eq(fake.nr_calls, 0);
	check_eq(fake.mmaps, 0);
	check_ret(xenfm_map_range(h, 5, UINT64_MAX, 1, 0, 0, err, &addr), 0);
	check_eq(err[0], -EINVAL);
	check_ret(xenfm_unmap(h, addr, 1), 0);
	xenfm_close(h);
}

TAP_CASE(lazy_asks_for_no_results)
{
	struct xenfm *h = start();
	int err[2] = { 7, 7 };
	void *addr;

	check_ret(xenfm_map_range(h, 5, FAKE_HOLE, 2, XENFM_MAP_LAZY, 0, NULL,
				  &addr),
		  0);
	check_eq(fake.calls[0].x_map.flags, 6);
	check_eq(fake.calls[0].x_map.status, 0);
	check_ret(xenfm_unmap(h, addr, 2), 0);
	check_ret(xenfm_map_range(h, 5, FAKE_HOLE, 2, XENFM_MAP_LAZY, 0, err,
				  &addr),
		  0);
	check_eq(err[0] | err[1], 0);
	check_ret(xenfm_unmap(h, addr, 2), 0);
	xenfm_close(h);
}

TAP_CASE(strict_takes_an_array)
{
	const uint64_t frames[] = { 4, FAKE_RO, 5 };
	struct xenfm *h = start();
	int err[3];
	void *addr;

	check_ret(xenfm_map(h, 5, frames, 3, XENFM_MAP_WRITE | XENFM_MAP_STRICT,
			    0, err, &addr),
		  0);
	check_eq(fake.calls[0].request, 0x5041);
	check_eq(fake.calls[0].x_map.flags, 1);
	check_eq(fake.calls[0].x_map.frames, (uintptr_t)frames);
	check_eq(err[0] | err[2], 0);
	check_eq(err[1], -EBUSY);
	check_ret(xenfm_unmap(h, addr, 3), 0);
	xenfm_close(h);
}

TAP_CASE(without_x_map_a_range_is_a_batch)
{
	for (int ours = 0; ours < 2; ours++) {
		struct xenfm *h = start_without(ours);
		void *addr;

		check_ret(xenfm_map_range(h, 5, 0x1ffe, 2, XENFM_MAP_LAZY, 0,
					  NULL, &addr),
			  0);
		check_eq(fake.nr_calls, 1);
		check_eq(fake.calls[0].request, 0x00205004);
		check(fake_page_is(addr, 0, 0x1ffe));
		check(fake_page_is(addr, 1, 0x1fff));
		check_ret(xenfm_unmap(h, addr, 2), 0);
		check_ret(xenfm_map_range(h, 5, 0x1fff, 2, XENFM_MAP_LAZY, 0,
					  NULL, &addr),
			  -EINVAL);
		check_eq(fake_left(), 0);
		xenfm_close(h);
	}
}

TAP_CASE(without_x_map_strict)
{
	const uint64_t frame = 4;
	struct xenfm *h = start_without(true);
	void *addr;

	check_ret(xenfm_map(h, 5, &frame, 1, XENFM_MAP_STRICT, 0, NULL, &addr),
		  -EOPNOTSUPP);
	check_eq(fake.nr_calls, 0);
	xenfm_close(h);
	/* Other drivers have no read-only retry to be told off. */
	h = start_without(false);
	check_ret(xenfm_map(h, 5, &frame, 1, XENFM_MAP_STRICT, 0, NULL, &addr),
		  0);
	check_eq(fake.calls[0].request, 0x00205004);
	check_ret(xenfm_unmap(h, addr, 1), 0);
	xenfm_close(h);
}

TAP_CASE(release_and_populate)
{
	const uint64_t frames[] = { 9, 8 };
	struct xenfm *h = start();
	int err[2] = { 3, 3 };
	void *addr;
	char *part;

	check_ret(xenfm_map_range(h, 5, 0, 4, 0, 0, NULL, &addr), 0);
	part = (char *)addr + 4096;
	check_ret(xenfm_release(h, part, 2), 0);
	check_eq(fake.calls[1].request, 0x5042);
	check_eq(fake.calls[1].x_unmap.size, 24);
	check_eq(fake.calls[1].x_unmap.flags, 0);
	check_eq(fake.calls[1].x_unmap.addr, (uintptr_t)part);
	check_eq(fake.calls[1].x_unmap.num, 2);
	check_ret(xenfm_populate(h, 5, part, frames, 2, 0, 0, err), 0);
	check_eq(fake.calls[2].request, 0x00205004);
	check_eq(fake.calls[2].batch.addr, (uintptr_t)part);
	check_eq(err[0] | err[1], 0);
	check(fake_page_is(addr, 0, 0));
	check(fake_page_is(addr, 1, 9));
	check(fake_page_is(addr, 2, 8));
	check_ret(xenfm_release(h, part, 2), 0);
	check_ret(xenfm_populate(h, 5, part, frames, 2, XENFM_MAP_LAZY, 0,
				 NULL),
		  0);
	check_eq(fake.calls[4].request, 0x5041);
	check_eq(fake.calls[4].x_map.flags, 4);
	check_ret(xenfm_unmap(h, addr, 4), 0);
	xenfm_close(h);
}

/* All of these pages are empty again; those of others are not touched. */
TAP_CASE(populate_is_undone)
{
	const uint64_t frames[] = { 9, FAKE_BUSY, 8 };
	struct xenfm *h = start();
	void *addr;
	char *part;

	check_ret(xenfm_map_range(h, 5, 0, 4, 0, 0, NULL, &addr), 0);
	part = (char *)addr + 4096;
	check_ret(xenfm_release(h, part, 3), 0);
	check_ret(xenfm_populate(h, 5, part, frames, 3, 0, 0, NULL), -EBUSY);
	check_eq(fake.nr_calls, 4);
	check_eq(fake.calls[3].request, 0x5042);
	check_eq(fake.calls[3].x_unmap.addr, (uintptr_t)part);
	check_eq(fake.calls[3].x_unmap.num, 3);
	/* Refused as a whole it has put nothing there. */
	fake.batch_errno = EINVAL;
	check_ret(xenfm_populate(h, 5, part, frames, 3, 0, 0, NULL), -EINVAL);
	check_eq(fake.nr_calls, 5);
	check_ret(xenfm_unmap(h, addr, 4), 0);
	xenfm_close(h);
}

TAP_CASE(populate_arguments)
{
	const uint64_t frame = 1;
	struct xenfm *h = start();
	char page[4096];

	check_ret(xenfm_populate(h, 0x10000, page, &frame, 1, 0, 0, NULL),
		  -EINVAL);
	check_ret(xenfm_populate(h, 5, page, &frame, 0, 0, 0, NULL), -EINVAL);
	check_ret(xenfm_populate(h, 5, page, &frame, 1, XENFM_MAP_WRITE, 0,
				 NULL),
		  -EINVAL);
	check_eq(fake.nr_calls, 0);
	fake.x_unmap_errno = EINVAL;
	check_ret(xenfm_release(h, page, 1), -EINVAL);
	xenfm_close(h);
}

TAP_CASE(release_without_x_unmap)
{
	const uint64_t frame = 1;
	char page[4096];

	for (int ours = 0; ours < 2; ours++) {
		struct xenfm *h = start_without(ours);

		check_ret(xenfm_release(h, page, 1), -EOPNOTSUPP);
		check_ret(xenfm_populate(h, 5, page, &frame, 1, 0, 0, NULL),
			  -EOPNOTSUPP);
		check_eq(fake.nr_calls, 0);
		xenfm_close(h);
	}
}
