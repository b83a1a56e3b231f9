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

/**
 * struct privcmd_x_status - PRIVCMD_X_STATUS: what stands in a mapping
 * @size: sizeof of the caller's struct, at least PRIVCMD_X_STATUS_SIZE_V1
 * @flags: 0
 * @addr: first page, page aligned
 * @num: pages, 1 or more, all of one mapping made through this very file
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
#define PRIVCMD_X_STATUS		_IO('P', 0x43)
#define PRIVCMD_X_HYPERCALL		_IO('P', 0x45)

#endif /* XEN_PRIVCMD_X_H */
