// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Which messages start the rings, in which order, and what is in them.
 */
#include <fcntl.h>

#include "frontend_test.h"

/* All messages of a start with all features, in pairs with their first words. */
static const struct {
	uint32_t request, index, num;
} starts[] = {
	{ VU_SET_FEATURES, 0, 0 },     { VU_ADD_MEM_REG, 0, 0 },
	{ VU_ADD_MEM_REG, 0, 0 },      { VU_SET_VRING_NUM, 0, 16 },
	{ VU_SET_VRING_NUM, 2, 16 },   { VU_GET_INFLIGHT_FD, 0, 0 },
	{ VU_SET_INFLIGHT_FD, 0, 0 },  { VU_SET_VRING_BASE, 0, 0 },
	{ VU_SET_VRING_ADDR, 0, 0 },   { VU_SET_VRING_CALL, 0, 0 },
	{ VU_SET_VRING_KICK, 0, 0 },   { VU_SET_VRING_BASE, 2, 0 },
	{ VU_SET_VRING_ADDR, 2, 0 },   { VU_SET_VRING_CALL, 2, 0 },
	{ VU_SET_VRING_KICK, 2, 0 },   { VU_SET_VRING_ENABLE, 0, 1 },
	{ VU_SET_VRING_ENABLE, 2, 1 },
};

#define STARTS (sizeof(starts) / sizeof(starts[0]))

static const uint32_t with_fd[] = { VU_ADD_MEM_REG, VU_SET_INFLIGHT_FD,
				    VU_SET_VRING_CALL, VU_SET_VRING_KICK, 0 };

static bool has_fd(uint32_t request)
{
	unsigned int i;

	for (i = 0; with_fd[i] && with_fd[i] != request; i++)
		;
	return with_fd[i];
}

static void check_ring(unsigned int i, unsigned int q)
{
	const struct seen *addr = script_nth(VU_SET_VRING_ADDR, i);

	check_eq(addr->addr.index, q);
	check_eq(addr->addr.flags, 0);
	check_eq(addr->addr.desc, RING_AT(q) + OUR);
	check_eq(addr->addr.avail, RING_AT(q) + AVAIL_AT + OUR);
	check_eq(addr->addr.used, RING_AT(q) + USED_AT + OUR);
	check_eq(addr->addr.log, 0);
}

TAP_CASE(start_order)
{
	unsigned int i, first;

	script_start();
	must(frontend_connect(core.f));
	driver_set_up();
	first = script.nr;
	must(driver_ok());
	check_eq(script.nr, first + STARTS);
	for (i = 0; i < STARTS; i++) {
		const struct seen *s = &script.seen[first + i];

		check_eq(s->request, starts[i].request);
		check_eq(s->nr_fds, has_fd(s->request));
		check_eq(s->flags, s->request == VU_GET_INFLIGHT_FD ?
					   VU_VERSION :
					   (VU_VERSION | VU_NEED_REPLY));
		if (starts[i].request != VU_SET_FEATURES &&
		    starts[i].request != VU_ADD_MEM_REG &&
		    starts[i].request != VU_GET_INFLIGHT_FD &&
		    starts[i].request != VU_SET_INFLIGHT_FD) {
			check_eq(s->index, starts[i].index);
			check_eq(s->num, starts[i].num);
		}
	}
	check_ring(0, 0);
	check_ring(1, 2);
	check_eq(core.breaks, 0);
	forget_lines();
	script_end();
}

/* The driver's features that are the front end's own do not reach the back end. */
TAP_CASE(start_features)
{
	script_start();
	must(frontend_connect(core.f));
	driver_set_up();
	core.v.accepted |= FEATURE(40); /* of an earlier back end, say */
	must(driver_ok());
	check_eq(script_nth(VU_SET_FEATURES, 0)->u64,
		 DISK_FEATURES | VU_F_PROTOCOL_FEATURES);
	driver_reset();
	driver_set_up();
	core.v.accepted = FEATURE(VIRTIO_F_VERSION_1) | FEATURE(5);
	must(driver_ok());
	check_eq(script_nth(VU_SET_FEATURES, 1)->u64,
		 FEATURE(VIRTIO_F_VERSION_1) | VU_F_PROTOCOL_FEATURES);
	forget_lines();
	script_end();
}

