/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Functions that older kernels lack, under the names that the newest kernels use. Only
 * this file and fops_privcmd.c read the answers in compat/config.h.
 */
#ifndef PRIVCMD_COMPAT_H
#define PRIVCMD_COMPAT_H

#include <compat/config.h>

#if !defined(COMPAT_HAVE_CANARY) || defined(COMPAT_HAVE_NEVER)
#error "xen-privcmd: the questions in compat/ cannot be asked of this kernel: see compat/have_canary.log"
#endif

#ifndef COMPAT_HAVE_MAPLE_TREE
#error "xen-privcmd: kernels before 6.1 are not supported"
#endif

#ifndef CONFIG_64BIT
#error "xen-privcmd: 32-bit kernels are not supported"
#endif

#include <linux/mm.h>

#if PAGE_SHIFT != 12
#error "xen-privcmd: kernels with pages other than 4 KiB are not supported"
#endif

#ifndef COMPAT_HAVE_VM_FLAGS_SET
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}
#endif

#ifndef COMPAT_HAVE_ZAP_SPECIAL_VMA_RANGE
static inline void zap_special_vma_range(struct vm_area_struct *vma,
					 unsigned long addr, unsigned long size)
{
	zap_vma_ptes(vma, addr, size);
}
#endif

#ifndef COMPAT_HAVE_MNT_IDMAP
#define mnt_idmap user_namespace
#endif

/* Without .setlease these kernels refuse leases. */
#ifndef COMPAT_HAVE_SIMPLE_NOSETLEASE
#define simple_nosetlease NULL
#endif

/*
 * Does the fault hold the VMA's own lock instead of the mmap lock? If so, release that
 * lock. The handler then returns VM_FAULT_RETRY, and the core calls it again with the
 * mmap lock held.
 */
static inline bool compat_end_vma_lock(struct vm_fault *vmf)
{
#ifdef COMPAT_HAVE_FAULT_FLAG_VMA_LOCK
	if (vmf->flags & FAULT_FLAG_VMA_LOCK) {
		vma_end_read(vmf->vma);
		return true;
	}
#endif
	return false;
}

/* A GSI, or negative. A macro: not every file that includes this one includes xen/acpi.h. */
#ifdef COMPAT_HAVE_XEN_ACPI_GET_GSI_FROM_SBDF
#define compat_gsi_from_sbdf(sbdf) xen_acpi_get_gsi_from_sbdf(sbdf)
#else
#define compat_gsi_from_sbdf(sbdf) ((void)(sbdf), -EOPNOTSUPP)
#endif

/* Macros, too: not every file that includes this one includes their headers. */
#ifdef COMPAT_HAVE_EVENTFD_SIGNAL_WITHOUT_COUNT
#define compat_eventfd_signal(ctx) eventfd_signal(ctx)
#else
#define compat_eventfd_signal(ctx) eventfd_signal((ctx), 1)
#endif

/* Does /dev/xen/evtchn share its ports with other handlers? */
#ifdef COMPAT_HAVE_KERNEL_IOEVENTFD
#define compat_evtchns_shared() true
#else
#define compat_evtchns_shared() false
#endif

/*
 * Does lockdown forbid user space to make hypercalls? A macro, because another
 * header would change the CRC of the symbol that fops_privcmd.c exports.
 */
#ifdef COMPAT_HAVE_LOCKDOWN_XEN_USER_ACTIONS
#define compat_locked_down_xen() \
	(security_locked_down(LOCKDOWN_XEN_USER_ACTIONS) != 0)
#else
#define compat_locked_down_xen() false
#endif

#endif /* PRIVCMD_COMPAT_H */
