// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A hostile back end: wrong answers to each message that has one. The connection is closed
 * with one line, and no descriptor stays. And a back end that refuses messages.
 */
#include "frontend_test.h"

/* The messages with an answer, and which part of the front end's work they belong to. */
static const struct {
	uint32_t request;
	enum { HELLO, START, STOP } when;
} answers[] = {
	{ VU_GET_FEATURES, HELLO },	{ VU_GET_PROTOCOL_FEATURES, HELLO },
	{ VU_GET_QUEUE_NUM, HELLO },	{ VU_GET_MAX_MEM_SLOTS, HELLO },
	{ VU_GET_CONFIG, HELLO },	{ VU_SET_FEATURES, START },
	{ VU_ADD_MEM_REG, START },	{ VU_SET_VRING_NUM, START },
	{ VU_GET_INFLIGHT_FD, START },	{ VU_SET_INFLIGHT_FD, START },
	{ VU_SET_VRING_BASE, START },	{ VU_SET_VRING_ADDR, START },
	{ VU_SET_VRING_CALL, START },	{ VU_SET_VRING_KICK, START },
	{ VU_SET_VRING_ENABLE, START }, { VU_GET_VRING_BASE, STOP },
	{ VU_RESET_DEVICE, STOP },
};

#define ANSWERS (sizeof(answers) / sizeof(answers[0]))

/* Goes through a session, in which answer number @i is wrong. */
static void session(unsigned int i, enum answer bad, const char *line)
{
	script.bad_request = answers[i].request;
	script.bad = bad;
	check_eq(frontend_connect(core.f), answers[i].when != HELLO);
	driver_set_up();
	if (answers[i].when != HELLO)
		check(driver_ok());
	check_eq(frontend_is_connected(core.f), answers[i].when == STOP);
	driver_reset();
	check(!frontend_is_connected(core.f));
	if (!check_eq(said(line), 1) ||
	    !check_eq(said_in_all(), 1 + (answers[i].when != HELLO)))
		tap_note("%s to %s (%d) ought to say '%s'", "a wrong answer",
			 message_name(answers[i].request), bad, line);
	forget_lines();
	script.bad_request = 0;
	must(tap_soon(!__atomic_load_n(&script.connected, __ATOMIC_SEQ_CST),
		      0));
	/* A better one may come. */
	must(frontend_connect(core.f));
	driver_set_up();
	check(driver_ok());
	driver_reset();
	check(frontend_is_connected(core.f));
	script_hang_up();
	check_eq(core.breaks, 0);
	forget_lines();
}

static void each_answer(enum answer bad, const char *fmt)
{
	char line[200];
	unsigned int i, files;

	script_start();
	files = open_files();
	for (i = 0; i < ANSWERS; i++) {
		/* A shorter configuration is a right answer, see frontend_hello.c. */
		if (answers[i].request == VU_GET_CONFIG && bad == EMPTY)
			continue;
		if (answers[i].request == VU_GET_CONFIG && bad == SHORT)
			continue;
		/* With QEMU's padding or without, so a little less is right, too. */
		if (answers[i].request == VU_GET_INFLIGHT_FD && bad == SHORT)
			continue;
		if (answers[i].request == VU_GET_INFLIGHT_FD &&
		    (bad == WITH_FD || bad == WITH_MANY_FDS || bad == LATE_FD))
			snprintf(line, sizeof(line),
				 "its answer to GET_INFLIGHT_FD has 2 "
				 "descriptors");
		else
			snprintf(line, sizeof(line), fmt,
				 message_name(answers[i].request));
		session(i, bad, line);
		check_eq(open_files(), files);
	}
	script_end();
}

TAP_CASE(hostile_short_answer)
{
	each_answer(SHORT, "its answer to %s has 7 bytes");
}

TAP_CASE(hostile_long_answer)
{
	each_answer(LONG, "its answer to %s has ");
}

TAP_CASE(hostile_empty_answer)
{
	each_answer(EMPTY, "its answer to %s has 0 bytes");
}

TAP_CASE(hostile_huge_answer)
{
	each_answer(HUGE, "its answer to %s has 4294967295 bytes");
}

TAP_CASE(hostile_answer_to_another_message)
{
	each_answer(OTHER_REQUEST, "it has answered %s with message ");
}

TAP_CASE(hostile_answer_that_is_none)
{
	each_answer(NO_REPLY_FLAG, "its answer to %s has flags 0x1");
}

TAP_CASE(hostile_answer_of_another_version)
{
	each_answer(OTHER_VERSION, "its answer to %s has flags 0x6");
}

TAP_CASE(hostile_answer_with_more_flags)
{
	each_answer(MORE_FLAGS, "its answer to %s has flags 0x15");
}

TAP_CASE(hostile_answer_with_a_descriptor)
{
	each_answer(WITH_FD, "its answer to %s has 1 descriptors");
}

