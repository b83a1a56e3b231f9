/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * libxenfm: another Xen domain's memory, mapped into this process through
 * /dev/xen/privcmd. It makes no hypercalls and builds no domains.
 *
 * Results: every function that can fail returns 0 or a negative errno, and
 * leaves errno itself alone. Nothing is logged, no thread is started, and the
 * library keeps no state but what hangs on a handle.
 *
 * Threads: a handle does not change between xenfm_open() and xenfm_close(), so
 * any number of threads may use it at once. The caller sees to it that nobody
 * uses a handle that is being closed, or an area that is being unmapped.
 *
 * Fork: a child has none of its parent's mappings (touching one is SIGSEGV).
 * It shares the parent's open file, restriction included, and may use the
 * handle for mappings of its own. The descriptor is closed by execve().
 *
 * Units: a frame is 4096 bytes (XENFM_PAGE_SIZE), a frame number is in these
 * units. For a PV domain seen from a PV dom0 it is the machine frame, in all
 * other cases the guest's own frame number.
 */
#ifndef XENFM_H
#define XENFM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define XENFM_PAGE_SHIFT	12
#define XENFM_PAGE_SIZE		4096

/* An open device. */
struct xenfm;

/* xenfm_info.driver */
#define XENFM_DRIVER_OTHER	0 /* the kernel's own privcmd, or some other */
#define XENFM_DRIVER_XEN_PRIVCMD 1 /* the one this library comes with */

/* xenfm_info.backend: how this kernel maps foreign frames */
#define XENFM_BACKEND_UNKNOWN	0
#define XENFM_BACKEND_PV	1 /* straight into page tables */
#define XENFM_BACKEND_XLATE	2 /* into its own physmap: PVH, Arm */

/* xenfm_info.features */
#define XENFM_FEATURE_STATUS	(UINT64_C(1) << 0) /* xenfm_status() */
#define XENFM_FEATURE_HYPERCALL	(UINT64_C(1) << 1) /* 64-bit results */
#define XENFM_FEATURE_RO_RETRY	(UINT64_C(1) << 2) /* a frame that is refused
						    * writable maps read-only */

/**
 * struct xenfm_info - which driver answers, as it was at xenfm_open()
 * @driver: XENFM_DRIVER_*; with XENFM_DRIVER_OTHER all that follows is 0
 * @abi: number of the driver's private interface
 * @backend: XENFM_BACKEND_*
 * @reserved: 0
 * @features: XENFM_FEATURE_*
 * @max_frames: frames that the mappings of one open device may have together
 * @version: the driver's version, zero-terminated
 *
 * Later versions of the library may add members at the end.
 */
struct xenfm_info {
	uint32_t driver;
	uint32_t abi;
	uint32_t backend;
	uint32_t reserved;
	uint64_t features;
	uint64_t max_frames;
	char version[16];
};

/* xenfm_frame.state */
#define XENFM_FRAME_NONE	0 /* nothing there, touching it is SIGBUS */
#define XENFM_FRAME_LAZY	1 /* comes with the first touch */
#define XENFM_FRAME_RW		2 /* mapped with the access asked for */
#define XENFM_FRAME_RO		3 /* refused writable, mapped read-only */

/**
 * struct xenfm_frame - what stands at one page of a mapping
 * @state: XENFM_FRAME_*
 * @reserved: 0
 * @error: negative errno of a frame that failed (state XENFM_FRAME_NONE), 0
 *	otherwise
 */
struct xenfm_frame {
	uint8_t state;
	uint8_t reserved;
	int16_t error;
};

/* xenfm_map() flags */
#define XENFM_MAP_WRITE		(1U << 0) /* writable as well as readable */

/**
 * xenfm_device() - path of the device that xenfm_open() would open
 *
 * The environment variable XENFM_DEVICE if it is set and not empty (and the
 * program is not set-user-ID or the like), else "/dev/xen/privcmd".
 *
 * Return: a string that is not the caller's to free, valid until the
 * environment changes.
 */
const char *xenfm_device(void);

/**
 * xenfm_open() - open the device and learn which driver it is
 * @handle: where the new handle goes; untouched on failure. The caller ends it
 *	with xenfm_close()
 * @flags: 0
 *
 * A driver other than xen-privcmd is opened too: mapping works with it, see
 * xenfm_info() for what does not.
 *
 * Return: 0, or
 * -EINVAL unknown @flags;
 * -ENOENT, -ENODEV, -ENXIO no such device: no Xen, or no driver loaded;
 * -EACCES the device is not this user's to open;
 * -ENOTTY the file is no privcmd device;
 * -ENOMEM no memory; any other errno of open(2).
 */
