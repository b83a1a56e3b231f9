// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A back end that does not answer, or not in time, and one whose messages come in pieces or
 * that reads slowly. No call of the front end waits longer than its limit.
 */
#include <sys/socket.h>
#include <time.h>

#include "frontend_test.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

/* Never shorter than the limit, and not much longer; for all waits of a call together. */
static void silent(uint32_t request, enum answer bad, bool at_hello)
{
	double start = now();
	char line[200];

	snprintf(line, sizeof(line), "it has not answered %s within %d seconds",
		 message_name(request), FRONTEND_SECONDS);
	script.bad_request = request;
	script.bad = bad;
	check_eq(frontend_connect(core.f), !at_hello);
	driver_set_up();
	if (!at_hello)
		check(driver_ok());
	driver_reset();
	check(now() - start >= FRONTEND_SECONDS);
	check(now() - start < FRONTEND_SECONDS + 20);
	check(!frontend_is_connected(core.f));
	check_eq(said(line), 1);
	check_eq(core.breaks, 0);
	forget_lines();
	script.bad_request = 0;
	must(tap_soon(!__atomic_load_n(&script.connected, __ATOMIC_SEQ_CST),
		      0));
	must(frontend_connect(core.f));
	script_hang_up();
	forget_lines();
}

TAP_CASE(silence_from_the_start)
{
	script_start();
	silent(VU_GET_FEATURES, SILENT, true);
	script_end();
}

TAP_CASE(silence_in_the_middle_of_an_answer)
{
	script_start();
	silent(VU_GET_CONFIG, HALF, true);
	script_end();
}

TAP_CASE(silence_about_memory)
{
	script_start();
	silent(VU_ADD_MEM_REG, SILENT, false);
	script_end();
}

TAP_CASE(silence_about_the_area)
{
	script_start();
	silent(VU_GET_INFLIGHT_FD, HALF, false);
	script_end();
}

TAP_CASE(silence_when_it_is_stopped)
{
	script_start();
	silent(VU_GET_VRING_BASE, SILENT, false);
	script_end();
}

TAP_CASE(silence_when_it_is_reset)
{
	script_start();
	silent(VU_RESET_DEVICE, HALF, false);
	script_end();
}

/* Each answer comes in time, and all of them together do not. */
TAP_CASE(silence_in_small_doses)
{
	double start;

	script_start();
	must(frontend_connect(core.f));
	driver_set_up();
	script.delay = FRONTEND_SECONDS * 1000 / 8;
	start = now();
	check(driver_ok());
	check(now() - start >= FRONTEND_SECONDS);
	check(!frontend_is_connected(core.f));
	check_eq(said("seconds"), 1);
	script.delay = 0;
	forget_lines();
	script_end();
}

/* ---- pieces ---- */

TAP_CASE(pieces_of_answers_and_messages)
{
	script_start();
	script.pieces = script.slow = true;
	must(frontend_connect(core.f));
	check_eq(core.config_size, 60);
	driver_set_up();
	must(driver_ok());
	check_eq(script_count(VU_SET_VRING_ENABLE), 2);
	check(script_nth(VU_SET_INFLIGHT_FD, 0)->inode[0]);
	driver_reset();
	check(frontend_is_connected(core.f));
	forget_lines();
	script_end();
}

static void small_buffer(void)
{
	int fds[2], ms, size = 1;

	must(frontend_fds(core.f, fds, &ms) >= 1);
	must(!setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)));
}

/* More messages than the socket takes at once. */
static void many_queues(void)
{
	for (unsigned int i = 0; i < VIRTIO_QUEUES_MAX; i++) {
		core.v.queue[i] = core.v.queue[0];
		core.v.queue[i].enabled = true;
	}
	core.v.queues = VIRTIO_QUEUES_MAX;
}

TAP_CASE(pieces_of_a_full_socket)
{
	script_start();
	script.protocol = 0;
	script.slow = true;
	must(frontend_connect(core.f));
	small_buffer();
	driver_set_up();
	many_queues();
	must(driver_ok());
	check(frontend_is_connected(core.f));
	check_eq(script_count(VU_SET_VRING_ENABLE), 64);
	check_eq(script_count(VU_SET_VRING_KICK), 64);
	forget_lines();
	script_end();
}

TAP_CASE(silence_of_a_full_socket)
{
	double start;

	script_start();
	script.protocol = 0;
	must(frontend_connect(core.f));
	must(tap_soon(script.nr == 4, 0));
	small_buffer();
	script.bad_request = VU_GET_FEATURES;
	script.bad = SILENT;
	driver_set_up();
	many_queues();
	start = now();
	script.deaf = true;
	check(driver_ok());
	check(now() - start >= FRONTEND_SECONDS);
	check(!frontend_is_connected(core.f));
	check_eq(said("seconds"), 1);
	script.deaf = false;
	forget_lines();
	script_end();
}
