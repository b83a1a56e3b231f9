// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * How a binding of IOEVENTFD ends: with its file, at the latest. Until then it
 * keeps the pages that it reads, whatever happens to their mapping, the domain
 * and the port.
 */
#include "eventfd/ioeventfd.h"

static void end_of_guest(void)
{
	guest_destroy(&g);
	check(domain_gone(g.d));
}

/*
 * Another mapping of the slots, through a file that can be closed before the
 * guest goes.
 */
static struct area again(int file)
{
	struct area a = area_new(file, 1);

	must(check_eq(resource(file, g.d->id, IOREQ, g.server, 1, 1, a.va), 0));
	return a;
}

static void bind(int file, const struct area *slots, int efd)
{
	struct privcmd_ioeventfd op = kick(&g, &port, 3, efd);

	op.ioreq = (unsigned long)slots->va;
	must(check_eq(ioeventfd(file, &op), 0));
}

/*
 * The driver no longer serves the guest. The program does, through a port of
 * its own.
 */
static void unserved(int efd)
{
	const struct guest_write w = { NOTIFY, 4, 3 };

	check(!guest_port_bound(port));
	port = guest_port(&g);
	guest_start(&g, port, &w, 1);
	must(guest_waits_at(&g, NOTIFY));
	usleep(20000);
	must(guest_waits_at(&g, NOTIFY));
	guest_answer(&g, port);
	check(guest_waits_at(&g, PARK));
	check_eq(eventfd_signals(efd), 0);
}

/*
 * The binding keeps the pages when their mapping is unmapped. It ends with its
 * file.
 */
TAP_HAZARD(ioeventfd_unmapped, .rows = "B7")
{
	int file, efd = eventfd_new();
	struct area a;

	begin();
	file = privcmd_open();
	a = again(file);
	bind(file, &a, efd);
	must(guest_write(&g, port, NOTIFY, 4, 3));
	check(eventfd_signalled(efd, 1));
	check_eq(munmap(a.va, PAGE), 0);
	must(guest_write(&g, port, NOTIFY, 4, 3));
	check(eventfd_signalled(efd, 1));
	close(file);
	unserved(efd);
	end_of_guest();
}

/*
 * One file maps the pages and is closed. Another file makes the binding. When
 * the area is unmapped, nothing else refers to the first file or to the
 * mapping, but the binding works on.
 */
TAP_HAZARD(ioeventfd_pages_of_another_file, .rows = "A24 A45 B7")
{
	int maker, file, efd = eventfd_new();
	struct area a;

	begin();
	maker = privcmd_open();
	file = privcmd_open();
	a = again(maker);
	close(maker);
	bind(file, &a, efd);
	check_eq(fdinfo(file, "xen-privcmd-ioeventfds"), 1);
	must(guest_write(&g, port, NOTIFY, 4, 3));
	check(eventfd_signalled(efd, 1));
	check_eq(munmap(a.va, PAGE), 0);
	must(guest_write(&g, port, NOTIFY, 4, 3));
	check(eventfd_signalled(efd, 1));
	close(file);
	unserved(efd);
	end_of_guest();
}

TAP_HAZARD(ioeventfd_ends_with_the_file, .rows = "B8")
{
	int file, same, efd = eventfd_new();
	struct area a;

	begin();
	file = privcmd_open();
	same = dup(file);
	a = again(file);
	bind(file, &a, efd);
	close(file);
	must(guest_write(&g, port, NOTIFY, 4, 3));
	check(eventfd_signalled(efd, 1));
	close(same); /* the mapping keeps the file open */
	must(guest_write(&g, port, NOTIFY, 4, 3));
	check(eventfd_signalled(efd, 1));
	check_eq(munmap(a.va, PAGE), 0);
	unserved(efd);
	end_of_guest();
}

TAP_HAZARD(ioeventfd_ends_with_the_process, .rows = "B8")
{
	int efd = eventfd_new(), status;

	begin();
	if (fork() == 0) {
		int file = privcmd_open();
		struct area a = again(file);

		bind(file, &a, efd);
		raise(SIGKILL);
	}
	wait(&status);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	unserved(efd);
	end_of_guest();
}

/*
 * The binding keeps the eventfd when all its file descriptors are closed, and
 * works on.
 */
