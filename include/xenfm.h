/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * libxenfm maps the memory of another Xen domain into this process through
 * /dev/xen/privcmd, or copies it without a mapping. It also has a table of a
 * guest's memory for vhost-user back ends. The library makes no hypercalls and
 * builds no domains.
 *
 * Results: every function that can fail returns 0 or a negative errno. The
 * functions do not change errno itself. The library writes no log and starts no
 * thread. All of its state belongs to a handle or to a table.
 *
 * Threads: a handle does not change between xenfm_open() and xenfm_close(), so
 * any number of threads may use it at once. The caller makes sure that no thread
 * uses a handle while another thread closes it, or an area while another thread
 * unmaps or releases it. A table of guest memory does change: see struct
 * xenfm_mem.
 *
 * Fork: a child process has none of its parent's mappings: an access to one is
 * SIGSEGV. The child shares the parent's open file and its restriction. It may
 * use the handle for mappings of its own. execve() closes the descriptor.
 *
 * Units: a frame is 4096 bytes (XENFM_PAGE_SIZE). If a PV dom0 maps memory of a
 * PV domain, a frame number is a machine frame number. In all other cases it is
 * the guest's own frame number.
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
#define XENFM_DRIVER_OTHER	0 /* the kernel's own privcmd, or another one */
#define XENFM_DRIVER_XEN_PRIVCMD 1 /* the driver that this library is part of */

/* xenfm_info.backend: how this kernel maps foreign frames */
#define XENFM_BACKEND_UNKNOWN	0
#define XENFM_BACKEND_PV	1 /* into page tables */
#define XENFM_BACKEND_XLATE	2 /* into its own physmap: PVH, Arm */

/* xenfm_info.features */
#define XENFM_FEATURE_STATUS	(UINT64_C(1) << 0) /* xenfm_status() */
#define XENFM_FEATURE_HYPERCALL	(UINT64_C(1) << 1) /* 64-bit results */
#define XENFM_FEATURE_RO_RETRY	(UINT64_C(1) << 2) /* a frame that is refused
						    * writable maps read-only */
#define XENFM_FEATURE_MAP	(UINT64_C(1) << 3) /* XENFM_MAP_STRICT and _LAZY,
						    * release, populate */
#define XENFM_FEATURE_COPY	(UINT64_C(1) << 4) /* read and write without a
						    * mapping */
#define XENFM_FEATURE_MEMORY	(UINT64_C(1) << 5) /* xenfm_memory() */

/**
 * struct xenfm_info - the driver and its features, at the time of xenfm_open()
 * @driver: XENFM_DRIVER_*; if XENFM_DRIVER_OTHER, all other members are 0
 * @abi: number of the driver's private interface
 * @backend: XENFM_BACKEND_*
 * @reserved: 0
 * @features: XENFM_FEATURE_*
 * @max_frames: number of frames that all mappings of one open device may have
 *	together
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
#define XENFM_FRAME_NONE	0 /* no frame, an access is SIGBUS */
#define XENFM_FRAME_LAZY	1 /* mapped by the first access */
#define XENFM_FRAME_RW		2 /* mapped with the access asked for */
#define XENFM_FRAME_RO		3 /* refused writable, mapped read-only */

/**
 * struct xenfm_frame - state of one page of a mapping
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

/* Flags of the functions that map */
#define XENFM_MAP_WRITE		(1U << 0) /* writable as well as readable */
#define XENFM_MAP_STRICT	(1U << 1) /* a frame that is refused writable
					   * fails, and is not mapped read-only */
#define XENFM_MAP_LAZY		(1U << 2) /* map a frame at the first access to
					   * its page */

/**
 * xenfm_device() - path of the device that xenfm_open() opens
 *
 * The path is the environment variable XENFM_DEVICE, if it is set and not empty
 * and the program is not set-user-ID or the like. Otherwise the path is
 * "/dev/xen/privcmd".
 *
 * Return: the path. The caller does not free it. It is valid until the
 * environment changes.
 */
const char *xenfm_device(void);

