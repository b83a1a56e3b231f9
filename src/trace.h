/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Tracepoints. With fdinfo they are the only statistics. Addresses are those of
 * the calling process; nr counts frames.
 */
#undef TRACE_SYSTEM
#ifdef PRIVCMD_BESIDE /* the events of a second module have another name */
#define TRACE_SYSTEM PRIVCMD_TRACE_SYSTEM
#else
#define TRACE_SYSTEM xen_privcmd
#endif

#if !defined(PRIVCMD_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define PRIVCMD_TRACE_H

#include <linux/mm_types.h>
#include <linux/tracepoint.h>

TRACE_EVENT(privcmd_ioctl,
	TP_PROTO(unsigned int cmd, long ret),
	TP_ARGS(cmd, ret),
	TP_STRUCT__entry(
		__field(unsigned int, cmd)
		__field(long, ret)
	),
	TP_fast_assign(
		__entry->cmd = cmd;
		__entry->ret = ret;
	),
	TP_printk("cmd=%#x ret=%ld", __entry->cmd, __entry->ret)
);

/* A populating call. readonly and failed are counts of the whole mapping after it. */
TRACE_EVENT(privcmd_map,
	TP_PROTO(unsigned int dom, unsigned long addr, unsigned long nr,
		 unsigned long readonly, unsigned long failed, int ret),
	TP_ARGS(dom, addr, nr, readonly, failed, ret),
	TP_STRUCT__entry(
		__field(unsigned int, dom)
		__field(unsigned long, addr)
		__field(unsigned long, nr)
		__field(unsigned long, readonly)
		__field(unsigned long, failed)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->dom = dom;
		__entry->addr = addr;
		__entry->nr = nr;
		__entry->readonly = readonly;
		__entry->failed = failed;
		__entry->ret = ret;
	),
	TP_printk("dom=%u addr=%#lx nr=%lu readonly=%lu failed=%lu ret=%d",
		  __entry->dom, __entry->addr, __entry->nr, __entry->readonly,
		  __entry->failed, __entry->ret)
);

/* The end of an area. dom is DOMID_INVALID if it was never populated. */
TRACE_EVENT(privcmd_unmap,
	TP_PROTO(unsigned int dom, unsigned long addr, unsigned long nr),
	TP_ARGS(dom, addr, nr),
	TP_STRUCT__entry(
		__field(unsigned int, dom)
		__field(unsigned long, addr)
		__field(unsigned long, nr)
	),
	TP_fast_assign(
		__entry->dom = dom;
		__entry->addr = addr;
		__entry->nr = nr;
	),
	TP_printk("dom=%u addr=%#lx nr=%lu", __entry->dom, __entry->addr,
		  __entry->nr)
);

/* Entries that the backend dropped before the core did. */
TRACE_EVENT(privcmd_clear,
	TP_PROTO(unsigned long addr, unsigned long nr),
	TP_ARGS(addr, nr),
	TP_STRUCT__entry(
		__field(unsigned long, addr)
		__field(unsigned long, nr)
	),
	TP_fast_assign(
		__entry->addr = addr;
		__entry->nr = nr;
	),
	TP_printk("addr=%#lx nr=%lu", __entry->addr, __entry->nr)
);

/* X_UNMAP of a part of a mapping. */
TRACE_EVENT(privcmd_x_unmap,
	TP_PROTO(unsigned int dom, unsigned long addr, unsigned long nr,
		 int ret),
	TP_ARGS(dom, addr, nr, ret),
	TP_STRUCT__entry(
		__field(unsigned int, dom)
		__field(unsigned long, addr)
		__field(unsigned long, nr)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->dom = dom;
		__entry->addr = addr;
		__entry->nr = nr;
		__entry->ret = ret;
	),
	TP_printk("dom=%u addr=%#lx nr=%lu ret=%d", __entry->dom,
		  __entry->addr, __entry->nr, __entry->ret)
);

/* A fault: an entry was missing, or could not be written. */
TRACE_EVENT(privcmd_fault,
	TP_PROTO(unsigned long addr, bool write, vm_fault_t ret),
	TP_ARGS(addr, write, ret),
	TP_STRUCT__entry(
		__field(unsigned long, addr)
		__field(bool, write)
		__field(unsigned int, ret)
	),
	TP_fast_assign(
		__entry->addr = addr;
		__entry->write = write;
		__entry->ret = (__force unsigned int)ret;
	),
	TP_printk("addr=%#lx write=%d ret=%#x", __entry->addr, __entry->write,
		  __entry->ret)
);

/*
 * A fault in a lazy page. touched: the number of the page in its mapping. nr:
 * how many frames around it, itself included, the fault looked at. status:
 * PRIVCMD_X_* of the page, or its errno.
 */
TRACE_EVENT(privcmd_lazy,
	TP_PROTO(unsigned int dom, unsigned long touched, unsigned int nr,
		 int status),
	TP_ARGS(dom, touched, nr, status),
	TP_STRUCT__entry(
		__field(unsigned int, dom)
		__field(unsigned long, touched)
		__field(unsigned int, nr)
		__field(int, status)
	),
	TP_fast_assign(
		__entry->dom = dom;
		__entry->touched = touched;
		__entry->nr = nr;
		__entry->status = status;
	),
	TP_printk("dom=%u touched=%lu nr=%u status=%d", __entry->dom,
		  __entry->touched, __entry->nr, __entry->status)
);

/* A device model operation that an eventfd of IRQFD caused, and its result. */
TRACE_EVENT(privcmd_irqfd,
	TP_PROTO(unsigned int dom, long ret),
	TP_ARGS(dom, ret),
	TP_STRUCT__entry(
		__field(unsigned int, dom)
		__field(long, ret)
	),
	TP_fast_assign(
		__entry->dom = dom;
		__entry->ret = ret;
	),
	TP_printk("dom=%u ret=%ld", __entry->dom, __entry->ret)
);

/*
 * An event of an ioreq server. served: IOEVENTFD has answered the request, and
 * has signalled an eventfd if the request was a kick.
 */
TRACE_EVENT(privcmd_ioeventfd,
	TP_PROTO(unsigned int dom, unsigned int vcpu, bool served),
	TP_ARGS(dom, vcpu, served),
	TP_STRUCT__entry(
		__field(unsigned int, dom)
		__field(unsigned int, vcpu)
		__field(bool, served)
	),
	TP_fast_assign(
		__entry->dom = dom;
		__entry->vcpu = vcpu;
		__entry->served = served;
	),
	TP_printk("dom=%u vcpu=%u served=%d", __entry->dom, __entry->vcpu,
		  __entry->served)
);

#endif /* PRIVCMD_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
