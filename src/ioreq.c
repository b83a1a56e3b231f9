// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The part of an ioreq server that IOEVENTFD needs: a window on the ioreq
 * pages, and one event channel for each vcpu of the domain.
 *
 * The hypervisor writes a vcpu's access into that vcpu's request in the pages,
 * and sends an event to that vcpu's port. The interrupt handler reads the
 * request. If the request matches a binding, the handler answers it. Otherwise
 * the program, which maps the same pages, answers it. The program may write
 * anything there, so nothing in the pages is trusted.
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

#include "compat.h"
#include "file.h"
#include "inject.h"
#include "ioreq.h"
#include "map.h"
#include "trace.h"
#include "vma.h"
#include "window.h"

/* The request of a vcpu: struct ioreq of Xen's public/hvm/ioreq.h. */
struct privcmd_ioreq_request {
	u64 addr; /* guest physical, bytes */
	u64 data;
	u32 count;
	u32 size;
	u32 port;
	u16 pad; /* 0 in a new request; or REQ_PAD_SEEN */
	u8 bits; /* REQ_* */
	u8 type;
};

#define REQ_STATE	GENMASK(3, 0)
#define REQ_READY	1 /* to be emulated */
#define REQ_TAKEN	2 /* being emulated */
#define REQ_DONE	3 /* the hypervisor may go on */
#define REQ_DATA_IS_PTR BIT(4)
#define REQ_READ	BIT(5) /* not a write */
#define REQ_MMIO	1
#define REQ_INVALIDATE \
	8 /* forget all mappings of the guest; sent to every server */

/*
 * The interrupt handler writes this to the pad at each event. The hypervisor
 * writes the whole request, with pad 0, and never reads the pad. So the pad
 * holds REQ_PAD_SEEN as long as no request has come since the last event.
 */
#define REQ_PAD_SEEN 0x5eed

#define REQ_PER_PAGE (PAGE_SIZE / sizeof(struct privcmd_ioreq_request))

/*
 * All ports that have a handler of this driver. A port is bound once.
 * ioreq_binding is held to check and bind, or to unbind, a port.
 */
static DEFINE_XARRAY(ioreq_ports);
static DEFINE_MUTEX(ioreq_binding);

