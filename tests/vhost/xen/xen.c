// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The shim's calls to the hypervisor and the driver.
 *
 * There are two ioreq servers. Before Linux 6.8 an event channel belongs either
 * to /dev/xen/evtchn, which wakes this program, or to IOEVENTFD. The register
 * of kicks has a server whose ports are bound by a hypercall for IOEVENTFD. All
 * other registers have a server whose ports belong to /dev/xen/evtchn. The
 * ranges of servers are in bytes.
 *
 * The interrupt is edge-triggered: xl describes it so in the guest's device
 * tree. Xen's interrupt controller takes each XEN_DMOP_set_irq_level with level
 * 1 as an edge, and keeps one that comes while the guest handles the last one
 * pending. So the level is never lowered, and no interrupt is lost.
 */
#define __XEN_TOOLS__ 1
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/hvm/dm_op.h>
#include <xen/hvm/ioreq.h>
#include <xen/memory.h>
#include <xen/sys/evtchn.h>
#include <xen/privcmd.h>

#include "shim.h"

#define PAGE	4096
#define SLOTS	(PAGE / sizeof(struct ioreq))
#define NO_DATA (~0ULL)
/*
 * The offset of the byte of struct ioreq that contains the state. Its other
 * bits must not change.
 */
#define BITS_OFFSET 30
#define BITS_STATE  0xf

struct server {
	unsigned int id;
	shared_iopage_t *page;
	uint32_t port[SLOTS];
};

static struct guest *guest;
static int privcmd = -1, evtchn = -1;
static struct server registers, notify;

static int dm_op(struct xen_dm_op *op)
{
	struct privcmd_dm_op_buf buf = { op, sizeof(*op) };
	struct privcmd_dm_op arg = { guest->domid, 1, &buf };

	return ioctl(privcmd, IOCTL_PRIVCMD_DM_OP, &arg);
}

static void dm_op_or_die(struct xen_dm_op *op, const char *what)
{
	if (dm_op(op))
		die("%s: %s", what, strerror(errno));
}

static void create(struct server *s)
{
	struct xen_dm_op op = { .op = XEN_DMOP_create_ioreq_server };

	dm_op_or_die(&op, "create_ioreq_server");
	s->id = op.u.create_ioreq_server.id;
}

/* Gives the server the device's bytes from @first to @last. */
static void serve_range(const struct server *s, unsigned int first,
			unsigned int last)
{
	struct xen_dm_op op = { .op = XEN_DMOP_map_io_range_to_ioreq_server };

	op.u.map_io_range_to_ioreq_server.id = s->id;
	op.u.map_io_range_to_ioreq_server.type = XEN_DMOP_IO_RANGE_MEMORY;
	op.u.map_io_range_to_ioreq_server.start = guest->base + first;
	op.u.map_io_range_to_ioreq_server.end = guest->base + last;
	dm_op_or_die(&op, "map_io_range_to_ioreq_server");
}

/*
 * Maps the server's page. It is the second one of the resource, after a ring
 * that Arm does not have.
 */
static void map_slots(struct server *s)
{
	struct privcmd_mmap_resource op = {
		.dom = guest->domid,
		.type = XENMEM_resource_ioreq_server,
		.id = s->id,
		.idx = XENMEM_resource_ioreq_server_frame_ioreq(0),
		.num = 1,
	};

	s->page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, privcmd,
		       0);
	if (s->page == MAP_FAILED)
		die("mmap of the driver: %s", strerror(errno));
	op.addr = (unsigned long)s->page;
	if (ioctl(privcmd, IOCTL_PRIVCMD_MMAP_RESOURCE, &op))
		die("the ioreq page: %s", strerror(errno));
}

/* After this, the slots name the guest's ends of the event channels. */
static void enable(struct server *s)
{
	struct xen_dm_op op = { .op = XEN_DMOP_set_ioreq_server_state };

	op.u.set_ioreq_server_state.id = s->id;
	op.u.set_ioreq_server_state.enabled = 1;
	dm_op_or_die(&op, "set_ioreq_server_state");
}