TAP_CASE(hostile_answer_with_descriptors)
{
	each_answer(WITH_MANY_FDS, "its answer to %s has 2 descriptors");
}

TAP_CASE(hostile_answer_with_a_late_descriptor)
{
	each_answer(LATE_FD, "its answer to %s has 1 descriptors");
}

TAP_CASE(hostile_area_without_a_descriptor)
{
	script_start();
	session(8, WITHOUT_FD,
		"its answer to GET_INFLIGHT_FD has 0 descriptors");
	script_end();
}

/* The next answer is not the one that is awaited, or nothing is awaited. */
TAP_CASE(hostile_answer_that_comes_twice)
{
	unsigned int files;

	script_start();
	files = open_files();
	script.bad_request = VU_GET_FEATURES;
	script.bad = TWICE;
	check(!frontend_connect(core.f));
	check_eq(said("it has answered GET_PROTOCOL_FEATURES with message 1"),
		 1);
	script.bad_request = VU_GET_CONFIG;
	must(frontend_connect(core.f));
	must(core_soon(!frontend_is_connected(core.f)));
	check_eq(said("is lost: it has sent what nobody asked for"), 1);
	script.bad = UNASKED;
	must(frontend_connect(core.f));
	must(core_soon(!frontend_is_connected(core.f)));
	check_eq(said("is lost: it has sent what nobody asked for"), 2);
	must(tap_soon(!__atomic_load_n(&script.connected, __ATOMIC_SEQ_CST),
		      0));
	check_eq(open_files(), files);
	forget_lines();
	script_end();
}

/* ---- refusals ---- */

/* The connection stays, and the device works after a reset. */
TAP_CASE(refusal_of_each_message)
{
	static const struct {
		uint32_t request;
		unsigned int skip, stopped;
	} refusals[] = {
		{ VU_SET_FEATURES, 0, 0 },     { VU_ADD_MEM_REG, 0, 0 },
		{ VU_SET_VRING_NUM, 1, 0 },    { VU_SET_INFLIGHT_FD, 0, 0 },
		{ VU_SET_VRING_BASE, 0, 0 },   { VU_SET_VRING_BASE, 1, 1 },
		{ VU_SET_VRING_ADDR, 1, 1 },   { VU_SET_VRING_CALL, 1, 1 },
		{ VU_SET_VRING_KICK, 0, 1 },   { VU_SET_VRING_KICK, 1, 2 },
		{ VU_SET_VRING_ENABLE, 1, 2 },
	};
	char want[80];

	script_start();
	for (unsigned int i = 0; i < sizeof(refusals) / sizeof(refusals[0]);
	     i++) {
		must(frontend_connect(core.f));
		forget_lines();
		script.bad_request = refusals[i].request;
		script.bad_skip = refusals[i].skip;
		script.bad = REFUSED;
		driver_set_up();
		check(!driver_ok());
		check(core.v.broken);
		snprintf(want, sizeof(want), "it has refused %s",
			 message_name(refusals[i].request));
		check(!strcmp(core.broken, want));
		check(frontend_is_connected(core.f));
		check_eq(script_count(VU_GET_VRING_BASE), refusals[i].stopped);
		check_eq(script_count(VU_RESET_DEVICE), !!refusals[i].stopped);
		script.bad_request = 0;
		/* The broken device is left alone until the driver resets it. */
		core_wait(0);
		driver_reset();
		check_eq(script_count(VU_GET_VRING_BASE), refusals[i].stopped);
		driver_set_up();
		check(driver_ok());
		check(!core.v.broken);
		check_eq(said_in_all(), 0);
		driver_reset();
		script_hang_up();
	}
	check_eq(core.breaks, sizeof(refusals) / sizeof(refusals[0]));
	forget_lines();
	script_end();
}

/* A refused reset leaves nobody knows what: the connection is closed. */
TAP_CASE(refusal_of_the_reset)
{
	script_start();
	script.bad_request = VU_RESET_DEVICE;
	script.bad = REFUSED;
	must(frontend_connect(core.f));
	driver_set_up();
	must(driver_ok());
	driver_reset();
	check(!frontend_is_connected(core.f));
	check_eq(said("is lost: it has refused RESET_DEVICE"), 1);
	check_eq(core.breaks, 0);
	forget_lines();
	script_end();
}

/* Answers to GET messages have no refusal: a 1 is a 1. */
TAP_CASE(refusal_of_a_restart)
{
	script_start();
	must(frontend_connect(core.f));
	driver_set_up();
	must(driver_ok());
	script_hang_up();
	forget_lines();
	script.bad_request = VU_SET_INFLIGHT_FD;
	script.bad = REFUSED;
	must(frontend_connect(core.f));
	check(core.v.broken);
	check(!strcmp(core.broken, "it has refused SET_INFLIGHT_FD"));
	check_eq(said("test: connected to"), 1);
	forget_lines();
	script_end();
}
