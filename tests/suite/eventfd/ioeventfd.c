// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * IOEVENTFD: a guest kicks a queue, the driver signals the eventfd and lets the
 * guest go on. All other requests are left to the program. ioeventfd_race.c has
 * bursts of kicks, ioeventfd_bad.c wrong arguments, ioeventfd_end.c the end of
 * bindings.
 */
#include <pthread.h>

#include "eventfd/ioeventfd.h"

/*
 * The guest waits for the program, and the driver does not answer. The program
 * answers then.
 */
static void the_programs(const struct guest_write *w)
{
	guest_start(&g, port, w, 1);
	must(guest_waits_at(&g, w->addr));
	usleep(20000); /* enough time for a driver that takes it for its own */
	must(guest_waits_at(&g, w->addr));
	check_eq(guest_slot(&g)->data, w->value);
	check_eq(guest_slot(&g)->size, w->size);
	check_eq(guest_slot(&g)->dir, IOREQ_WRITE);
	guest_answer(&g, port);
	check(guest_waits_at(&g, PARK));
}

TAP_CASE(ioeventfd_kick)
{
	int efd, i;

	begin();
	efd = bind_queue(3);
	check_eq(fdinfo(fd, "xen-privcmd-ioeventfds"), 1);
	for (i = 1; i <= 5; i++) {
		must(guest_write(&g, port, NOTIFY, 4, 3));
		check(eventfd_signalled(efd, 1));
		check_eq(guest_count(&g), i);
	}
	end();
}

/* The eventfd counts every kick of a burst. */
TAP_CASE(ioeventfd_kicks_are_counted)
{
	struct guest_write w[64];
	int efd, i;

	begin();
	efd = bind_queue(0);
	for (i = 0; i < 64; i++)
		w[i] = (struct guest_write){ NOTIFY, 4, 0 };
	for (i = 0; i < 10; i++)
		must(guest_writes(&g, port, w, 64));
	check(eventfd_signalled(efd, 640));
	check_eq(guest_count(&g), 640);
	end();
}

/*
 * The low 16 bits of the written value are the queue. Only the eventfd of that
 * queue is signalled.
 */
TAP_CASE(ioeventfd_queues)
{
	static const uint32_t data[] = { 0,	     1,		2,
					 0xffff,     0x10000,	0xffff0001,
					 0xabcd0002, 0x8000ffff };
	struct guest_write w[ARRAY_SIZE(data)];
	int efd[4], i;

	begin();
	for (i = 0; i < 3; i++)
		efd[i] = bind_queue(i);
	efd[3] = bind_queue(0xffff);
	check_eq(fdinfo(fd, "xen-privcmd-ioeventfds"), 4);
	for (i = 0; i < (int)ARRAY_SIZE(data); i++)
		w[i] = (struct guest_write){ NOTIFY, 4, data[i] };
	must(guest_writes(&g, port, w, ARRAY_SIZE(data)));
	for (i = 0; i < 4; i++)
		check(eventfd_signalled(efd[i], 2));
	end();
}

TAP_CASE(ioeventfd_widths)
{
	static const unsigned int width[] = {
		1,
		2,
		4,
#ifdef __aarch64__
		8,
#endif
	};
	size_t n = ARRAY_SIZE(width), i;
	int efd[ARRAY_SIZE(width)];

	begin();
	for (i = 0; i < n; i++) {
		struct privcmd_ioeventfd op =
			kick(&g, &port, 7, efd[i] = eventfd_new());

		op.addr_len = width[i];
		must(check_eq(ioeventfd(fd, &op), 0));
	}
	/* The same register and queue, distinguished by the width of the access. */
	for (i = 0; i < n; i++) {
		must(guest_write(&g, port, NOTIFY, width[i], 7));
		check(eventfd_signalled(efd[i], 1));
	}
	end();
}

