/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * libxenfm: another Xen domain's memory, mapped into this process through
 * /dev/xen/privcmd, or copied without a mapping; and the table of a guest's
 * memory that a vhost-user back end keeps. It makes no hypercalls and builds no
 * domains.
 *
 * Results: every function that can fail returns 0 or a negative errno, and
 * leaves errno itself alone. Nothing is logged, no thread is started, and the
 * library keeps no state but what hangs on a handle.
 *
 * Threads: a handle does not change between xenfm_open() and xenfm_close(), so
 * any number of threads may use it at once. The caller sees to it that nobody
 * uses a handle that is being closed, or an area that is being unmapped or
 * released. A table of guest memory does change: see there.
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
#define XENFM_FEATURE_MAP	(UINT64_C(1) << 3) /* XENFM_MAP_STRICT and _LAZY,
						    * release, populate */
#define XENFM_FEATURE_COPY	(UINT64_C(1) << 4) /* reading and writing needs
						    * no mapping */

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

/* Flags of what maps */
#define XENFM_MAP_WRITE		(1U << 0) /* writable as well as readable */
#define XENFM_MAP_STRICT	(1U << 1) /* a frame that is refused writable
					   * fails, never read-only instead */
#define XENFM_MAP_LAZY		(1U << 2) /* nothing now: frames come with the
					   * first touch */

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
 * xenfm_open_fd() - a handle on a device that somebody else has opened
 * @handle: where the new handle goes; untouched on failure. The caller ends it
 *	with xenfm_close()
 * @fd: a descriptor of it, restricted or not; read, and the caller's to close
 *	at any time: the handle has a duplicate
 * @flags: 0
 *
 * For a program that gets its descriptor from a more privileged one, as a
 * de-privileged device model does, or a vhost-user back end.
 *
 * Return: 0, or
 * -EINVAL unknown @flags;
 * -EBADF @fd is not open;
 * -ENOTTY the file is no privcmd device;
 * -EMFILE no descriptor left; -ENOMEM no memory.
 */
int xenfm_open_fd(struct xenfm **handle, int fd, unsigned int flags);

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
 * @flags: 0, or of XENFM_MAP_WRITE, XENFM_MAP_STRICT, XENFM_MAP_LAZY
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
 * drivers fail that frame, and so does xen-privcmd with XENFM_MAP_STRICT.
 *
 * With XENFM_MAP_LAZY nothing is asked of the hypervisor now: the call returns
 * at once and every result is 0. A frame is mapped when its page is touched for
 * the first time, and some of its neighbours with it; if it cannot be, the touch
 * is SIGBUS. A driver without XENFM_FEATURE_MAP maps all of them now instead, so
 * a program that must know looks at xenfm_info.features.
 *
 * The mapping is one piece: it can be unmapped, moved with mremap(2) or changed
 * with mprotect(2) as a whole, but not in part. xenfm_release() gives back the
 * frames of a part.
 *
 * Return: 0, or
 * -EINVAL @num or @domid out of range, or unknown @flags;
 * -EOPNOTSUPP XENFM_MAP_STRICT, and a driver that maps read-only instead but
 *	cannot be told not to (xen-privcmd without XENFM_FEATURE_MAP);
 * -EPERM the open file is restricted to another domain, or to none;
 * -ESRCH no such domain (drivers differ in whether they say so here or in
 *	@err);
 * -ENOMEM no memory or address space, or more than xenfm_info.max_frames;
 * -EFAULT @frames or @err cannot be read or written; @frames is NULL.
 */
int xenfm_map(struct xenfm *handle, uint32_t domid, const uint64_t *frames,
	      size_t num, unsigned int flags, unsigned int timeout_ms, int *err,
	      void **addr);

/**
 * xenfm_map_range() - map frames that follow each other
 * @handle: from xenfm_open()
 * @domid: as for xenfm_map()
 * @first_frame: number of the first frame; the others follow it
 * @num: as for xenfm_map()
 * @flags: as for xenfm_map()
 * @timeout_ms: as for xenfm_map()
 * @err: as for xenfm_map()
 * @addr: as for xenfm_map()
 *
 * xenfm_map() without the array, which for a large range is what counts: with
 * XENFM_FEATURE_MAP no array is made anywhere.
 *
 * Return: as xenfm_map(); -EINVAL also if there are no such frame numbers.
 */
