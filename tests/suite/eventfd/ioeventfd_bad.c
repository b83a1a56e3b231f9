// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * IOEVENTFD with wrong arguments: the errno of each; nothing is bound
 * afterwards. No guest runs. ioeventfd_gate.c has what a file may not bind.
 */
#include "eventfd/ioeventfd.h"
#include <xen/event_channel.h>

static struct privcmd_ioeventfd good(void)
{
	return kick(&g, &port, 3, eventfd_new());
}

/* The call fails with this errno, nothing is bound, and the port is as before. */
static void refused(int file, const struct privcmd_ioeventfd *op, int want)
{
	if (!check_errno(ioeventfd(file, op), want))
		tap_note("the call had pages at %#llx and %u vcpus", op->ioreq,
			 op->vcpus);
	check_eq(fdinfo(fd, "xen-privcmd-ioeventfds"), 0);
	check(guest_port_bound(port));
}

static void still_good(void)
{
	struct privcmd_ioeventfd op = good();

	check_eq(ioeventfd(fd, &op), 0);
	close(fd);
	guest_destroy(&g);
	check(domain_gone(g.d));
}

/* Without an ioreq server nothing can be bound. */
TAP_CASE(ioeventfd_no_device_models)
{
	struct privcmd_ioeventfd op = { .addr_len = 4, .vcpus = 1 };
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	struct area a;

	fd = privcmd_open();
	need_eventfds(fd);
	if (has_dm_op(fd, d))
		skip("this hypervisor has device models");
	a = area_new(fd, 1);
	must(map_frames(&a, d, 0));
	op.dom = d->id;
	op.ioreq = (unsigned long)a.va;
	op.ports = (unsigned long)&port;
	op.event_fd = eventfd_new();
	check_errno(ioeventfd(fd, &op), EINVAL);
	op.flags = IOEVENTFD_OFF;
	check_errno(ioeventfd(fd, &op), ENODEV);
	area_done(&a);
}

TAP_CASE(ioeventfd_struct_unreadable)
{
	size_t size = sizeof(struct privcmd_ioeventfd);
	unsigned char *p = buffer(1);
	void *end = p + PAGE - size;

	begin();
	check_errno(ioctl(fd, IOCTL_PRIVCMD_IOEVENTFD, NULL), EFAULT);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_IOEVENTFD, KERNEL_POINTER), EFAULT);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_IOEVENTFD, aside(1)), EFAULT);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_IOEVENTFD, (char *)end + 1),
		    EFAULT);
	*(struct privcmd_ioeventfd *)end = good();
	must(!mprotect(p, PAGE, PROT_READ));
	check_eq(ioctl(fd, IOCTL_PRIVCMD_IOEVENTFD, end), 0);
}

TAP_CASE(ioeventfd_shape)
{
	static const __u32 flags[] = { 2, 3, 0x80000000, ~0U };
	static const __u32 len[] = { 0, 3, 5, 7, 9, 16, 0x80000004, ~0U };
	static const __u64 addr[] = { ~0UL, ~0UL - 0x50, ~0UL - 0x53 };
	static const __u32 vq[] = { 0x10000, 0x10003, 0x80000003, ~0U };
	struct privcmd_ioeventfd op;
	size_t i;

	begin();
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		op = good();
		op.flags = flags[i];
		refused(fd, &op, EINVAL);
	}
	for (i = 0; i < ARRAY_SIZE(len); i++) {
		op = good();
		op.addr_len = len[i];
		refused(fd, &op, EINVAL);
		op.flags = IOEVENTFD_OFF;
		refused(fd, &op, EINVAL);
	}
	for (i = 0; i < ARRAY_SIZE(addr); i++) {
		op = good();
		op.addr = addr[i];
		refused(fd, &op, EINVAL);
	}
	for (i = 0; i < ARRAY_SIZE(vq); i++) {
		op = good();
		op.vq = vq[i];
		refused(fd, &op, EINVAL);
	}
	still_good();
}

/*
 * 8192 vcpus are the limit, also for an area of any size. Up to there the call
 * goes on to read the ports.
 */
static void most_vcpus(void)
{
	struct area a = area_new(fd, 65);
	struct privcmd_ioeventfd op = good();

	op.ioreq = (unsigned long)a.va;
	op.ports = 0;
	op.vcpus = 8192;
	refused(fd, &op, EFAULT);
	op.vcpus = 8193;
	refused(fd, &op, EINVAL);
	must(!munmap(a.va, 65 * PAGE));
}

/* A page has slots for 128 vcpus. */
TAP_HAZARD(ioeventfd_vcpus, .rows = "B7")
{
	static const __u32 vcpus[] = { 0,	   129,	     8193,
				       0x7fffffff, 1U << 31, 0x8000001,
				       0xffffffff };
	struct privcmd_ioeventfd op;
	size_t i;

	begin();
	for (i = 0; i < ARRAY_SIZE(vcpus); i++) {
		op = good();
		op.vcpus = vcpus[i];
		refused(fd, &op, EINVAL);
	}
	most_vcpus();
	still_good();
}

/*
 * Pages of the right kind in an area that may not be accessed. A PV dom0 has no
 * entries for them. On other dom0s the frames are there without entries.
 */