/**
 * xenfm_open() - open the device and find out which driver it is
 * @handle: out: the new handle; unchanged on failure. The caller closes it with
 *	xenfm_close()
 * @flags: 0
 *
 * The function also opens a driver other than xen-privcmd. Mapping works with
 * it. xenfm_info() says which features it lacks.
 *
 * Return: 0, or
 * -EINVAL unknown @flags;
 * -ENOENT, -ENODEV, -ENXIO no such device: no Xen, or no driver loaded;
 * -EACCES this user may not open the device;
 * -ENOTTY the file is no privcmd device;
 * -ENOMEM no memory; any other errno of open(2).
 */
int xenfm_open(struct xenfm **handle, unsigned int flags);

/**
 * xenfm_open_fd() - make a handle from a descriptor of the device
 * @handle: out: the new handle; unchanged on failure. The caller closes it with
 *	xenfm_close()
 * @fd: a descriptor of the device, restricted or not. The handle has a duplicate
 *	of @fd, so the caller may close @fd at any time
 * @flags: 0
 *
 * For a program that gets its descriptor from a more privileged program, for
 * instance a de-privileged device model or a vhost-user back end.
 *
 * @fd may also be a file of xenfm_memory(). Then xenfm_info(), xenfm_status() and
 * xenfm_release() work, and the functions that map, copy or restrict fail with
 * -ENOTTY or -ENXIO.
 *
 * Return: 0, or
 * -EINVAL unknown @flags;
 * -EBADF @fd is not open;
 * -ENOTTY the file is no privcmd device;
 * -EMFILE no descriptor left; -ENOMEM no memory.
 */
int xenfm_open_fd(struct xenfm **handle, int fd, unsigned int flags);

/**
 * xenfm_close() - close a handle
 * @handle: from xenfm_open(), invalid after the call; with NULL the call does
 *	nothing
 *
 * Mappings stay, and stay readable and writable, until the program unmaps them
 * with munmap(2) or the process ends.
 */
void xenfm_close(struct xenfm *handle);

/**
 * xenfm_info() - the driver and its features
 * @handle: from xenfm_open()
 *
 * Return: a struct that belongs to the handle and is valid until xenfm_close();
 * never NULL.
 */
const struct xenfm_info *xenfm_info(const struct xenfm *handle);

/**
 * xenfm_restrict() - restrict the open file to one domain
 * @handle: from xenfm_open()
 * @domid: the domain, 0 to 0xffff, but not 0x7ff4, which means no domain; domids
 *	from 0x7ff0 on are reserved
 *
 * The restriction cannot be removed. It applies to the open file, so also to
 * every process that has inherited it. Existing mappings stay mapped. A second
 * call for the same domain succeeds.
 *
 * Return: 0, or
 * -EINVAL the file is restricted to another domain, or @domid is out of range;
 * -ENOTTY the driver does not support it.
 */
int xenfm_restrict(struct xenfm *handle, uint32_t domid);

/**
 * xenfm_map() - map frames of a domain, one after the other
 * @handle: from xenfm_open()
 * @domid: the domain that has the frames, 0 to 0xffff
 * @frames: @num frame numbers, in any order, repeated or not
 * @num: number of frames, 1 to 0x1fffffff (just under 2 TiB)
 * @flags: 0, or of XENFM_MAP_WRITE, XENFM_MAP_STRICT, XENFM_MAP_LAZY
 * @timeout_ms: how long to retry frames that are paged out (ENOENT), in
 *	milliseconds; 0: try once. After this time the call may take one more
 *	round over these frames
 * @err: NULL, or room for @num results: 0, or the negative errno of that frame
 * @addr: out: address of the mapping, page aligned; unchanged on failure. The
 *	caller unmaps it with xenfm_unmap()
 *
 * The call reads @frames and writes @err only before it returns.
 *
 * With @err, the call maps the other frames if one fails. It returns 0 even if
 * all frames failed. The results are in @err, and an access to a page whose
 * frame failed is SIGBUS. The result of a frame that is still paged out at the
 * end is -ENOENT. If the call itself fails, @err has no meaning.
 *
 * Without @err, the call fails if any frame fails. It returns the errno of the
 * first such frame, and nothing stays mapped.
 *
 * The hypervisor refuses to map some frames writable, for instance the page
 * tables of a PV domain. xen-privcmd maps such a frame read-only. That counts as
 * success, xenfm_status() shows it, and a write to that page is SIGBUS. With
 * other drivers, and with XENFM_MAP_STRICT, such a frame fails.
 *
 * With XENFM_MAP_LAZY the call does not ask the hypervisor: it returns at once
 * and every result is 0. The first access to a page maps its frame, together
 * with some frames around it. If the frame of that page cannot be mapped, the
 * access is SIGBUS. A driver without XENFM_FEATURE_MAP ignores the flag and maps
 * all frames during the call; see xenfm_info.features.
 *
 * The program can unmap the mapping, move it with mremap(2) or change it with
 * mprotect(2) only as a whole. xenfm_release() releases the frames of a part.
 *
 * Return: 0, or
 * -EINVAL @num or @domid out of range, or unknown @flags;
 * -EOPNOTSUPP XENFM_MAP_STRICT with a driver that always maps refused frames
 *	read-only (xen-privcmd without XENFM_FEATURE_MAP);
 * -EPERM the open file is restricted to another domain, or to none;
 * -ESRCH no such domain (some drivers have this errno for each frame in @err
 *	instead);
 * -ENOMEM no memory or address space, or more than xenfm_info.max_frames;
 * -EFAULT @frames or @err cannot be read or written; @frames is NULL.
 */
