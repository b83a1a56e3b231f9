// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The exported file operations of /dev/xen/privcmd, and nothing else. xenfs.ko builds
 * /proc/xen/privcmd on them.
 *
 * A kernel with MODVERSIONS loads xenfs.ko on this module only if the symbol's
 * CRC is that of the in-tree driver. The CRC covers the symbol's type as far as
 * it is known at EXPORT_SYMBOL: every struct counts that a header has completed
 * by then, and so does an earlier export in the same file. So these includes
 * are part of the interface, and nothing may be added. tests/host/module.sh compares
 * the CRC with the kernel's Module.symvers. Debian's kernels from 7.x on have
 * no MODVERSIONS and need none of this.
 */
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/security.h>
#include <linux/swap.h>
#include <asm/xen/hypercall.h>
#include <xen/xen-ops.h>
#include "compat.h"
#include "fops.h"
#ifdef COMPAT_HAVE_KERNEL_IOEVENTFD
#include <xen/events.h>
#endif

const struct file_operations xen_privcmd_fops = {
	.owner = THIS_MODULE,
	.open = privcmd_device_open,
	.release = privcmd_device_release,
	.unlocked_ioctl = privcmd_device_ioctl,
	.mmap = privcmd_vma_mmap,
	.show_fdinfo = privcmd_fdinfo,
};
#ifndef PRIVCMD_BESIDE
EXPORT_SYMBOL_GPL(xen_privcmd_fops);
#endif
