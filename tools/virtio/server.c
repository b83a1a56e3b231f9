// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * One ioreq server, or two.
 *
 * From Linux 6.8 on, /dev/xen/evtchn shares its ports with IOEVENTFD. Then there is one
 * server. The driver answers kicks, and this program answers all other requests.
 *
 * Before that a port belongs either to /dev/xen/evtchn or to IOEVENTFD. Then the addresses
 * of kicks have a server of their own. Its ports are made by a hypercall and belong to
 * IOEVENTFD. The driver answers kicks and INVALIDATE, but leaves other requests to this
 * program, which gets no event for them: reads, writes of one byte, and unknown queues.
 * No driver of a guest makes them. So it is enough to look at the page from time to time.
 * To wake the vcpu afterwards, an event on the vcpu's port of the first server does: the
 * hypervisor does not look at which of its ports an event comes.
 *
 * The hypervisor asks the server with the highest number first. So the addresses of kicks
 * can lie in a range of the other server.
 *
 * A binding for queue 0xffff at an address where no device can be keeps the ports of a
 * server bound while there are no kicks.
 */
#define __XEN_TOOLS__ 1
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/hvm/dm_op.h>
#include <xen/hvm/ioreq.h>
#include <xen/sys/evtchn.h>
#include <xen/privcmd.h>

#include "ioreq.h"
#include "server.h"
#include "xen.h"

#define SERVER_VCPUS_MAX (4096 / sizeof(struct ioreq))
/* IOEVENTFD adds the offset of the notify register of virtio-mmio. */
#define SERVER_NOTIFY 0x50
/* Milliseconds between two looks at the page of the second server. */
#define SERVER_LOOK_MS 500

struct server {
	bool exists;
	ioservid_t id;
	shared_iopage_t *page;
	uint32_t port[SERVER_VCPUS_MAX];
	struct request request[SERVER_VCPUS_MAX];
};

static unsigned int vcpus;
/* If there is one server, it has the kicks, too. */
static struct server server_first, server_second;
static int server_dummy = -1;

static struct server *server_of_kicks(void)
{
	return server_second.exists ? &server_second : &server_first;
}

static int server_create(struct server *s)
{
	struct xen_dm_op op = { .op = XEN_DMOP_create_ioreq_server };
	int ret = xen_dm_op(&op);

	if (ret)
		return ret;
	s->id = op.u.create_ioreq_server.id;
	s->exists = true;
	return 0;
}

static void server_destroy(struct server *s)
{
	struct xen_dm_op op = { .op = XEN_DMOP_destroy_ioreq_server };

	if (!s->exists)
		return;
	op.u.destroy_ioreq_server.id = s->id;
	xen_dm_op(&op);
	s->exists = false;
}

/* After this, the page has the guest's ends of the event channels. */
static int server_enable(struct server *s)
{
	struct xen_dm_op op = { .op = XEN_DMOP_set_ioreq_server_state };

	op.u.set_ioreq_server_state.id = s->id;
	op.u.set_ioreq_server_state.enabled = 1;
	return xen_dm_op(&op);
}

static int server_port_by_evtchn(uint32_t remote)
{
	struct ioctl_evtchn_bind_interdomain bind = { xen_domid(), remote };
	int port = ioctl(xen_evtchn(), IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);

	return port < 0 ? -errno : port;
}

static int server_port_by_hypercall(uint32_t remote)
{
	struct evtchn_bind_interdomain bind = {
		.remote_dom = xen_domid(),
		.remote_port = remote,
	};
	int ret = xen_hypercall(__HYPERVISOR_event_channel_op,
				EVTCHNOP_bind_interdomain,
				(unsigned long)&bind);

	return ret ? ret : (int)bind.local_port;
}

static int server_bind_ports(struct server *s, int (*bind)(uint32_t remote))
{
	unsigned int i;
	int ret;

	for (i = 0; i < vcpus; i++) {
		ret = bind(s->page->vcpu_ioreq[i].vp_eport);
		if (ret < 0)
			return ret;
		s->port[i] = ret;
		s->request[i].slot = &s->page->vcpu_ioreq[i];
		s->request[i].port = server_first.port[i];
	}
	return 0;
}

static int server_open(struct server *s, int (*bind)(uint32_t remote),
		       const char **what)
{
	int ret;

	*what = "the page of requests";
	ret = xen_map_ioreq_page(s->id, (void **)&s->page);
	if (ret)
		return ret;
	*what = "enabling the ioreq server";
	ret = server_enable(s);
	if (ret)
		return ret;
	*what = "event channels";
	return server_bind_ports(s, bind);
}

/* The binding that never matches. -EBUSY: ports of /dev/xen/evtchn cannot be shared. */
static int server_hold_ports(void)
{
	return server_bind(SERVER_NOTIFY, 1, 0xffff, server_dummy);
}

/* A server of the kicks' own must have the higher number. */
static int server_make_second(const char **what)
{
	int ret;

	*what = "a second ioreq server";
	ret = server_create(&server_second);
	if (ret)
		return ret;
	if (server_second.id < server_first.id)
		return -ENOSPC;
	ret = server_open(&server_second, server_port_by_hypercall, what);
	if (ret)
		return ret;
	*what = "IOEVENTFD";
	return server_hold_ports();
}

