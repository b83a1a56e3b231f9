// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Prints numbers, sizes and offsets of the ioctls of one header: ours, Xen's
 * (-DOF_XEN) or the kernel's (-DOF_KERNEL). uapi_layout.sh compares.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>

#ifdef OF_XEN
#define __XEN_TOOLS__
#include <xen/xen.h>
#include <xen/sys/privcmd.h>
typedef privcmd_hypercall_t hypercall_t;
typedef privcmd_mmap_entry_t mmap_entry_t;
typedef privcmd_mmap_t mmap_t;
typedef privcmd_mmapbatch_t mmapbatch_t;
typedef privcmd_mmapbatch_v2_t mmapbatch_v2_t;
typedef privcmd_dm_op_t dm_op_t;
typedef privcmd_dm_op_buf_t dm_op_buf_t;
typedef privcmd_mmap_resource_t mmap_resource_t;
#ifdef IOCTL_PRIVCMD_PCIDEV_GET_GSI /* since Xen 4.20 */
typedef privcmd_pcidev_get_gsi_t pcidev_get_gsi_t;
#endif
#else
#ifdef OF_KERNEL
#include KERNEL_HEADER
#else
#include <xen/privcmd.h>
#endif
typedef struct privcmd_hypercall hypercall_t;
typedef struct privcmd_mmap_entry mmap_entry_t;
typedef struct privcmd_mmap mmap_t;
typedef struct privcmd_mmapbatch mmapbatch_t;
typedef struct privcmd_mmapbatch_v2 mmapbatch_v2_t;
typedef struct privcmd_dm_op dm_op_t;
typedef struct privcmd_dm_op_buf dm_op_buf_t;
typedef struct privcmd_mmap_resource mmap_resource_t;
#ifdef IOCTL_PRIVCMD_PCIDEV_GET_GSI
typedef struct privcmd_pcidev_get_gsi pcidev_get_gsi_t;
#endif
#endif

#define NUMBER(name) printf("%-36s %#010x\n", #name, (unsigned int)(name))
#define SIZE(type)   printf("%-36s %zu bytes\n", #type, sizeof(type))
#define FIELD(type, field)                                    \
	printf("%-36s at %zu, %zu bytes\n", #type "." #field, \
	       offsetof(type, field), sizeof(((type *)0)->field))

int main(void)
{
	NUMBER(IOCTL_PRIVCMD_HYPERCALL);
	NUMBER(IOCTL_PRIVCMD_MMAP);
	NUMBER(IOCTL_PRIVCMD_MMAPBATCH);
	NUMBER(IOCTL_PRIVCMD_MMAPBATCH_V2);
	NUMBER(IOCTL_PRIVCMD_DM_OP);
	NUMBER(IOCTL_PRIVCMD_RESTRICT);
	NUMBER(IOCTL_PRIVCMD_MMAP_RESOURCE);
#ifdef IOCTL_PRIVCMD_PCIDEV_GET_GSI /* since 6.12, and Linux alone */
	NUMBER(IOCTL_PRIVCMD_PCIDEV_GET_GSI);
#endif
#ifndef OF_KERNEL
	NUMBER(IOCTL_PRIVCMD_UNIMPLEMENTED);
#endif
	NUMBER(PRIVCMD_MMAPBATCH_MFN_ERROR);
	NUMBER(PRIVCMD_MMAPBATCH_PAGED_ERROR);
	SIZE(hypercall_t);
	FIELD(hypercall_t, op);
	FIELD(hypercall_t, arg);
	SIZE(mmap_entry_t);
	FIELD(mmap_entry_t, va);
	FIELD(mmap_entry_t, mfn);
	FIELD(mmap_entry_t, npages);
	SIZE(mmap_t);
	FIELD(mmap_t, num);
	FIELD(mmap_t, dom);
	FIELD(mmap_t, entry);
	SIZE(mmapbatch_t);
	FIELD(mmapbatch_t, num);
	FIELD(mmapbatch_t, dom);
	FIELD(mmapbatch_t, addr);
	FIELD(mmapbatch_t, arr);
	SIZE(mmapbatch_v2_t);
	FIELD(mmapbatch_v2_t, num);
	FIELD(mmapbatch_v2_t, dom);
	FIELD(mmapbatch_v2_t, addr);
	FIELD(mmapbatch_v2_t, arr);
	FIELD(mmapbatch_v2_t, err);
	SIZE(dm_op_buf_t);
	FIELD(dm_op_buf_t, uptr);
	FIELD(dm_op_buf_t, size);
	SIZE(dm_op_t);
	FIELD(dm_op_t, dom);
	FIELD(dm_op_t, num);
	FIELD(dm_op_t, ubufs);
	SIZE(mmap_resource_t);
	FIELD(mmap_resource_t, dom);
	FIELD(mmap_resource_t, type);
	FIELD(mmap_resource_t, id);
	FIELD(mmap_resource_t, idx);
	FIELD(mmap_resource_t, num);
	FIELD(mmap_resource_t, addr);
#ifdef IOCTL_PRIVCMD_PCIDEV_GET_GSI
	SIZE(pcidev_get_gsi_t);
	FIELD(pcidev_get_gsi_t, sbdf);
	FIELD(pcidev_get_gsi_t, gsi);
#endif
	return 0;
}
