// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A guest that writes to a device's registers: see guest.h.
 *
 * Its first page is the code (guest_code.S). The second page is the list of
 * writes. The third page counts the writes that have been answered, and has
 * what a hypercall needs. After the last write of the list the guest writes to
 * PARK; the answer to that starts the list again. So the list is changed while
 * the guest waits at PARK, and the guest never spins.
 */
#include "eventfd/guest.h"
#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/hvm/save.h>

extern const unsigned char guest_code[], guest_code_end[];

static void control_or_bail(const struct domain *d, uint32_t cmd,
			    struct xen_domctl *op, const char *what)
{
	if (domain_control(d, cmd, op))
		bail("%s: %s", what, strerror(errno));
}

/* The vcpu begins with the code. Nothing else is switched on. */
#ifdef __aarch64__
static void set_vcpu(const struct domain *d)
{
	/* static, so present: the hypervisor cannot fault */
	static vcpu_guest_context_t c;
	struct xen_domctl op = { 0 };

	c = (vcpu_guest_context_t){
		.flags = VGCF_online,
		.sctlr = SCTLR_GUEST_INIT,
		.user_regs.pc64 = GUEST_CODE,
		.user_regs.cpsr = PSR_GUEST64_INIT,
	};
	set_xen_guest_handle(op.u.vcpucontext.ctxt, &c);
	control_or_bail(d, XEN_DOMCTL_setvcpucontext, &op, "setvcpucontext");
}
#else
/* The header that the hypervisor expects first, the vcpu, the end. */
struct __attribute__((packed)) context {
	struct hvm_save_descriptor header_d;
	HVM_SAVE_TYPE(HEADER) header;
	struct hvm_save_descriptor cpu_d;
	HVM_SAVE_TYPE(CPU) cpu;
	struct hvm_save_descriptor end_d;
};

static void get_context(const struct domain *d, void *buf, uint32_t size)
{
	struct xen_domctl op = { .u.hvmcontext.size = size };

	set_xen_guest_handle(op.u.hvmcontext.buffer, (uint8_t *)buf);
	control_or_bail(d, XEN_DOMCTL_gethvmcontext, &op, "gethvmcontext");
}

static void set_vcpu(const struct domain *d)
{
	enum { SIZE = 1 << 20, CODE_SEGMENT = 0xc9b, DATA_SEGMENT = 0xc93 };
	struct xen_domctl op = { .u.hvmcontext.size = sizeof(struct context) };
	unsigned char *old = buffer(SIZE / PAGE);
	static struct context c;

	memset(old, 0, SIZE);
	get_context(d, old, SIZE);
	memcpy(&c, old, sizeof(c.header_d) + sizeof(c.header));
	c.cpu_d = (struct hvm_save_descriptor){
		.typecode = HVM_SAVE_CODE(CPU),
		.length = HVM_SAVE_LENGTH(CPU),
	};
	c.cpu = (HVM_SAVE_TYPE(CPU)){
		.rflags = 2,
		.cr0 = 0x11, /* protected mode without paging */
		.dr6 = 0xffff0ff0,
		.dr7 = 0x400,
		.cs_limit = ~0U,
		.cs_arbytes = CODE_SEGMENT,
		.ds_limit = ~0U,
		.ds_arbytes = DATA_SEGMENT,
		.es_limit = ~0U,
		.es_arbytes = DATA_SEGMENT,
		.ss_limit = ~0U,
		.ss_arbytes = DATA_SEGMENT,
		.tr_limit = 0x67,
		.tr_arbytes = 0x8b,
	};
	set_xen_guest_handle(op.u.hvmcontext.buffer, (uint8_t *)&c);
	control_or_bail(d, XEN_DOMCTL_sethvmcontext, &op, "sethvmcontext");
}
#endif

static void serve_device(const struct guest *g)
{
	struct xen_dm_op op = { .op = XEN_DMOP_map_io_range_to_ioreq_server };

	op.u.map_io_range_to_ioreq_server.id = g->server;
	op.u.map_io_range_to_ioreq_server.type = XEN_DMOP_IO_RANGE_MEMORY;
	op.u.map_io_range_to_ioreq_server.start = DEVICE;
	op.u.map_io_range_to_ioreq_server.end = DEVICE + DEVICE_SIZE - 1;
	must(check_eq(dm(g->fd, g->d->id, &op), 0));
	op = (struct xen_dm_op){ .op = XEN_DMOP_set_ioreq_server_state };
	op.u.set_ioreq_server_state.id = g->server;
	op.u.set_ioreq_server_state.enabled = 1;
	must(check_eq(dm(g->fd, g->d->id, &op), 0));
}

static struct guest make(int fd, unsigned int rings)
{
	struct guest g = { .d = domain_with_vcpu(DOMAIN_HVM, GUEST_PAGES),
			   .fd = fd,
			   .rings = rings };

	if (!has_dm_op(fd, g.d))
		skip("this hypervisor has no device models");
	g.memory = area_new(fd, GUEST_PAGES);
	must(map_frames(&g.memory, g.d, 0));
	memset(g.memory.va, 0, GUEST_PAGES * PAGE);
	memcpy(g.memory.va, guest_code, guest_code_end - guest_code);
	set_vcpu(g.d);
	g.server = ioreq_server(fd, g.d, rings);
	g.ioreq = area_new(fd, rings + 1);
	must(check_eq(resource(fd, g.d->id, IOREQ, g.server, 1 - rings,
			       rings + 1, g.ioreq.va),
		      0));
	g.ioreq.va += rings * PAGE;
	g.ioreq.n = 1;
	serve_device(&g);
	return g;
}

