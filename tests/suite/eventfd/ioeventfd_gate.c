// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What a file may bind with IOEVENTFD: each binding once, only those of its own
 * domain if it is restricted, and no more than its limit.
 */
#include "eventfd/ioeventfd.h"

static struct privcmd_ioeventfd good(void)
{
	return kick(&g, &port, 3, eventfd_new());
}

TAP_CASE(ioeventfd_twice)
{
	struct privcmd_ioeventfd first, op;
	uint32_t other[2] = { 0, 0 };
	int efd;

	begin();
	first = good();
	must(check_eq(ioeventfd(fd, &first), 0));
	efd = first.event_fd;
	check_errno(ioeventfd(fd, &first), EBUSY);
	op = kick(&g, &port, 4, efd);
	check_errno(ioeventfd(fd, &op), EBUSY);
	op.event_fd = dup(efd);
	check_errno(ioeventfd(fd, &op), EBUSY);
	/* Another eventfd for the same register and queue. */
	op = good();
	check_errno(ioeventfd(fd, &op), EEXIST);
	/* The ports of the server are those of its first binding. */
	op = kick(&g, other, 4, eventfd_new());
	check_errno(ioeventfd(fd, &op), EINVAL);
	op = kick(&g, other, 4, eventfd_new());
	op.vcpus = 2;
	check_errno(ioeventfd(fd, &op), EINVAL);
	other[0] = port; /* the same first port, and one more */
	check_errno(ioeventfd(fd, &op), EINVAL);
	check_eq(fdinfo(fd, "xen-privcmd-ioeventfds"), 1);
	check(guest_port_bound(port));
	op = kick(&g, &port, 4, eventfd_new());
	check_eq(ioeventfd(fd, &op), 0);
	check_eq(fdinfo(fd, "xen-privcmd-ioeventfds"), 2);
}

/*
 * One port for two vcpus, then the same port for the same pages through another
 * file.
 */
TAP_HAZARD(ioeventfd_port_bound_already)
{
	struct privcmd_ioeventfd op;
	uint32_t ports[2];
	int efd;

	begin();
	ports[0] = ports[1] = port;
	op = kick(&g, ports, 3, eventfd_new());
	op.vcpus = 2;
	check_errno(ioeventfd(fd, &op), EBUSY);
	check_eq(fdinfo(fd, "xen-privcmd-ioeventfds"), 0);
	check(!guest_port_bound(port));

	port = guest_port(&g);
	op = good();
	efd = op.event_fd;
	must(check_eq(ioeventfd(fd, &op), 0));
	busy_elsewhere(&g, &port);
	must(guest_write(&g, port, NOTIFY, 4, 3));
	check(eventfd_signalled(efd, 1));
	close(fd);
	guest_destroy(&g);
	check(domain_gone(g.d));
}

/*
 * A driver of the kernel has bound the port, here the module looker. The port
 * is still bound after the call.
 */
TAP_HAZARD(ioeventfd_port_of_the_kernel)
{
	int looker = open("/dev/looker", O_RDWR | O_CLOEXEC);
	struct privcmd_ioeventfd op;

	begin();
	if (looker < 0)
		skip("the module looker is not loaded");
	must(!ioctl(looker, 1, port));
	op = good();
	check_errno(ioeventfd(fd, &op), EBUSY);
	check_eq(fdinfo(fd, "xen-privcmd-ioeventfds"), 0);
	check(guest_port_bound(port));
	close(looker);
	check(!guest_port_bound(port));
	close(fd);
	guest_destroy(&g);
	check(domain_gone(g.d));
}

/* A binding is identified by all fields that describe it. */
TAP_CASE(ioeventfd_deassign_unknown)
{
	struct privcmd_ioeventfd op, off;

	begin();
	op = good();
	off = op;
	off.flags = IOEVENTFD_OFF;
	check_errno(ioeventfd(fd, &off), ENODEV);
	must(check_eq(ioeventfd(fd, &op), 0));
	off.vq = 4;
	check_errno(ioeventfd(fd, &off), ENODEV);
	off.vq = 3;
	off.addr++;
	check_errno(ioeventfd(fd, &off), ENODEV);
	off.addr--;
	off.addr_len = 2;
	check_errno(ioeventfd(fd, &off), ENODEV);
	off.addr_len = 4;
	off.dom++;
	check_errno(ioeventfd(fd, &off), ENODEV);
	off.dom--;
	off.event_fd = eventfd_new();
	check_errno(ioeventfd(fd, &off), ENODEV);
	off.event_fd = op.event_fd;
	check_errno(ioeventfd(privcmd_open(), &off), ENODEV);
	check_eq(fdinfo(fd, "xen-privcmd-ioeventfds"), 1);
	check_eq(ioeventfd(fd, &off), 0);
	check_eq(fdinfo(fd, "xen-privcmd-ioeventfds"), 0);
}

