// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that map nothing, pin nothing and keep nothing: HYPERCALL, X_HYPERCALL
 * and PCIDEV_GET_GSI. file.c has made sure that the file is not restricted.
 * Copyright (C) 2026 the xen-privcmd authors
 */
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <asm/xen/hypercall.h>
#ifdef CONFIG_XEN_ACPI /* else it does not compile */
#include <xen/acpi.h>
#endif
#include <xen/xen-ops.h>

#include "inject.h"
#include "privcmd.h"

/*
 * Numbers that fit the hypervisor's oldest entry table, a page of 32-byte
 * stubs. A kernel that still calls through it must not jump behind it, and a
 * number is not to come true by losing its upper half.
 */
#define HYPERCALLS (PAGE_SIZE / 32)

/* Xen's public/domctl.h, which the kernel has not; the first fields of each. */
#define DOMCTL_DESTROYDOMAIN 2

struct domctl {
	u32 cmd;
	u32 interface_version;
	domid_t domain;
};

/* Does the hypercall end a domain, and which one? */
static bool ends_domain(u64 op, const u64 *arg, domid_t *dom)
{
	struct domctl domctl;

	if (op != __HYPERVISOR_domctl ||
	    copy_from_user(&domctl, (void __user *)(unsigned long)arg[0],
			   sizeof(domctl)))
		return false;
	*dom = domctl.domain;
	return domctl.cmd == DOMCTL_DESTROYDOMAIN;
}

static long hypercall(u64 op, const u64 *arg)
{
	domid_t dom;
	long ret;

	if (op >= HYPERCALLS)
		return -ENOSYS;
	/*
	 * On Arm the hypervisor looks through all frames of the domain again
	 * and again until nobody has one any more, and lets no process run
	 * meanwhile that would give them back.
	 */
	if (ends_domain(op, arg, &dom) && privcmd_later_drain(dom))
		return -EINTR;
	/* Without kernel preemption an interrupt may still reschedule in it. */
	xen_preemptible_hcall_begin();
	ret = privcmd_inject_hypercall() ?:
		      privcmd_call(op, arg[0], arg[1], arg[2], arg[3], arg[4]);
	xen_preemptible_hcall_end();
	return ret;
}

long privcmd_hcall(struct file *file, void *arg)
{
	const struct privcmd_hypercall *h = arg;

	return hypercall(h->op, h->arg);
}

long privcmd_hcall_x(struct file *file, void *arg)
{
	struct privcmd_x_hypercall *h = arg;

	if (h->flags)
		return -EINVAL;
	h->result = hypercall(h->op, h->arg);
	return PRIVCMD_ANSWER;
}

long privcmd_hcall_get_gsi(struct file *file, void *arg)
{
	struct privcmd_pcidev_get_gsi *g = arg;
	int gsi = compat_gsi_from_sbdf(g->sbdf);

	/* pciback speaks errnos; to early 6.12 all was -1, which is EPERM. */
	if (gsi < 0)
		return gsi == -1 ? -ENOENT : gsi;
	g->gsi = gsi;
	return PRIVCMD_ANSWER;
}
