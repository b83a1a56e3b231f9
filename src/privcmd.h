/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All internal types and cross-file functions, grouped by file: the map of this
 * directory. Copyright (C) 2026 the xen-privcmd authors
 *
 * Who may call whom:
 *
 *   main -> restrict, fops_privcmd -> file, fdinfo, map; fops_hypercall -> buf
 *   file -> restrict (the gate), batch, xmap, query, copy, hcall, irqfd,
 *           ioeventfd
 *   batch, resource, xmap -> fill, undo -> map, record, backend
 *   xmap -> batch (frame numbers), query (statuses)      copy -> backend
 *   ioeventfd -> ioreq (ioreq.h) -> map
 *   query -> map, record                         backend_xlate -> resource
 *   fill, query, xmap, touch, lazy, ioreq -> gate -> file
 *   map -> record, notifier, gate -> backend -> the kernel's Xen interface
 *   map -> later -> map (the end of it)
 *   map -> touch -> lazy (lazy.h) -> map
 *   backend_xlate -> args (args.h), places (places.h) -> file, later
 *   backend_pv -> pv_clear, pv_copy, pv_window (pv.h); all of them -> pv_table
 *   backend_xlate -> xlate_copy        pv_copy, xlate_copy -> copy (the move)
 *   file, hcall, places -> later (to wait for it)
 *
 * Locks, outermost first:
 *
 *   privcmd_map.populate   one populating call at a time per mapping; killable
 *   asking (places.c)      and under it the kernel's locks of memory and CPU
 *                          hotplug; never with the mmap lock held
 *   mm->mmap_lock          read, for one page table (512 frames) at a time
 *   privcmd_map.lock       the record of a mapping and its page-table entries
 *   page-table locks       while entries are written, read back or dropped:
 *                          truncation of /proc/xen/privcmd drops them under
 *                          none of the locks above
 *
 *   A touch comes with the mmap lock held, and so takes .populate only after it
 *   has given that up (lazy.c).
 *
 *   privcmd_file.eventfds  bindings come and go one at a time
 *   privcmd_map.populate, .lock    while IOEVENTFD opens its window
 *   binding (ioreq.c)      event channels are looked at and bound
 *   privcmd_ioreq.lock     its kicks; interrupt
 *   eventfd's queue        inside eventfd_signal(), around irqfd's callback
 *   privcmd_file.irqfds_lock
 *
 * User memory is touched under none of them: a frame or error array may itself
 * lie in one of our mappings, or behind a userfaultfd that never answers. Nor is
 * it while a copy holds a foreign frame, but where that cannot wait (copy.c).
 */
#ifndef PRIVCMD_H
#define PRIVCMD_H

#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <xen/interface/xen.h>
#include <xen/privcmd.h>
#include <xen/privcmd_x.h>

#include "compat.h"
#include "fops.h"
#include "record.h"

/* ---- restrict.c: which domains an open file may name ---- */

#define PRIVCMD_UNRESTRICTED	0x10000	/* no domid has more than 16 bits */

int privcmd_restrict_init(void);
void privcmd_restrict_exit(void);
int privcmd_restrict_open(void);

/* ---- file.c: an open /dev/xen/privcmd ---- */

struct privcmd_file {
	struct kref ref;		/* of the open file; of each mapping that
					 * it made; of each gate of a mapping that
					 * it populated; of later.c's worker */
	bool closed;			/* no ioctl comes any more */
	atomic_long_t later;		/* frames of mappings that wait for
					 * later.c's worker */
	atomic_long_t places;		/* in dom0's physmap, taken and not yet
					 * given back */
	atomic_t domid;			/* PRIVCMD_UNRESTRICTED, or the only one;
					 * set once, by cmpxchg */
	atomic_long_t charged;		/* frames in records, of max_frames */
	atomic_long_t count[PRIVCMD_KINDS];	/* sums of its mappings */
	struct mutex eventfds;		/* assigns and deassigns, and: */
	struct list_head servers;	/* privcmd_ioreq, of IOEVENTFD */
	unsigned int nr_ioeventfds;	/* in all of them */
	spinlock_t irqfds_lock;
	struct list_head irqfds;	/* bindings that are not ending */
	atomic_t nr_irqfds;		/* and that are */
};

void privcmd_file_get(struct privcmd_file *pf);
void privcmd_file_put(struct privcmd_file *pf);
bool privcmd_file_may_touch(const struct privcmd_file *pf, domid_t dom);
bool privcmd_file_restricted(const struct privcmd_file *pf);
int privcmd_file_charge(struct privcmd_file *pf, unsigned long nr);
void privcmd_file_uncharge(struct privcmd_file *pf, unsigned long nr);

/* ---- map.c: the VMAs of /dev/xen/privcmd ---- */