TAP_CASE(ioeventfd_restricted, .rows = "B9")
{
	struct privcmd_ioeventfd op, bound;
	struct domain *d;

	begin();
	d = domain_new(DOMAIN_HVM, 1);
	bound = good();
	must(check_eq(ioeventfd(fd, &bound), 0));
	check_eq(restrict_to(fd, d->id), 0);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_IOEVENTFD, NULL), EFAULT);
	op = kick(&g, &port, 4, eventfd_new());
	check_errno(ioeventfd(fd, &op), EPERM);
	op.flags = ~0U;
	op.event_fd = -1;
	check_errno(ioeventfd(fd, &op), EPERM);
	bound.flags = IOEVENTFD_OFF;
	check_errno(ioeventfd(fd, &bound), EPERM);
	check_eq(fdinfo(fd, "xen-privcmd-ioeventfds"), 1);
	check(guest_port_bound(port));
	/* The file's own domain, with pages of the other one. */
	op = kick(&g, &port, 4, eventfd_new());
	op.dom = d->id;
	check_errno(ioeventfd(fd, &op), EINVAL);
}

/* A restricted file cannot have bound a port itself, so it may not use any. */
TAP_CASE(ioeventfd_restricted_ports, .rows = "B9")
{
	uint32_t bad[] = { 0, 0, 0 };
	struct privcmd_ioeventfd op;
	struct guest other;
	size_t i;

	begin();
	other = guest_new(privcmd_open());
	bad[1] = guest_port(&other);
	bad[2] = port;
	check_eq(restrict_to(fd, g.d->id), 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		op = good();
		op.ports = (unsigned long)&bad[i];
		check_errno(ioeventfd(fd, &op), EPERM);
		check_eq(fdinfo(fd, "xen-privcmd-ioeventfds"), 0);
		check(guest_port_bound(port));
	}
	check(guest_port_bound(bad[1]));
	guest_destroy(&other);
}

/*
 * The restriction counts for bindings that were made before it: the kick is
 * left to the program.
 */
TAP_HAZARD(ioeventfd_restricted_later, .rows = "B16")
{
	const struct guest_write w = { DEVICE + QUEUE_NOTIFY, 4, 3 };
	struct privcmd_ioeventfd op;

	begin();
	op = good();
	must(check_eq(ioeventfd(fd, &op), 0));
	check_eq(restrict_to(fd, g.d->id + 1), 0);
	guest_start(&g, port, &w, 1);
	must(guest_waits_at(&g, w.addr));
	usleep(20000);
	must(guest_waits_at(&g, w.addr));
	check_eq(eventfd_signals(op.event_fd), 0);
}

/*
 * The pages are mapped through one file, populated through another, and bound
 * by a third. The restriction of each file counts, at the call and at each
 * event.
 */
TAP_HAZARD(ioeventfd_pages_of_another_file_restricted, .rows = "A24 B9 B16")
{
	const struct guest_write w = { NOTIFY, 4, 3 };
	struct privcmd_ioeventfd op, next;
	int file[3], i, k;
	struct area a;

	begin();
	for (i = 0; i < 3; i++) {
		for (k = 0; k < 3; k++)
			file[k] = privcmd_open();
		a = area_new(file[0], 1);
		must(!resource(file[1], g.d->id, IOREQ, g.server, 1, 1, a.va));
		op = good();
		op.ioreq = (unsigned long)a.va;
		must(check_eq(ioeventfd(file[2], &op), 0));
		check_eq(restrict_to(file[i], g.d->id + 1), 0);
		next = op;
		next.vq = 4;
		next.event_fd = eventfd_new();
		check_errno(ioeventfd(file[2], &next), EPERM);
		guest_start(&g, port, &w, 1);
		must(guest_waits_at(&g, w.addr));
		usleep(20000);
		must(guest_waits_at(&g, w.addr));
		check_eq(eventfd_signals(op.event_fd), 0);
		guest_answer(&g, port);
		check(guest_waits_at(&g, PARK));

		/*
		 * The same through a fourth file, which would make a server of
		 * its own.
		 */
		k = privcmd_open();
		check_errno(ioeventfd(k, &next), i < 2 ? EPERM : EBUSY);
		check_eq(fdinfo(k, "xen-privcmd-ioeventfds"), 0);
		close(k);
		munmap(a.va, PAGE);
		for (k = 0; k < 3; k++)
			close(file[k]);
		check(!guest_port_bound(port));
		port = guest_port(&g);
	}
	guest_destroy(&g);
	check(domain_gone(g.d));
}

TAP_CASE(ioeventfd_max_irqfds)
{
	struct privcmd_ioeventfd op;
	int i;

	begin();
	must(param_set("max_irqfds", "2"));
	for (i = 0; i < 3; i++) {
		op = kick(&g, &port, i, eventfd_new());
		if (i < 2)
			check_eq(ioeventfd(fd, &op), 0);
		else
			check_errno(ioeventfd(fd, &op), ENOMEM);
	}
	check_eq(fdinfo(fd, "xen-privcmd-ioeventfds"), 2);
	op = kick(&g, &port, 0, eventfd_new());
	check_errno(ioeventfd(fd, &op), ENOMEM);
	check(guest_port_bound(port));
}
