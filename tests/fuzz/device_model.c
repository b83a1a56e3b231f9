// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Calls of device models: DM_OP, IRQFD, IOEVENTFD, MMAP_RESOURCE. Valid
 * operations are for our own domains. Random operations may be for any domain,
 * as Xen performs none for dom0.
 */
#include "dm_op/dm_op.h"
#include <xen/event_channel.h>
#include <xen/sys/evtchn.h>
#include <xen/hvm/ioreq.h>
#include <xen/memory.h>

#include "fuzz.h"

/*
 * An operation with a known number, or one close to that, and small numbers in
 * it.
 */
static void fill_op(struct caller *c, struct xen_dm_op *op)
{
	uint32_t *word = (uint32_t *)op;
	unsigned int i;

	for (i = 0; i < sizeof(*op) / sizeof(*word); i++)
		word[i] = one_in(&c->rng, 3) ? below(&c->rng, 9) : 0;
	op->op = 1 + below(&c->rng, 21);
	op->pad = one_in(&c->rng, 32);
	if (op->op == XEN_DMOP_create_ioreq_server)
		op->u.create_ioreq_server.handle_bufioreq = HAS_RINGS;
}

void call_dm_op(struct caller *c)
{
	struct xen_dm_op *op = (void *)c->own;
	struct privcmd_dm_op_buf *buf = (void *)(c->own + PAGE);
	struct privcmd_dm_op d = {
		.dom = any_domid(c),
		.num = 1 + below(&c->rng, 3),
		.ubufs = buf,
	};
	unsigned int i;

	fill_op(c, op);
	buf[0].uptr = op;
	buf[0].size = sizeof(*op);
	for (i = 1; i < 20; i++) {
		buf[i].uptr = (void *)(unsigned long)any_buffer(c);
		buf[i].size = below(&c->rng, BUF_SIZE + 1);
	}
	if (one_in(&c->rng, 8))
		buf[below(&c->rng, 3)].uptr =
			(void *)(unsigned long)any_address(c);
	if (one_in(&c->rng, 16))
		buf[below(&c->rng, 3)].size = any64(c);
	if (one_in(&c->rng, 16))
		d.num = PICK(c, 0, 15, 16, 17, 0xffff);
	if (one_in(&c->rng, 32))
		d.ubufs = (void *)(unsigned long)any_address(c);
	ioctl(any_file(c), IOCTL_PRIVCMD_DM_OP, &d);
}

/* As root the call is never for dom0, whose grant table would grow for good. */
void call_resource(struct caller *c)
{
	struct privcmd_mmap_resource r = {
		.dom = any_domid(c),
		.type = below(&c->rng, 4),
		.id = below(&c->rng, 3),
		.idx = below(&c->rng, 3),
		.num = 1 + below(&c->rng, 4),
		.addr = any_address(c),
	};

	if (r.type == XENMEM_resource_ioreq_server && one_in(&c->rng, 2))
		r.id = world.server;
	if (one_in(&c->rng, 16))
		r.num = any_count(c);
	if (one_in(&c->rng, 16))
		r.idx = any64(c);
	if (one_in(&c->rng, 16))
		r.num = r.addr = 0;
	if (!world.as_user && (r.dom == 0 || r.dom == DOMID_SELF))
		return;
	ioctl(any_file(c), IOCTL_PRIVCMD_MMAP_RESOURCE, &r);
}

static void dm_op_of_ours(int fd, struct xen_dm_op *op)
{
	struct privcmd_dm_op_buf buf = { op, sizeof(*op) };
	struct privcmd_dm_op d = { target[HARDWARE]->id, 1, &buf };

	ioctl(fd, IOCTL_PRIVCMD_DM_OP, &d);
}

static void new_server(int fd)
{
	struct xen_dm_op op = { .op = XEN_DMOP_create_ioreq_server };

	op.u.create_ioreq_server.id = world.server;
	dm_op_of_ours(fd, &op);
	world.server = op.u.create_ioreq_server.id;
}

/*
 * Maps the server's page of vcpus at @va. After that the server can be enabled,
 * and its vcpus have ports.
 */
