// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A back end ends at each message, in each way, when a driver is ready. The next one gets
 * everything again: the same messages, features, bases and the same area.
 */
#include <sys/socket.h>

#include "frontend_test.h"

#include "../../../tools/virtio/channel.h"

static const enum death deaths[] = { UNREAD, READ, HALFWAY, ANSWERED };

/* Both rings have been used up to 7, and nothing is in flight. */
static void use_rings(void)
{
	*avail_idx(0) = *used_idx(0) = 7;
	*avail_idx(2) = *used_idx(2) = 65535;
}

static void take_all_events(void)
{
	for (unsigned int i = 0; i < RINGS; i++) {
		taken(core.v.queue[i].kick);
		taken(core.v.queue[i].call);
	}
}

static void same_messages(const struct seen *want, unsigned int nr)
{
	check_eq(script.nr, nr);
	for (unsigned int i = 0; i < nr; i++) {
		check_eq(script.seen[i].request, want[i].request);
		if (want[i].request == VU_SET_FEATURES ||
		    want[i].request == VU_SET_PROTOCOL_FEATURES ||
		    want[i].request == VU_SET_VRING_BASE ||
		    want[i].request == VU_SET_VRING_NUM ||
		    want[i].request == VU_SET_INFLIGHT_FD)
			check_eq(script.seen[i].u64, want[i].u64);
		if (want[i].request == VU_SET_INFLIGHT_FD)
			check_eq(script.seen[i].inode[0], want[i].inode[0]);
	}
}

/* The rings have just been started again. */
static void check_woken(void)
{
	for (unsigned int i = 0; i < RINGS; i += 2) {
		check_eq(taken(core.v.queue[i].kick), 1);
		check_eq(taken(core.v.queue[i].call), 1);
	}
	check_eq(taken(core.v.queue[1].kick), 0);
	check_eq(taken(core.v.queue[1].call), 0);
}

/* Waits for so many connections in all, of which the last one stays. No time is lost. */
static void come_back(unsigned int connections)
{
	must(core_soon(({
		if (!frontend_is_connected(core.f))
			frontend_connect(core.f);
		script.connections ==
			connections &&frontend_is_connected(core.f);
	})));
}

/* Learns what a restart looks like, then disturbs restarts. */
static void deaths_at_restart(void)
{
	struct seen want[SEEN_MAX];
	unsigned int nr, at, files, connections;

	must(frontend_connect(core.f));
	driver_set_up();
	core.v.accepted &= ~FEATURE(6);
	must(driver_ok());
	use_rings();
	script_hang_up();
	take_all_events();
	must(core_soon(frontend_is_connected(core.f)));
	check_woken();
	nr = script.nr;
	memcpy(want, script.seen, sizeof(want));
	check_eq(script_nth(VU_SET_VRING_BASE, 0)->num, 7);
	check_eq(script_nth(VU_SET_VRING_BASE, 1)->num, 65535);
	script_hang_up();
	files = open_files();
	for (at = 1; at <= nr; at++) {
		for (unsigned int i = 0; i < 4; i++) {
			script.die_at = at;
			script.death = deaths[i];
			/* After its last answer, its end is only seen later. */
			connections = script.connections + 2;
			check_eq(frontend_connect(core.f),
				 at == nr && deaths[i] == ANSWERED);
			take_all_events();
			come_back(connections);
			same_messages(want, nr);
			check_woken();
			script_hang_up();
			check_eq(open_files(), files);
		}
	}
	check_eq(core.breaks, 0);
	forget_lines();
	script_end();
}

TAP_CASE(death_at_each_message)
{
	script_start();
	deaths_at_restart();
}

/* Without acknowledgements many messages have no answer. */
TAP_CASE(death_at_each_message_without_acknowledgements)
{
	script_start();
	script.protocol &= ~VU_PROTOCOL_F_REPLY_ACK;
	deaths_at_restart();
}

TAP_CASE(death_at_each_message_without_protocol_features)
{
	script_start_with(DISK_FEATURES, 0);
	deaths_at_restart();
}

/* The driver says DRIVER_OK, and its first back end ends meanwhile. */
TAP_CASE(death_at_each_message_of_the_first_start)
{
	unsigned int nr, first, at, connections, kick_at;
	bool used;

	script_start();
	must(frontend_connect(core.f));
	first = script.nr;
	driver_set_up();
	must(driver_ok());
	nr = script.nr;
	for (kick_at = 1; kick_at < nr; kick_at++)
		if (script.seen[kick_at - 1].request == VU_SET_VRING_KICK)
			break;
	driver_reset();
	script_hang_up();
	for (at = first + 1; at <= nr; at++) {
		for (unsigned int i = 0; i < 4; i++) {
			script.die_at = at;
			script.death = deaths[i];
			connections = script.connections + 2;
			must(frontend_connect(core.f));
			driver_set_up();
			check(driver_ok());
			come_back(connections);
			/* Once a ring may have been used, its area stays. */
			used = at >= kick_at ||
			       (at == kick_at - 1 && deaths[i] == ANSWERED);
			check_eq(script_count(VU_GET_INFLIGHT_FD), !used);
			check_eq(script.nr, nr - used);
			check_eq(script_nth(VU_SET_VRING_BASE, 0)->num, 0);
			check_eq(script_nth(VU_SET_VRING_BASE, 1)->num, 0);
			check_eq(script_count(VU_SET_VRING_ENABLE), 2);
			driver_reset();
			script_hang_up();
		}
	}
	check_eq(core.breaks, 0);
	forget_lines();
	script_end();
}

