/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The ioctls of /dev/xen/privcmd as every Xen dom0 program knows them. The
 * private additions of this driver are in privcmd_x.h, not here.
 *
 * Usable in the kernel and in programs (C99 and C++). The include guard is the
 * kernel's own, so that a source file can see one of the two, never both.
 * Numbers and layouts are those of Linux and of Xen's xen/sys/privcmd.h;
 * tests/unit/uapi_layout.c compares all three.
 */
#ifndef __LINUX_PUBLIC_PRIVCMD_H__
#define __LINUX_PUBLIC_PRIVCMD_H__

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/compiler.h>
#include <xen/interface/xen.h>
#else
#include <stddef.h>
#include <linux/types.h>
#include <linux/ioctl.h>
#ifndef __user
#define __user
#endif
#ifndef __XEN_PUBLIC_XEN_H__ /* xen/xen.h brings its own of these two */
typedef __u16 domid_t;
typedef __u64 xen_pfn_t;
#endif
#endif /* __KERNEL__ */

/*
 * What an errno means, for every ioctl of this device:
 *
 *   ENOTTY	no such ioctl here
 *   EPERM	the open file is restricted to another domain, or to none
 *   EFAULT	user memory of the call cannot be read or written
 *   EINVAL	understood, and wrong: a count, an address, an alignment, a
 *		reserved field, an area that is not what the call needs
 *   EOPNOTSUPP	a known ioctl that this kernel or this kind of dom0 lacks
 *   ENOMEM	no memory, or the file's limit on frames (max_frames)
 *
 * What concerns one frame of many is in the call's error array alone.
 * Anything else is the hypervisor's own answer.
 */

/**
 * struct privcmd_hypercall - IOCTL_PRIVCMD_HYPERCALL
 * @op: hypercall number, __HYPERVISOR_*
 * @arg: its arguments; pointers are addresses of the calling process
 *
 * The ioctl returns the low 32 bits of the hypercall's result. EPERM once the
 * file is restricted, before anything is read.
 */
struct privcmd_hypercall {
	__u64 op;
	__u64 arg[5];
};

/**
 * struct privcmd_mmap_entry - one run of frames of IOCTL_PRIVCMD_MMAP
 * @va: where the run goes, page aligned
 * @mfn: its first frame
 * @npages: frames in the run
 */
struct privcmd_mmap_entry {
	__u64 va;
	__u64 mfn;
	__u64 npages;
};

/**
 * struct privcmd_mmap - IOCTL_PRIVCMD_MMAP (PV dom0 only, ENOSYS elsewhere)
 * @num: entries; 0 does nothing and succeeds
 * @dom: whose frames
 * @entry: the runs: each begins where the one before ended, together they
 *	cover one whole mapping
 *
 * The first frame that fails ends the call with its errno, nothing mapped.
 */
struct privcmd_mmap {
	int num;
	domid_t dom;
	struct privcmd_mmap_entry __user *entry;
};

/**
 * struct privcmd_mmapbatch - IOCTL_PRIVCMD_MMAPBATCH
 * @num: frames, 1 or more
 * @dom: whose frames
 * @addr: where the first one goes, page aligned
 * @arr: @num frame numbers; of those that failed the call ORs
 *	PRIVCMD_MMAPBATCH_MFN_ERROR (or, for ENOENT,
 *	PRIVCMD_MMAPBATCH_PAGED_ERROR) into the low 32 bits
 */
struct privcmd_mmapbatch {
	int num;
	domid_t dom;
	__u64 addr;
	xen_pfn_t __user *arr;
};

#define PRIVCMD_MMAPBATCH_MFN_ERROR	0xf0000000U
#define PRIVCMD_MMAPBATCH_PAGED_ERROR	0x80000000U

/**
 * struct privcmd_mmapbatch_v2 - IOCTL_PRIVCMD_MMAPBATCH_V2
 * @num: frames, 1 to 0x1fffffff; more than the file may have (max_frames) is
 *	ENOMEM before anything is read
 * @dom: whose frames
 * @addr: where the first one goes, page aligned
 * @arr: @num frame numbers
 * @err: @num results: 0 or the negative errno of that frame
 *
 * Returns 0 even if every frame failed, except that a frame that failed with
 * ENOENT (paged out: try it again) makes it -1 with errno ENOENT.
 */