int xenfm_map_range(struct xenfm *handle, uint32_t domid, uint64_t first_frame,
		    size_t num, unsigned int flags, unsigned int timeout_ms,
		    int *err, void **addr);

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
 * xenfm_release() - give back the frames of a part of a mapping
 * @handle: the one it was made with
 * @addr: first page, page aligned
 * @num: pages, 1 or more, all of one mapping
 *
 * The pages stay the mapping's and are empty: touching one is SIGBUS, until
 * xenfm_populate() puts frames there. Nothing of them keeps their domain alive.
 * Pages that are empty already are no error. A mapping all of whose pages are
 * released is as if it were new: the next call populates all of it, and may do so
 * with another domain, strict or not.
 *
 * Return: 0, or
 * -EOPNOTSUPP the driver cannot (no XENFM_FEATURE_MAP);
 * -EINVAL not pages of one mapping of xen-privcmd's;
 * -EFAULT the mapping went away meanwhile;
 * -ENOMEM no memory to note it; some of the pages may be released.
 */
int xenfm_release(struct xenfm *handle, void *addr, size_t num);

/**
 * xenfm_populate() - put frames into empty pages of a mapping
 * @handle: the one it was made with
 * @domid: the domain that the mapping is of
 * @addr: first page, page aligned
 * @frames: as for xenfm_map()
 * @num: pages, 1 or more, all of one mapping and all empty: released, or failed
 * @flags: 0, or of XENFM_MAP_STRICT, exactly if the mapping was made with it, and
 *	XENFM_MAP_LAZY; the access is the mapping's
 * @timeout_ms: as for xenfm_map()
 * @err: as for xenfm_map()
 *
 * If the call fails, all of these pages are empty, as they were; but if @err was
 * taken away while the call was at work (-EFAULT), some frames may be there.
 *
 * Return: as xenfm_map(), and
 * -EOPNOTSUPP the driver cannot (no XENFM_FEATURE_MAP);
 * -EINVAL also if they are no such pages, or the mapping is another domain's, or
 *	is strict and @flags are not, or the other way round.
 */
int xenfm_populate(struct xenfm *handle, uint32_t domid, void *addr,
		   const uint64_t *frames, size_t num, unsigned int flags,
		   unsigned int timeout_ms, int *err);

/**
 * xenfm_status() - what stands in a mapping
 * @handle: the one it was made with
 * @addr: first page to ask about, page aligned
 * @num: pages, 1 or more, all of one mapping
 * @status: room for @num answers, in the order of the pages
 *
 * Return: 0, or
 * -EOPNOTSUPP the driver cannot (any other than xen-privcmd);
 * -EINVAL not pages of one mapping of xen-privcmd's;
 * -EFAULT @status cannot be written.
 */
int xenfm_status(struct xenfm *handle, const void *addr, size_t num,
		 struct xenfm_frame *status);

/**
 * xenfm_read() - copy a domain's memory into this process
 * @handle: from xenfm_open()
 * @domid: whose memory, 0 to 0xffff
 * @guest_addr: address of the first byte: frame number * 4096 + offset
 * @buf: room for @len bytes
 * @len: bytes, 0 or more; neither this nor the address has to be aligned
 * @done: NULL, or where the number of bytes goes that were copied, from the
 *	first one on without a gap; written whatever the call returns
 *
 * With XENFM_FEATURE_COPY no mapping is made, @buf may be any memory, and a
 * domain that dies meanwhile is an error. With other drivers the memory is
 * mapped a megabyte at a time, copied and unmapped.
 *
 * Nothing here is atomic: a running domain may change its memory meanwhile.
 *
 * Return: 0 if all of it was copied, or what stopped it:
 * -EINVAL @domid out of range, the memory would end beyond the last address, or
 *	the errno of a frame that is no memory: drivers and hypervisors have others
 *	for that, too;
 * -EFAULT @buf cannot be written;
 * -ENOENT a frame is paged out;
 * -EIO the driver copied nothing and had no error;
 * -EPERM, -ESRCH, -ENOMEM as for xenfm_map().
 */
int xenfm_read(struct xenfm *handle, uint32_t domid, uint64_t guest_addr,
	       void *buf, size_t len, size_t *done);

