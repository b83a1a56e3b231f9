// SPDX-License-Identifier: GPL-2.0-only
/*
 * An ioreq server as far as IOEVENTFD needs it: its pages, in a window of the
 * kernel's, and the event channels of its vcpus. Copyright (C) 2026 the
 * xen-privcmd authors
 *
 * The hypervisor puts a vcpu's access into that vcpu's slot of the pages and
 * sends an event to its port. We look at the slot in the event's interrupt,
 * answer what is ours, and leave the rest to the program, which sees the same
 * slot. What is in the pages is the program's to write: nothing in them is
 * trusted, or used twice.
 */
#include <linux/bits.h>
#include <linux/eventfd.h>
#include <linux/interrupt.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>
#include <asm/xen/hypercall.h>
#include <xen/events.h>
#include <xen/interface/event_channel.h>

#include "inject.h"
#include "ioreq.h"
#include "privcmd.h"
#include "trace.h"

/* A vcpu's slot: struct ioreq of Xen's public/hvm/ioreq.h. */
struct privcmd_ioreq_slot {
	u64 addr; /* guest physical, bytes */
	u64 data;
	u32 count;
	u32 size;
	u32 port;
	u16 pad; /* 0 in every request; PAD_SEEN */
	u8 bits; /* SLOT_* */
	u8 type;
};

#define SLOT_STATE	 GENMASK(3, 0)
#define STATE_READY	 1 /* for whoever emulates */
#define STATE_TAKEN	 2 /* somebody is at work on it */
#define STATE_DONE	 3 /* for the hypervisor */
#define SLOT_DATA_IS_PTR BIT(4)
#define SLOT_READ	 BIT(5) /* not a write */
#define TYPE_MMIO	 1
#define TYPE_INVALIDATE	 8 /* forget what is mapped; to every server */

/*
 * We write this to the pad at each event. The hypervisor writes the whole slot with
 * each request and reads nothing of it but the answer, so PAD_SEEN is there for as
 * long as no request has come since the last event.
 */
#define PAD_SEEN 0x5eed

#define SLOTS_PER_PAGE (PAGE_SIZE / sizeof(struct privcmd_ioreq_slot))

/*
 * Ports that are bound here, each once. Under its lock they are looked at and
 * then bound.
 */
static DEFINE_XARRAY(bound_ports);
static DEFINE_MUTEX(binding);

unsigned int privcmd_ioreq_pages(unsigned int vcpus)
{
	return DIV_ROUND_UP(vcpus, SLOTS_PER_PAGE);
}

/* ---- in the interrupt ---- */

struct privcmd_kick *privcmd_ioreq_match(struct privcmd_ioreq *server, u64 addr,
					 u32 len, u64 data)
{
	struct privcmd_kick *kick;

	list_for_each_entry(kick, &server->kicks, list)
		if (kick->addr == addr && kick->len == len &&
		    kick->vq == (data & 0xffff))
			return kick;
	return NULL;
}

static bool is_write(const struct privcmd_ioreq_slot *slot, u8 bits)
{
	return !(bits & (SLOT_DATA_IS_PTR | SLOT_READ)) &&
	       READ_ONCE(slot->type) == TYPE_MMIO;
}

/*
 * Answer the request in @slot, which is ready, if one of our eventfds is for it.
 *
 * After a guest has given memory back, its vcpu waits for every enabled server to
 * answer INVALIDATE. On a port of our own the program hears of no event, so we
 * answer: the pages that we hold are the hypervisor's, not the guest's. A program
 * that shares the port gets the event, and has mappings to forget first.
 */
static bool serve(struct privcmd_ioreq_port *port,
		  struct privcmd_ioreq_slot *slot, u8 bits)
{
	struct privcmd_ioreq *server = port->server;
	u8 taken = (bits & ~SLOT_STATE) | STATE_TAKEN;
	struct privcmd_kick *kick = NULL;

	lockdep_assert_held(&server->lock);
	virt_rmb(); /* the request was there before its state */
	if (is_write(slot, bits))
		kick = privcmd_ioreq_match(server, READ_ONCE(slot->addr),
					   READ_ONCE(slot->size),
					   READ_ONCE(slot->data));
	if (!kick && (port->shared || READ_ONCE(slot->type) != TYPE_INVALIDATE))
		return false;
	/* A program that looks, too, must not answer it a second time. */
	if (cmpxchg(&slot->bits, bits, taken) != bits)
		return false;
	if (kick)
		compat_eventfd_signal(kick->eventfd);
	virt_wmb();
	WRITE_ONCE(slot->bits, (bits & ~SLOT_STATE) | STATE_DONE);
	return true;
}

