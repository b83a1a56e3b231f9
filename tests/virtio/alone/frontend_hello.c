// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What a back end is asked when it is connected, and which back ends are refused.
 */
#include "frontend_test.h"

static const uint32_t hello[] = {
	VU_GET_FEATURES,
	VU_GET_PROTOCOL_FEATURES,
	VU_SET_PROTOCOL_FEATURES,
	VU_SET_OWNER,
	VU_GET_QUEUE_NUM,
	VU_GET_MAX_MEM_SLOTS,
	VU_SET_BACKEND_REQ_FD,
	VU_GET_CONFIG,
	0,
};

TAP_CASE(hello_order)
{
	script_start();
	script.protocol = OTHER_PROTOCOL;
	script.features |= FEATURE(26) | FEATURE(40);
	must(frontend_connect(core.f));
	check(frontend_is_connected(core.f));
	check(script_saw(hello));
	check_eq(script_nth(VU_SET_PROTOCOL_FEATURES, 0)->u64, ALL_PROTOCOL);
	check_eq(script_nth(VU_SET_BACKEND_REQ_FD, 0)->nr_fds, 1);
	/* No acknowledgement is asked for: before SET_FEATURES some never come. */
	for (unsigned int i = 0; i < script.nr; i++)
		check_eq(script.seen[i].flags, VU_VERSION);
	check_eq(script_nth(VU_GET_CONFIG, 0)->size, 12 + 60);
	check_eq(script_nth(VU_GET_CONFIG, 0)->index, 0); /* offset */
	check_eq(script_nth(VU_GET_CONFIG, 0)->num, 60);
	check_eq(core.backends, 1);
	check_eq(core.features, DISK_FEATURES | FEATURE(40));
	check_eq(core.queues, RINGS);
	check_eq(core.config_size, 60);
	check(!memcmp(core.config, script.config, 60));
	check_eq(said("test: connected to the back end at /tmp/"), 1);
	check_eq(said_in_all(), 1);
	/* A second call does nothing. */
	check(frontend_connect(core.f));
	check_eq(script.connections, 1);
	forget_lines();
	script_end();
}

/* Nothing is asked that was not negotiated, and no queues and configuration are made up. */
TAP_CASE(hello_without_features)
{
	static const uint32_t want[] = { VU_GET_FEATURES,
					 VU_GET_PROTOCOL_FEATURES,
					 VU_SET_PROTOCOL_FEATURES, VU_SET_OWNER,
					 0 };

	script_start_with(DISK_FEATURES | VU_F_PROTOCOL_FEATURES, 0);
	must(frontend_connect(core.f));
	check(script_saw(want));
	check_eq(script_nth(VU_SET_PROTOCOL_FEATURES, 0)->u64, 0);
	check_eq(core.queues, 0);
	check(!core.has_config);
	forget_lines();
	script_end();
}

TAP_CASE(hello_without_protocol_features)
{
	static const uint32_t want[] = { VU_GET_FEATURES, VU_SET_OWNER, 0 };

	script_start_with(DISK_FEATURES, ALL_PROTOCOL);
	must(frontend_connect(core.f));
	check(script_saw(want));
	check_eq(core.features, DISK_FEATURES);
	forget_lines();
	script_end();
}

/* The configuration of a shared directory is the front end's: nobody else is asked. */
TAP_CASE(hello_of_a_device_with_its_own_configuration)
{
	script_start();
	core.v.config_theirs = false;
	must(frontend_connect(core.f));
	check_eq(script_count(VU_GET_CONFIG), 0);
	check_eq(script_count(VU_SET_BACKEND_REQ_FD), 0);
	check_eq(script_nth(VU_SET_PROTOCOL_FEATURES, 0)->u64,
		 ALL_PROTOCOL & ~VU_PROTOCOL_F_BACKEND_REQ);
	check(!core.has_config);
	forget_lines();
	script_end();
}

TAP_CASE(hello_with_an_empty_or_short_configuration)
{
	script_start();
	script.config_size = 0;
	must(frontend_connect(core.f));
	check(!core.has_config);
	script_hang_up();
	script.config_size = 36;
	must(frontend_connect(core.f));
	check(core.has_config);
	check_eq(core.config_size, 36);
	forget_lines();
	script_end();
}

static void refused_hello(const char *why)
{
	char line[200];

	for (int i = 0; i < 3; i++) {
		check(!frontend_connect(core.f));
		check(!frontend_is_connected(core.f));
	}
	snprintf(line, sizeof(line),
		 "test: the back end at %s cannot serve: %s", script.path, why);
	if (!check_eq(said(line), 1) || !check_eq(said_in_all(), 1))
		tap_note("the line is '%s'", line);
	forget_lines();
	script_end();
}

TAP_CASE(hello_refused_by_the_device)
{
	script_start();
	core.refuse = "it lacks a feature that the driver uses";
	refused_hello("it lacks a feature that the driver uses");
}

TAP_CASE(hello_with_too_few_slots)
{
	script_start();
	script.slots = 1;
	refused_hello("it takes 1 regions of memory, and the guest has 2");
}

TAP_CASE(hello_with_no_queues)
{
	script_start();
	script.queues = 0;
	refused_hello("it says that it has 0 queues");
}

TAP_CASE(hello_with_too_many_queues)
{
	script_start();
	script.queues = 65536;
	refused_hello("it says that it has 65536 queues");
}

TAP_CASE(hello_with_another_configuration_than_asked_for)
{
	script_start();
	script.bad_request = VU_GET_CONFIG;
	script.bad = SHORT;
	refused_hello("its answer to GET_CONFIG is not the configuration");
}

TAP_CASE(hello_without_xen)
{
	script_start();
	core.table.way = REGION_FOREIGN;
	refused_hello("it cannot map memory of Xen");
}
