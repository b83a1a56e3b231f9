// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * IOEVENTFD: events without a kick. These are requests that the hypervisor
 * sends to all servers, and events whose request is not there any more.
 */
#include "eventfd/ioeventfd.h"
#include "dom0/events.h"
#include <xen/event_channel.h>

#define INVALIDATE IOREQ_TYPE_INVALIDATE

static int bind(uint32_t *p, const struct area *slots)
{
	int efd = eventfd_new();
	struct privcmd_ioeventfd op = kick(&g, p, 3, efd);

	op.ioreq = (unsigned long)slots->va;
	must(check_eq(ioeventfd(fd, &op), 0));
	return efd;
}

/*
 * A guest gives a page back. The hypervisor asks every server to invalidate its
 * mappings, and the vcpu waits for all of them.
 */
TAP_CASE(ioeventfd_balloon, .rows = "A46")
{
	struct guest_write w[2];
	int efd, i;

	begin();
	efd = bind(&port, &g.ioreq);
	for (i = 1; i <= 3; i++) {
		w[0] = guest_balloon(&g);
		w[1] = (struct guest_write){ NOTIFY, 4, 3 };
		must(guest_writes(&g, port, w, 2));
		/* only the first time there was a page */
		check_eq(guest_result(&g), i == 1);
		check(eventfd_signalled(efd, 1));
		check_eq(guest_count(&g), 2 * i);
	}
	end();
}

/* A restricted file answers these requests for its own domain. */
TAP_CASE(ioeventfd_balloon_restricted, .rows = "A46")
{
	struct guest_write w;
	int efd;

	begin();
	efd = bind(&port, &g.ioreq);
	must(check_eq(restrict_to(fd, g.d->id), 0));
	w = guest_balloon(&g);
	must(guest_writes(&g, port, &w, 1));
	check_eq(guest_result(&g), 1);
	check_eq(eventfd_signals(efd), 0);
	end();
}

/*
 * Each event masks the port, also for the driver, which shares it. That includes the
 * event that came with the port. Always true.
 */
static bool unmask(int evtchn)
{
	uint32_t got;

	while (read(evtchn, &got, sizeof(got)) == sizeof(got))
		must(write(evtchn, &got, sizeof(got)) == sizeof(got));
	return true;
}

/*
 * A program that shares the port may have mappings to invalidate, so it
 * answers, and the driver does not.
 */
TAP_CASE(ioeventfd_balloon_shared, .rows = "A46")
{
	struct {
		unsigned int domain, port;
	} ask = { 0 };
	int evtchn = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK), local, efd;
	struct guest_write w[2];
	uint32_t p;
	int i;

	begin();
	must(evtchn >= 0);
	if (!kernel_since(6, 8))
		skip("this kernel's /dev/xen/evtchn does not share its ports");
	guest_port_close(port);
	ask.domain = g.d->id;
	ask.port = guest_slot(&g)->vp_eport;
	local = ioctl(evtchn, _IOC(_IOC_NONE, 'E', 1, sizeof(ask)), &ask);
	must(local > 0);
	p = local;
	efd = bind(&p, &g.ioreq);
	w[0] = guest_balloon(&g);
	w[1] = (struct guest_write){ NOTIFY, 4, 3 };
	guest_start(&g, p, w, 2);
	must(tap_soon(unmask(evtchn) && guest_slot(&g)->type == INVALIDATE,
		      guest_count(&g)));
	/* Enough time for a driver that takes it for its own. */
	for (i = 0; i < 20; i++) {
		unmask(evtchn);
		usleep(1000);
	}
	must(check_eq(guest_slot(&g)->type, INVALIDATE));
	must(check_eq(guest_slot(&g)->state, STATE_IOREQ_READY));
	check_eq(guest_count(&g), 0);
	guest_answer(&g, p);
	must(tap_soon(unmask(evtchn) && guest_slot(&g)->addr == PARK,
		      guest_count(&g)));
	must(guest_waits_at(&g, PARK));
	check_eq(guest_result(&g), 1);
	check(eventfd_signalled(efd, 1));
	end();
}

