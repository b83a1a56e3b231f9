/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* SPDX-FileCopyrightText: 2026 the xen-privcmd authors */
/*
 * The private ioctls of this driver. The upstream ioctls are in privcmd.h.
 *
 * The numbers begin at 0x40 and contain no size, so a struct can grow in later
 * versions. The first field of each struct, @size, is the caller's sizeof. If
 * the caller's struct is shorter than the driver's, the missing fields are 0.
 * If it is longer, the bytes that the driver does not know must be 0. E2BIG:
 * they are not, or @size is more than a page. EINVAL: @size is less than that of
 * the struct's first version, a reserved field is not 0, or a flag is unknown.
 *
 * privcmd.h lists the errnos that all ioctls share.
 */
#ifndef XEN_PRIVCMD_X_H
#define XEN_PRIVCMD_X_H

#include <linux/types.h>
#include <linux/ioctl.h>

/* privcmd_x_info.abi of a driver that this header describes */
#define PRIVCMD_X_ABI			1

/* privcmd_x_info.backend: how this dom0 maps foreign frames */
#define PRIVCMD_X_BACKEND_PV		1 /* into page tables, by mmu_update */
#define PRIVCMD_X_BACKEND_XLATE		2 /* into its own physmap (PVH, Arm) */

/* privcmd_x_info.features */
#define PRIVCMD_X_FEATURE_STATUS	(1ULL << 0) /* PRIVCMD_X_STATUS */
#define PRIVCMD_X_FEATURE_HYPERCALL	(1ULL << 1) /* PRIVCMD_X_HYPERCALL */
#define PRIVCMD_X_FEATURE_RO_RETRY	(1ULL << 2) /* a frame that is refused
						     * writable becomes
						     * read-only */
#define PRIVCMD_X_FEATURE_MAP		(1ULL << 3) /* PRIVCMD_X_MAP, _UNMAP */
#define PRIVCMD_X_FEATURE_COPY		(1ULL << 4) /* PRIVCMD_X_COPY */
#define PRIVCMD_X_FEATURE_MEMORY	(1ULL << 5) /* PRIVCMD_X_MEMORY */

/**
 * struct privcmd_x_info - PRIVCMD_X_INFO: which driver this is
 * @size: in: sizeof of the caller's struct, at least PRIVCMD_X_INFO_SIZE_V1;
 *	out: number of bytes written
 * @abi: out: PRIVCMD_X_ABI of the driver
 * @features: out: PRIVCMD_X_FEATURE_* at the time of the call
 * @backend: out: PRIVCMD_X_BACKEND_*
 * @pad: out: 0
 * @max_frames: out: number of frames that one open file may have in its mappings
 * @version: out: the driver's version, zero-terminated
 *
 * Allowed on a restricted file. ENOTTY: this is another driver.
 */
struct privcmd_x_info {
	__u32 size;
	__u32 abi;
	__u64 features;
	__u32 backend;
	__u32 pad;
	__u64 max_frames;
	char version[16];
};

#define PRIVCMD_X_INFO_SIZE_V1		48

/* privcmd_x_frame.state */
#define PRIVCMD_X_NONE			0 /* no frame: an access is SIGBUS */
#define PRIVCMD_X_LAZY			1 /* mapped by the first access */
#define PRIVCMD_X_RW			2 /* mapped as the program asked */
#define PRIVCMD_X_RO			3 /* refused writable, read-only */

/**
 * struct privcmd_x_frame - state of one page of a mapping
 * @state: PRIVCMD_X_NONE, _LAZY, _RW or _RO
 * @pad: 0
 * @error: for _NONE: negative errno of the frame that failed, 0 if no frame
 *	failed there; 0 for the other states
 */
struct privcmd_x_frame {
	__u8 state;
	__u8 pad;
	__s16 error;
};

/* privcmd_x_map.flags */
#define PRIVCMD_X_MAP_STRICT		(1U << 0) /* no read-only retry */
#define PRIVCMD_X_MAP_CONTIGUOUS	(1U << 1) /* @frames is the first one */
#define PRIVCMD_X_MAP_LAZY		(1U << 2) /* map at the first access */