int xenfm_map(struct xenfm *handle, uint32_t domid, const uint64_t *frames,
	      size_t num, unsigned int flags, unsigned int timeout_ms, int *err,
	      void **addr);

/**
 * xenfm_map_range() - map frames with consecutive numbers
 * @handle: from xenfm_open()
 * @domid: as for xenfm_map()
 * @first_frame: number of the first frame; the others follow it
 * @num: as for xenfm_map()
 * @flags: as for xenfm_map()
 * @timeout_ms: as for xenfm_map()
 * @err: as for xenfm_map()
 * @addr: as for xenfm_map()
 *
 * As xenfm_map(), but without an array of frame numbers. With XENFM_FEATURE_MAP
 * the library makes no such array either, which saves memory for a large range.
 *
 * Return: as xenfm_map(); -EINVAL also if a frame number is beyond 64 bits.
 */
int xenfm_map_range(struct xenfm *handle, uint32_t domid, uint64_t first_frame,
		    size_t num, unsigned int flags, unsigned int timeout_ms,
		    int *err, void **addr);

/**
 * xenfm_unmap() - unmap a mapping
 * @handle: the handle that the mapping was made with
 * @addr: from xenfm_map(); with NULL the call does nothing
 * @num: the number of frames of the mapping
 *
 * Like munmap(2), the call does not check that there is such a mapping.
 *
 * Return: 0, or
 * -EINVAL @addr is not page aligned, @num is 0 or too large, or they are a part
 *	of a mapping: xen-privcmd refuses to split one, and nothing changes.
 */
int xenfm_unmap(struct xenfm *handle, void *addr, size_t num);

/**
 * xenfm_release() - release the frames of a part of a mapping
 * @handle: the handle that the mapping was made with
 * @addr: first page, page aligned
 * @num: number of pages, 1 or more, all of one mapping
 *
 * The pages stay a part of the mapping and are empty: an access to one is
 * SIGBUS until xenfm_populate() maps a frame there. Released frames do not keep
 * their domain alive. Pages may be empty already. If all pages of a mapping are
 * released, the mapping is as if it were new: the next call populates all of it,
 * with frames of any domain, strict or not.
 *
 * Return: 0, or
 * -EOPNOTSUPP the driver does not support it (no XENFM_FEATURE_MAP);
 * -EINVAL not pages of one mapping of xen-privcmd;
 * -EFAULT the mapping was unmapped or replaced during the call;
 * -ENOMEM no memory to record the release; some of the pages may be released.
 */
int xenfm_release(struct xenfm *handle, void *addr, size_t num);