TAP_CASE(ioeventfd_eventfd_closed, .rows = "A15")
{
	int efd = eventfd_new(), i;

	begin();
	bind(fd, &g.ioreq, efd);
	close(efd);
	for (i = 0; i < 3; i++)
		must(guest_write(&g, port, NOTIFY, 4, 3));
	check_eq(fdinfo(fd, "xen-privcmd-ioeventfds"), 1);
	close(fd);
	end_of_guest();
}

/*
 * The binding keeps the pages, and they keep a part of the dead domain. Both go
 * together with the file.
 */
TAP_HAZARD(ioeventfd_of_a_dead_domain, .rows = "B8")
{
	int file, efd = eventfd_new();
	struct area a;

	begin();
	file = privcmd_open();
	a = again(file);
	bind(file, &a, efd);
	must(guest_write(&g, port, NOTIFY, 4, 3));
	check(eventfd_signalled(efd, 1));
	guest_destroy(&g);
	check(domain_held(g.d));
	check_eq(munmap(a.va, PAGE), 0);
	check(domain_held(g.d));
	close(file);
	check(domain_gone(g.d));
}

/*
 * The same, but the binding is deassigned, and the ioreq server is destroyed
 * before the domain.
 */
TAP_HAZARD(ioeventfd_of_a_dead_server, .rows = "B8")
{
	struct xen_dm_op destroy = { .op = XEN_DMOP_destroy_ioreq_server };
	struct privcmd_ioeventfd op;
	int efd = eventfd_new();

	begin();
	bind(fd, &g.ioreq, efd);
	must(guest_write(&g, port, NOTIFY, 4, 3));
	destroy.u.destroy_ioreq_server.id = g.server;
	check_eq(dm(fd, g.d->id, &destroy), 0);
	op = kick(&g, &port, 3, efd);
	op.flags = IOEVENTFD_OFF;
	guest_destroy(&g);
	check(domain_held(g.d));
	check_eq(ioeventfd(fd, &op), 0);
	check(domain_gone(g.d));
}

/* A program closes the port by a hypercall while it is bound. */
TAP_HAZARD(ioeventfd_port_closed, .rows = "B8")
{
	int efd = eventfd_new();
	struct privcmd_ioeventfd op;

	begin();
	bind(fd, &g.ioreq, efd);
	must(guest_write(&g, port, NOTIFY, 4, 3));
	check(eventfd_signalled(efd, 1));
	guest_port_close(port);
	op = kick(&g, &port, 3, efd);
	op.flags = IOEVENTFD_OFF;
	check_eq(ioeventfd(fd, &op), 0);
	unserved(efd);
	end_of_guest();
}

/* A domain, a file and a binding, made and removed 20 times. */
TAP_HAZARD(ioeventfd_often, .rows = "A22 B8", .seconds = 120)
{
	int efd = eventfd_new(), i;
	long before;

	begin();
	guest_destroy(&g);
	check(domain_gone(g.d));
	before = xen_free_pages();
	for (i = 0; i < 10; i++) {
		fd = privcmd_open();
		g = guest_new(fd);
		port = guest_port(&g);
		bind(fd, &g.ioreq, efd);
		must(guest_write(&g, port, NOTIFY, 4, 3));
		check(eventfd_signalled(efd, 1));
		guest_destroy(&g);
		close(fd);
		check(domain_gone(g.d));
		check(!guest_port_bound(port));
	}
	check(xen_free_pages_back(before, 64));
}

#define ROUNDS 20

/*
 * A binding keeps nothing of its eventfd when it has ended, nor does a call
 * that fails: see eventfd_next().
 */
TAP_HAZARD(ioeventfd_frees_the_eventfd, .rows = "A15 B8")
{
	struct privcmd_ioeventfd op;
	struct area a;
	int i, file, efd;
	long before;

	begin();
	before = eventfd_next();
	for (i = 0; i < 2 * ROUNDS; i++) {
		file = privcmd_open();
		a = again(file);
		efd = eventfd_new();
		bind(file, &a, efd);
		op = kick(&g, &port, 4, efd);
		op.ioreq = (unsigned long)a.va;
		check_errno(ioeventfd(file, &op), EBUSY);
		op.vq = 3;
		op.flags = IOEVENTFD_OFF;
		if (i % 2)
			check_eq(ioeventfd(file, &op), 0);
		check_eq(munmap(a.va, PAGE), 0);
		close(file);
		close(efd);
		check(!guest_port_bound(port));
		port = guest_port(&g);
	}
	check(eventfd_next() < before + ROUNDS);
	end_of_guest();
}
