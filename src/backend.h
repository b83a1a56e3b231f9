/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A backend: how foreign frames get into an area. backend_pv.c writes the hypervisor's
 * page-table entries; backend_xlate.c (PVH, Arm) puts frames into slots of our physmap.
 */
#ifndef PRIVCMD_BACKEND_H
#define PRIVCMD_BACKEND_H

#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/privcmd.h>

#include "record.h"

struct mm_struct;
struct privcmd_file;
struct privcmd_map;
struct privcmd_piece;
struct vm_area_struct;

/* Bytes for each frame that a backend may want as scratch memory, at most. */
#define PRIVCMD_SCRATCH 24U

/* Frames of one chunk that a backend works on. */
struct privcmd_frames {
	struct privcmd_span span;
	s16 *status;	/* in and out, one for each frame of @span */
	void *scratch;	/* privcmd_backend.scratch bytes for each frame */
};

/*
 * Called with the mmap lock: enter, upgrade, clear. Called without it: alloc,
 * unalloc, map, map_resource, unmap, copy; and free, unless the chunk has no
 * slot. The others: with or without it.
 */
struct privcmd_backend {
	u32 id;			/* PRIVCMD_X_BACKEND_* */
	bool mfn;		/* MMAP works, which names machine frames */
	bool moves;		/* the core may move and change entries */
	unsigned int scratch;	/* bytes for each frame; PRIVCMD_SCRATCH at most */

	/*
	 * Auto-translated only; NULL on PV.
	 *
	 * alloc: take slots for the frames of @span, which have none, and count
	 * them against @pf. May sleep for long. unalloc: give these slots back;
	 * no frame is in them. map: put the frames into their slots, and set
	 * the status of each; a frame that fails loses its slot. map_resource:
	 * the same with frames of a resource, from the @first-th on; all of
	 * them or none. unmap: remove the frames of @span and give their slots
	 * back; a slot whose frame cannot be removed is lost.
	 *
	 * remove, free: the two halves of unmap, for all frames of a chunk that nobody
	 * uses any more.
	 */
	int (*alloc)(struct privcmd_file *pf, const struct privcmd_span *span);
	void (*unalloc)(const struct privcmd_span *span);
	void (*map)(domid_t dom, const struct privcmd_frames *frames);
	void (*map_resource)(const struct privcmd_mmap_resource *resource,
			     unsigned long first,
			     const struct privcmd_frames *frames);
	void (*unmap)(const struct privcmd_span *span);
	void (*remove)(struct privcmd_chunk *chunk);
	void (*free)(struct privcmd_chunk *chunk);

	/*
	 * Make entries for @frames from @addr on, all in one page table, with
	 * the access that the VMA's vm_flags give. The statuses say what is
	 * known of each frame, in, and what became of it, out. -ENOMEM: no page
	 * table; nothing was changed. Called with the mmap lock and the
	 * mapping's lock held.
	 */
	int (*enter)(struct vm_area_struct *vma, unsigned long addr,
		     const struct privcmd_map *map,
		     const struct privcmd_frames *frames);

	/*
	 * PV only. Make the entry at @addr writable. 0: it is. 1: it is, but it shows
	 * another frame now, because @gfn means another machine frame by now. -EACCES:
	 * refused, and the entry is as it was. The same locks as enter.
	 */
	int (*upgrade)(struct vm_area_struct *vma, unsigned long addr,
		       const struct privcmd_map *map, xen_pfn_t gfn);

	/*
	 * May be NULL. Drop entries of one mapping between @start and @end, and flush
	 * them from every TLB: all, some or none of them, if that is faster than the
	 * core's way. Called with the mmap lock held, while nobody makes entries there.
	 * May not wait for memory.
	 */
	void (*clear)(struct mm_struct *mm, unsigned long start,
		      unsigned long end);

	/*
	 * A window: map @nr frames of @map, which is a populated resource, from the
	 * @idx-th on, into the kernel's address space. Called with the mapping's lock
	 * held. The caller closes the window before it puts its reference on @map.
	 */
	void *(*open_window)(struct privcmd_map *map, unsigned long idx,
			     unsigned int nr);
	void (*close_window)(void *window, unsigned int nr);

	/*
	 * Copy between foreign frames and memory of the caller or of the kernel, see
	 * copy.h. piece->done counts what was copied without a gap; if that is not all,
	 * the return value says why.
	 */
	int (*copy)(struct privcmd_piece *piece);
};

extern const struct privcmd_backend *privcmd_backend;
extern const struct privcmd_backend privcmd_backend_pv;
extern const struct privcmd_backend privcmd_backend_xlate;

#endif /* PRIVCMD_BACKEND_H */
