// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * How the rings are stopped, and the area for requests in flight, which a reset ends.
 */
#include "frontend_test.h"

/* ---- stop ---- */

TAP_CASE(stop_order)
{
	unsigned int before;

	script_start();
	must(frontend_connect(core.f));
	driver_set_up();
	must(driver_ok());
	before = script.nr;
	driver_reset();
	check_eq(script.nr, before + 3);
	check_eq(script.seen[before].request, VU_GET_VRING_BASE);
	check_eq(script.seen[before].index, 0);
	check_eq(script.seen[before + 1].request, VU_GET_VRING_BASE);
	check_eq(script.seen[before + 1].index, 2);
	check_eq(script.seen[before + 2].request, VU_RESET_DEVICE);
	check_eq(script.seen[before + 2].flags, VU_VERSION | VU_NEED_REPLY);
	/* Nothing runs, so there is nothing to stop. */
	driver_reset();
	check_eq(script.nr, before + 3);
	/* The next driver begins at 0, whatever index the back end has said. */
	driver_set_up();
	must(driver_ok());
	check_eq(script_nth(VU_SET_VRING_BASE, 2)->num, 0);
	check_eq(script_nth(VU_SET_VRING_BASE, 3)->num, 0);
	check_eq(script_count(VU_GET_FEATURES), 1);
	forget_lines();
	script_end();
}

TAP_CASE(stop_without_reset_device)
{
	script_start();
	script.protocol &= ~VU_PROTOCOL_F_RESET;
	must(frontend_connect(core.f));
	driver_set_up();
	must(driver_ok());
	driver_reset();
	check_eq(script_count(VU_GET_VRING_BASE), 2);
	check_eq(script_count(VU_RESET_DEVICE), 0);
	check_eq(script_count(VU_RESET_OWNER), 0);
	forget_lines();
	script_end();
}

/* When the driver's reset is over, the back end must have seen it. */
TAP_CASE(stop_without_acknowledgements)
{
	script_start();
	script.protocol = VU_PROTOCOL_F_RESET;
	must(frontend_connect(core.f));
	driver_set_up();
	must(driver_ok());
	driver_reset();
	check_eq(script.seen[script.nr - 2].request, VU_RESET_DEVICE);
	check_eq(script.seen[script.nr - 2].flags, VU_VERSION);
	check_eq(script.seen[script.nr - 1].request, VU_GET_FEATURES);
	forget_lines();
	script_end();
}

TAP_CASE(stop_without_a_back_end)
{
	script_start();
	must(frontend_connect(core.f));
	driver_set_up();
	must(driver_ok());
	*avail_idx(0) = *used_idx(0) = 9;
	script_hang_up();
	driver_reset();
	driver_set_up();
	check(driver_ok());
	must(core_soon(frontend_is_connected(core.f)));
	check_eq(script_nth(VU_SET_VRING_BASE, 0)->num, 0);
	check_eq(script_count(VU_GET_INFLIGHT_FD), 1);
	check_eq(core.breaks, 0);
	forget_lines();
	script_end();
}

TAP_CASE(stop_of_another_queue)
{
	script_start();
	must(frontend_connect(core.f));
	driver_set_up();
	must(driver_ok());
	forget_lines();
	script.bad_request = VU_GET_VRING_BASE;
	script.bad = OTHER_INDEX;
	driver_reset();
	check(!frontend_is_connected(core.f));
	check_eq(said("is lost: its answer to GET_VRING_BASE is about another "
		      "queue"),
		 1);
	check_eq(said_in_all(), 1);
	forget_lines();
	script_end();
}

/* ---- the area for requests in flight ---- */

TAP_CASE(inflight_is_fresh_after_a_reset)
{
	struct frontend_inflight area;
	uint64_t first;
	const struct seen *s;

	script_start();
	must(frontend_connect(core.f));
	frontend_get_inflight(core.f, &area);
	check_eq(area.fd, -1);
	driver_set_up();
	core.v.queue[0].size = 32;
	must(driver_ok());
	s = script_nth(VU_GET_INFLIGHT_FD, 0);
	check_eq(s->size, 24);
	check_eq(s->inflight.num_queues, RINGS);
	check_eq(s->inflight.queue_size, 32);
	check_eq(s->inflight.mmap_size, 0);
	s = script_nth(VU_SET_INFLIGHT_FD, 0);
	check_eq(s->size, 24);
	check_eq(s->inflight.num_queues, RINGS);
	check_eq(s->inflight.queue_size, 32);
	check_eq(s->inflight.mmap_size, 4096);
	check_eq(s->inflight.mmap_offset, 0);
	first = s->inode[0];
	frontend_get_inflight(core.f, &area);
	must(area.fd >= 0);
	check_eq(inode(area.fd), first);
	check_eq(area.size, 4096);
	check_eq(area.queues, RINGS);
	check_eq(area.queue_size, 32);
	driver_reset();
	frontend_get_inflight(core.f, &area);
	check_eq(area.fd, -1);
	driver_set_up();
	must(driver_ok());
	check_eq(script_nth(VU_GET_INFLIGHT_FD, 1)->inflight.queue_size, 16);
	check(script_nth(VU_SET_INFLIGHT_FD, 1)->inode[0] != first);
	forget_lines();
	script_end();
}

/* An area of 0 bytes, or beyond the end of its file. */
static void bad_area(uint64_t size)
{
	script_start();
	script.area_size = size;
	must(frontend_connect(core.f));
	driver_set_up();
	check(driver_ok());
	check(!frontend_is_connected(core.f));
	check_eq(said("test: the back end is lost: its area for requests in "
		      "flight is wrong"),
		 1);
	forget_lines();
	script_end();
}

TAP_CASE(inflight_without_bytes)
{
	bad_area(0);
}

TAP_CASE(inflight_beyond_its_file)
{
	bad_area(4097);
}