/**
 * xenfm_populate() - map frames at empty pages of a mapping
 * @handle: the handle that the mapping was made with
 * @domid: the domain whose frames the mapping has
 * @addr: first page, page aligned
 * @frames: as for xenfm_map()
 * @num: number of pages, 1 or more, all of one mapping and all empty: released,
 *	or their frames failed
 * @flags: 0, or of XENFM_MAP_STRICT and XENFM_MAP_LAZY. XENFM_MAP_STRICT is set
 *	exactly if the mapping was made with it. The mapping keeps its access
 * @timeout_ms: as for xenfm_map()
 * @err: as for xenfm_map()
 *
 * If the call fails, all of these pages are empty, as before. There is one
 * exception: if the memory of @err was unmapped during the call (-EFAULT), some
 * frames may be mapped.
 *
 * Return: as xenfm_map(), and
 * -EOPNOTSUPP the driver does not support it (no XENFM_FEATURE_MAP);
 * -EINVAL also if the pages are not empty or not all of one mapping, if the
 *	mapping has frames of another domain, or if only one of the mapping and
 *	@flags is strict.
 */
int xenfm_populate(struct xenfm *handle, uint32_t domid, void *addr,
		   const uint64_t *frames, size_t num, unsigned int flags,
		   unsigned int timeout_ms, int *err);

/**
 * xenfm_status() - the state of pages of a mapping
 * @handle: the handle that the mapping was made with
 * @addr: first page, page aligned
 * @num: number of pages, 1 or more, all of one mapping
 * @status: out: @num states, in the order of the pages. If the call fails, a part
 *	of them may be written
 *
 * Return: 0, or
 * -EOPNOTSUPP the driver does not support it (any other than xen-privcmd);
 * -EINVAL not pages of one mapping of xen-privcmd;
 * -EFAULT @status cannot be written;
 * -ENOMEM no memory.
 */
int xenfm_status(struct xenfm *handle, const void *addr, size_t num,
		 struct xenfm_frame *status);

/**
 * xenfm_read() - copy a domain's memory into this process
 * @handle: from xenfm_open()
 * @domid: the domain that has the memory, 0 to 0xffff
 * @guest_addr: address of the first byte: frame number * 4096 + offset
 * @buf: room for @len bytes
 * @len: number of bytes, 0 or more; @guest_addr and @len need no alignment
 * @done: NULL, or out: the number of bytes that were copied, from the first one
 *	on without a gap; written whatever the call returns
 *
 * With XENFM_FEATURE_COPY the library makes no mapping, @buf may be any memory,
 * and the call fails if the domain dies during the copy. With other drivers the
 * library maps a megabyte at a time, copies and unmaps it; if the domain dies
 * during the copy, the access is SIGBUS.
 *
 * The copy is not atomic: a running domain may change its memory during the
 * call.
 *
 * Return: 0 if all bytes were copied, or the error that stopped the copy:
 * -EINVAL @domid is out of range, the memory would end beyond the last address,
 *	or a frame is no memory. Some drivers and hypervisors have other errnos for
 *	a frame that is no memory;
 * -EFAULT @buf cannot be written;
 * -ENOENT a frame is paged out;
 * -EIO the memory of a frame is broken, or the driver copied nothing and returned
 *	no error;
 * -EPERM, -ESRCH, -ENOMEM as for xenfm_map().
 */
int xenfm_read(struct xenfm *handle, uint32_t domid, uint64_t guest_addr,
	       void *buf, size_t len, size_t *done);

/**
 * xenfm_write() - copy memory of this process into a domain
 * @handle: as for xenfm_read()
 * @domid: as for xenfm_read()
 * @guest_addr: as for xenfm_read()
 * @buf: @len bytes
 * @len: as for xenfm_read()
 * @done: as for xenfm_read()
 *
 * A frame that the hypervisor refuses to map writable is an error here.
 *
 * Return: as xenfm_read(); -EFAULT if @buf cannot be read; -EOPNOTSUPP with a
 * xen-privcmd that has neither XENFM_FEATURE_COPY nor XENFM_FEATURE_MAP.
 */
int xenfm_write(struct xenfm *handle, uint32_t domid, uint64_t guest_addr,
		const void *buf, size_t len, size_t *done);

/* xenfm_memory() flags */
#define XENFM_MEMORY_READ_ONLY	(1U << 0) /* the descriptor is O_RDONLY */
#define XENFM_MEMORY_ZERO_HOLES	(1U << 1) /* a page without memory reads as
					   * zeroes */