/**
 * xenfm_write() - copy from this process into a domain's memory
 * @handle: as for xenfm_read()
 * @domid: as for xenfm_read()
 * @guest_addr: as for xenfm_read()
 * @buf: @len bytes
 * @len: as for xenfm_read()
 * @done: as for xenfm_read()
 *
 * A frame that the hypervisor lets be mapped read-only alone is an error here.
 *
 * Return: as xenfm_read(); -EFAULT if @buf cannot be read; -EOPNOTSUPP with a
 * xen-privcmd that has neither XENFM_FEATURE_COPY nor XENFM_FEATURE_MAP.
 */
int xenfm_write(struct xenfm *handle, uint32_t domid, uint64_t guest_addr,
		const void *buf, size_t len, size_t *done);

/*
 * A table of guest memory: the regions that a vhost-user front end announces
 * (SET_MEM_TABLE, ADD_MEM_REG, REM_MEM_REG), mapped, and addresses of the guest
 * turned into pointers. It takes numbers from a program that need not be
 * trusted: whatever they are, what comes out is an error or memory of the table.
 *
 * Threads: any number of them may be in xenfm_mem_get(), xenfm_mem_put(),
 * xenfm_mem_guest_addr() and xenfm_mem_info() of one table at once. set, add,
 * remove and free are for one thread alone, and end what get gave of the regions
 * that go: the caller sees to it, with a lock of its own, that nobody is in any
 * function of that table, or uses a pointer of it, meanwhile.
 *
 * Fork: a child has none of the foreign and grant regions.
 */
struct xenfm_mem;

/* xenfm_mem_region.xen_flags, with the values that the protocol gives them */
#define XENFM_MEM_FOREIGN	(1U << 0) /* frames, through /dev/xen/privcmd */
#define XENFM_MEM_GRANT		(1U << 1) /* grants, through /dev/xen/gntdev */
#define XENFM_MEM_NO_ADVANCE	(1U << 3) /* with _GRANT: mapped by get alone */

/* xenfm_mem_new() flags */
#define XENFM_MEM_LAZY		(1U << 0) /* foreign regions as XENFM_MAP_LAZY */

/* The bit of a guest address that says that it names a grant. */
#define XENFM_MEM_GRANT_BIT	(UINT64_C(1) << 63)

/**
 * struct xenfm_mem_region - a region as the front end announces it
 * @guest_addr: its first byte, as the guest has it. Of grants:
 *	XENFM_MEM_GRANT_BIT | reference << 12, and the references follow each other
 * @size: bytes, 1 or more
 * @user_addr: its first byte, as the front end has it: xenfm_mem_guest_addr()
 * @mmap_offset: byte in the file; 0 for foreign and grant regions
 * @xen_flags: 0 for an ordinary file, or of XENFM_MEM_FOREIGN, _GRANT,
 *	_NO_ADVANCE
 * @domid: whose frames or grants; not looked at for an ordinary file
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
 * struct xenfm_mem_info - what became of a region
 * @guest_addr: its first byte
 * @size: bytes
 * @failed: frames of a foreign region that could not be mapped when it was
 *	added; 0 if it is lazy, as nobody has tried yet
 * @lazy: 1 for a foreign region whose frames come with the first touch, else 0
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
 * xenfm_mem_new() - an empty table
 * @mem: where it goes; untouched on failure. The caller ends it with
 *	xenfm_mem_free()
 * @flags: 0 or XENFM_MEM_LAZY
 *
 * Return: 0, -EINVAL unknown @flags, or -ENOMEM.
 */
int xenfm_mem_new(struct xenfm_mem **mem, unsigned int flags);

/**
 * xenfm_mem_free() - unmap everything and give up the table
 * @mem: from xenfm_mem_new(), gone after the call; NULL does nothing
 */
void xenfm_mem_free(struct xenfm_mem *mem);

/**
 * xenfm_mem_set() - replace the whole table
 * @mem: from xenfm_mem_new()
 * @regions: @num of them, in any order
 * @fds: the descriptor of each, as for xenfm_mem_add()
 * @num: how many; 0 empties the table
 *
 * Either all of them make the new table, or the old one stands unchanged. The
 * new regions are mapped before the old ones are unmapped.
 *
 * Return: as xenfm_mem_add() for the region that failed.
 */
int xenfm_mem_set(struct xenfm_mem *mem, const struct xenfm_mem_region *regions,
		  const int *fds, size_t num);