static int server_count_vcpus(const char **what)
{
	struct xen_dm_op op = { .op = XEN_DMOP_nr_vcpus };
	int ret = xen_dm_op(&op);

	*what = "the number of vcpus";
	if (ret)
		return ret;
	vcpus = op.u.nr_vcpus.vcpus;
	return vcpus && vcpus <= SERVER_VCPUS_MAX ? 0 : -ERANGE;
}

unsigned int server_vcpus(void)
{
	return vcpus;
}

int server_start(const char **what)
{
	int ret;

	ret = server_count_vcpus(what);
	if (ret)
		return ret;
	*what = "eventfd";
	server_dummy = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (server_dummy < 0)
		return -errno;
	*what = "an ioreq server";
	ret = server_create(&server_first);
	if (ret)
		return ret;
	ret = server_open(&server_first, server_port_by_evtchn, what);
	if (!ret) {
		*what = "IOEVENTFD";
		ret = server_hold_ports();
		if (ret == -EBUSY)
			ret = server_make_second(what);
	}
	if (ret)
		server_end();
	return ret;
}

void server_end(void)
{
	server_destroy(&server_second);
	server_destroy(&server_first);
}

/* ---- requests ---- */

static void server_serve_port(uint32_t port, void (*handle)(struct request *r))
{
	struct request *r;
	unsigned int i;

	for (i = 0; i < vcpus; i++) {
		r = &server_first.request[i];
		if (server_first.port[i] == port && ioreq_take(r))
			handle(r);
	}
}

/*
 * The port is masked until it is written back. The next event on it comes after the request
 * has been completed.
 */
static void server_serve_first(void (*handle)(struct request *r))
{
	uint32_t port[32];
	ssize_t len;

	while ((len = read(xen_evtchn(), port, sizeof(port))) > 0) {
		for (ssize_t i = 0; i < len / (ssize_t)sizeof(*port); i++)
			server_serve_port(port[i], handle);
		if (write(xen_evtchn(), port, len) != len)
			return;
	}
}

void server_serve(void (*handle)(struct request *r))
{
	unsigned int i;

	server_serve_first(handle);
	for (i = 0; server_second.exists && i < vcpus; i++)
		if (ioreq_take(&server_second.request[i]))
			handle(&server_second.request[i]);
}

int server_patience(void)
{
	return server_second.exists ? SERVER_LOOK_MS : -1;
}

/* ---- ranges and kicks ---- */

static int server_range(const struct server *s, uint32_t cmd, enum space space,
			uint64_t first, uint64_t last)
{
	struct xen_dm_op op = { .op = cmd };
	struct xen_dm_op_ioreq_server_range *range =
		&op.u.map_io_range_to_ioreq_server;

	range->id = s->id;
	range->type = space == SPACE_PCI ? XEN_DMOP_IO_RANGE_PCI :
					   XEN_DMOP_IO_RANGE_MEMORY;
	range->start = first;
	range->end = last;
	return xen_dm_op(&op);
}

int server_add(enum space space, uint64_t first, uint64_t last)
{
	return server_range(&server_first,
			    XEN_DMOP_map_io_range_to_ioreq_server, space, first,
			    last);
}

int server_remove(enum space space, uint64_t first, uint64_t last)
{
	return server_range(&server_first,
			    XEN_DMOP_unmap_io_range_from_ioreq_server, space,
			    first, last);
}

int server_add_kicks(uint64_t addr, unsigned int width)
{
	if (!server_second.exists)
		return 0;
	return server_range(&server_second,
			    XEN_DMOP_map_io_range_to_ioreq_server, SPACE_MEMORY,
			    addr, addr + width - 1);
}

int server_remove_kicks(uint64_t addr, unsigned int width)
{
	if (!server_second.exists)
		return 0;
	return server_range(&server_second,
			    XEN_DMOP_unmap_io_range_from_ioreq_server,
			    SPACE_MEMORY, addr, addr + width - 1);
}

static int server_ioeventfd(uint64_t addr, unsigned int width, uint16_t queue,
			    int eventfd, uint32_t flags)
{
	const struct server *s = server_of_kicks();
	struct privcmd_ioeventfd op = {
		.ioreq = (unsigned long)s->page,
		.ports = (unsigned long)s->port,
		.addr = addr - SERVER_NOTIFY,
		.addr_len = width,
		.event_fd = eventfd,
		.vcpus = vcpus,
		.vq = queue,
		.flags = flags,
		.dom = xen_domid(),
	};

	if (addr < SERVER_NOTIFY)
		return -EINVAL;
	return ioctl(xen_privcmd(), IOCTL_PRIVCMD_IOEVENTFD, &op) ? -errno : 0;
}

int server_bind(uint64_t addr, unsigned int width, uint16_t queue, int eventfd)
{
	return server_ioeventfd(addr, width, queue, eventfd, 0);
}

int server_unbind(uint64_t addr, unsigned int width, uint16_t queue,
		  int eventfd)
{
	return server_ioeventfd(addr, width, queue, eventfd,
				PRIVCMD_IOEVENTFD_FLAG_DEASSIGN);
}