/**
 * struct privcmd_x_map - PRIVCMD_X_MAP: MMAPBATCH_V2 with options
 * @size: sizeof of the caller's struct, at least PRIVCMD_X_MAP_SIZE_V1
 * @flags: PRIVCMD_X_MAP_*
 * @dom: the domain that has the frames
 * @pad: 0
 * @addr: first page, page aligned; as for MMAPBATCH_V2 the first call for a
 *	mapping covers all of it
 * @num: number of pages, 1 or more
 * @frames: address of @num frame numbers (__u64); with CONTIGUOUS the first
 *	frame number itself, and the others follow it
 * @status: 0, or address of @num struct privcmd_x_frame, written at the end
 *
 * If a frame is paged out, the call fails with ENOENT. Otherwise it returns 0,
 * even if frames failed.
 *
 * With LAZY the call does not ask the hypervisor. The first access to a page
 * maps its frame, together with some frames around it. If the frame of that page
 * fails, the access is SIGBUS. If one of the others fails, it stays lazy.
 *
 * The first call for a mapping sets or clears STRICT for all of the mapping. A
 * later call must match, or gets EINVAL; MMAPBATCH and MMAPBATCH_V2 count as
 * calls without STRICT. CONTIGUOUS and LAZY apply to the one call.
 */
struct privcmd_x_map {
	__u32 size;
	__u32 flags;
	__u16 dom;
	__u16 pad[3];
	__u64 addr;
	__u64 num;
	__u64 frames;
	__u64 status;
};

#define PRIVCMD_X_MAP_SIZE_V1		48

/**
 * struct privcmd_x_unmap - PRIVCMD_X_UNMAP: release a part of a mapping
 * @size: sizeof of the caller's struct, at least PRIVCMD_X_UNMAP_SIZE_V1
 * @flags: 0
 * @addr: first page, page aligned
 * @num: number of pages, 1 or more, all of one mapping
 *
 * The pages are empty afterwards, as before the mapping was populated. A later
 * call can populate them again. EINVAL: also for a mapping of MMAP_RESOURCE.
 * ENOMEM: no memory to record the release; some of the pages may be released.
 */
struct privcmd_x_unmap {
	__u32 size;
	__u32 flags;
	__u64 addr;
	__u64 num;
};

#define PRIVCMD_X_UNMAP_SIZE_V1		24

/**
 * struct privcmd_x_status - PRIVCMD_X_STATUS: the state of pages of a mapping
 * @size: sizeof of the caller's struct, at least PRIVCMD_X_STATUS_SIZE_V1
 * @flags: 0
 * @addr: first page, page aligned
 * @num: number of pages, 1 or more, all of one mapping
 * @status: address of @num struct privcmd_x_frame; if the call fails, a part of
 *	them may be written
 */
struct privcmd_x_status {
	__u32 size;
	__u32 flags;
	__u64 addr;
	__u64 num;
	__u64 status;
};

#define PRIVCMD_X_STATUS_SIZE_V1	32

/* privcmd_x_copy.flags */
#define PRIVCMD_X_COPY_WRITE		(1U << 0) /* write into the domain */
#define PRIVCMD_X_COPY_CONTIGUOUS	(1U << 1) /* @frames is the first one */

/**
 * struct privcmd_x_copy - PRIVCMD_X_COPY: copy foreign memory without a mapping
 * @size: in: sizeof of the caller's struct, at least PRIVCMD_X_COPY_SIZE_V1;
 *	out: number of bytes written
 * @flags: PRIVCMD_X_COPY_*
 * @dom: the domain that has the memory
 * @pad: 0
 * @frames: address of @num frame numbers (__u64); with CONTIGUOUS the first
 *	frame number itself, and the others follow it
 * @num: number of frames, 1 to 0x1fffffff; they contain all of the bytes
 * @offset: first byte, counted from the start of the first frame, 0 to 4095
 * @len: number of bytes, 0 or more
 * @buf: address of the bytes in the caller's own memory
 * @done: out: number of bytes copied, from the first one on without a gap
 *
 * Returns 0 if @done is @len. Otherwise the call fails with the errno of the
 * frame or of the memory that stopped the copy, and @done says how far it came.
 * @done is not written if the call fails before the copy begins: because the
 * struct cannot be read, @size is wrong, or the file may not name @dom.
 *
 * EACCES, EBUSY or EPERM, on a PV dom0: the frame cannot be written. ENOENT: a
 * frame is paged out.
 */
