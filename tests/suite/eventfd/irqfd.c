// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * IRQFD: each signal makes the operation, as long as the binding is there.
 * irqfd_end.c has the end of bindings, irqfd_bad.c wrong arguments.
 */
#include <pthread.h>

#include "eventfd/irqfd.h"

TAP_CASE(irqfd_is_made)
{
	int efd = eventfd_new(), i;

	begin();
	must(check_eq(irqfd_server(fd, d, efd), 0));
	check_eq(bound(fd), 1);
	check(irqfd_made(fd, d, 0));
	for (i = 1; i <= 4; i++) {
		eventfd_signal(efd);
		check(irqfd_made(fd, d, i));
		check_eq(eventfd_signals(efd), 0); /* the driver has read it */
	}
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(irqfd_signalled_before)
{
	int efd = eventfd_new();

	begin();
	must(!eventfd_write(efd, 5));
	must(check_eq(irqfd_server(fd, d, efd), 0));
	check(irqfd_made(fd, d, 1)); /* five signals that count as one */
	check_eq(eventfd_signals(efd), 0);
	eventfd_signal(efd);
	check(irqfd_made(fd, d, 2));
}

/*
 * The driver copies the operation when it is bound. Later changes of the
 * caller's memory have no effect.
 */
TAP_CASE(irqfd_image_is_a_copy)
{
	struct xen_dm_op *op = (void *)buffer(1);
	int efd = eventfd_new();

	begin();
	op->op = XEN_DMOP_create_ioreq_server;
	must(check_eq(irqfd(fd, d->id, efd, op, sizeof(*op), 0), 0));
	memset(op, 0xff, sizeof(*op));
	eventfd_signal(efd);
	check(irqfd_made(fd, d, 1));
	check_eq(*(unsigned char *)op, 0xff); /* not written to, either */
	must(!munmap(op, PAGE));
	eventfd_signal(efd);
	check(irqfd_made(fd, d, 2));
}

/* The hypervisor's errno is dropped, and the binding stays. */
TAP_CASE(irqfd_operation_fails)
{
	struct xen_dm_op op = { .op = 0x7fffffff };
	int efd = eventfd_new(), i;
	char result[64];

	begin();
	snprintf(result, sizeof(result), "dom=%u ret=%d", d->id,
		 has_dm_op(fd, d) ? -EOPNOTSUPP : -ENOSYS);
	must(check_eq(irqfd(fd, d->id, efd, &op, sizeof(op), 0), 0));
	for (i = 1; i <= 3; i++) {
		eventfd_signal(efd);
		(void)tap_soon(events_seen(result) >= (unsigned int)i, 0);
		check_eq(events_seen(result), i);
	}
	check_eq(bound(fd), 1);
}

TAP_CASE(irqfd_deassigned)
{
	int efd = eventfd_new(), other = eventfd_new();

	begin();
	must(check_eq(irqfd_server(fd, d, efd), 0));
	must(check_eq(irqfd_server(fd, d, other), 0));
	/* A signal before the deassignment is made before that call returns. */
	eventfd_signal(efd);
	check_eq(irqfd(fd, d->id, efd, NULL, 0, IRQFD_OFF), 0);
	check_eq(bound(fd), 1);
	check(irqfd_made(fd, d, 1));
	eventfd_signal(efd);
	check(irqfd_made(fd, d, 1));
	/* still there, as nothing reads it */
	check_eq(eventfd_signals(efd), 1);
	eventfd_signal(other);
	check(irqfd_made(fd, d, 2));
	/* The binding can be made again. */
	must(check_eq(irqfd_server(fd, d, efd), 0));
	eventfd_signal(efd);
	check(irqfd_made(fd, d, 3));
}

/*
 * A write to a semaphore is one signal, whatever its value. The rest of the
 * count is no signal, neither for the deassignment nor for the end of the file.
 */
TAP_CASE(irqfd_semaphore)
{
	int efd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC | EFD_SEMAPHORE);
	int file = privcmd_open();
	uint64_t five = 5;

	begin();
	must(check_eq(irqfd_server(fd, d, efd), 0));
	must(check_eq(write(efd, &five, sizeof(five)), sizeof(five)));
	check(irqfd_made(fd, d, 1));
	check_eq(irqfd(fd, d->id, efd, NULL, 0, IRQFD_OFF), 0);
	check(irqfd_made(fd, d, 1));
	/* The driver has taken one of the five. */
	check_eq(eventfd_signals(efd), 1);
	check_eq(eventfd_signals(efd), 1);
	/* The new binding makes one operation for the two that are left. */
	must(check_eq(irqfd_server(file, d, efd), 0));
	check(irqfd_made(fd, d, 2));
	close(file);
	check(irqfd_made(fd, d, 2));
	check_eq(eventfd_signals(efd), 1);
	check_eq(eventfd_signals(efd), 0);
}

