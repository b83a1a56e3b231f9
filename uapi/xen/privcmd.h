/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* SPDX-FileCopyrightText: 2026 the xen-privcmd authors */
/*
 * The ioctls of /dev/xen/privcmd that every Xen dom0 program knows. The private
 * ioctls of this driver are in privcmd_x.h.
 *
 * The kernel and programs (C99 and C++) can include this header. Its include
 * guard is that of the kernel's own header, so a source file sees only one of
 * the two. Numbers and layouts are those of Linux and of Xen's
 * xen/sys/privcmd.h; tests/host/unit/uapi_layout.c compares all three.
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
#ifndef __XEN_PUBLIC_XEN_H__ /* xen/xen.h defines these two types, too */
typedef __u16 domid_t;
typedef __u64 xen_pfn_t;
#endif
#endif /* __KERNEL__ */

/*
 * The meaning of an errno, for every ioctl of this device:
 *
 *   ENOTTY	this device does not have the ioctl
 *   EPERM	the open file is restricted to another domain or to none, or a
 *		file that made or populated the mapping is
 *   EFAULT	user memory of the call cannot be read or written
 *   EINVAL	a value is wrong: a count, an address, an alignment, a reserved
 *		field, or an area that the call cannot use
 *   EOPNOTSUPP	the driver has the ioctl, but this kernel or this hypervisor
 *		cannot do it
 *   ENOSYS	the hypercall number is 128 or more, or the dom0 is not PV
 *		(IOCTL_PRIVCMD_MMAP)
 *   ENOMEM	no memory, or the limit of the file (max_frames, max_irqfds)
 *   EIO	the memory of a foreign frame is broken, or the hypervisor gave
 *		an answer that means neither success nor an errno
 *   EINTR	the process was killed
 *
 * If one frame of MMAPBATCH, MMAPBATCH_V2 or X_MAP fails, its error is in the array of the
 * call, and the other frames are mapped. The call itself fails only with ENOENT, if a frame
 * is paged out.
 * The comment of each ioctl names the other errnos that this driver returns:
 * EACCES, EBADF, EBUSY, EEXIST, ENODEV, ENOENT and E2BIG. Every other errno is
 * the hypervisor's answer.
 */

/**
 * struct privcmd_hypercall - IOCTL_PRIVCMD_HYPERCALL
 * @op: hypercall number, __HYPERVISOR_*
 * @arg: its arguments; pointers are addresses of the calling process
 *
 * The ioctl returns the low 32 bits of the hypercall's result. On a restricted
 * file it fails with EPERM before it reads anything.
 */
struct privcmd_hypercall {
	__u64 op;
	__u64 arg[5];
};

/**
 * struct privcmd_mmap_entry - one run of frames of IOCTL_PRIVCMD_MMAP
 * @va: address that the run is mapped at, page aligned
 * @mfn: its first frame
 * @npages: number of frames in the run
 */
struct privcmd_mmap_entry {
	__u64 va;
	__u64 mfn;
	__u64 npages;
};

/**
 * struct privcmd_mmap - IOCTL_PRIVCMD_MMAP (PV dom0 only, ENOSYS elsewhere)
 * @num: number of entries; with 0 the call does nothing and succeeds
 * @dom: the domain that has the frames
 * @entry: the runs: each begins where the one before ended, together they
 *	cover one whole mapping
 *
 * The first frame that fails ends the call with its errno. Nothing is mapped
 * then.
 */
struct privcmd_mmap {
	int num;
	domid_t dom;
	struct privcmd_mmap_entry __user *entry;
};

/**
 * struct privcmd_mmapbatch - IOCTL_PRIVCMD_MMAPBATCH
 * @num: number of frames, 1 or more
 * @dom: the domain that has the frames
 * @addr: address that the first frame is mapped at, page aligned
 * @arr: @num frame numbers; if a frame fails, the call ORs
 *	PRIVCMD_MMAPBATCH_MFN_ERROR (or, for ENOENT,
 *	PRIVCMD_MMAPBATCH_PAGED_ERROR) into the low 32 bits of its number
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
 * @num: number of frames, 1 to 0x1fffffff; if the file may not have so many
 *	(max_frames), the call fails with ENOMEM before it reads the arrays
 * @dom: the domain that has the frames
 * @addr: address that the first frame is mapped at, page aligned
 * @arr: @num frame numbers
 * @err: @num results: 0 or the negative errno of that frame
 *
 * If a frame failed with ENOENT, the call fails with ENOENT: the frame is paged
 * out, and the caller should try it again. Otherwise the call returns 0, even if
 * every frame failed.
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
 * @uptr: address of the buffer; its memory is readable and writable
 * @size: bytes, 0 to the module parameter dm_op_buf_max_size (4096)
 */
struct privcmd_dm_op_buf {
	void __user *uptr;
	size_t size;
};

/**
 * struct privcmd_dm_op - IOCTL_PRIVCMD_DM_OP: a device model's hypercall
 * @dom: the domain that the device model serves
 * @num: number of buffers, 0 to the module parameter dm_op_max_nr_bufs (16);
 *	with 0 the call does nothing and succeeds
 * @ubufs: the buffers; the first one is a struct xen_dm_op
 *
 * Returns the hypervisor's answer. E2BIG: too many buffers, or a buffer is too
 * large. The buffers are pinned during the call.
 */