int xenfm_open(struct xenfm **handle, unsigned int flags);

/**
 * xenfm_close() - give up a handle
 * @handle: from xenfm_open(), gone after the call; NULL does nothing
 *
 * Mappings stay, and stay readable and writable, until they are unmapped with
 * munmap(2) or the process ends.
 */
void xenfm_close(struct xenfm *handle);

/**
 * xenfm_info() - which driver answers, and what it can do
 * @handle: from xenfm_open()
 *
 * Return: the facts, kept by the handle until xenfm_close(); never NULL.
 */
const struct xenfm_info *xenfm_info(const struct xenfm *handle);

/**
 * xenfm_restrict() - serve one domain alone from now on, for good
 * @handle: from xenfm_open()
 * @domid: the domain, 0 to 0x7fff
 *
 * Concerns the open file, so also every process that inherited it. What is
 * mapped stays mapped. The same domain again is no error.
 *
 * Return: 0, or
 * -EINVAL restricted to another domain before, or @domid out of range;
 * -ENOTTY the driver cannot.
 */
int xenfm_restrict(struct xenfm *handle, uint32_t domid);

/**
 * xenfm_map() - map frames of a domain, one after the other
 * @handle: from xenfm_open()
 * @domid: whose frames, 0 to 0xffff
 * @frames: @num frame numbers, in any order, repeated or not
 * @num: how many, 1 to 0x1fffffff (just under 2 TiB)
 * @flags: 0, or XENFM_MAP_WRITE
 * @timeout_ms: how long to go on asking for frames that are paged out
 *	(ENOENT), in milliseconds; 0 asks once. The call may take longer by as
 *	much as one more round over these frames takes
 * @err: NULL, or room for @num results: 0, or the negative errno of that frame
 * @addr: where the address of the mapping goes, page aligned; untouched on
 *	failure. The caller ends the mapping with xenfm_unmap()
 *
 * @frames and @err are read and written during the call only.
 *
 * With @err, a frame that fails stops nothing: the call returns 0 even if no
 * frame could be mapped, the results are in @err, and touching a page whose
 * frame failed is SIGBUS. A frame that was still paged out at the end has
 * -ENOENT. If the call fails as a whole, @err has no meaning.
 *
 * Without @err, any frame that fails makes the call fail with that frame's
 * errno (the first one's), and nothing stays mapped.
 *
 * Where the hypervisor refuses to map a frame writable, such as a page table
 * of a PV domain, xen-privcmd maps it read-only instead: this counts as
 * success, xenfm_status() tells, and a write to that page is SIGBUS. Other
 * drivers fail that frame.
 *
 * The mapping is one piece: it can be unmapped, moved with mremap(2) or changed
 * with mprotect(2) as a whole, but not in part.
 *
 * Return: 0, or
 * -EINVAL @num or @domid out of range, or unknown @flags;
 * -EPERM the open file is restricted to another domain, or to none;
 * -ESRCH no such domain (drivers differ in whether they say so here or in
 *	@err);
 * -ENOMEM no memory or address space, or more than xenfm_info.max_frames;
 * -EFAULT @frames or @err cannot be read or written.
 */
int xenfm_map(struct xenfm *handle, uint32_t domid, const uint64_t *frames,
	      size_t num, unsigned int flags, unsigned int timeout_ms, int *err,
	      void **addr);

/**
 * xenfm_unmap() - end a mapping
 * @handle: the one it was made with
 * @addr: from xenfm_map(); NULL does nothing
 * @num: as many frames as were mapped there
 *
 * As munmap(2) does, it takes the caller's word for what lies there.
 *
 * Return: 0, or
 * -EINVAL @addr is not page aligned, @num is 0 or too large, or they are a part
 *	of a mapping: xen-privcmd refuses to split one, and nothing changes.
 */
int xenfm_unmap(struct xenfm *handle, void *addr, size_t num);

/**
 * xenfm_status() - what stands in a mapping
 * @handle: the one it was made with
 * @addr: first page to ask about, page aligned
 * @num: pages, 1 or more, all of one mapping
 * @status: room for @num answers, in the order of the pages
 *
 * Return: 0, or
 * -EOPNOTSUPP the driver cannot (any other than xen-privcmd);
 * -EINVAL not pages of one mapping that was made with this handle;
 * -EFAULT @status cannot be written.
 */
int xenfm_status(struct xenfm *handle, const void *addr, size_t num,
		 struct xenfm_frame *status);

#ifdef __cplusplus
}
#endif

#endif /* XENFM_H */
