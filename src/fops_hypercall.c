// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The exported file operations of /dev/xen/hypercall, in a file of their own because of
 * their CRC: see fops_privcmd.c.
 */
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include "fops.h"

const struct file_operations xen_privcmdbuf_fops = {
	.owner = THIS_MODULE,
	.mmap = privcmd_buf_mmap,
};
#ifndef PRIVCMD_BESIDE
EXPORT_SYMBOL_GPL(xen_privcmdbuf_fops);
#endif