static void map_server(int fd, void *va)
{
	struct xen_dm_op op = { .op = XEN_DMOP_set_ioreq_server_state };
	struct privcmd_mmap_resource r = {
		.dom = target[HARDWARE]->id,
		.id = world.server,
		.idx = 1,
		.num = 1,
		.addr = (unsigned long)va,
	};

	mmap(va, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
	ioctl(fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &r);
	op.u.set_ioreq_server_state.id = world.server;
	op.u.set_ioreq_server_state.enabled = 1;
	dm_op_of_ours(fd, &op);
}

/* Makes a new server. A user keeps the server that its port belongs to. */
void call_server(struct caller *c)
{
	unsigned int file = one_in(&c->rng, 4) ? 0 : 2;
	struct pages p = any_pages(c);

	if (!world.as_user)
		new_server(world.file[file]);
	map_server(world.file[file], p.va);
	world.slot[p.slot] =
		(struct slot){ file, p.first, 1, target[HARDWARE]->id };
	world.server_slot = p.slot;
}

/*
 * A user cannot make hypercalls, but a process that has /dev/xen/evtchn open
 * can give it a port, as device models do. Since Linux 6.8 the driver shares
 * such a port. Before that it refuses.
 */
void device_model_begin(void)
{
	int fd = privcmd_open(), evtchn = open("/dev/xen/evtchn", O_RDWR);
	struct ioctl_evtchn_bind_interdomain bind = {
		.remote_domain = target[HARDWARE]->id
	};
	struct shared_iopage *page = aside(1);

	new_server(fd);
	map_server(fd, page);
	if (try_copy(&bind.remote_port, &page->vcpu_ioreq[0].vp_eport,
		     sizeof(bind.remote_port)) &&
	    bind.remote_port)
		world.port =
			ioctl(evtchn, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);
	world.port = world.port < 0 ? 0 : world.port;
	munmap(page, PAGE);
	close(fd);
}

static int any_eventfd(struct caller *c)
{
	return one_in(&c->rng, 24) ? any_file(c) :
				     world.efd[below(&c->rng, EVENTFDS)];
}

void call_irqfd(struct caller *c)
{
	struct xen_dm_op *op = (void *)c->own;
	struct privcmd_irqfd i = {
		.dm_op = (unsigned long)op,
		.size = one_in(&c->rng, 8) ? below(&c->rng, 4100) : sizeof(*op),
		.fd = any_eventfd(c),
		.flags = one_in(&c->rng, 3),
		.dom = any_domid(c),
	};

	fill_op(c, op);
	if (one_in(&c->rng, 16))
		i.dm_op = any_address(c);
	if (one_in(&c->rng, 32))
		i.flags = any64(c);
	ioctl(any_file(c), IOCTL_PRIVCMD_IRQFD, &i);
}

/*
 * The port of the domain's only vcpu, bound by a hypercall. The next call gives
 * the binding to the driver.
 */
static uint32_t bind_port(const struct ioreq *slot)
{
	struct evtchn_bind_interdomain bind = {
		.remote_dom = target[HARDWARE]->id,
		.remote_port = slot->vp_eport,
	};

	if (!world.as_user && bind.remote_port &&
	    !control(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_interdomain,
		     (unsigned long)&bind, 0, 0))
		world.port = bind.local_port;
	return world.port;
}

/*
 * Writes a request as the guest would make it, for the event with which a new
 * binding begins. The guest itself does not run.
 */
static void make_request(struct caller *c, const struct privcmd_ioeventfd *i,
			 struct ioreq *slot)
{
	slot->addr = i->addr + 0x50;
	slot->data = i->vq;
	slot->size = i->addr_len;
	slot->count = 1;
	slot->state = one_in(&c->rng, 8) ? below(&c->rng, 16) :
					   STATE_IOREQ_READY;
	slot->dir = one_in(&c->rng, 8);
	slot->type = one_in(&c->rng, 8) ? below(&c->rng, 9) : IOREQ_TYPE_COPY;
}

void call_ioeventfd(struct caller *c)
{
	uint32_t *port = (void *)(c->own + PAGE);
	struct ioreq request, *ioreq;
	struct slot slot = world.slot[world.server_slot];
	int fd = one_in(&c->rng, 12) ? any_file(c) : world.file[slot.file];
	struct privcmd_ioeventfd i = {
		.ioreq = (unsigned long)slot_base(world.server_slot) +
			 slot.first * PAGE,
		.ports = (unsigned long)port,
		.addr = 0xfed40000 + 0x200 * below(&c->rng, 3),
		.addr_len = PICK(c, 1, 2, 4, 4, 4, 8),
		.event_fd = any_eventfd(c),
		.vcpus = 1,
		.vq = below(&c->rng, 4),
		.flags = one_in(&c->rng, 4),
		.dom = target[HARDWARE]->id,
	};

	if (one_in(&c->rng, 12))
		i.ioreq = any_address(c);
	ioreq = (void *)(unsigned long)i.ioreq;
	if (one_in(&c->rng, 8))
		i.dom = any_domid(c);
	if (one_in(&c->rng, 16))
		i.vcpus = PICK(c, 0, 2, 128, 129, 8192, 8193, 0xffffffff);
	if (one_in(&c->rng, 16))
		i.addr_len = below(&c->rng, 12);
	if (one_in(&c->rng, 16))
		i.vq = any64(c);
	if (one_in(&c->rng, 32))
		i.flags = any64(c);
	*port = 0;
	if (try_copy(&request, ioreq, sizeof(request))) {
		*port = bind_port(&request);
		make_request(c, &i, &request);
		try_copy(ioreq, &request, sizeof(request));
	}
	if (one_in(&c->rng, 32) && !*port)
		i.ports = any_address(c);
	ioctl(fd, IOCTL_PRIVCMD_IOEVENTFD, &i);
}