unsigned int privcmd_ioreq_pages(unsigned int vcpus)
{
	return DIV_ROUND_UP(vcpus, REQ_PER_PAGE);
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

static bool ioreq_is_write(const struct privcmd_ioreq_request *req, u8 bits)
{
	return !(bits & (REQ_DATA_IS_PTR | REQ_READ)) &&
	       READ_ONCE(req->type) == REQ_MMIO;
}

/*
 * Answer the request @req, which is ready, if it matches a binding of the
 * server.
 *
 * After a guest has given memory back, its vcpu waits until every enabled
 * server has answered INVALIDATE. On an unshared port the program gets no
 * event, so this function answers. The module has nothing to invalidate: its
 * window maps the hypervisor's pages, not the guest's. On a shared port the
 * program gets the event, and it has mappings to forget before it answers.
 */
static bool ioreq_serve(struct privcmd_ioreq_port *port,
			struct privcmd_ioreq_request *req, u8 bits)
{
	struct privcmd_ioreq *server = port->server;
	u8 taken = (bits & ~REQ_STATE) | REQ_TAKEN;
	struct privcmd_kick *kick = NULL;

	lockdep_assert_held(&server->lock);
	virt_rmb(); /* read the request after its state */
	if (ioreq_is_write(req, bits))
		kick = privcmd_ioreq_match(server, READ_ONCE(req->addr),
					   READ_ONCE(req->size),
					   READ_ONCE(req->data));
	if (!kick && (port->shared || READ_ONCE(req->type) != REQ_INVALIDATE))
		return false;
	/*
	 * Mark the request in process, so that a program that polls does not
	 * answer it, too.
	 */
	if (cmpxchg(&req->bits, bits, taken) != bits)
		return false;
	if (kick)
		compat_eventfd_signal(kick->eventfd);
	virt_wmb();
	WRITE_ONCE(req->bits, (bits & ~REQ_STATE) | REQ_DONE);
	return true;
}

/* May the server's file, and all files of its mapping, still name its domain? */
bool privcmd_ioreq_allowed(const struct privcmd_ioreq *server)
{
	domid_t dom = server->map->dom;

	return privcmd_file_allows(server->pf, dom) &&
	       privcmd_map_allows(server->map, dom);
}

/*
 * Did this event come without a request? A guest might flood dom0 with such
 * events. If a request has come since the last event, a polling program may
 * already have answered that request.
 */
static bool ioreq_is_spurious(struct privcmd_ioreq_request *req, bool ready)
{
	bool seen = READ_ONCE(req->pad) == REQ_PAD_SEEN;

	WRITE_ONCE(req->pad, REQ_PAD_SEEN);
	return seen && !ready;
}

static irqreturn_t ioreq_interrupt(int irq, void *data)
{
	struct privcmd_ioreq_port *port = data;
	struct privcmd_ioreq *server = port->server;
	unsigned int vcpu = port - server->ports;
	struct privcmd_ioreq_request *req = server->requests + vcpu;
	u8 bits = READ_ONCE(req->bits);
	bool ready = (bits & REQ_STATE) == REQ_READY;
	bool spurious = !port->shared && ioreq_is_spurious(req, ready);
	bool served = false;

	spin_lock(&server->lock);
	/* A file may have been restricted since the binding. */
	if (ready && privcmd_ioreq_allowed(server))
		served = ioreq_serve(port, req, bits);
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

/* Is @port one end of an event channel to @dom? */
static bool ioreq_port_leads_to(evtchn_port_t port, domid_t dom)
{
	struct evtchn_status status = { .dom = DOMID_SELF, .port = port };

	return !privcmd_inject_hypercall() &&
	       !HYPERVISOR_event_channel_op(EVTCHNOP_status, &status) &&
	       status.status == EVTCHNSTAT_interdomain &&
	       status.u.interdomain.dom == dom;
}

/*
 * Two kinds of ports can be bound. Since Linux 6.8 a port of /dev/xen/evtchn,
 * which shares its ports. And a port that a program has made by a hypercall,
 * which the kernel does not know. A restricted file cannot make hypercalls. For
 * such a file, an unknown port belongs to /dev/xen/evtchn, which is about to
 * bind it: -EPERM.
 */
static int ioreq_port_check_kind(const struct privcmd_ioreq_port *port)
{
	if (port->shared)
		return compat_evtchns_shared() ? 0 : -EBUSY;
	if ((int)irq_from_evtchn(port->port) >= 0)
		return -EBUSY;
	return privcmd_file_restricted(port->server->pf) ? -EPERM : 0;
}

static int ioreq_port_add_handler(struct privcmd_ioreq_port *port)
{
	int ret;

	ret = xa_insert(&ioreq_ports, port->port, port, GFP_KERNEL_ACCOUNT);
	if (ret)
		return ret;
	ret = privcmd_inject_hypercall();
	if (!ret)
		ret = bind_evtchn_to_irqhandler_lateeoi(
			port->port, ioreq_interrupt,
			port->shared ? IRQF_SHARED : 0, "xen-ioeventfd", port);
	if (ret < 0) {
		xa_erase(&ioreq_ports, port->port);
		return ret;
	}
	port->irq = ret;
	return 0;
}

static int ioreq_port_bind(struct privcmd_ioreq_port *port)
{
	struct privcmd_ioreq *server = port->server;
	int ret;

	lockdep_assert_held(&ioreq_binding);
	/* The reference keeps /dev/xen/evtchn from unbinding the port. */
	port->shared = !evtchn_get(port->port);
	if (ioreq_port_leads_to(port->port, server->map->dom))
		ret = ioreq_port_check_kind(port) ?:
						    ioreq_port_add_handler(port);
	else
		ret = privcmd_file_restricted(server->pf) ? -EPERM : -EINVAL;
	if (port->shared)
		evtchn_put(port->port);
	return ret;
}

static int ioreq_bind(struct privcmd_ioreq *server)
{
	int ret;

	/*
	 * The wait may be long: another server may bind thousands of ports,
	 * with some hypercalls for each.
	 */
	ret = mutex_lock_killable(&ioreq_binding);
	if (ret)
		return ret;
	while (!ret && server->bound < server->vcpus) {
		ret = fatal_signal_pending(current) ?
			      -EINTR :
			      ioreq_port_bind(&server->ports[server->bound]);
		if (!ret)
			server->bound++;
		cond_resched();
	}
	mutex_unlock(&ioreq_binding);
	return ret;
}

/*
 * When the last handler is removed, the kernel closes the port. The kernel
 * crashes if the hypervisor says that the port is closed already. A program
 * should not have closed it by a hypercall, but it may have: then free only the
 * handler. The kernel's state of the port leaks.
 */
static void ioreq_port_unbind(struct privcmd_ioreq_port *port)
{
	struct evtchn_status status = { .dom = DOMID_SELF, .port = port->port };

	lockdep_assert_held(&ioreq_binding);
	xa_erase(&ioreq_ports, port->port);
	if (HYPERVISOR_event_channel_op(EVTCHNOP_status, &status) ||
	    status.status == EVTCHNSTAT_closed)
		free_irq(port->irq, port);
	else
		unbind_from_irqhandler(port->irq, port);
}

/* ---- servers ---- */

static void ioreq_unbind(struct privcmd_ioreq *server)
{
	mutex_lock(&ioreq_binding);
	while (server->bound) {
		ioreq_port_unbind(&server->ports[--server->bound]);
		cond_resched();
	}
	mutex_unlock(&ioreq_binding);
}

void privcmd_ioreq_free(struct privcmd_ioreq *server)
{
	if (server->bound)
		ioreq_unbind(server);
	if (server->requests)
		privcmd_window_close(server->requests,
				     privcmd_ioreq_pages(server->vcpus));
	privcmd_map_put(server->map);
	kvfree(server);
}

static int ioreq_read_ports(struct privcmd_ioreq *server,
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
 * A server for the pages that @op names; nothing of it is bound yet. It takes a
 * reference on the mapping, which another open file may have made;
 * privcmd_ioreq_free() puts it. The server takes no reference on @file: the
 * server is freed at the last close of @file or earlier.
 */
struct privcmd_ioreq *privcmd_ioreq_new(struct file *file,
					const struct privcmd_ioeventfd *op)
{
	struct privcmd_map *map;
	struct privcmd_ioreq *server;
	unsigned long idx;
	int ret;

	map = privcmd_vma_claim(op->ioreq, privcmd_ioreq_pages(op->vcpus),
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
	ret = ioreq_read_ports(server, op);
	if (ret) {
		privcmd_ioreq_free(server);
		return ERR_PTR(ret);
	}
	return server;
}

/*
 * Open the window and bind the ports. @kick, the first binding, goes on the
 * list before that: an event may come immediately and is not repeated. Called
 * with the file's ioeventfds->assign held.
 */
int privcmd_ioreq_start(struct privcmd_ioreq *server, domid_t dom,
			struct privcmd_kick *kick)
{
	void *window;

	window = privcmd_window_open(server->map, dom, server->idx,
				     privcmd_ioreq_pages(server->vcpus));
	if (IS_ERR(window))
		return PTR_ERR(window);
	server->requests = window;
	kick->server = server;
	list_add_tail(&kick->list, &server->kicks);
	return ioreq_bind(server);
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