/**
 * xenfm_memory() - make a file of a domain's memory
 * @handle: from xenfm_open()
 * @domid: the domain that has the memory, 0 to 0xffff
 * @first_frame: number of the first frame; the others follow it
 * @num: number of frames, 1 to 0x7ffffffffffff
 * @flags: 0, or of XENFM_MEMORY_READ_ONLY and XENFM_MEMORY_ZERO_HOLES
 * @fd: out: a new descriptor, with close-on-exec; unchanged on failure. The
 *	caller closes it with close(2). The file stays when @handle is closed
 *
 * The file has @num * 4096 bytes. Byte 0 is the first byte of @first_frame. A
 * program maps the file with MAP_SHARED, reads and writes it, or passes it to
 * another process, which needs no right but the descriptor. The descriptor gives
 * access to these frames of this domain alone, whatever happens to @handle.
 *
 * The call does not ask the hypervisor. So it succeeds for a domain that does not
 * exist, and for a range with pages that have no memory (holes). An access to a
 * mapping of the file maps the frame, as with XENFM_MAP_LAZY; at a hole it is
 * SIGBUS. read(2) and write(2) fail with EIO at a hole. With
 * XENFM_MEMORY_ZERO_HOLES read(2) gives zeroes there. If there is no such domain,
 * both fail with EIO in any case.
 *
 * O_DIRECT, registered io_uring buffers, vmsplice(2) and MSG_ZEROCOPY fail with
 * EFAULT on memory of the file. privcmd(4) lists what the file can do.
 *
 * Mappings of the file do not count against xenfm_info.max_frames. A child of
 * fork(2) does not have them, but has the descriptor. They can be moved,
 * protected and unmapped only as a whole. After xenfm_release() their pages are
 * lazy again, and not empty. xenfm_populate() fails with -EINVAL on them.
 *
 * A later domain may have the same number. Close the file when its domain ends.
 *
 * Return: 0, or
 * -EOPNOTSUPP the driver does not support it (no XENFM_FEATURE_MEMORY);
 * -EINVAL @num or @domid out of range, a frame number is beyond 64 bits, or
 *	unknown @flags;
 * -EPERM the open file is restricted to another domain, or to none;
 * -ENOTTY @handle is of a file that xenfm_memory() made;
 * -EMFILE, -ENFILE no descriptor or open file left; -ENOMEM no memory.
 */
int xenfm_memory(struct xenfm *handle, uint32_t domid, uint64_t first_frame,
		 uint64_t num, unsigned int flags, int *fd);

/*
 * A table of guest memory. It maps the regions that a vhost-user front end
 * announces (SET_MEM_TABLE, ADD_MEM_REG, REM_MEM_REG), and turns addresses of
 * the guest into pointers. The numbers may come from a program that is not
 * trusted: for any number the result is an error, or memory of the table.
 *
 * Threads: any number of threads may call xenfm_mem_get(), xenfm_mem_put(),
 * xenfm_mem_guest_addr() and xenfm_mem_info() of one table at once. The functions
 * set, add, remove and free need the table alone, and they invalidate pointers
 * into the regions that they remove. The caller needs a lock of its own: during
 * these functions no other thread may call a function of that table, or use a
 * pointer into a region that goes.
 *
 * Fork: a child process has none of the foreign and grant regions, and no region
 * whose file is of xenfm_memory().
 */
struct xenfm_mem;

/* xenfm_mem_region.xen_flags, with the values that the protocol gives them */
#define XENFM_MEM_FOREIGN	(1U << 0) /* frames, through /dev/xen/privcmd */
#define XENFM_MEM_GRANT		(1U << 1) /* grants, through /dev/xen/gntdev */
#define XENFM_MEM_NO_ADVANCE	(1U << 3) /* with _GRANT: mapped only by get */

/* xenfm_mem_new() flags */
#define XENFM_MEM_LAZY		(1U << 0) /* foreign regions as XENFM_MAP_LAZY */

/* This bit is set in a guest address that names a grant. */
#define XENFM_MEM_GRANT_BIT	(UINT64_C(1) << 63)

