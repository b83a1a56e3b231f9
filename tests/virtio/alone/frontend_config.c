// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The back end says that its configuration has changed, at good and at bad times, and what
 * else it may say on that socket.
 */
#include <sys/socket.h>

#include "frontend_test.h"

#include "../../../tools/virtio/channel.h"

static void start(void)
{
	script_start();
	must(frontend_connect(core.f));
	forget_lines();
}

/* A request of the back end with these numbers. */
static void say(uint32_t request, uint32_t flags, uint32_t size)
{
	const struct vu_header h = { request, flags, size };

	must(send(script.requests, &h, sizeof(h), MSG_NOSIGNAL) == sizeof(h));
}

/* The answer that is there, or none. */
static bool answered(void)
{
	struct {
		struct vu_header h;
		uint32_t value[2];
	} a;

	if (recv(script.requests, &a, sizeof(a), MSG_DONTWAIT) != sizeof(a))
		return false;
	check_eq(a.h.request, VU_BACKEND_CONFIG_CHANGE);
	check_eq(a.h.flags, VU_VERSION | VU_REPLY);
	check_eq(a.h.size, 8);
	check_eq(a.value[0] | a.value[1], 0);
	return true;
}

TAP_CASE(config_change)
{
	start();
	script.config[0] = 99;
	say(VU_BACKEND_CONFIG_CHANGE, VU_VERSION | VU_NEED_REPLY, 0);
	must(core_soon(core.configs));
	check_eq(core.configs, 1);
	check_eq(core.config[0], 99);
	check_eq(core.config_size, 60);
	check(answered());
	check(!answered());
	/* No more than was said. */
	for (int i = 0; i < 20; i++)
		core_wait(FRONTEND_RETRY_MS / 10);
	check_eq(core.configs, 1);
	script.config[0] = 100;
	say(VU_BACKEND_CONFIG_CHANGE, VU_VERSION, 0);
	must(core_soon(core.configs == 2));
	check_eq(core.config[0], 100);
	check(!answered());
	check_eq(core.backends, 1);
	script_end();
}

TAP_CASE(config_change_in_pieces)
{
	const struct vu_header h = { VU_BACKEND_CONFIG_CHANGE,
				     VU_VERSION | VU_NEED_REPLY, 0 };

	start();
	for (size_t i = 0; i < sizeof(h); i++) {
		check_eq(core.configs, 0);
		must(send(script.requests, (const char *)&h + i, 1, 0) == 1);
		core_wait(100);
	}
	check_eq(core.configs, 1);
	check(answered());
	check(frontend_is_connected(core.f));
	script_end();
}

/* Twice before the front end looks: it answers both. */
TAP_CASE(config_change_twice)
{
	start();
	for (int i = 0; i < 2; i++)
		say(VU_BACKEND_CONFIG_CHANGE, VU_VERSION | VU_NEED_REPLY, 0);
	must(core_soon(core.configs));
	check(answered());
	check(answered());
	check(frontend_is_connected(core.f));
	script_end();
}

/*
 * The back end answers nothing before its own request is answered: the front end would wait
 * for it, and it for the front end.
 */
static void change_before(uint32_t request)
{
	start();
	script.change_before = request;
	driver_set_up();
	script.config[0] = 50;
	must(driver_ok());
	driver_reset();
	check(frontend_is_connected(core.f));
	check(script.changes_answered > 0);
	script.change_before = 0;
	must(core_soon(core.configs));
	check_eq(core.config[0], 50);
	check_eq(said_in_all(), 0);
	script_end();
}

TAP_CASE(config_change_before_an_answer)
{
	change_before(VU_SET_VRING_NUM);
}

TAP_CASE(config_change_before_the_last_answer_of_a_start)
{
	change_before(VU_SET_VRING_ENABLE);
}

TAP_CASE(config_change_before_the_answer_to_a_stop)
{
	change_before(VU_GET_VRING_BASE);
}

/* While it is asked for its configuration, it changes again. */
TAP_CASE(config_change_before_the_configuration)
{
	int64_t began;

	start();
	began = channel_now();
	script.change_before = VU_GET_CONFIG;
	say(VU_BACKEND_CONFIG_CHANGE, VU_VERSION, 0);
	must(core_soon(core.configs));
	/* The device's thread has time for its guest in between. */
	for (int i = 0; i < 1000; i++)
		frontend_tick(core.f);
	check(core.configs <= 1 + (channel_now() - began) / FRONTEND_RETRY_MS);
	must(core_soon(core.configs >= 3));
	script.change_before = 0;
	check(frontend_is_connected(core.f));
	check(script.changes_answered >= 2);
	script_end();
}