/**
 * xenfm_mem_add() - add one region
 * @mem: from xenfm_mem_new()
 * @region: which; read during the call only
 * @fd: an ordinary file (a memfd), /dev/xen/privcmd or /dev/xen/gntdev,
 *	whichever @region is of. The caller's to close at any time
 *
 * The region is mapped readable and writable; grants that are not
 * XENFM_MEM_NO_ADVANCE are mapped here, too. The table changes only if the call
 * succeeds.
 *
 * A foreign region may have holes: frames that cannot be mapped do not make the
 * call fail, as long as there is one that can. Touching such a page is SIGBUS,
 * xenfm_mem_info() counts them. Frames that are paged out are asked for again
 * for two seconds.
 *
 * An ordinary file must be as long as the region says. A front end that shortens
 * it later makes the touch of what is gone SIGBUS; F_SEAL_SHRINK prevents it.
 *
 * Return: 0, or
 * -EINVAL size 0, an end beyond the last address or offset, unknown flags or
 *	flags that exclude each other, domid above 0xffff, an offset where none can
 *	be, a grant address without its bit, references beyond 32 bits (of
 *	XENFM_MEM_NO_ADVANCE regions get finds that), a file that is too short;
 * -EEXIST a guest address is in the table already;
 * -EBADF @fd is not open; -ENOTTY @fd is not the device that the flags say;
 * -EACCES, -EPERM, -ENODEV the file cannot be mapped writable, or not at all, or
 *	the device is restricted to another domain;
 * -ESRCH no such domain; -ENOMEM no memory or address space, or more frames or
 *	grants than the device has; any other errno of the first frame if all of
 *	them fail, or of a grant.
 */
int xenfm_mem_add(struct xenfm_mem *mem, const struct xenfm_mem_region *region,
		  int fd);

/**
 * xenfm_mem_remove() - take one region out
 * @mem: from xenfm_mem_new()
 * @guest_addr: of the region, as it was added
 * @size: of the region
 * @user_addr: of the region
 *
 * Return: 0, or -ENOENT no region has exactly these three.
 */
int xenfm_mem_remove(struct xenfm_mem *mem, uint64_t guest_addr, uint64_t size,
		     uint64_t user_addr);

/**
 * xenfm_mem_info() - what became of a region
 * @mem: from xenfm_mem_new()
 * @guest_addr: any address of the region
 * @info: where the facts go
 *
 * Return: 0, or -EFAULT no region has that address.
 */
int xenfm_mem_info(const struct xenfm_mem *mem, uint64_t guest_addr,
		   struct xenfm_mem_info *info);

/**
 * xenfm_mem_get() - a guest's address as a pointer
 * @mem: from xenfm_mem_new()
 * @guest_addr: address of the first byte
 * @len: in: bytes wanted, 1 or more; out: how many of them lie in one piece at
 *	@ptr, 1 or more. Untouched on failure
 * @flags: 0, or XENFM_MAP_WRITE for memory that will be written
 * @ptr: where the pointer goes; untouched on failure. Ended by xenfm_mem_put()
 *
 * A piece ends where its region ends, and that of grants after a megabyte at
 * most; the caller asks again for the rest. Grants of a XENFM_MEM_NO_ADVANCE
 * region are mapped here and read-only without XENFM_MAP_WRITE; all other
 * pointers come at the cost of a search in the table.
 *
 * Return: 0, or
 * -EFAULT @guest_addr is in no region, or its grant cannot be mapped as wanted;
 * -EINVAL @len is 0, unknown @flags;
 * -ENOMEM no memory, or more grants than the device has.
 */
int xenfm_mem_get(struct xenfm_mem *mem, uint64_t guest_addr, size_t *len,
		  unsigned int flags, void **ptr);

/**
 * xenfm_mem_put() - done with a piece
 * @mem: the table it is of
 * @ptr: from xenfm_mem_get(), exactly
 * @len: as it came out of xenfm_mem_get()
 *
 * Every successful get wants one put, before the region goes.
 */
void xenfm_mem_put(struct xenfm_mem *mem, void *ptr, size_t len);

/**
 * xenfm_mem_guest_addr() - the front end's address as a guest's
 * @mem: from xenfm_mem_new()
 * @user_addr: address of the first byte, as the front end has it
 * @len: bytes, 1 or more, that must lie in the same region
 * @guest_addr: where the guest's address goes; untouched on failure
 *
 * The rings of a vhost-user device are announced this way. Regions may overlap
 * in the front end; the one with the lowest guest address is taken then.
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