/*
 * A second server, whose port the guest itself can signal. A program takes its
 * requests by polling.
 */
#define POLLED (DEVICE + DEVICE_SIZE)
#define ROUNDS 8

static struct area slots;
static uint32_t remote, mine, answers;

static uint32_t local_port(uint32_t of)
{
	struct evtchn_bind_interdomain op = {
		.remote_dom = g.d->id,
		.remote_port = of,
	};

	must(!control(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_interdomain,
		      (unsigned long)&op, 0, 0));
	return op.local_port;
}

static volatile struct ioreq *polled(void)
{
	return ((shared_iopage_t *)slots.va)->vcpu_ioreq;
}

static void second_server(void)
{
	struct evtchn_alloc_unbound alloc = { .dom = g.d->id, .remote_dom = 0 };
	struct xen_dm_op op = { .op = XEN_DMOP_map_io_range_to_ioreq_server };
	unsigned int id = ioreq_server(fd, g.d, false);

	slots = area_new(fd, 1);
	must(!resource(fd, g.d->id, IOREQ, id, 1, 1, slots.va));
	op.u.map_io_range_to_ioreq_server.id = id;
	op.u.map_io_range_to_ioreq_server.type = XEN_DMOP_IO_RANGE_MEMORY;
	op.u.map_io_range_to_ioreq_server.start = POLLED;
	op.u.map_io_range_to_ioreq_server.end = POLLED + PAGE - 1;
	must(check_eq(dm(fd, g.d->id, &op), 0));
	op = (struct xen_dm_op){ .op = XEN_DMOP_set_ioreq_server_state };
	op.u.set_ioreq_server_state.id = id;
	op.u.set_ioreq_server_state.enabled = 1;
	must(check_eq(dm(fd, g.d->id, &op), 0));
	answers = local_port(polled()->vp_eport);
	must(!control(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound,
		      (unsigned long)&alloc, 0, 0));
	remote = alloc.port;
	mine = local_port(remote);
}

static void answer_polled(void)
{
	struct evtchn_send send = { .port = answers };

	(void)tap_soon(polled()->state == STATE_IOREQ_READY, guest_count(&g));
	must(check_eq(polled()->addr, POLLED));
	__sync_synchronize();
	polled()->state = STATE_IORESP_READY;
	__sync_synchronize();
	must(!control(__HYPERVISOR_event_channel_op, EVTCHNOP_send,
		      (unsigned long)&send, 0, 0));
}

/*
 * Binds the second server's port. Each round is then one event. The case reads
 * what the driver tells the kernel about it.
 */
static void rounds(bool asks)
{
	struct evtchn_send send = { .port = remote };
	struct guest_write w[2];
	unsigned int n;

	events_probe("xen_irq_lateeoi flags=$arg2:u32");
	bind(&mine, &slots);
	/* the event that comes with a new port */
	must(tap_soon(events_seen("flags="), 0));
	events_forget();
	for (n = 0; n < ROUNDS; n++) {
		w[0] = (struct guest_write){ POLLED, 4, 3 };
		w[asks] = guest_call(&g, __HYPERVISOR_event_channel_op,
				     EVTCHNOP_send, &send, sizeof(send));
		guest_start(&g, port, w, asks + 1);
		if (asks)
			answer_polled();
		must(guest_waits_at(&g, PARK));
		must(check_eq(guest_result(&g), 0));
		(void)tap_soon(events_seen("flags=") > n, 0);
		must(check_eq(events_seen("flags="), n + 1));
	}
}

/*
 * Each event came with a request, although a program that polls took it first:
 * not spurious.
 */
TAP_CASE(ioeventfd_polled)
{
	begin();
	second_server();
	rounds(true);
	check_eq(events_seen("flags=0"), ROUNDS);
	must(!munmap(slots.va, PAGE));
	end();
}

/*
 * No event came with a request. A guest could flood dom0 with such events, so
 * the driver tells the kernel that they are spurious.
 */
TAP_CASE(ioeventfd_flood)
{
	begin();
	second_server();
	rounds(false);
	check_eq(events_seen("flags=1"), ROUNDS);
	must(!munmap(slots.va, PAGE));
	end();
}