static uint32_t port_by_evtchn(uint32_t remote)
{
	struct ioctl_evtchn_bind_interdomain bind = { guest->domid, remote };
	int port = ioctl(evtchn, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);

	if (port < 0)
		die("/dev/xen/evtchn: bind: %s", strerror(errno));
	return port;
}

static int event_channel_op(unsigned int cmd, void *arg)
{
	struct privcmd_hypercall call = {
		.op = __HYPERVISOR_event_channel_op,
		.arg = { cmd, (unsigned long)arg },
	};

	return ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &call);
}

static uint32_t port_by_hypercall(uint32_t remote)
{
	struct evtchn_bind_interdomain bind = {
		.remote_dom = guest->domid,
		.remote_port = remote,
	};

	if (event_channel_op(EVTCHNOP_bind_interdomain, &bind))
		die("bind_interdomain: %s", strerror(errno));
	return bind.local_port;
}

static void bind_ports(struct server *s, uint32_t (*bind)(uint32_t remote))
{
	unsigned int i;

	for (i = 0; i < guest->vcpus; i++)
		s->port[i] = bind(s->page->vcpu_ioreq[i].vp_eport);
}

void xen_start(struct guest *g, const char *path)
{
	struct xen_dm_op ask = { .op = XEN_DMOP_nr_vcpus };

	guest = g;
	privcmd = open(path, O_RDWR | O_CLOEXEC);
	if (privcmd < 0)
		die("%s: %s", path, strerror(errno));
	evtchn = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (evtchn < 0)
		die("/dev/xen/evtchn: %s", strerror(errno));
	dm_op_or_die(&ask, "nr_vcpus");
	guest->vcpus = ask.u.nr_vcpus.vcpus;
	if (guest->vcpus < 1 || guest->vcpus > SLOTS)
		die("%u vcpus; 1 to %zu can be served", guest->vcpus, SLOTS);
	create(&registers);
	serve_range(&registers, 0, QUEUE_NOTIFY - 1);
	serve_range(&registers, QUEUE_NOTIFY + 4, MMIO_SIZE - 1);
	create(&notify);
	serve_range(&notify, QUEUE_NOTIFY, QUEUE_NOTIFY + 3);
	map_slots(&registers);
	map_slots(&notify);
	enable(&registers);
	enable(&notify);
	bind_ports(&registers, port_by_evtchn);
	bind_ports(&notify, port_by_hypercall);
}

int xen_events(void)
{
	return evtchn;
}

static volatile uint8_t *bits_of(volatile struct ioreq *r)
{
	return (volatile uint8_t *)r + BITS_OFFSET;
}

