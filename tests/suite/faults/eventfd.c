// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * IRQFD and IOEVENTFD, with each of their allocations, user copies and
 * hypercalls failing in turn.
 */
#include "eventfd/eventfd.h"
#include "faults/faults.h"
#include "faults/injected.h"
#include "dom0/nth.h"

static int efd;

static int bind_irqfd(void *arg)
{
	const struct scene *s = arg;

	return irqfd(s->fd, s->d->id, efd, &ask_vcpus, sizeof(ask_vcpus), 0);
}

static int unbind_irqfd(void *arg)
{
	const struct scene *s = arg;

	return irqfd(s->fd, s->d->id, efd, NULL, 0, IRQFD_OFF);
}

static void is_irqfd(void *arg)
{
	const struct scene *s = arg;

	check_eq(fdinfo(s->fd, "xen-privcmd-irqfds"), 1);
	check_errno(bind_irqfd(arg), EBUSY);
	eventfd_signal(efd);
	check_eq(unbind_irqfd(arg), 0);
	scene_empty(arg);
	check_eq(eventfd_signals(efd), 0);
}

static void is_still_irqfd(void *arg)
{
	const struct scene *s = arg;

	check_eq(fdinfo(s->fd, "xen-privcmd-irqfds"), 1);
}

static void is_no_irqfd(void *arg)
{
	scene_empty(arg);
	must(check_eq(bind_irqfd(arg), 0));
}

TAP_HAZARD(faults_irqfd, .seconds = 120)
{
	static const struct operation binds = { "IRQFD", bind_irqfd, is_irqfd,
						scene_empty },
				      unbinds = { "IRQFD, deassign",
						  unbind_irqfd, is_no_irqfd,
						  is_still_irqfd };
	struct scene s;

	faults_begin(&s, DOMAIN_HVM, 1);
	need_eventfds(s.fd);
	efd = eventfd_new();
	faults_run(&binds, &s, 2, 2, 0);
	faults_starve(&binds, &s);
	must(check_eq(bind_irqfd(&s), 0));
	faults_run(&unbinds, &s, 0, 1, 0);
	check_eq(unbind_irqfd(&s), 0);
	scene_end(&s);
}

static struct guest g;
static uint32_t port;

static int bind_ioeventfd(void *arg)
{
	struct privcmd_ioeventfd op = kick(&g, &port, 3, efd);

	(void)arg;
	return ioeventfd(g.fd, &op);
}

static void bound(long n)
{
	check_eq(fdinfo(g.fd, "xen-privcmd-ioeventfds"), n);
}

/*
 * The kernel closes the port together with its last binding, and also when it
 * cannot make an interrupt of it.
 */
static void another_port(void)
{
	if (guest_port_bound(port))
		guest_port_close(port);
	port = guest_port(&g);
}

static void is_ioeventfd(void *arg)
{
	struct privcmd_ioeventfd off = kick(&g, &port, 3, efd);

	(void)arg;
	bound(1);
	must(guest_write(&g, port, DEVICE + QUEUE_NOTIFY, 4, 3));
	check(eventfd_signalled(efd, 1));
	off.flags = IOEVENTFD_OFF;
	check_eq(ioeventfd(g.fd, &off), 0);
	bound(0);
	another_port();
}

static void is_no_ioeventfd(void *arg)
{
	(void)arg;
	bound(0);
	another_port();
}

static const struct operation binds_ioeventfd = { "IOEVENTFD", bind_ioeventfd,
						  is_ioeventfd,
						  is_no_ioeventfd };

static void guest_begin(void)
{
	need_ours();
	g.fd = privcmd_open();
	need_eventfds(g.fd);
	g = guest_new(g.fd);
	port = guest_port(&g);
	efd = eventfd_new();
}

static void guest_end(void)
{
	guest_destroy(&g);
	check_eq(fdinfo(g.fd, "xen-privcmd-frames"), 0);
	close(g.fd);
	check(domain_gone(g.d));
}

TAP_HAZARD(faults_ioeventfd, .seconds = 300)
{
	if (!nth_here())
		skip("this kernel cannot be told to run out of memory");
	guest_begin();
	/*
	 * Linux 6.1 leaves files in /proc behind when it has no memory for an
	 * interrupt, so only our own points fail here.
	 */
	faults_run_ours(&binds_ioeventfd, NULL, 5, 1, ANY);
	guest_end();
}

/* The areas of the kernel's address space that the module has. */
static unsigned int windows(void)
{
	FILE *f = fopen("/proc/vmallocinfo", "r");
	unsigned int n = 0;
	char line[512];

	must(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, module_name()) != NULL;
	fclose(f);
	return n;
}

/*
 * EINVAL: as the hypercall that asks about the port fails, the port does not
 * seem to belong to the domain. That happens once for each errno other than
 * EINVAL.
 */
TAP_CASE(ioeventfd_injected_nth, .seconds = 120)
{
	struct outcome o;
	unsigned int before;

	need_injection();
	before = windows();
	guest_begin();
	o = faults_hypercalls(&binds_ioeventfd, NULL, EINVAL);
	check(o.fired >= 8);
	check_eq(o.other, 3);
	guest_end();
	check_eq(windows(), before);
}