TAP_CASE(irqfd_deassign_unknown)
{
	int efd = eventfd_new();

	begin();
	check_eq(irqfd(fd, d->id, efd, NULL, 0, IRQFD_OFF), 0);
	check_eq(irqfd(fd, NO_DOMAIN, efd, KERNEL_POINTER, ~0U, IRQFD_OFF), 0);
	must(check_eq(irqfd_server(fd, d, efd), 0));
	check_eq(irqfd(fd, d->id, efd, NULL, 0, IRQFD_OFF), 0);
	check_eq(irqfd(fd, d->id, efd, NULL, 0, IRQFD_OFF), 0);
	check_eq(bound(fd), 0);
}

/*
 * One file can bind an eventfd once, by whichever descriptor. Another file can
 * bind it, too.
 */
TAP_CASE(irqfd_twice)
{
	int efd = eventfd_new(), same = dup(efd), other = privcmd_open();

	begin();
	must(check_eq(irqfd_server(fd, d, efd), 0));
	check_errno(irqfd_server(fd, d, efd), EBUSY);
	check_errno(irqfd_server(fd, d, same), EBUSY);
	check_errno(irqfd_server(dup(fd), d, efd), EBUSY);
	check_eq(bound(fd), 1);
	eventfd_signal(efd);
	check(irqfd_made(fd, d, 1));
	check_eq(irqfd(fd, d->id, same, NULL, 0, IRQFD_OFF), 0);
	check_eq(irqfd_server(other, d, efd), 0);
	check_eq(bound(fd), 0);
	check_eq(bound(other), 1);
}

/*
 * The domain is looked up only when the operation is made. These are the errnos
 * then.
 */
TAP_CASE(irqfd_domain)
{
	struct xen_dm_op op = { .op = XEN_DMOP_create_ioreq_server };
	const unsigned int dom[] = { NO_DOMAIN, 0, DOMID_INVALID };
	const int want[] = { -ESRCH, -EPERM, -ESRCH };
	char result[64];
	size_t i;

	begin();
	for (i = 0; i < ARRAY_SIZE(dom); i++) {
		int efd = eventfd_new();

		must(check_eq(irqfd(fd, dom[i], efd, &op, sizeof(op), 0), 0));
		eventfd_signal(efd);
		snprintf(result, sizeof(result), "dom=%u ret=%d", dom[i],
			 has_dm_op(fd, d) ? want[i] : -ENOSYS);
		(void)tap_soon(events_seen(result), 0);
		if (!check_eq(events_seen(result), 1))
			tap_note("there is no event '%s'", result);
	}
}

/* Bindings come and go while another one works. */
static volatile bool stop;

static void *assign_and_deassign(void *arg)
{
	int *efd = arg;

	while (!stop) {
		irqfd_server(fd, d, *efd);
		irqfd(fd, d->id, *efd, NULL, 0, IRQFD_OFF);
	}
	return NULL;
}

static void *signal_it(void *arg)
{
	while (!stop)
		eventfd_write(*(int *)arg, 1);
	return NULL;
}

static void *close_and_open(void *arg)
{
	(void)arg;
	while (!stop) {
		int efd = eventfd_new();

		irqfd_server(fd, d, efd);
		eventfd_write(efd, 1);
		close(efd);
	}
	return NULL;
}

/*
 * Four threads bind, unbind, signal and close eventfds of one file for three
 * seconds.
 *
 * Whatever the order was, no binding may be left when the threads have ended
 * and the common eventfd is unbound, and the domain must be able to go. A
 * binding that is freed too early would crash the kernel, one that is freed too
 * late would still be counted.
 */
TAP_HAZARD(irqfd_race, .rows = "A15", .seconds = 120)
{
	void *(*run[])(void *) = { assign_and_deassign, assign_and_deassign,
				   signal_it, close_and_open };
	int efd = eventfd_new(), i;
	pthread_t t[ARRAY_SIZE(run)];

	begin();
	for (i = 0; i < (int)ARRAY_SIZE(run); i++)
		must(!pthread_create(&t[i], NULL, run[i], &efd));
	sleep(3);
	stop = true;
	for (i = 0; i < (int)ARRAY_SIZE(run); i++)
		pthread_join(t[i], NULL);
	irqfd(fd, d->id, efd, NULL, 0, IRQFD_OFF);
	check(bound_becomes(fd, 0));
	domain_destroy(d);
	check(domain_gone(d));
}