struct guest guest_new(int fd)
{
	return make(fd, 0);
}

struct guest guest_with_ring(int fd)
{
	return make(fd, 1);
}

volatile struct ioreq *guest_slot(const struct guest *g)
{
	return ((shared_iopage_t *)g->ioreq.va)->vcpu_ioreq;
}

uint32_t guest_port(const struct guest *g)
{
	struct evtchn_bind_interdomain bind = {
		.remote_dom = g->d->id,
		.remote_port = guest_slot(g)->vp_eport,
	};

	if (control(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_interdomain,
		    (unsigned long)&bind, 0, 0))
		bail("bind_interdomain: %s", strerror(errno));
	return bind.local_port;
}

void guest_port_close(uint32_t port)
{
	struct evtchn_close close = { .port = port };

	check_eq(control(__HYPERVISOR_event_channel_op, EVTCHNOP_close,
			 (unsigned long)&close, 0, 0),
		 0);
}

bool guest_port_bound(uint32_t port)
{
	struct evtchn_status status = { .dom = DOMID_SELF, .port = port };

	must(!control(__HYPERVISOR_event_channel_op, EVTCHNOP_status,
		      (unsigned long)&status, 0, 0));
	return status.status == EVTCHNSTAT_interdomain;
}

void guest_answer(const struct guest *g, uint32_t port)
{
	struct evtchn_send send = { .port = port };

	__sync_synchronize(); /* read data before, state after */
	guest_slot(g)->state = STATE_IORESP_READY;
	__sync_synchronize();
	if (control(__HYPERVISOR_event_channel_op, EVTCHNOP_send,
		    (unsigned long)&send, 0, 0))
		bail("evtchn send: %s", strerror(errno));
}

bool guest_waits_at(const struct guest *g, uint64_t addr)
{
	volatile struct ioreq *slot = guest_slot(g);

	if (tap_soon(slot->state == STATE_IOREQ_READY && slot->addr == addr,
		     guest_count(g)))
		return true;
	tap_note("the vcpu has state %u, address %#llx, and done %u writes",
		 slot->state, (unsigned long long)slot->addr, guest_count(g));
	return false;
}

void guest_start(struct guest *g, uint32_t port, const struct guest_write *w,
		 size_t n)
{
	struct guest_write *list = (void *)page_at(&g->memory, 1);
	struct xen_domctl op = { 0 };

	must(n <= 64);
	must(!g->runs || guest_waits_at(g, PARK));
	memcpy(list, w, n * sizeof(*w));
	list[n].addr = 0;
	if (g->runs)
		guest_answer(g, port);
	else
		control_or_bail(g->d, XEN_DOMCTL_unpausedomain, &op,
				"unpausedomain");
	g->runs = true;
}

bool guest_writes(struct guest *g, uint32_t port, const struct guest_write *w,
		  size_t n)
{
	guest_start(g, port, w, n);
	return guest_waits_at(g, PARK);
}

bool guest_write(struct guest *g, uint32_t port, uint64_t addr,
		 unsigned int size, uint64_t value)
{
	struct guest_write w = { addr, size, value };

	return guest_writes(g, port, &w, 1);
}

uint32_t guest_count(const struct guest *g)
{
	return *(volatile uint32_t *)page_at(&g->memory, 2);
}

struct guest_write guest_call(const struct guest *g, unsigned int nr,
			      unsigned int cmd, const void *arg, size_t size)
{
	must(size <= GUEST_STACK - GUEST_ARGS - 256);
	memcpy(page_at(&g->memory, 2) + (GUEST_ARGS - GUEST_COUNT), arg, size);
	return (struct guest_write){
		.addr = nr,
		.size = CALL,
		.value = cmd | (uint64_t)GUEST_ARGS << 32,
	};
}

struct guest_write guest_balloon(const struct guest *g)
{
#ifdef __aarch64__
	struct {
		uint64_t extents, nr;
		uint32_t order, flags;
		uint64_t domid, frame;
	} args = {
		.extents = GUEST_ARGS + offsetof(typeof(args), frame),
		.nr = 1,
		.domid = DOMID_SELF,
		.frame = GUEST_SPARE / PAGE,
	};
#else
	/* The struct of a 32-bit caller. */
	struct {
		uint32_t extents, nr, order, flags, domid, frame;
	} args = {
		.extents = GUEST_ARGS + offsetof(typeof(args), frame),
		.nr = 1,
		.domid = DOMID_SELF,
		.frame = GUEST_SPARE / PAGE,
	};
#endif

	return guest_call(g, __HYPERVISOR_memory_op,
			  XENMEM_decrease_reservation, &args, sizeof(args));
}

int32_t guest_result(const struct guest *g)
{
	return *(volatile int32_t *)(page_at(&g->memory, 2) +
				     (GUEST_RESULT - GUEST_COUNT));
}

void guest_destroy(struct guest *g)
{
	munmap(g->ioreq.va - g->rings * PAGE, (g->rings + 1) * PAGE);
	munmap(g->memory.va, GUEST_PAGES * PAGE);
	domain_destroy(g->d);
}