struct privcmd_mmapbatch_v2 {
	unsigned int num;
	domid_t dom;
	__u64 addr;
	const xen_pfn_t __user *arr;
	int __user *err;
};

/**
 * struct privcmd_dm_op_buf - one buffer of IOCTL_PRIVCMD_DM_OP
 * @uptr: where it is; readable and writable
 * @size: bytes, 0 to the module parameter dm_op_buf_max_size (4096)
 */
struct privcmd_dm_op_buf {
	void __user *uptr;
	size_t size;
};

/**
 * struct privcmd_dm_op - IOCTL_PRIVCMD_DM_OP: a device model's hypercall
 * @dom: the domain that it serves
 * @num: buffers, 0 to the module parameter dm_op_max_nr_bufs (16); with 0 the
 *	call does nothing and succeeds
 * @ubufs: the buffers; the first one is a struct xen_dm_op
 *
 * Returns what the hypervisor answers. E2BIG: too many buffers, or too large
 * ones. The buffers are pinned while the call lasts.
 */
struct privcmd_dm_op {
	domid_t dom;
	__u16 num;
	const struct privcmd_dm_op_buf __user *ubufs;
};

/**
 * struct privcmd_mmap_resource - IOCTL_PRIVCMD_MMAP_RESOURCE
 * @dom: the domain whose resource it is
 * @type: XENMEM_resource_*
 * @id: which of that type
 * @idx: first frame of it
 * @num: frames; 0 together with @addr 0 asks how many there are, out: that many
 * @addr: where they go; @num pages from there are one whole mapping without
 *	frames
 *
 * All frames or none: the first error is the call's.
 */
struct privcmd_mmap_resource {
	domid_t dom;
	__u32 type;
	__u32 id;
	__u32 idx;
	__u64 num;
	__u64 addr;
};

/**
 * struct privcmd_pcidev_get_gsi - IOCTL_PRIVCMD_PCIDEV_GET_GSI
 * @sbdf: PCI device: segment << 16 | bus << 8 | device << 3 | function
 * @gsi: out: its global system interrupt
 *
 * EOPNOTSUPP on kernels before 6.12 and where there is no ACPI or no pciback;
 * ENODEV if pciback does not hold the device; ENOENT if that has no legacy
 * interrupt.
 */
struct privcmd_pcidev_get_gsi {
	__u32 sbdf;
	__u32 gsi;
};

#define IOCTL_PRIVCMD_HYPERCALL \
	_IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))
#define IOCTL_PRIVCMD_MMAP \
	_IOC(_IOC_NONE, 'P', 2, sizeof(struct privcmd_mmap))
#define IOCTL_PRIVCMD_MMAPBATCH \
	_IOC(_IOC_NONE, 'P', 3, sizeof(struct privcmd_mmapbatch))
#define IOCTL_PRIVCMD_MMAPBATCH_V2 \
	_IOC(_IOC_NONE, 'P', 4, sizeof(struct privcmd_mmapbatch_v2))

#define IOCTL_PRIVCMD_DM_OP \
	_IOC(_IOC_NONE, 'P', 5, sizeof(struct privcmd_dm_op))
#define IOCTL_PRIVCMD_MMAP_RESOURCE \
	_IOC(_IOC_NONE, 'P', 7, sizeof(struct privcmd_mmap_resource))
#define IOCTL_PRIVCMD_PCIDEV_GET_GSI \
	_IOC(_IOC_NONE, 'P', 10, sizeof(struct privcmd_pcidev_get_gsi))

/*
 * The argument is a domid: from now on this open file serves that domain
 * alone, for good. The same domid again is 0; another, or DOMID_INVALID, is
 * EINVAL.
 */
#define IOCTL_PRIVCMD_RESTRICT \
	_IOC(_IOC_NONE, 'P', 6, sizeof(domid_t))

/* Never implemented, by anyone: what it answers is this device's ENOTTY. */
#define IOCTL_PRIVCMD_UNIMPLEMENTED \
	_IOC(_IOC_NONE, 'P', 0xff, 0)

#endif /* __LINUX_PUBLIC_PRIVCMD_H__ */