/* May all files that brought the server about still name its domain? */
bool privcmd_ioreq_allowed(const struct privcmd_ioreq *server)
{
	domid_t dom = server->map->dom;

	return privcmd_file_may_touch(server->pf, dom) &&
	       privcmd_gate_allows(server->map, dom);
}

/*
 * Did this event come without a request, which is what a guest might flood us with?
 * The request may be gone: a program that polls the slot may have answered it.
 */
static bool is_spurious(struct privcmd_ioreq_slot *slot, bool ready)
{
	bool seen = READ_ONCE(slot->pad) == PAD_SEEN;

	WRITE_ONCE(slot->pad, PAD_SEEN);
	return seen && !ready;
}

static irqreturn_t interrupt(int irq, void *data)
{
	struct privcmd_ioreq_port *port = data;
	struct privcmd_ioreq *server = port->server;
	unsigned int vcpu = port - server->ports;
	struct privcmd_ioreq_slot *slot = server->slots + vcpu;
	u8 bits = READ_ONCE(slot->bits);
	bool ready = (bits & SLOT_STATE) == STATE_READY;
	bool spurious = !port->shared && is_spurious(slot, ready);
	bool served = false;

	spin_lock(&server->lock);
	/* The files may have been restricted since. */
	if (ready && privcmd_ioreq_allowed(server))
		served = serve(port, slot, bits);
	spin_unlock(&server->lock);
	trace_privcmd_ioeventfd(server->map->dom, vcpu, served);
	if (served)
		notify_remote_via_irq(irq);
	if (port->shared)
		return served ? IRQ_HANDLED : IRQ_NONE;
	xen_irq_lateeoi(irq, spurious ? XEN_EOI_FLAG_SPURIOUS : 0);
	return IRQ_HANDLED;
}

/* ---- ports ---- */

/* Does the port lead to @dom? */
static bool leads_to(evtchn_port_t port, domid_t dom)
{
	struct evtchn_status status = { .dom = DOMID_SELF, .port = port };

	return !privcmd_inject_hypercall() &&
	       !HYPERVISOR_event_channel_op(EVTCHNOP_status, &status) &&
	       status.status == EVTCHNSTAT_interdomain &&
	       status.u.interdomain.dom == dom;
}

/*
 * Only two kinds of ports may be bound: those of /dev/xen/evtchn, which lets
 * others count and, since 6.8, share; and those that a program has made by a
 * hypercall, of which the kernel knows nothing. A restricted file has no
 * hypercalls, so that what looks like one of the latter there is a port which
 * /dev/xen/evtchn has made and is about to bind.
 */
static int check_kind(const struct privcmd_ioreq_port *port)
{
	if (port->shared)
		return compat_evtchns_shared() ? 0 : -EBUSY;
	if ((int)irq_from_evtchn(port->port) >= 0)
		return -EBUSY;
	return privcmd_file_restricted(port->server->pf) ? -EPERM : 0;
}

static int add_handler(struct privcmd_ioreq_port *port)
{
	int ret;

	ret = xa_insert(&bound_ports, port->port, port, GFP_KERNEL_ACCOUNT);
	if (ret)
		return ret;
	ret = privcmd_inject_hypercall();
	if (!ret)
		ret = bind_evtchn_to_irqhandler_lateeoi(
			port->port, interrupt, port->shared ? IRQF_SHARED : 0,
			"xen-ioeventfd", port);
	if (ret < 0) {
		xa_erase(&bound_ports, port->port);
		return ret;
	}
	port->irq = ret;
	return 0;
}

static int port_bind(struct privcmd_ioreq_port *port)
{
	struct privcmd_ioreq *server = port->server;
	int ret;

	lockdep_assert_held(&binding);
	/* Counted, it is what it is until we are done. */
	port->shared = !evtchn_get(port->port);
	if (leads_to(port->port, server->map->dom))
		ret = check_kind(port) ?: add_handler(port);
	else
		ret = privcmd_file_restricted(server->pf) ? -EPERM : -EINVAL;
	if (port->shared)
		evtchn_put(port->port);
	return ret;
}