/* Two devices in the pages of one server. */
TAP_CASE(ioeventfd_devices)
{
	struct guest_write w[] = { { NOTIFY + 0x200, 4, 1 },
				   { NOTIFY, 4, 1 },
				   { NOTIFY + 0x200, 4, 1 } };
	int first, efd = eventfd_new();
	struct privcmd_ioeventfd op;

	begin();
	first = bind_queue(1);
	op = kick(&g, &port, 1, efd);
	op.addr += 0x200;
	must(check_eq(ioeventfd(fd, &op), 0));
	must(guest_writes(&g, port, w, 3));
	check(eventfd_signalled(first, 1));
	check(eventfd_signalled(efd, 2));
	end();
}

TAP_CASE(ioeventfd_others_are_the_programs)
{
	static const struct guest_write w[] = {
		{ NOTIFY, 4, 4 },	 { NOTIFY, 4, 0x10004 },
		{ NOTIFY, 2, 3 },	 { NOTIFY, 1, 3 },
		{ NOTIFY + 4, 4, 3 },	 { NOTIFY - 4, 4, 3 },
		{ DEVICE, 4, 3 },	 { NOTIFY + 0x200, 4, 3 },
		{ DEVICE + PAGE, 4, 3 },
	};
	size_t i;
	int efd;

	begin();
	efd = bind_queue(3);
	for (i = 0; i < ARRAY_SIZE(w); i++)
		the_programs(&w[i]);
	check_eq(eventfd_signals(efd), 0);
	/* After all of these, a kick still signals the eventfd. */
	must(guest_write(&g, port, NOTIFY, 4, 3));
	check(eventfd_signalled(efd, 1));
	end();
}

/* A read is not a kick of any queue, not even of queue 0. */
TAP_CASE(ioeventfd_read)
{
	const struct guest_write w = { NOTIFY, READ_4, 0 };
	int efd;

	begin();
	efd = bind_queue(0);
	guest_start(&g, port, &w, 1);
	must(guest_waits_at(&g, NOTIFY));
	usleep(20000);
	must(guest_waits_at(&g, NOTIFY));
	check_eq(guest_slot(&g)->dir, IOREQ_READ);
	guest_answer(&g, port);
	check(guest_waits_at(&g, PARK));
	check_eq(eventfd_signals(efd), 0);
	end();
}

/*
 * A string instruction writes to the register. The request has the guest's
 * address of the data in place of the data, and the low 16 bits of that address
 * are no queue.
 */
TAP_CASE(ioeventfd_string)
{
	const struct guest_write w = { NOTIFY, STRING, GUEST_SPARE };
	int efd;

	begin();
#ifdef __aarch64__
	skip("Arm has no string instructions");
#endif
	efd = bind_queue(GUEST_SPARE & 0xffff);
	guest_start(&g, port, &w, 1);
	must(guest_waits_at(&g, NOTIFY));
	usleep(20000);
	must(guest_waits_at(&g, NOTIFY));
	check_eq(guest_slot(&g)->data_is_ptr, 1);
	check_eq(guest_slot(&g)->count, 2);
	check_eq(guest_slot(&g)->size, 4);
	check_eq(guest_slot(&g)->data, GUEST_SPARE);
	guest_answer(&g, port);
	must(guest_waits_at(&g, PARK));
	check_eq(eventfd_signals(efd), 0);
	must(guest_write(&g, port, NOTIFY, 4, GUEST_SPARE));
	check(eventfd_signalled(efd, 1));
	end();
}

/*
 * The guest kicks before anything is bound. A port is signalled when it is
 * bound and not again, so the binding has to answer the kick at that moment.
 */
TAP_CASE(ioeventfd_kick_before)
{
	const struct guest_write w = { NOTIFY, 4, 3 };
	int efd;

	begin();
	guest_start(&g, port, &w, 1);
	must(guest_waits_at(&g, NOTIFY));
	efd = bind_queue(3);
	must(guest_waits_at(&g, PARK));
	check(eventfd_signalled(efd, 1));
	check_eq(guest_count(&g), 1);
	end();
}