/* The driver resets the device, and the back end ends meanwhile. */
TAP_CASE(death_at_each_message_of_a_stop)
{
	unsigned int nr, first, at, connections;

	script_start();
	script.protocol &= ~VU_PROTOCOL_F_INFLIGHT;
	must(frontend_connect(core.f));
	driver_set_up();
	must(driver_ok());
	first = script.nr;
	driver_reset();
	nr = script.nr;
	check_eq(nr, first + 3);
	script_hang_up();
	forget_lines();
	for (at = first + 1; at <= nr; at++) {
		for (unsigned int i = 0; i < 4; i++) {
			script.die_at = at;
			script.death = deaths[i];
			connections = script.connections + 2;
			must(frontend_connect(core.f));
			driver_set_up();
			must(driver_ok());
			/* Much is in flight, and nobody wants it any more. */
			*avail_idx(0) = 9;
			driver_reset();
			come_back(connections);
			check_eq(script_count(VU_SET_FEATURES), 0);
			driver_set_up();
			must(driver_ok());
			check_eq(script_nth(VU_SET_VRING_BASE, 0)->num, 0);
			driver_reset();
			script_hang_up();
			check_eq(core.breaks, 0);
		}
	}
	forget_lines();
	script_end();
}

/* ---- lines ---- */

TAP_CASE(lines_of_a_back_end_that_is_not_there)
{
	script_start();
	shutdown(script.listener, SHUT_RDWR);
	unlink(script.path);
	for (int i = 0; i < 30; i++) {
		check(!frontend_connect(core.f));
		check_eq(said_in_all(), 1);
	}
	check_eq(said("test: no back end at /tmp/"), 1);
	check_eq(said("yet: ENOENT"), 1);
	forget_lines();
	script_end();
}

TAP_CASE(lines_of_a_path_that_is_too_long)
{
	static char path[200];

	memset(path, 'x', sizeof(path) - 1);
	core_start(path);
	check(!frontend_connect(core.f));
	check(!frontend_connect(core.f));
	check_eq(said("yet: ENAMETOOLONG"), 1);
	check_eq(said_in_all(), 1);
	forget_lines();
	core_end();
}

TAP_CASE(lines_of_a_loss_without_a_successor)
{
	script_start();
	must(frontend_connect(core.f));
	forget_lines();
	unlink(script.path);
	script_hang_up();
	for (int i = 0; i < 10; i++)
		check(!frontend_connect(core.f));
	check_eq(said("is lost"), 1);
	check_eq(said_in_all(), 1);
	forget_lines();
	script_end();
}

/* One line when it is lost and one when it is back, however long that takes. */
TAP_CASE(lines_of_a_loss)
{
	script_start();
	must(frontend_connect(core.f));
	forget_lines();
	script_hang_up();
	check_eq(said("test: the back end is lost: it has closed the "
		      "connection"),
		 1);
	script.die_at = 3;
	script.death = READ;
	check(!frontend_connect(core.f));
	check_eq(said("cannot serve: it has closed the connection"), 1);
	check_eq(said_in_all(), 2);
	for (int i = 0; i < 10; i++) {
		script.die_at = 1 + i % 5;
		check(!frontend_connect(core.f));
	}
	check_eq(said_in_all(), 2);
	must(frontend_connect(core.f));
	check_eq(said("test: connected to"), 1);
	check_eq(said_in_all(), 3);
	/* From now on there is something to say again. */
	script_hang_up();
	check_eq(said("is lost"), 2);
	script.die_at = 1;
	check(!frontend_connect(core.f));
	check_eq(said("cannot serve"), 2);
	forget_lines();
	script_end();
}

TAP_CASE(retry_after_a_while)
{
	int64_t began;
	int fds[2], ms;

	script_start();
	check_eq(frontend_fds(core.f, fds, &ms), 0);
	check_eq(ms, 0);
	must(frontend_connect(core.f));
	check_eq(frontend_fds(core.f, fds, &ms), 2);
	check_eq(ms, -1);
	began = channel_now();
	script_hang_up();
	check_eq(frontend_fds(core.f, fds, &ms), 0);
	check(ms >= 0 && ms <= FRONTEND_RETRY_MS);
	/* However often it is called, it does not try too early. */
	while (!frontend_is_connected(core.f)) {
		frontend_tick(core.f);
		tap_progress();
	}
	check(channel_now() - began >= FRONTEND_RETRY_MS);
	forget_lines();
	script_end();
}