static int server_bind(struct privcmd_ioreq *server)
{
	int ret;

	/* Others may be at it: thousands of ports, a few hypercalls for each. */
	ret = mutex_lock_killable(&binding);
	if (ret)
		return ret;
	while (!ret && server->bound < server->vcpus) {
		ret = fatal_signal_pending(current) ?
			      -EINTR :
			      port_bind(&server->ports[server->bound]);
		if (!ret)
			server->bound++;
		cond_resched();
	}
	mutex_unlock(&binding);
	return ret;
}

/*
 * The kernel closes a port with its last handler, and insists that there was
 * something to close. A program may have done it, by a hypercall, though it must
 * not: then the kernel's own note of the port stays behind.
 */
static void port_unbind(struct privcmd_ioreq_port *port)
{
	struct evtchn_status status = { .dom = DOMID_SELF, .port = port->port };

	lockdep_assert_held(&binding);
	xa_erase(&bound_ports, port->port);
	if (HYPERVISOR_event_channel_op(EVTCHNOP_status, &status) ||
	    status.status == EVTCHNSTAT_closed)
		free_irq(port->irq, port);
	else
		unbind_from_irqhandler(port->irq, port);
}

/* ---- servers ---- */

static void server_unbind(struct privcmd_ioreq *server)
{
	mutex_lock(&binding);
	while (server->bound) {
		port_unbind(&server->ports[--server->bound]);
		cond_resched();
	}
	mutex_unlock(&binding);
}

void privcmd_ioreq_free(struct privcmd_ioreq *server)
{
	if (server->bound)
		server_unbind(server);
	if (server->slots)
		privcmd_backend->close_window(
			server->slots, privcmd_ioreq_pages(server->vcpus));
	privcmd_map_put(server->map);
	kvfree(server);
}

static int read_ports(struct privcmd_ioreq *server,
		      const struct privcmd_ioeventfd *op)
{
	const u32 __user *ports = u64_to_user_ptr(op->ports);
	unsigned int i;

	for (i = 0; i < op->vcpus; i++) {
		server->ports[i].server = server;
		if (get_user(server->ports[i].port, ports + i))
			return -EFAULT;
	}
	return 0;
}

/*
 * The server that @op names, as the file has none for these pages yet. Nothing
 * of it is bound. It has a reference on the mapping, which may be another open
 * file's and is put by privcmd_ioreq_free(); the server is freed with @file at the
 * latest, so it needs none on that.
 */
struct privcmd_ioreq *privcmd_ioreq_new(struct file *file,
					const struct privcmd_ioeventfd *op)
{
	struct privcmd_map *map;
	struct privcmd_ioreq *server;
	unsigned long idx;
	int ret;

	map = privcmd_map_claim(op->ioreq, privcmd_ioreq_pages(op->vcpus),
				&idx);
	if (IS_ERR(map))
		return ERR_CAST(map);
	server = kvzalloc(struct_size(server, ports, op->vcpus),
			  GFP_KERNEL_ACCOUNT);
	if (!server) {
		privcmd_map_put(map);
		return ERR_PTR(-ENOMEM);
	}
	server->pf = file->private_data;
	server->map = map;
	server->idx = idx;
	server->vcpus = op->vcpus;
	spin_lock_init(&server->lock);
	INIT_LIST_HEAD(&server->kicks);
	ret = read_ports(server, op);
	if (ret) {
		privcmd_ioreq_free(server);
		return ERR_PTR(ret);
	}
	return server;
}

/*
 * With its first binding, which must be there when the first event comes: nobody
 * asks a second time.
 */
int privcmd_ioreq_start(struct privcmd_ioreq *server, domid_t dom,
			struct privcmd_kick *kick)
{
	void *window;

	lockdep_assert_held(&server->pf->eventfds);
	window = privcmd_map_window(server->map, dom, server->idx,
				    privcmd_ioreq_pages(server->vcpus));
	if (IS_ERR(window))
		return PTR_ERR(window);
	server->slots = window;
	kick->server = server;
	list_add_tail(&kick->list, &server->kicks);
	return server_bind(server);
}

bool privcmd_ioreq_same_ports(const struct privcmd_ioreq *a,
			      const struct privcmd_ioreq *b)
{
	unsigned int i;

	for (i = 0; i < a->vcpus; i++)
		if (a->ports[i].port != b->ports[i].port)
			return false;
	return true;
}