TAP_CASE(start_without_acknowledgements)
{
	static const uint32_t want[] = {
		VU_SET_FEATURES,   VU_SET_MEM_TABLE,	VU_GET_FEATURES,
		VU_SET_VRING_NUM,  VU_SET_VRING_NUM,	VU_SET_VRING_BASE,
		VU_SET_VRING_ADDR, VU_SET_VRING_CALL,	VU_SET_VRING_KICK,
		VU_SET_VRING_BASE, VU_SET_VRING_ADDR,	VU_SET_VRING_CALL,
		VU_SET_VRING_KICK, VU_SET_VRING_ENABLE, VU_SET_VRING_ENABLE,
		VU_GET_FEATURES,
	};
	unsigned int i;

	script_start_with(DISK_FEATURES | VU_F_PROTOCOL_FEATURES, 0);
	must(frontend_connect(core.f));
	driver_set_up();
	must(driver_ok());
	check_eq(script.nr, 4 + 16);
	for (i = 0; i < 16; i++) {
		check_eq(script.seen[4 + i].request, want[i]);
		check_eq(script.seen[4 + i].flags, VU_VERSION);
	}
	forget_lines();
	script_end();
}

/* Such a back end enables its rings by itself. It must not get bit 30. */
TAP_CASE(start_without_protocol_features)
{
	static const uint32_t want[] = {
		VU_GET_FEATURES,
		VU_SET_OWNER,
		VU_SET_FEATURES,
		VU_SET_MEM_TABLE,
		VU_GET_FEATURES,
		VU_SET_VRING_NUM,
		VU_SET_VRING_NUM,
		VU_SET_VRING_BASE,
		VU_SET_VRING_ADDR,
		VU_SET_VRING_CALL,
		VU_SET_VRING_KICK,
		VU_SET_VRING_BASE,
		VU_SET_VRING_ADDR,
		VU_SET_VRING_CALL,
		VU_SET_VRING_KICK,
		VU_GET_FEATURES,
		0,
	};

	script_start_with(DISK_FEATURES, ALL_PROTOCOL);
	must(frontend_connect(core.f));
	driver_set_up();
	must(driver_ok());
	check(script_saw(want));
	check_eq(script_nth(VU_SET_FEATURES, 0)->u64, DISK_FEATURES);
	forget_lines();
	script_end();
}

TAP_CASE(start_kicks_each_ring_once)
{
	script_start();
	must(frontend_connect(core.f));
	driver_set_up();
	must(driver_ok());
	check_eq(taken(script.kick[0]), 1);
	check_eq(taken(core.v.queue[1].kick), 0);
	check_eq(taken(script.kick[2]), 1);
	for (unsigned int i = 0; i < RINGS; i++)
		check_eq(taken(core.v.queue[i].call), 0);
	/* The back end has the device's own eventfds. */
	must(write(core.v.queue[2].kick, &(uint64_t){ 5 }, 8) == 8);
	check_eq(taken(script.kick[2]), 5);
	must(write(script.call[2], &(uint64_t){ 6 }, 8) == 8);
	check_eq(taken(core.v.queue[2].call), 6);
	forget_lines();
	script_end();
}

/* The last back end has filled the eventfds, and made them block. */
TAP_CASE(start_with_full_eventfds)
{
	const uint64_t most = ~UINT64_C(0) - 1;

	script_start();
	must(frontend_connect(core.f));
	driver_set_up();
	must(driver_ok());
	script_hang_up();
	for (unsigned int i = 0; i < RINGS; i += 2) {
		const int fds[] = { core.v.queue[i].kick,
				    core.v.queue[i].call };

		for (unsigned int j = 0; j < 2; j++) {
			taken(fds[j]);
			must(write(fds[j], &most, 8) == 8);
			must(!fcntl(fds[j], F_SETFL, 0));
		}
	}
	must(frontend_connect(core.f));
	check_eq(taken(core.v.queue[0].kick), most);
	check_eq(taken(core.v.queue[0].call), most);
	check(fcntl(core.v.queue[2].kick, F_GETFL) & O_NONBLOCK);
	forget_lines();
	script_end();
}

/* DRIVER_OK comes first, and the back end later. */
TAP_CASE(start_when_a_back_end_comes)
{
	script_start();
	driver_set_up();
	core.v.accepted = FEATURE(VIRTIO_F_VERSION_1);
	check(driver_ok());
	check_eq(script.connections, 0);
	core_wait(0);
	check(frontend_is_connected(core.f));
	check_eq(script_count(VU_SET_VRING_ENABLE), 2);
	check_eq(script_nth(VU_SET_FEATURES, 0)->u64,
		 FEATURE(VIRTIO_F_VERSION_1) | VU_F_PROTOCOL_FEATURES);
	check_eq(script_nth(VU_SET_VRING_BASE, 0)->num, 0);
	forget_lines();
	script_end();
}

TAP_CASE(start_of_a_broken_device)
{
	script_start();
	driver_set_up();
	core.v.status = VIRTIO_CONFIG_S_DRIVER_OK;
	core.v.broken = true;
	must(frontend_connect(core.f));
	check_eq(script_count(VU_SET_FEATURES), 0);
	forget_lines();
	script_end();
}