/*
 * Whose touch found no place for which page of a mapping. Compared only, never
 * followed.
 */
struct privcmd_starved {
	const struct task_struct *task;
	unsigned long idx;
};

/*
 * What one VMA shows. Page-table entries are a cache of @record: any may be
 * dropped, .fault brings it back. References: one of each VMA (two while
 * mremap() moves it), one of each call at work on it, one of each ioreq server; the
 * last one gives the frames back, or leaves that to later.c. The calls and servers
 * may be another open file's. The mapping has a reference on @file, from .mmap to
 * privcmd_map_free(): the open file may be closed before.
 */
struct privcmd_map {
	struct kref ref;
	struct list_head later;		/* of later.c, when there is no reference */
	unsigned long held;		/* and how many frames are there then,
					 * which .empty has to remove */
	struct privcmd_file *file;	/* that made it: frames count for it */
	struct vm_operations_struct vm_ops;	/* the VMA's: leads to the mapping */
	unsigned long addr;		/* of the VMA; mmap_lock */
	unsigned long nr;		/* pages of the VMA */
	struct mutex populate;
	bool notified;			/* there is a notifier; mmap_lock */
#ifdef CONFIG_MMU_NOTIFIER
	struct mmu_interval_notifier notifier;
#endif
	struct mutex lock;		/* what follows, and the entries */
	bool populated;			/* what follows means something */
	bool resource;			/* numbers are the machine's (PV), or
					 * there are none */
	bool strict;			/* no read-only retry */
	domid_t dom;
	struct privcmd_starved starved;
	struct privcmd_gate *gates;	/* gate.c; changes under populate, too */
	unsigned long charged;		/* frames of the record, when no call
					 * is at work; populate */
	struct privcmd_record record;
};

struct privcmd_map *privcmd_map_claim(unsigned long addr, unsigned long nr,
				      unsigned long *idx);
struct vm_area_struct *privcmd_map_vma(struct privcmd_map *map);
void privcmd_map_drop(struct vm_area_struct *vma, unsigned long idx,
		      unsigned long nr);
int privcmd_map_set(struct privcmd_map *map, const struct privcmd_span *span,
		    const s16 *status);
unsigned long privcmd_map_count(struct privcmd_map *map,
				enum privcmd_kind kind);
void privcmd_map_set_rest(struct privcmd_map *map, s16 status);
int privcmd_map_take(struct privcmd_map *map, struct privcmd_record *from,
		     s16 status);
void privcmd_map_settle(struct privcmd_map *map);
void privcmd_map_reset(struct privcmd_map *map);
void *privcmd_map_window(struct privcmd_map *map, domid_t dom,
			 unsigned long idx, unsigned int nr);
void privcmd_map_put(struct privcmd_map *map);
void privcmd_map_empty(struct privcmd_map *map);
void privcmd_map_free(struct privcmd_map *map);

/* ---- gate.c: the files whose restriction counts for a mapping ---- */

/* Another file than the one that made the mapping: it has populated it. */
struct privcmd_gate {
	struct privcmd_gate *next;
	struct privcmd_file *pf;	/* a reference */
};

bool privcmd_gate_allows(const struct privcmd_map *map, domid_t dom);
bool privcmd_gate_admits(const struct privcmd_map *map,
			 const struct privcmd_file *pf);
int privcmd_gate_add(struct privcmd_map *map, struct privcmd_file *pf);
void privcmd_gate_remove_all(struct privcmd_map *map);

/* ---- touch.c: a page without an entry, or without the right one ---- */

vm_fault_t privcmd_touch(struct privcmd_map *map, struct vm_fault *vmf);
vm_fault_t privcmd_touch_write(struct privcmd_map *map, struct vm_fault *vmf);

/* ---- notifier.c: entries that the core is about to drop ---- */

#ifdef CONFIG_MMU_NOTIFIER
void privcmd_notifier_add(struct privcmd_map *map, struct mm_struct *mm);
void privcmd_notifier_remove(struct privcmd_map *map);
#else
static inline void privcmd_notifier_add(struct privcmd_map *map,
					struct mm_struct *mm)
{
}

static inline void privcmd_notifier_remove(struct privcmd_map *map)
{
}
#endif

/* ---- later.c: mappings that are gone, but for their frames ---- */

int privcmd_later_init(void);
void privcmd_later_exit(void);
void privcmd_later(struct privcmd_map *map);
int privcmd_later_drain(domid_t dom);
int privcmd_later_drain_all(void);
bool privcmd_later_is_crowded(void);

/* ---- fill.c: one populating call ---- */

/*
 * @req holds what the caller staged, frame numbers without gaps; when
 * privcmd_fill() has returned 0, each status in it is this call's answer.
 */
