// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * HYPERCALL and X_HYPERCALL, which make any hypercall, and PCIDEV_GET_GSI. They map,
 * pin and keep nothing. device.c refuses them on a restricted file.
 */
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <asm/xen/hypercall.h>
#ifdef CONFIG_XEN_ACPI /* else it does not compile */
#include <xen/acpi.h>
#endif
#include <xen/privcmd.h>
#include <xen/privcmd_x.h>
#include <xen/xen-ops.h>

#include "compat.h"
#include "handler.h"
#include "hcall.h"
#include "inject.h"
#include "reaper.h"

/*
 * Hypercall numbers that a hypercall page can have, which is a page of 32-byte
 * stubs. Some kernels call through it and must not jump behind it. And a number
 * with 64 bits must not become a valid one when it is truncated.
 */
#define HCALL_NUMBERS (PAGE_SIZE / 32)

/*
 * From Xen's public/domctl.h, which Linux does not have: the first fields of
 * each domctl.
 */
#define HCALL_DESTROYDOMAIN 2

struct hcall_domctl {
	u32 cmd;
	u32 interface_version;
	domid_t domain;
};

/* Is the hypercall DESTROYDOMAIN? @dom: of which domain. */
static bool hcall_ends_domain(u64 op, const u64 *arg, domid_t *dom)
{
	struct hcall_domctl domctl;

	if (op != __HYPERVISOR_domctl ||
	    copy_from_user(&domctl, (void __user *)(unsigned long)arg[0],
			   sizeof(domctl)))
		return false;
	*dom = domctl.domain;
	return domctl.cmd == HCALL_DESTROYDOMAIN;
}

static long hcall_make(u64 op, const u64 *arg)
{
	domid_t dom;
	long ret;

	if (op >= HCALL_NUMBERS)
		return -ENOSYS;
	/*
	 * Have the reaper remove the domain's frames first. On Arm the
	 * hypervisor scans all frames of a dying domain again and again while
	 * one of them is mapped, and no process of ours runs meanwhile that
	 * could remove it.
	 */
	if (hcall_ends_domain(op, arg, &dom) && privcmd_reaper_drain(dom))
		return -EINTR;
	/* On a kernel without preemption an interrupt may reschedule in between. */
	xen_preemptible_hcall_begin();
	ret = privcmd_inject_hypercall() ?:
		      privcmd_call(op, arg[0], arg[1], arg[2], arg[3], arg[4]);
	xen_preemptible_hcall_end();
	return ret;
}

long privcmd_hcall(struct file *file, void *arg)
{
	const struct privcmd_hypercall *h = arg;

	return hcall_make(h->op, h->arg);
}

long privcmd_hcall_x(struct file *file, void *arg)
{
	struct privcmd_x_hypercall *h = arg;

	if (h->flags)
		return -EINVAL;
	h->result = hcall_make(h->op, h->arg);
	return PRIVCMD_ANSWER;
}

long privcmd_hcall_get_gsi(struct file *file, void *arg)
{
	struct privcmd_pcidev_get_gsi *g = arg;
	int gsi = compat_gsi_from_sbdf(g->sbdf);

	/* pciback returns an errno. Early kernels 6.12 return -1 for all errors. */
	if (gsi < 0)
		return gsi == -1 ? -ENOENT : gsi;
	g->gsi = gsi;
	return PRIVCMD_ANSWER;
}
