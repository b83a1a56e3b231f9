/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The ioctls that this driver has beyond the upstream ones of privcmd.h.
 *
 * They are numbered from 0x40 and carry no size in the number, so a struct may
 * grow: @size, always the first field, is the caller's sizeof. A kernel that
 * knows a shorter struct accepts a longer one, up to a page, whose tail is zero,
 * else E2BIG; one that knows a longer struct takes what is missing as zero. Reserved
 * fields and unknown flags must be zero (EINVAL).
 */
#ifndef XEN_PRIVCMD_X_H
#define XEN_PRIVCMD_X_H

#include <linux/types.h>
#include <linux/ioctl.h>

/* privcmd_x_info.abi of the header you read */
#define PRIVCMD_X_ABI			1

/* privcmd_x_info.backend: how this dom0 maps foreign frames */
#define PRIVCMD_X_BACKEND_PV		1 /* into page tables, by mmu_update */
#define PRIVCMD_X_BACKEND_XLATE		2 /* into its physmap (PVH, Arm) */

/* privcmd_x_info.features */
#define PRIVCMD_X_FEATURE_STATUS	(1ULL << 0) /* PRIVCMD_X_STATUS */
#define PRIVCMD_X_FEATURE_HYPERCALL	(1ULL << 1) /* PRIVCMD_X_HYPERCALL */
#define PRIVCMD_X_FEATURE_RO_RETRY	(1ULL << 2) /* refused writable frames
						     * become read-only */
#define PRIVCMD_X_FEATURE_MAP		(1ULL << 3) /* PRIVCMD_X_MAP, _UNMAP */
#define PRIVCMD_X_FEATURE_COPY		(1ULL << 4) /* PRIVCMD_X_COPY */

/**
 * struct privcmd_x_info - PRIVCMD_X_INFO: which driver is this
 * @size: in: sizeof of the caller's struct, at least PRIVCMD_X_INFO_SIZE_V1;
 *	out: bytes written
 * @abi: out: PRIVCMD_X_ABI of the driver
 * @features: out: PRIVCMD_X_FEATURE_*, as they stand now
 * @backend: out: PRIVCMD_X_BACKEND_*
 * @pad: out: 0
 * @max_frames: out: frames that one open file may have in its mappings
 * @version: out: the driver's version, zero-terminated
 *
 * Allowed on a restricted file. ENOTTY: it is another driver.
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
#define PRIVCMD_X_NONE			0 /* nothing there: SIGBUS */
#define PRIVCMD_X_LAZY			1 /* comes with the first touch */
#define PRIVCMD_X_RW			2 /* mapped as the program asked */
#define PRIVCMD_X_RO			3 /* the hypervisor refused write */

/**
 * struct privcmd_x_frame - what stands at one page of a mapping
 * @state: PRIVCMD_X_NONE, _LAZY, _RW or _RO
 * @pad: 0
 * @error: for _NONE: negative errno of the frame that failed, 0 if none was
 *	ever asked for; 0 otherwise
 */
struct privcmd_x_frame {
	__u8 state;
	__u8 pad;
	__s16 error;
};

/* privcmd_x_map.flags */
#define PRIVCMD_X_MAP_STRICT		(1U << 0) /* no read-only retry */
#define PRIVCMD_X_MAP_CONTIGUOUS	(1U << 1) /* @frames is the first one */
#define PRIVCMD_X_MAP_LAZY		(1U << 2) /* nothing now, by touch */

/**
 * struct privcmd_x_map - PRIVCMD_X_MAP: MMAPBATCH_V2 with choices
 * @size: sizeof of the caller's struct, at least PRIVCMD_X_MAP_SIZE_V1
 * @flags: PRIVCMD_X_MAP_*
 * @dom: whose frames
 * @pad: 0
 * @addr: first page, page aligned; as for MMAPBATCH_V2 the first call on a
 *	mapping covers it all
 * @num: pages, 1 or more
 * @frames: address of @num frame numbers (__u64); with CONTIGUOUS the first
 *	frame number itself, the others follow it
 * @status: 0, or address of @num struct privcmd_x_frame, written at the end
 *
 * Returns 0 whatever became of single frames, but -1 with ENOENT if one of them
 * is paged out. With LAZY nothing is asked of the hypervisor: frames come with
 * the first touch, some neighbours with them, and a frame that then fails is
 * SIGBUS; a neighbour that fails stays lazy.
 *
 * STRICT is the mapping's: the first call decides, one that says otherwise later,
 * as all of MMAPBATCH do if it is set, is EINVAL. CONTIGUOUS and LAZY are the
 * call's.
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
 * @num: pages, 1 or more, all of one mapping
 *
 * The pages become as they were before the mapping was populated; a later call
 * may populate them again. EINVAL: a mapping of MMAP_RESOURCE.
 */
struct privcmd_x_unmap {
	__u32 size;
	__u32 flags;
	__u64 addr;
	__u64 num;
};

#define PRIVCMD_X_UNMAP_SIZE_V1		24

/**
 * struct privcmd_x_status - PRIVCMD_X_STATUS: what stands in a mapping
 * @size: sizeof of the caller's struct, at least PRIVCMD_X_STATUS_SIZE_V1
 * @flags: 0
 * @addr: first page, page aligned
 * @num: pages, 1 or more, all of one mapping
 * @status: address of @num struct privcmd_x_frame
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
#define PRIVCMD_X_COPY_WRITE		(1U << 0) /* into the domain, not out */
#define PRIVCMD_X_COPY_CONTIGUOUS	(1U << 1) /* @frames is the first one */

/**
 * struct privcmd_x_copy - PRIVCMD_X_COPY: foreign memory without a mapping
 * @size: in: sizeof of the caller's struct, at least PRIVCMD_X_COPY_SIZE_V1
 * @flags: PRIVCMD_X_COPY_*
 * @dom: whose memory
 * @pad: 0
 * @frames: address of @num frame numbers (__u64); with CONTIGUOUS the first
 *	frame number itself
 * @num: frames, 1 or more, which @offset and @len must not leave
 * @offset: byte in the first frame, 0 to 4095
 * @len: bytes, 0 or more
 * @buf: address of them in the caller's own memory
 * @done: out: bytes copied, from the first one on without a gap
 *
 * Returns 0 if @done is @len, or -1 with the errno of what stopped it; @done is
 * written even so. A refused write is not tried otherwise.
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
 * struct privcmd_x_hypercall - PRIVCMD_X_HYPERCALL: all of the result
 * @size: in: sizeof of the caller's struct, at least
 *	PRIVCMD_X_HYPERCALL_SIZE_V1
 * @flags: 0
 * @op: hypercall number
 * @arg: its arguments
 * @result: out: its result, 64 bits of it
 *
 * Returns 0 when the hypercall was made, whatever @result says. EPERM once the
 * file is restricted.
 */
struct privcmd_x_hypercall {
	__u32 size;
	__u32 flags;
	__u64 op;
	__u64 arg[5];
	__s64 result;
};

#define PRIVCMD_X_HYPERCALL_SIZE_V1	64

#define PRIVCMD_X_INFO			_IO('P', 0x40)
#define PRIVCMD_X_MAP			_IO('P', 0x41)
#define PRIVCMD_X_UNMAP			_IO('P', 0x42)
#define PRIVCMD_X_STATUS		_IO('P', 0x43)
#define PRIVCMD_X_COPY			_IO('P', 0x44)
#define PRIVCMD_X_HYPERCALL		_IO('P', 0x45)

#endif /* XEN_PRIVCMD_X_H */
