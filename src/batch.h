/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * MMAP, MMAPBATCH and MMAPBATCH_V2.
 */
#ifndef PRIVCMD_BATCH_H
#define PRIVCMD_BATCH_H

#include <linux/types.h>
#include <xen/interface/xen.h>

struct file;
struct privcmd_call;

long privcmd_batch_mmap(struct file *file, void *arg);
long privcmd_batch_v1(struct file *file, void *arg);
long privcmd_batch_v2(struct file *file, void *arg);
int privcmd_batch_gather(struct privcmd_call *call,
			 const xen_pfn_t __user *arr, int __user *err,
			 bool answers);

#endif /* PRIVCMD_BATCH_H */
