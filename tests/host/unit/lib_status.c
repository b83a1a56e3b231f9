// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Host tests of what libxenfm says of the frames of a mapping.
 */
#include "lib_start.h"

TAP_CASE(status_asks_the_driver)
{
	const uint64_t frames[] = { 1, FAKE_RO, FAKE_HOLE, FAKE_BUSY };
	struct xenfm_frame got[4] = { 0 };
	struct xenfm *h = start();
	struct privcmd_x_status *s = &fake.calls[1].status;
	void *addr;
	int err[4];

	check_ret(xenfm_map(h, 5, frames, 4, XENFM_MAP_WRITE, 0, err, &addr),
		  0);
	check_ret(xenfm_status(h, (char *)addr + 4096, 3, got), 0);
	check_eq(fake.nr_calls, 2);
	check_eq(fake.calls[1].request, 0x5043);
	check_eq(s->size, 32);
	check_eq(s->flags, 0);
	check_eq(s->addr, (uintptr_t)addr + 4096);
	check_eq(s->num, 3);
	check_eq(s->status, (uintptr_t)got);
	check_eq(got[0].state, XENFM_FRAME_RO);
	check_eq(got[0].error, 0);
	check_eq(got[1].state, XENFM_FRAME_NONE);
	check_eq(got[1].error, -EINVAL);
	check_eq(got[2].error, -EBUSY);
	check_ret(xenfm_status(h, addr, 1, got), 0);
	check_eq(got[0].state, XENFM_FRAME_RW);
	check_ret(xenfm_unmap(h, addr, 4), 0);
	xenfm_close(h);
}

TAP_CASE(status_passes_the_errno)
{
	struct xenfm_frame got;
	struct xenfm *h = start();

	fake.status_errno = EINVAL;
	check_ret(xenfm_status(h, &got, 1, &got), -EINVAL);
	fake.status_errno = EFAULT;
	check_ret(xenfm_status(h, &got, 1, &got), -EFAULT);
	xenfm_close(h);
}

TAP_CASE(status_other_driver)
{
	struct xenfm_frame got;
	struct xenfm *h;

	fake_start_intree();
	h = opened();
	check_ret(xenfm_status(h, &got, 1, &got), -EOPNOTSUPP);
	check_eq(fake.nr_calls, 0);
	xenfm_close(h);
}