/**
 * struct xenfm_mem_region - a region as the front end announces it
 * @guest_addr: address of its first byte in the guest. For grants:
 *	XENFM_MEM_GRANT_BIT | reference << 12; consecutive pages have consecutive
 *	references
 * @size: number of bytes, 1 or more
 * @user_addr: address of its first byte in the front end, used by
 *	xenfm_mem_guest_addr()
 * @mmap_offset: offset of its first byte in the file; 0 for foreign and grant
 *	regions
 * @xen_flags: 0 for an ordinary file, or of XENFM_MEM_FOREIGN, _GRANT,
 *	_NO_ADVANCE
 * @domid: the domain that has the frames or grants; ignored for an ordinary file
 */
struct xenfm_mem_region {
	uint64_t guest_addr;
	uint64_t size;
	uint64_t user_addr;
	uint64_t mmap_offset;
	uint32_t xen_flags;
	uint32_t domid;
};

/**
 * struct xenfm_mem_info - a region of the table
 * @guest_addr: address of its first byte in the guest
 * @size: number of bytes
 * @failed: number of frames of a foreign region that could not be mapped when it
 *	was added; 0 if the region is lazy
 * @lazy: 1 if the first access to a page maps its frame: a foreign region of a
 *	table with XENFM_MEM_LAZY, or an ordinary file that xenfm_memory() made.
 *	Else 0
 * @xen_flags: as announced
 */
struct xenfm_mem_info {
	uint64_t guest_addr;
	uint64_t size;
	uint64_t failed;
	uint32_t lazy;
	uint32_t xen_flags;
};

/**
 * xenfm_mem_new() - make an empty table
 * @mem: out: the table; unchanged on failure. The caller frees it with
 *	xenfm_mem_free()
 * @flags: 0 or XENFM_MEM_LAZY
 *
 * Return: 0, -EINVAL unknown @flags, or -ENOMEM.
 */
int xenfm_mem_new(struct xenfm_mem **mem, unsigned int flags);

/**
 * xenfm_mem_free() - unmap all regions and free the table
 * @mem: from xenfm_mem_new(), invalid after the call; with NULL the call does
 *	nothing
 */
void xenfm_mem_free(struct xenfm_mem *mem);

/**
 * xenfm_mem_set() - replace the whole table
 * @mem: from xenfm_mem_new()
 * @regions: @num regions, in any order
 * @fds: the descriptor of each region, as for xenfm_mem_add()
 * @num: number of regions; 0 empties the table
 *
 * If the call fails, the table is unchanged. The call maps the new regions
 * before it unmaps the old ones.
 *
 * Return: as xenfm_mem_add() for the region that failed.
 */
int xenfm_mem_set(struct xenfm_mem *mem, const struct xenfm_mem_region *regions,
		  const int *fds, size_t num);

/**
 * xenfm_mem_add() - add one region
 * @mem: from xenfm_mem_new()
 * @region: the region; the call does not keep the pointer
 * @fd: a descriptor of an ordinary file (a memfd, or a file of xenfm_memory()), of
 *	/dev/xen/privcmd or of /dev/xen/gntdev, as @region says. The caller may
 *	close it at any time
 *
 * The call maps the region readable and writable. It maps grants, too, unless
 * the region is XENFM_MEM_NO_ADVANCE. The table changes only if the call
 * succeeds.
 *
 * A foreign region may have holes: the call succeeds if at least one frame can
 * be mapped. An access to a page whose frame failed is SIGBUS, and
 * xenfm_mem_info() counts these frames. The call retries frames that are paged
 * out for two seconds.
 *
 * An ordinary file must be as long as the region says. If a front end shortens
 * it later, an access beyond its new end is SIGBUS; F_SEAL_SHRINK prevents that.
 * A file of xenfm_memory() cannot be shortened, but an access to a page without
 * memory is SIGBUS. Such a region is lazy whatever the flags of the table are.
 *
 * Return: 0, or
 * -EINVAL the size is 0, the end is beyond the last address or offset, flags are
 *	unknown or exclude each other, the domid is above 0xffff, a foreign or
 *	grant region has an offset, a grant address lacks its bit, references are
 *	beyond 32 bits (for XENFM_MEM_NO_ADVANCE xenfm_mem_get() checks this), or
 *	the file is too short;
 * -EEXIST a guest address is in the table already;
 * -EBADF @fd is not open; -ENOTTY @fd is not the device that the flags say;
 * -EMFILE no descriptor left for a duplicate;
 * -EACCES, -EPERM, -ENODEV the file cannot be mapped writable, or not at all, or
 *	the device is restricted to another domain;
 * -ESRCH no such domain; -ENOMEM no memory or address space, or more frames or
 *	grants than the device allows; any other errno of the first frame if all
 *	frames fail, or of a grant.
 */