/* At hello: the configuration that was asked for may be the old one. */
TAP_CASE(config_change_at_hello)
{
	int fds[2], ms;

	script_start();
	script.change_before = VU_GET_CONFIG;
	must(frontend_connect(core.f));
	check_eq(script.changes_answered, 1);
	script.change_before = 0;
	check_eq(frontend_fds(core.f, fds, &ms), 2);
	check(ms >= 0);
	must(core_soon(core.configs == 1));
	forget_lines();
	script_end();
}

TAP_CASE(config_change_to_nothing)
{
	start();
	script.config_size = 0;
	say(VU_BACKEND_CONFIG_CHANGE, VU_VERSION, 0);
	must(core_soon(script_count(VU_GET_CONFIG) == 2));
	check_eq(core.configs, 0);
	check(frontend_is_connected(core.f));
	script_end();
}

TAP_CASE(config_change_then_death)
{
	start();
	script.bad_request = VU_GET_CONFIG;
	script.bad = OTHER_REQUEST;
	say(VU_BACKEND_CONFIG_CHANGE, VU_VERSION, 0);
	must(core_soon(!frontend_is_connected(core.f)));
	check_eq(core.configs, 0);
	check_eq(said("is lost: it has answered GET_CONFIG with message 25"),
		 1);
	forget_lines();
	script_end();
}

/* ---- hostile ---- */

static void bad_request(uint32_t request, uint32_t flags, uint32_t size)
{
	char line[120];

	start();
	say(request, flags, size);
	must(core_soon(!frontend_is_connected(core.f)));
	snprintf(line, sizeof(line),
		 "is lost: its request %u (flags %#x, size %u) is unknown",
		 request, flags, size);
	check_eq(said(line), 1);
	check_eq(said_in_all(), 1);
	check_eq(core.configs, 0);
	forget_lines();
	script_end();
}

TAP_CASE(request_of_memory)
{
	bad_request(1, VU_VERSION | VU_NEED_REPLY, 32); /* IOTLB_MSG */
}

TAP_CASE(request_with_a_payload)
{
	bad_request(VU_BACKEND_CONFIG_CHANGE, VU_VERSION, 1);
}

TAP_CASE(request_that_is_an_answer)
{
	bad_request(VU_BACKEND_CONFIG_CHANGE, VU_VERSION | VU_REPLY, 0);
}

TAP_CASE(request_of_another_version)
{
	bad_request(VU_BACKEND_CONFIG_CHANGE, 2, 0);
}

TAP_CASE(request_with_a_descriptor)
{
	const struct vu_header h = { VU_BACKEND_CONFIG_CHANGE, VU_VERSION, 0 };
	struct message m = message_new(h.request, NULL, 0);
	unsigned int files;

	start();
	files = open_files();
	m.nr_fds = 1;
	m.fds[0] = 0;
	must(message_write(script.requests, &m, 0) == sizeof(h));
	must(core_soon(!frontend_is_connected(core.f)));
	check_eq(said("is lost: its request has a descriptor"), 1);
	check_eq(said_in_all(), 1);
	must(tap_soon(!__atomic_load_n(&script.connected, __ATOMIC_SEQ_CST),
		      0));
	/* Two sockets, each with two ends here. */
	check_eq(open_files(), files - 4);
	forget_lines();
	script_end();
}

/* A flood of requests whose answers nobody reads. */
TAP_CASE(request_flood)
{
	const struct vu_header h = { VU_BACKEND_CONFIG_CHANGE,
				     VU_VERSION | VU_NEED_REPLY, 0 };
	unsigned int i;

	start();
	for (i = 0; i < 100000 && frontend_is_connected(core.f); i++) {
		send(script.requests, &h, sizeof(h),
		     MSG_NOSIGNAL | MSG_DONTWAIT);
		if (i % 16 == 15)
			core_wait(0);
	}
	check(!frontend_is_connected(core.f));
	check_eq(said("is lost: it does not read the answers to its requests"),
		 1);
	forget_lines();
	script_end();
}

/* It ends the socket for its requests, and serves on. */
TAP_CASE(request_socket_is_closed)
{
	int fds[2], ms;

	start();
	check_eq(frontend_fds(core.f, fds, &ms), 2);
	shutdown(script.requests, SHUT_RDWR);
	must(core_soon(frontend_fds(core.f, fds, &ms) == 1));
	driver_set_up();
	check(driver_ok());
	driver_reset();
	check(frontend_is_connected(core.f));
	check_eq(said_in_all(), 0);
	script_end();
}

TAP_CASE(request_socket_is_closed_while_an_answer_is_awaited)
{
	start();
	shutdown(script.requests, SHUT_RDWR);
	driver_set_up();
	check(driver_ok());
	check(frontend_is_connected(core.f));
	script_end();
}