static void untouchable_pages(void)
{
	struct area a = area_prot(fd, 1, PROT_NONE);
	struct privcmd_ioeventfd op = good();

	must(!resource(fd, g.d->id, IOREQ, g.server, 1, 1, a.va));
	op.ioreq = (unsigned long)a.va;
	if (xlate()) {
		check_eq(ioeventfd(fd, &op), 0);
		op.flags = IOEVENTFD_OFF;
		check_eq(ioeventfd(fd, &op), 0);
		port = guest_port(&g);
	} else {
		check_eq(state_at(&a, 0), PRIVCMD_X_LAZY);
		refused(fd, &op, EINVAL);
	}
	munmap(a.va, PAGE);
}

/*
 * Each of these is something other than the slots of an ioreq server of this
 * domain.
 */
TAP_HAZARD(ioeventfd_no_such_pages, .rows = "B7")
{
	struct privcmd_ioeventfd op;
	int memory = open(hypercall_device(), O_RDWR | O_CLOEXEC);
	struct area empty, frames;

	begin();
	empty = area_new(fd, 1);
	frames = area_new(fd, 1);
	must(map_frames(&frames, g.d, 0));
	const unsigned long where[] = {
		0,
		1,
		(unsigned long)g.ioreq.va + 8,
		(unsigned long)g.ioreq.va + PAGE,
		(unsigned long)g.ioreq.va - PAGE,
		(unsigned long)KERNEL_POINTER - PAGE,
		-PAGE,
		(unsigned long)buffer(1),
		(unsigned long)aside(1),
		(unsigned long)empty.va,
		(unsigned long)frames.va,
		(unsigned long)mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				    MAP_SHARED, memory, 0),
	};

	for (size_t i = 0; i < ARRAY_SIZE(where); i++) {
		op = good();
		op.ioreq = where[i];
		refused(fd, &op, EINVAL);
	}
	/* Not the domain that the pages belong to. */
	op = good();
	op.dom = NO_DOMAIN;
	refused(fd, &op, EINVAL);
	munmap(empty.va, PAGE);
	munmap(frames.va, PAGE);
	untouchable_pages();
	still_good();
}

TAP_CASE(ioeventfd_ports_unreadable)
{
	unsigned char *p = buffer(1);
	const unsigned long where[] = {
		0,
		(unsigned long)KERNEL_POINTER,
		-4UL,
		(unsigned long)aside(1),
		(unsigned long)p + PAGE - 3,
	};
	struct privcmd_ioeventfd op;
	size_t i;

	begin();
	for (i = 0; i < ARRAY_SIZE(where); i++) {
		op = good();
		op.ports = where[i];
		refused(fd, &op, EFAULT);
	}
	/* The second of two elements cannot be read. */
	op = good();
	*(uint32_t *)(p + PAGE - 4) = port;
	op.ports = (unsigned long)p + PAGE - 4;
	op.vcpus = 2;
	refused(fd, &op, EFAULT);
	still_good();
}

static uint32_t unbound_port(void)
{
	struct evtchn_alloc_unbound alloc = {
		.dom = DOMID_SELF,
		.remote_dom = g.d->id,
	};

	must(!control(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound,
		      (unsigned long)&alloc, 0, 0));
	return alloc.port;
}

/*
 * No port, a port that is bound to nothing or to another domain, and a closed
 * one.
 */
TAP_HAZARD(ioeventfd_ports_wrong)
{
	struct guest other;
	struct privcmd_ioeventfd op;
	uint32_t bad[6], closed;
	size_t i;

	begin();
	other = guest_new(fd);
	bad[0] = 0;
	bad[1] = 0x7fffffff;
	bad[2] = ~0U;
	bad[3] = unbound_port();
	bad[4] = guest_port(&other);
	closed = unbound_port();
	guest_port_close(closed);
	bad[5] = closed;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		op = good();
		op.ports = (unsigned long)&bad[i];
		refused(fd, &op, EINVAL);
	}
	/*
	 * Dom0's own ports, such as its console and its timers: none is bound
	 * to the guest.
	 */
	for (i = 1; i < 16; i++) {
		uint32_t own = i;

		if (own == port || own == bad[3] || own == bad[4])
			continue;
		op = good();
		op.ports = (unsigned long)&own;
		refused(fd, &op, EINVAL);
	}
	check(guest_port_bound(bad[4]));
	guest_port_close(bad[3]);
	guest_destroy(&other);
	still_good();
}

/* When a port fails, the ports that the call has bound before are closed. */
TAP_CASE(ioeventfd_second_port_wrong)
{
	struct privcmd_ioeventfd op;
	uint32_t ports[2] = { 0, 0 };

	begin();
	ports[0] = port;
	op = good();
	op.ports = (unsigned long)ports;
	op.vcpus = 2;
	check_errno(ioeventfd(fd, &op), EINVAL);
	check_eq(fdinfo(fd, "xen-privcmd-ioeventfds"), 0);
	check(!guest_port_bound(port));
	port = guest_port(&g);
	still_good();
}

TAP_CASE(ioeventfd_not_an_eventfd)
{
	struct privcmd_ioeventfd op;
	int p[2], closed = eventfd_new();
	size_t i;

	begin();
	must(!pipe(p));
	close(closed);
	const struct {
		int number, want;
	} bad[] = {
		{ -1, EBADF },
		{ INT_MIN, EBADF },
		{ INT_MAX, EBADF },
		{ closed, EBADF },
		{ fd, EINVAL },
		{ p[0], EINVAL },
		{ STDOUT_FILENO, EINVAL },
	};
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		op = kick(&g, &port, 3, bad[i].number);
		refused(fd, &op, bad[i].want);
		op.flags = IOEVENTFD_OFF;
		refused(fd, &op, bad[i].want);
	}
	still_good();
}