struct privcmd_x_copy {
	__u32 size;
	__u32 flags;
	__u16 dom;
	__u16 pad[3];
	__u64 frames;
	__u64 num;
	__u64 offset;
	__u64 len;
	__u64 buf;
	__u64 done;
};

#define PRIVCMD_X_COPY_SIZE_V1		64

/**
 * struct privcmd_x_hypercall - PRIVCMD_X_HYPERCALL: a hypercall, 64-bit result
 * @size: in: sizeof of the caller's struct, at least
 *	PRIVCMD_X_HYPERCALL_SIZE_V1; out: number of bytes written
 * @flags: 0
 * @op: hypercall number
 * @arg: its arguments
 * @result: out: all 64 bits of its result
 *
 * Returns 0 if @result is written, whatever its value is. A hypercall number of
 * 128 or more is -ENOSYS in @result. EPERM: the file is restricted.
 */
struct privcmd_x_hypercall {
	__u32 size;
	__u32 flags;
	__u64 op;
	__u64 arg[5];
	__s64 result;
};

#define PRIVCMD_X_HYPERCALL_SIZE_V1	64

/* privcmd_x_memory.flags */
#define PRIVCMD_X_MEMORY_READ_ONLY	(1U << 0) /* the descriptor is O_RDONLY */
#define PRIVCMD_X_MEMORY_ZERO_HOLES	(1U << 1) /* a hole reads as zeroes */

/**
 * struct privcmd_x_memory - PRIVCMD_X_MEMORY: a file of a domain's memory
 * @size: sizeof of the caller's struct, at least PRIVCMD_X_MEMORY_SIZE_V1
 * @flags: PRIVCMD_X_MEMORY_*
 * @dom: the domain that has the memory
 * @pad: 0
 * @first: number of the first frame
 * @num: number of frames, 1 to 0x7ffffffffffff
 *
 * Returns a new descriptor, with close-on-exec. Byte 0 of the file is the first
 * byte of frame @first, and the size of the file is @num * 4096. A program maps
 * the file with MAP_SHARED, or reads and writes it as it does an ordinary file.
 * The hypervisor is not asked for a frame before a program accesses it, so there
 * may be holes in the range.
 *
 * An area of the file is a mapping like one of X_MAP with CONTIGUOUS and LAZY.
 * X_STATUS, X_UNMAP and X_INFO work on the descriptor; other ioctls are ENOTTY.
 * After X_UNMAP the pages are lazy again. No ioctl can populate pages of such an
 * area (EINVAL).
 *
 * A hole is a page without a frame: an access to a mapping is SIGBUS there, and
 * read(2) and write(2) fail with EIO. With ZERO_HOLES read(2) gives zeroes.
 *
 * The file names its domain and its range for ever. A later PRIVCMD_RESTRICT of
 * the file that made it does not change that.
 */
struct privcmd_x_memory {
	__u32 size;
	__u32 flags;
	__u16 dom;
	__u16 pad[3];
	__u64 first;
	__u64 num;
};

#define PRIVCMD_X_MEMORY_SIZE_V1	32

#define PRIVCMD_X_INFO			_IO('P', 0x40)
#define PRIVCMD_X_MAP			_IO('P', 0x41)
#define PRIVCMD_X_UNMAP			_IO('P', 0x42)
#define PRIVCMD_X_STATUS		_IO('P', 0x43)
#define PRIVCMD_X_COPY			_IO('P', 0x44)
#define PRIVCMD_X_HYPERCALL		_IO('P', 0x45)
#define PRIVCMD_X_MEMORY		_IO('P', 0x46)

#endif /* XEN_PRIVCMD_X_H */