int xenfm_mem_add(struct xenfm_mem *mem, const struct xenfm_mem_region *region,
		  int fd);

/**
 * xenfm_mem_remove() - remove one region
 * @mem: from xenfm_mem_new()
 * @guest_addr: of the region, as it was added
 * @size: of the region
 * @user_addr: of the region
 *
 * Return: 0, or -ENOENT no region has exactly these three values.
 */
int xenfm_mem_remove(struct xenfm_mem *mem, uint64_t guest_addr, uint64_t size,
		     uint64_t user_addr);

/**
 * xenfm_mem_info() - describe a region
 * @mem: from xenfm_mem_new()
 * @guest_addr: any address of the region
 * @info: out: the description; unchanged on failure
 *
 * Return: 0, or -EFAULT no region has that address.
 */
int xenfm_mem_info(const struct xenfm_mem *mem, uint64_t guest_addr,
		   struct xenfm_mem_info *info);

/**
 * xenfm_mem_get() - turn an address of the guest into a pointer
 * @mem: from xenfm_mem_new()
 * @guest_addr: address of the first byte
 * @len: in: number of bytes wanted, 1 or more; out: how many of them lie in one
 *	piece at @ptr, 1 or more. Unchanged on failure
 * @flags: 0, or XENFM_MAP_WRITE for memory that will be written
 * @ptr: out: the pointer; unchanged on failure. The caller ends its use with
 *	xenfm_mem_put()
 *
 * A piece ends where its region ends. In a XENFM_MEM_NO_ADVANCE region it also
 * ends after a megabyte. The caller asks again for the rest.
 *
 * The grants of a XENFM_MEM_NO_ADVANCE region are mapped by this call, read-only
 * without XENFM_MAP_WRITE. For all other regions the call only searches the
 * table.
 *
 * Return: 0, or
 * -EFAULT @guest_addr is in no region, or its grant cannot be mapped as wanted;
 * -EINVAL @len is 0, unknown @flags;
 * -ENOMEM no memory, or more grants than the device allows.
 */
int xenfm_mem_get(struct xenfm_mem *mem, uint64_t guest_addr, size_t *len,
		  unsigned int flags, void **ptr);

/**
 * xenfm_mem_put() - end the use of a pointer
 * @mem: the table of the pointer
 * @ptr: the pointer exactly as xenfm_mem_get() returned it
 * @len: the length that xenfm_mem_get() returned
 *
 * Each successful xenfm_mem_get() needs one xenfm_mem_put(), before the region is
 * removed.
 */
void xenfm_mem_put(struct xenfm_mem *mem, void *ptr, size_t len);

/**
 * xenfm_mem_guest_addr() - turn an address of the front end into the guest's
 * @mem: from xenfm_mem_new()
 * @user_addr: address of the first byte in the front end
 * @len: number of bytes, 1 or more, that must lie in the same region
 * @guest_addr: out: address of the first byte in the guest; unchanged on failure
 *
 * A front end announces the rings of a vhost-user device with its own addresses.
 * Regions may overlap in the front end's address space. The call then uses the
 * region with the lowest guest address.
 *
 * Return: 0, or
 * -EFAULT not all of these bytes are in one region;
 * -EINVAL @len is 0.
 */
int xenfm_mem_guest_addr(const struct xenfm_mem *mem, uint64_t user_addr,
			 size_t len, uint64_t *guest_addr);

#ifdef __cplusplus
}
#endif

#endif /* XENFM_H */