struct privcmd_fill {
	struct file *file;		/* of the caller */
	unsigned long addr;
	domid_t dom;
	bool all;			/* the first frame that fails ends it */
	bool lazy;			/* no frame is asked for now */
	bool strict;
	/* NULL, or: frames of this; @req has numbers on PV only */
	const struct privcmd_mmap_resource *resource;
	struct privcmd_file *payer;	/* whom @charged counts for: the caller's
					 * file, then the mapping's */
	unsigned long charged;
	struct privcmd_record req;
	struct privcmd_map *map;
	unsigned long idx;		/* of the first frame, in the mapping */
	unsigned long mapped;		/* frames behind privcmd_backend.map */
	unsigned long entered;		/* frames behind privcmd_backend.enter */
	bool failed;			/* a frame of the mapping has failed, of
					 * this call or of another */
};

int privcmd_fill_init(struct privcmd_fill *fill, struct file *file,
		      unsigned long addr, unsigned long nr, domid_t dom);
int privcmd_fill(struct privcmd_fill *fill);
void privcmd_fill_done(struct privcmd_fill *fill);
void privcmd_fill_step(struct privcmd_fill *fill, unsigned long done,
		       struct privcmd_span *req, struct privcmd_span *span);

/* ---- undo.c: the way back from one that failed ---- */

void privcmd_undo(struct privcmd_fill *fill);
void privcmd_undo_unmap(const struct privcmd_span *req,
			const struct privcmd_span *span);
int privcmd_undo_range(struct privcmd_map *map, unsigned long idx,
		       unsigned long nr);
void privcmd_undo_emptied(struct privcmd_map *map);

/* ---- copy.c: foreign memory without a mapping in user space ---- */

/* Our side of a copy: the kernel's memory, or the caller's, to read into. */
struct privcmd_buf {
	void *kernel;			/* NULL: @user */
	void __user *user;		/* access_ok() */
	struct privcmd_file *pf;	/* who may have to be asked again, and
					 * whom places count for */
};

int privcmd_copy_out(const struct privcmd_buf *buf, size_t at,
		     const void *window, size_t len);

/* ---- backend_pv.c, backend_xlate.c: how frames come into an area ---- */

#define PRIVCMD_SCRATCH		24U	/* privcmd_backend.scratch, at most */

struct privcmd_backend {
	u32 id;				/* PRIVCMD_X_BACKEND_* */
	bool mfn;			/* MMAP, which names machine frames */
	bool moves;			/* the core may move and change entries */
	unsigned int scratch;		/* bytes that .map and .enter may use, for
					 * each frame */

	/*
	 * Auto-translated only. alloc: give the frames of @span, which have
	 * none, places in our physmap, on account of @pf; it may wait. unalloc:
	 * take these back, as no frame was put there. map: put frames there;
	 * status of each in @status; who fails loses its place. unmap: remove
	 * the frames of @span, whose places are gone then, and one that cannot be
	 * removed keeps its page for ever. None of these with the mmap lock
	 * held. empty, give_back: the two halves of unmap, for what is left of a
	 * chunk that is of no other use any more; the former with any lock.
	 */
	int (*alloc)(struct privcmd_file *pf, const struct privcmd_span *span);
	void (*unalloc)(const struct privcmd_span *span);
	void (*map)(domid_t dom, const struct privcmd_span *span, s16 *status,
		    void *scratch);
	void (*map_resource)(const struct privcmd_mmap_resource *resource,
			     unsigned long first,
			     const struct privcmd_span *span, s16 *status,
			     void *scratch);
	void (*unmap)(const struct privcmd_span *span);
	void (*empty)(struct privcmd_chunk *chunk);
	void (*give_back)(struct privcmd_chunk *chunk);

	/*
	 * Make entries for the frames of @span at @addr, all in one page table,
	 * as vm_flags say. @status tells what is known of each frame, and
	 * what became of it. -ENOMEM: no page table; nothing is changed.
	 * The mmap lock and the mapping's lock are held.
	 */
	int (*enter)(struct vm_area_struct *vma, unsigned long addr,
		     const struct privcmd_map *map,
		     const struct privcmd_span *span, s16 *status,
		     void *scratch);

	/*
	 * PV only: make the entry at @addr writable. -EACCES: refused, it stays
	 * as it is. 0: done. 1: done, but it shows another frame now, as the
	 * number means another one by now. The same locks.
	 */
	int (*upgrade)(struct vm_area_struct *vma, unsigned long addr,
		       const struct privcmd_map *map, xen_pfn_t gfn);

	/*
	 * May be NULL. Drop entries between @start and @end, in one mapping,
	 * and flush them from every TLB: all, some or none, as long as it is
	 * faster than the core. The mmap lock is held, nobody makes entries
	 * there, and nothing may wait for memory.
	 */
	void (*clear)(struct mm_struct *mm, unsigned long start,
		      unsigned long end);