/* The slots are the second page of their mapping, after a ring. */
TAP_CASE(ioeventfd_second_page)
{
	int efd;

	fd = privcmd_open();
	need_eventfds(fd);
	if (!HAS_RINGS)
		skip("Arm's ioreq servers have no rings");
	g = guest_with_ring(fd);
	port = guest_port(&g);
	efd = bind_queue(3);
	must(guest_write(&g, port, NOTIFY, 4, 3));
	check(eventfd_signalled(efd, 1));
	end();
}

TAP_CASE(ioeventfd_deassigned)
{
	const struct guest_write w = { NOTIFY, 4, 3 };
	struct privcmd_ioeventfd op;
	int efd, other;

	begin();
	efd = bind_queue(3);
	other = bind_queue(4);
	must(guest_write(&g, port, NOTIFY, 4, 3));
	op = kick(&g, NULL, 3, efd);
	op.ioreq = op.vcpus = 0; /* not checked */
	op.flags = IOEVENTFD_OFF;
	check_eq(ioeventfd(fd, &op), 0);
	check_errno(ioeventfd(fd, &op), ENODEV);
	check_eq(fdinfo(fd, "xen-privcmd-ioeventfds"), 1);
	check(eventfd_signalled(efd, 1));
	the_programs(&w);
	check_eq(eventfd_signals(efd), 0);
	must(guest_write(&g, port, NOTIFY, 4, 4));
	check(eventfd_signalled(other, 1));
	/* The binding can be made again. */
	op = kick(&g, &port, 3, efd);
	check_eq(ioeventfd(fd, &op), 0);
	must(guest_write(&g, port, NOTIFY, 4, 3));
	check(eventfd_signalled(efd, 1));
	end();
}

/*
 * The loop of a device model. It sees every event, and unmasks the port, as the
 * next event would be lost otherwise.
 */
static volatile unsigned int events;

static void *read_events(void *arg)
{
	int evtchn = *(int *)arg;
	uint32_t got;

	while (read(evtchn, &got, sizeof(got)) == sizeof(got)) {
		events++;
		check(write(evtchn, &got, sizeof(got)) == sizeof(got));
	}
	return NULL;
}

/* Dom0's evtchn device has the port. It shares ports since Linux 6.8. */
TAP_CASE(ioeventfd_port_of_evtchn)
{
	struct {
		unsigned int domain, port;
	} bind = { 0 };
	int evtchn = open("/dev/xen/evtchn", O_RDWR), efd, local;
	struct privcmd_ioeventfd op;
	pthread_t reader;
	uint32_t p;
	int i;

	begin();
	must(evtchn >= 0);
	guest_port_close(port);
	bind.domain = g.d->id;
	bind.port = guest_slot(&g)->vp_eport;
	local = ioctl(evtchn, _IOC(_IOC_NONE, 'E', 1, sizeof(bind)), &bind);
	must(local > 0);
	p = local;
	efd = eventfd_new();
	op = kick(&g, &p, 3, efd);
	if (!kernel_since(6, 8)) {
		check_errno(ioeventfd(fd, &op), EBUSY);
		check_eq(fdinfo(fd, "xen-privcmd-ioeventfds"), 0);
		check(guest_port_bound(p));
		end();
		return;
	}
	must(check_eq(ioeventfd(fd, &op), 0));
	/* The port cannot be shared with another file of the driver. */
	busy_elsewhere(&g, &p);
	must(!pthread_create(&reader, NULL, read_events, &evtchn));
	for (i = 0; i < 20; i++)
		must(guest_write(&g, p, NOTIFY, 4, 3));
	check(eventfd_signalled(efd, 20));
	check(events > 0);
	op.flags = IOEVENTFD_OFF;
	check_eq(ioeventfd(fd, &op), 0);
	check(guest_port_bound(p)); /* evtchn still has it */
	end();
}