struct privcmd_dm_op {
	domid_t dom;
	__u16 num;
	const struct privcmd_dm_op_buf __user *ubufs;
};

/**
 * struct privcmd_mmap_resource - IOCTL_PRIVCMD_MMAP_RESOURCE
 * @dom: the domain that has the resource
 * @type: XENMEM_resource_*
 * @id: number of the resource among those of that type
 * @idx: index of the first frame in the resource
 * @num: number of frames; if @num and @addr are 0, out: the number of frames
 *	that the resource has
 * @addr: address that the first frame is mapped at; @num pages from there are
 *	one whole mapping without frames
 *
 * The call maps all frames or none. The first error ends it. EOPNOTSUPP: the
 * hypervisor does not know @type, or the frames would be the caller's own memory.
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
 * @dm_op: address of a struct xen_dm_op; the call copies it
 * @size: bytes of the struct xen_dm_op, 1 to 4096
 * @fd: an eventfd
 * @flags: PRIVCMD_IRQFD_FLAG_DEASSIGN, or 0
 * @dom: the domain that the operation is for
 * @pad: ignored
 *
 * Binds the eventfd to the operation. Each time the eventfd is signalled, the
 * driver reads it and makes the operation. If it is signalled already, the first
 * operation follows at once. Several signals may cause one operation if they
 * come faster than the driver makes it. A write to an eventfd with EFD_SEMAPHORE
 * causes one operation, whatever value is written.
 *
 * The binding ends with the last close of the eventfd, with the last close of
 * this open file, or with FLAG_DEASSIGN and the same @fd. When a call with
 * FLAG_DEASSIGN has returned, no operation follows. FLAG_DEASSIGN of an eventfd
 * that is not bound succeeds.
 *
 * EINVAL: @size or @flags is wrong, or @fd is no eventfd. EBADF: @fd is not
 * open. EFAULT: @dm_op cannot be read. EBUSY: this file has bound the eventfd
 * already. ENOMEM: more bindings than the module parameter max_irqfds, or no
 * memory.
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
 * @ioreq: address that the ioreq pages are mapped at, page aligned; they are
 *	mapped by IOCTL_PRIVCMD_MMAP_RESOURCE, from the first page with vcpus on
 * @ports: address of @vcpus event channel ports, __u32 each, bound to the ports
 *	that the hypervisor has put into those pages
 * @addr: guest physical address of a virtio-mmio device, in bytes
 * @addr_len: width of the access, 1, 2, 4 or 8 bytes
 * @event_fd: an eventfd
 * @vcpus: number of vcpus of the domain, 1 to 8192, 128 per page
 * @vq: the virtqueue, 0 to 0xffff
 * @flags: PRIVCMD_IOEVENTFD_FLAG_DEASSIGN, or 0
 * @dom: the domain
 * @pad: ignored
 *
 * Binds the eventfd to a register. When the guest writes @addr_len bytes to
 * @addr + 0x50 and their low 16 bits are @vq, the driver signals the eventfd and
 * completes the request; the program does not have to look at it. The program
 * handles all other requests.
 *
 * The first call for an ioreq server binds its ports. Further calls must name
 * the same ports. The driver keeps the pages until the last binding has ended,
 * even if the program unmaps them.
 *
 * A port may come from /dev/xen/evtchn, on Linux 6.8 and later; before that it
 * is EBUSY. The reader of that device still gets each event, must unmask the
 * port for the next one, and must keep the port bound.
 *
 * A port may also come from a hypercall. From this call on such a port belongs
 * to the kernel: the kernel closes it with the last binding, or if this call
 * fails, and the program must not close it. The program gets no event for other
 * requests on such a port. So give the register an ioreq server of its own, or
 * look at the pages regularly.
 *
 * EINVAL: a field is wrong; @ioreq is no such mapping; or a port does not lead
 * to @dom. EPERM, on a restricted file: a port does not lead to @dom, or was
 * made by a hypercall. EFAULT: @ports cannot be read. EBADF: @event_fd is not
 * open. EBUSY: this file has bound the eventfd already, or a port has another
 * user. EEXIST: another eventfd is bound to the same register and queue. ENOMEM:
 * more bindings than the module parameter max_irqfds, or no memory. ENODEV: no
 * binding has the @event_fd, @dom, @addr, @addr_len and @vq of a call with
 * FLAG_DEASSIGN.
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
 * EOPNOTSUPP: the kernel is older than 6.12, or it has no ACPI or no pciback.
 * ENODEV: pciback does not have the device. ENOENT: the device has no legacy
 * interrupt; early kernels of the series 6.12 have this errno for every failure.
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
 * The argument is a domid: from now on this open file serves only that domain.
 * The restriction cannot be removed. The call succeeds again for the same domid.
 * EINVAL: the file is restricted to another domid, or the argument is
 * DOMID_INVALID.
 */
#define IOCTL_PRIVCMD_RESTRICT \
	_IOC(_IOC_NONE, 'P', 6, sizeof(domid_t))

/* No driver implements this one: a program sees what an unknown ioctl returns. */
#define IOCTL_PRIVCMD_UNIMPLEMENTED \
	_IOC(_IOC_NONE, 'P', 0xff, 0)

#endif /* __LINUX_PUBLIC_PRIVCMD_H__ */