/* Takes the request of a slot; false: there is none, or the kernel has taken it. */
static bool take(volatile struct ioreq *r)
{
	uint8_t bits = __atomic_load_n(bits_of(r), __ATOMIC_ACQUIRE);

	return (bits & BITS_STATE) == STATE_IOREQ_READY &&
	       __atomic_compare_exchange_n(
		       bits_of(r), &bits,
		       (bits & ~BITS_STATE) | STATE_IOREQ_INPROCESS, false,
		       __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static void done(volatile struct ioreq *r)
{
	uint8_t bits = *bits_of(r);

	__atomic_store_n(bits_of(r), (bits & ~BITS_STATE) | STATE_IORESP_READY,
			 __ATOMIC_RELEASE);
}

/* Handles an access of at most 8 bytes. Arm has no other accesses. */
static void emulate(volatile struct ioreq *r)
{
	uint64_t offset = r->addr - guest->base;

	if (r->type != IOREQ_TYPE_COPY || r->data_is_ptr || r->count != 1 ||
	    offset >= MMIO_SIZE)
		r->data = NO_DATA;
	else if (r->dir == IOREQ_READ)
		r->data = mmio_read(offset, r->size);
	else
		mmio_write(offset, r->size, r->data);
}

static void serve_port(uint32_t port)
{
	struct ioctl_evtchn_notify notify_arg = { port };
	volatile struct ioreq *r;
	unsigned int i;

	for (i = 0; i < guest->vcpus; i++) {
		r = &registers.page->vcpu_ioreq[i];
		if (registers.port[i] != port || !take(r))
			continue;
		emulate(r);
		done(r);
		if (ioctl(evtchn, IOCTL_EVTCHN_NOTIFY, &notify_arg))
			die("/dev/xen/evtchn: notify: %s", strerror(errno));
	}
	if (write(evtchn, &port, sizeof(port)) != sizeof(port))
		die("/dev/xen/evtchn: unmask: %s", strerror(errno));
}

void xen_serve(void)
{
	uint32_t port;

	while (read(evtchn, &port, sizeof(port)) == sizeof(port))
		serve_port(port);
}

/*
 * Reads, other widths and unknown queues are not kicks. The kernel leaves them
 * to this program, which gets no event for them, as the ports belong to the
 * kernel. No driver makes such accesses, so it is enough to check from time to
 * time.
 */
void xen_serve_notify(void)
{
	struct evtchn_send send;
	volatile struct ioreq *r;
	unsigned int i;

	for (i = 0; i < guest->vcpus; i++) {
		r = &notify.page->vcpu_ioreq[i];
		if (!take(r))
			continue;
		if (r->dir == IOREQ_READ)
			r->data = 0;
		done(r);
		send.port = notify.port[i];
		if (event_channel_op(EVTCHNOP_send, &send))
			die("evtchn send: %s", strerror(errno));
	}
}

void xen_bind_kick(unsigned int queue, int eventfd)
{
	struct privcmd_ioeventfd op = {
		.ioreq = (unsigned long)notify.page,
		.ports = (unsigned long)notify.port,
		.addr = guest->base,
		.addr_len = 4,
		.event_fd = eventfd,
		.vcpus = guest->vcpus,
		.vq = queue,
		.dom = guest->domid,
	};

	if (ioctl(privcmd, IOCTL_PRIVCMD_IOEVENTFD, &op))
		die("IOEVENTFD: %s", strerror(errno));
}

static struct xen_dm_op interrupt(void)
{
	struct xen_dm_op op = { .op = XEN_DMOP_set_irq_level };

	op.u.set_irq_level.irq = guest->irq;
	op.u.set_irq_level.level = 1;
	return op;
}

void xen_bind_call(int eventfd)
{
	struct xen_dm_op image = interrupt();
	struct privcmd_irqfd op = {
		.dm_op = (unsigned long)&image,
		.size = sizeof(image),
		.fd = eventfd,
		.dom = guest->domid,
	};

	if (ioctl(privcmd, IOCTL_PRIVCMD_IRQFD, &op))
		die("IRQFD: %s", strerror(errno));
}

void xen_interrupt(void)
{
	struct xen_dm_op op = interrupt();

	dm_op_or_die(&op, "set_irq_level");
}

const volatile void *xen_map_page(uint64_t guest_addr)
{
	xen_pfn_t frame = guest_addr / PAGE;
	int err = 0;
	struct privcmd_mmapbatch_v2 op = {
		.num = 1,
		.dom = guest->domid,
		.arr = &frame,
		.err = &err,
	};
	void *page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, privcmd, 0);

	if (page == MAP_FAILED)
		return NULL;
	op.addr = (unsigned long)page;
	if (!ioctl(privcmd, IOCTL_PRIVCMD_MMAPBATCH_V2, &op) && !err)
		return page;
	munmap(page, PAGE);
	return NULL;
}

void xen_unmap_page(const volatile void *page)
{
	munmap((void *)page, PAGE);
}
