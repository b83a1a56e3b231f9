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
 *   EPERM	the open file, or one that made or populated the mapping, is
 *		restricted to another domain, or to none
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
 * struct privcmd_irqfd - IOCTL_PRIVCMD_IRQFD
 * @dm_op: address of a struct xen_dm_op; copied
 * @size: its bytes, 1 to 4096
 * @fd: an eventfd
 * @flags: PRIVCMD_IRQFD_FLAG_DEASSIGN, or 0
 * @dom: the domain that the operation is for
 * @pad: ignored
 *
 * From now on the operation is made whenever the eventfd is signalled (at once
 * if it is already), which is read thereby. Signals that come faster than the
 * operation is made may count as one. The eventfd's last close ends that, as
 * does the last close of this open file, and FLAG_DEASSIGN with the same @fd,
 * behind which none is made any more; an eventfd that is not bound is no error
 * there. Of an eventfd with EFD_SEMAPHORE a write counts as one, whatever is
 * written. EINVAL: shape, or @fd is no eventfd. EBADF: @fd. EFAULT: @dm_op.
 * EBUSY: the eventfd is bound by this file already. ENOMEM: more than the module
 * parameter max_irqfds.
 */
struct privcmd_irqfd {
	__u64 dm_op;
	__u32 size;
	__u32 fd;
	__u32 flags;
	domid_t dom;
	__u8 pad[2];
};

#define PRIVCMD_IRQFD_FLAG_DEASSIGN	(1U << 0)

/**
 * struct privcmd_ioeventfd - IOCTL_PRIVCMD_IOEVENTFD
 * @ioreq: where the ioreq pages are mapped (IOCTL_PRIVCMD_MMAP_RESOURCE,
 *	from the first page that has vcpus on), page aligned
 * @ports: address of @vcpus event channel ports, __u32 each, bound to the ports
 *	that the hypervisor has put into those pages
 * @addr: guest physical address of a virtio-mmio device, in bytes
 * @addr_len: width of the access, 1, 2, 4 or 8 bytes
 * @event_fd: an eventfd
 * @vcpus: vcpus of the domain, 1 to 8192, 128 per page
 * @vq: the virtqueue, 0 to 0xffff
 * @flags: PRIVCMD_IOEVENTFD_FLAG_DEASSIGN, or 0
 * @dom: the domain
 * @pad: ignored
 *
 * From now on a write of @addr_len bytes to @addr + 0x50 whose low 16 bits are
 * @vq signals the eventfd and is done; the program need not see it. All other
 * requests are the program's. The first call for an ioreq server binds its
 * ports; further ones must name the same. The pages stay until the last binding
 * has gone, mapped or not.
 *
 * Ports may come from /dev/xen/evtchn (Linux 6.8 and later; EBUSY before): its
 * reader still gets each event and must unmask the port for the next one, and
 * must keep it bound. Or a hypercall has made them: from this call on they are
 * the kernel's, which closes them with the last binding, or if the call fails,
 * and nobody else may. Of those no other request is told, so it is best to give
 * the register an ioreq server of its own, or to look at the pages now and then.
 *
 * EINVAL: shape; no such resource; a port that does not lead to @dom (EPERM on
 * a restricted file, as are ports made by a hypercall). EFAULT: @ports. EBADF:
 * @event_fd. EBUSY: the eventfd or a port is bound already, or somebody else's.
 * EEXIST: another eventfd has the same register and queue. ENOMEM: more than the
 * module parameter max_irqfds. ENODEV: nothing that FLAG_DEASSIGN describes; it
 * compares @event_fd, @dom, @addr, @addr_len and @vq.
 */
struct privcmd_ioeventfd {
	__u64 ioreq;
	__u64 ports;
	__u64 addr;
	__u32 addr_len;
	__u32 event_fd;
	__u32 vcpus;
	__u32 vq;
	__u32 flags;
	domid_t dom;
	__u8 pad[2];
};

#define PRIVCMD_IOEVENTFD_FLAG_DEASSIGN	(1U << 0)

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
#define IOCTL_PRIVCMD_IRQFD \
	_IOW('P', 8, struct privcmd_irqfd)
#define IOCTL_PRIVCMD_IOEVENTFD \
	_IOW('P', 9, struct privcmd_ioeventfd)
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
