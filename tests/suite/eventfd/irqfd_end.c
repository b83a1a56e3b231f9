// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * How a binding of IRQFD ends: with its file, with its eventfd, or by a
 * deassignment. No signal before the end is lost, and nothing is left of the
 * binding.
 */
#include <sched.h>

#include "eventfd/irqfd.h"

/* The binding ends with the file, although the eventfd stays. */
TAP_HAZARD(irqfd_ends_with_the_file, .rows = "B8")
{
	int efd = eventfd_new(), file, same;

	begin();
	file = privcmd_open();
	same = dup(file);
	must(check_eq(irqfd_server(file, d, efd), 0));
	close(file);
	eventfd_signal(efd);
	check(irqfd_made(fd, d, 1)); /* still open by its other number */
	close(same);
	eventfd_signal(efd);
	check(irqfd_made(fd, d, 1));
	check_eq(eventfd_signals(efd), 1);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_HAZARD(irqfd_ends_with_the_process, .rows = "B8")
{
	int efd = eventfd_new(), status;

	begin();
	if (fork() == 0) {
		must(check_eq(irqfd_server(privcmd_open(), d, efd), 0));
		eventfd_signal(efd);
		check(irqfd_made(fd, d, 1));
		raise(SIGKILL);
	}
	wait(&status);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	eventfd_signal(efd);
	check(irqfd_made(fd, d, 1));
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_HAZARD(irqfd_ends_with_the_eventfd, .rows = "A15")
{
	int efd = eventfd_new(), same = dup(efd), i;

	begin();
	must(check_eq(irqfd_server(fd, d, efd), 0));
	close(efd);
	eventfd_signal(same);
	check(irqfd_made(fd, d, 1));
	check_eq(bound(fd), 1);
	eventfd_signal(same); /* the last signal is made, too */
	close(same);
	check(bound_becomes(fd, 0));
	check(irqfd_made(fd, d, 2));
	for (i = 0; i < 500; i++) {
		efd = eventfd_new();
		must(check_eq(irqfd_server(fd, d, efd), 0));
		close(efd);
	}
	check(bound_becomes(fd, 0));
	check(irqfd_made(fd, d, 2));
}

/*
 * The last close of the file and of the eventfd, in either order, and both at
 * once in the exit of a process.
 */
TAP_HAZARD(irqfd_file_and_eventfd_close, .rows = "A15 B8")
{
	int i;

	begin();
	for (i = 0; i < 100; i++) {
		int file = privcmd_open(), efd = eventfd_new();

		must(check_eq(irqfd_server(file, d, efd), 0));
		close(i % 2 ? file : efd);
		close(i % 2 ? efd : file);
		if (fork() == 0) {
			must(check_eq(irqfd_server(privcmd_open(), d,
						   eventfd_new()),
				      0));
			_exit(0);
		}
		wait(NULL);
	}
	check(irqfd_made(fd, d, 0));
	domain_destroy(d);
	check(domain_gone(d));
}

/* A binding does not hold the domain. */
TAP_HAZARD(irqfd_of_a_dead_domain, .rows = "B8")
{
	int efd = eventfd_new();
	char result[64];
	bool has;

	begin();
	has = has_dm_op(fd, d);
	must(check_eq(irqfd_server(fd, d, efd), 0));
	domain_destroy(d);
	check(domain_gone(d));
	snprintf(result, sizeof(result), "dom=%u ret=%d", d->id,
		 has ? -ESRCH : -ENOSYS);
	eventfd_signal(efd);
	(void)tap_soon(events_seen(result), 0);
	check_eq(events_seen(result), 1);
	check_eq(irqfd(fd, d->id, efd, NULL, 0, IRQFD_OFF), 0);
}

static void priority(int policy, int value)
{
	const struct sched_param p = { .sched_priority = value };

	must(!sched_setscheduler(0, policy, &p));
}

/*
 * The binding ends immediately after a signal, in each of the three ways. The
 * operation is made once.
 *
 * The process has a real-time priority. On a single CPU the driver's worker does
 * not run between the signal and the end of the binding, so the code that ends
 * the binding has to make the operation. On several CPUs the worker may be
 * faster, and the outcome is the same.
 */
TAP_HAZARD(irqfd_last_signal, .rows = "A15 B8")
{
	int i, file, efd;

	begin();
	for (i = 0; i < 3; i++) {
		file = privcmd_open();
		efd = eventfd_new();
		must(check_eq(irqfd_server(file, d, efd), 0));
		priority(SCHED_FIFO, 1);
		eventfd_signal(efd);
		if (i == 0)
			irqfd(file, d->id, efd, NULL, 0, IRQFD_OFF);
		else
			close(i == 1 ? file : efd);
		priority(SCHED_OTHER, 0);
		check(irqfd_made(fd, d, i + 1));
		if (i != 1)
			check(bound_becomes(file, 0));
	}
}

#define ROUNDS 50

/*
 * A binding keeps nothing of its eventfd when it has ended, nor does a call
 * that fails: see eventfd_next().
 */
TAP_HAZARD(irqfd_frees_the_eventfd, .rows = "A15 B8")
{
	long before = eventfd_next();
	int i, file, efd;

	begin();
	for (i = 0; i < 3 * ROUNDS; i++) {
		file = privcmd_open();
		efd = eventfd_new();
		must(check_eq(irqfd_server(file, d, efd), 0));
		check_errno(irqfd_server(file, d, efd), EBUSY);
		if (i % 3 == 0)
			irqfd(file, d->id, efd, NULL, 0, IRQFD_OFF);
		close(i % 3 == 1 ? file : efd);
		if (i % 3 == 2)
			check(bound_becomes(file, 0));
		close(i % 3 == 1 ? efd : file);
	}
	check(eventfd_next() < before + ROUNDS);
}