	/*
	 * A window of the kernel's own on @nr frames of @map, a resource's, that
	 * are there, from the @idx-th on; the mapping's lock is held. It goes
	 * before the mapping does.
	 */
	void *(*open_window)(struct privcmd_map *map, unsigned long idx,
			     unsigned int nr);
	void (*close_window)(void *window, unsigned int nr);

	/*
	 * Copy @len bytes between @buf and the frames of @dom, from byte
	 * @offset of the first on; @span has their numbers, PRIVCMD_SPARE at
	 * most. How many came over without a gap; if that is not all, @error
	 * says why.
	 */
	size_t (*copy)(domid_t dom, const struct privcmd_span *span,
		       size_t offset, const struct privcmd_buf *buf, size_t len,
		       bool write, int *error);
};

/* xlate_copy.c; PV has pv.h. */
size_t privcmd_xlate_copy(domid_t dom, const struct privcmd_span *span,
			  size_t offset, const struct privcmd_buf *buf,
			  size_t len, bool write, int *error);

/* resource.c: ask for frames of a resource, or for their number. */
int privcmd_resource_acquire(const struct privcmd_mmap_resource *resource,
			     unsigned long first, unsigned int nr,
			     xen_pfn_t *frames);

extern const struct privcmd_backend privcmd_backend_pv;
extern const struct privcmd_backend privcmd_backend_xlate;

/* ---- main.c ---- */

extern const struct privcmd_backend *privcmd_backend;
extern bool privcmd_ro_retry;
extern bool privcmd_fast;
extern bool privcmd_unrestricted;
extern unsigned long privcmd_max_frames;
extern unsigned long privcmd_max_later;
extern unsigned int privcmd_fault_around;
extern unsigned int privcmd_max_irqfds;
extern unsigned int privcmd_dm_op_max_nr_bufs;
extern unsigned int privcmd_dm_op_buf_max_size;

/* ---- irqfd.c, ioeventfd.c: what is bound to a file until it is closed ---- */

#ifdef CONFIG_EVENTFD
int privcmd_irqfd_init(void);
void privcmd_irqfd_exit(void);
void privcmd_irqfd_open(struct privcmd_file *pf);
void privcmd_irqfd_release(struct privcmd_file *pf);
long privcmd_irqfd(struct file *file, void *arg);
void privcmd_ioeventfd_open(struct privcmd_file *pf);
void privcmd_ioeventfd_release(struct privcmd_file *pf);
long privcmd_ioeventfd(struct file *file, void *arg);
#else
static inline int privcmd_irqfd_init(void) { return 0; }
static inline void privcmd_irqfd_exit(void) {}
static inline void privcmd_irqfd_open(struct privcmd_file *pf) {}
static inline void privcmd_irqfd_release(struct privcmd_file *pf) {}
static inline void privcmd_ioeventfd_open(struct privcmd_file *pf) {}
static inline void privcmd_ioeventfd_release(struct privcmd_file *pf) {}

static inline long privcmd_irqfd(struct file *file, void *arg)
{
	return -EOPNOTSUPP;
}

static inline long privcmd_ioeventfd(struct file *file, void *arg)
{
	return -EOPNOTSUPP;
}
#endif

/*
 * ---- batch.c, xmap.c, resource.c, query.c, copy.c, hcall.c, dm_op.c: handlers
 * of ioctls; the table in file.c names them ----
 *
 * They get a copy of the caller's struct. PRIVCMD_ANSWER, of those that the
 * table lets answer (ANSWERS): write it back, and 0 to the caller. What a handler
 * with ANSWERS_ANYHOW was given is written back whatever it returns, an error too,
 * as it says how far the call has come (X_COPY).
 */
#define PRIVCMD_ANSWER	1

long privcmd_batch_mmap(struct file *file, void *arg);
long privcmd_batch_v1(struct file *file, void *arg);
long privcmd_batch_v2(struct file *file, void *arg);
int privcmd_batch_gather(struct privcmd_fill *fill,
			 const xen_pfn_t __user *arr, int __user *err,
			 bool answers);
long privcmd_xmap(struct file *file, void *arg);
long privcmd_xmap_unmap(struct file *file, void *arg);
long privcmd_copy(struct file *file, void *arg);
void privcmd_query_describe(struct privcmd_x_frame *frame, s16 status);
long privcmd_query_info(struct file *file, void *arg);
long privcmd_query_status(struct file *file, void *arg);
long privcmd_hcall(struct file *file, void *arg);
long privcmd_hcall_x(struct file *file, void *arg);
long privcmd_hcall_get_gsi(struct file *file, void *arg);
long privcmd_dm_op(struct file *file, void *arg);
long privcmd_resource(struct file *file, void *arg);

#endif /* PRIVCMD_H */
