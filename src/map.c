// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A mapping, from .mmap to the removal of its last frame. This file writes the
 * fields of struct privcmd_map. Other files change the record only by functions
 * of record.c. backend_xlate.c writes the slots in the chunks; notifier.c,
 * gate.c and reaper.c change their own fields.
 */
#include <linux/sched.h>
#include <linux/slab.h>

#include "backend.h"
#include "compat.h"
#include "file.h"
#include "map.h"

/* ---- the record, and the file's counts of frames by kind ---- */

/*
 * Add what has changed since @before to the file's counts, which fdinfo
 * reports. fdinfo does not report PRIVCMD_KIND_NONE.
 */
static void map_account(struct privcmd_map *map, const unsigned long *before)
{
	unsigned int k;

	for (k = PRIVCMD_KIND_LAZY; k < PRIVCMD_KINDS; k++) {
		long delta = map->record.count[k] - before[k];

		if (delta)
			atomic_long_add(delta, &map->gates.file->count[k]);
	}
}

/*
 * Call privcmd_record_set() for the mapping's record, and update the file's
 * counts. Called with map->lock held.
 */
int privcmd_map_set(struct privcmd_map *map, const struct privcmd_span *span,
		    const s16 *status)
{
	unsigned long before[PRIVCMD_KINDS];
	int ret;

	lockdep_assert_held(&map->lock);
	memcpy(before, map->record.count, sizeof(before));
	ret = privcmd_record_set(&map->record, span, status);
	map_account(map, before);
	return ret;
}

/*
 * Call privcmd_record_set_rest() for the mapping's record, and update the
 * file's counts. Called with map->lock held.
 */
void privcmd_map_set_rest(struct privcmd_map *map, s16 status)
{
	unsigned long before[PRIVCMD_KINDS];

	lockdep_assert_held(&map->lock);
	memcpy(before, map->record.count, sizeof(before));
	privcmd_record_set_rest(&map->record, status);
	map_account(map, before);
}

/*
 * Call privcmd_record_adopt() for the record of a mapping that is not
 * populated, and update the file's counts. Called with map->populate held.
 */
int privcmd_map_adopt(struct privcmd_map *map, struct privcmd_record *from,
		      s16 status)
{
	unsigned long before[PRIVCMD_KINDS];
	int ret;

	lockdep_assert_held(&map->populate);
	memcpy(before, map->record.count, sizeof(before));
	ret = privcmd_record_adopt(&map->record, from, status);
	map_account(map, before);
	return ret;
}

/*
 * The number of frames of @kind. A fault may change this number at any time,
 * without map->populate.
 */
unsigned long privcmd_map_count(struct privcmd_map *map, enum privcmd_kind kind)
{
	unsigned long nr;

	mutex_lock(&map->lock);
	nr = map->record.count[kind];
	mutex_unlock(&map->lock);
	return nr;
}

/* ---- the end ---- */

/*
 * Remove the mapping's frames from our physmap, if reap.held is not 0. Uncharge
 * map->charged. No other thread uses the record any more.
 */
static void map_remove_frames(struct privcmd_map *map)
{
	struct privcmd_chunk *chunk;
	unsigned long i;

	for (i = 0;
	     map->reap.held && (chunk = privcmd_record_next(&map->record, &i));
	     i++) {
		if (i)
			cond_resched();
		privcmd_backend->remove(chunk);
	}
	map->reap.held = 0;
	privcmd_file_uncharge(map->gates.file, map->charged);
	map->charged = 0;
}

/* Give back the slots of frames that were removed, and free the record. */
static void map_free_slots(struct privcmd_map *map)
{
	struct privcmd_chunk *chunk;
	unsigned long i;

	for (i = 0; privcmd_backend->free &&
		    (chunk = privcmd_record_next(&map->record, &i));
	     i++) {
		if (i)
			cond_resched();
		privcmd_backend->free(chunk);
	}
	privcmd_record_destroy(&map->record);
}

/*
 * Free a mapping that has no reference any more. Put the reference on
 * gates.file last: the frames are charged to that file until they are removed.
 */
static void map_free(struct privcmd_map *map)
{
	struct privcmd_file *pf = map->gates.file;

	map_remove_frames(map);
	map_free_slots(map);
	privcmd_gates_clear(&map->gates);
	privcmd_file_put(pf);
	mutex_destroy(&map->lock);
	mutex_destroy(&map->populate);
	kfree(map);
}

static struct privcmd_map *map_of_reap(struct privcmd_reap *reap)
{
	return container_of(reap, struct privcmd_map, reap);
}

static void map_reap_remove(struct privcmd_reap *reap)
{
	map_remove_frames(map_of_reap(reap));
}

static void map_reap_free(struct privcmd_reap *reap)
{
	map_free(map_of_reap(reap));
}

static const struct privcmd_reap_ops map_reap_ops = {
	.remove = map_reap_remove,
	.free = map_reap_free,
};

/*
 * The last reference was put. Subtract the frames from the counts that fdinfo
 * reports. The caller may hold the mmap lock, and slots must not be freed under
 * that lock. So if there are frames to remove, queue the mapping for the
 * reaper.
 */
static void map_release(struct kref *ref)
{
	struct privcmd_map *map = container_of(ref, struct privcmd_map, ref);
	unsigned long before[PRIVCMD_KINDS];

	memcpy(before, map->record.count, sizeof(before));
	memset(map->record.count, 0, sizeof(before));
	map_account(map, before);
	if (privcmd_backend->remove)
		map->reap.held =
			before[PRIVCMD_KIND_RW] + before[PRIVCMD_KIND_RO];
	map->reap.dom = map->dom;
	if (map->reap.held)
		privcmd_reaper_queue(&map->reap);
	else
		map_free(map);
}

void privcmd_map_get(struct privcmd_map *map)
{
	kref_get(&map->ref);
}

void privcmd_map_put(struct privcmd_map *map)
{
	kref_put(&map->ref, map_release);
}

/* ---- the beginning ---- */

/*
 * Make a mapping without frames for a VMA of @nr pages at @addr. @pf is the
 * file of the mmap(); the mapping takes a reference on @pf. map->vm_ops becomes
 * a copy of @vm_ops. The caller gets the first reference. NULL: no memory.
 */
struct privcmd_map *privcmd_map_new(struct privcmd_file *pf, unsigned long addr,
				    unsigned long nr,
				    const struct vm_operations_struct *vm_ops)
{
	struct privcmd_map *map = kzalloc(sizeof(*map), GFP_KERNEL_ACCOUNT);

	if (!map)
		return NULL;
	kref_init(&map->ref);
	mutex_init(&map->populate);
	mutex_init(&map->lock);
	privcmd_file_get(pf);
	map->gates.file = pf;
	map->gates.lock = &map->lock;
	map->reap.file = pf;
	map->reap.ops = &map_reap_ops;
	map->vm_ops = *vm_ops;
	map->addr = addr;
	map->nr = nr;
	map->dom = DOMID_INVALID;
	privcmd_record_init(&map->record, 0, nr);
	return map;
}

/*
 * A new mapping shows the frames of @dom from @base on, all lazy. No call can
 * populate it, and X_UNMAP makes its frames lazy again.
 */
void privcmd_map_fix(struct privcmd_map *map, domid_t dom, xen_pfn_t base)
{
	map->record.skew = range_index(map->addr);
	map->record.contiguous = true;
	map->record.base = base;
	mutex_lock(&map->lock);
	privcmd_map_set_rest(map, PRIVCMD_X_LAZY);
	map->dom = dom;
	map->fixed = true;
	map->populated = true;
	mutex_unlock(&map->lock);
}

/* The VMA is at @addr now. Called with the mmap lock held for write. */
void privcmd_map_move(struct privcmd_map *map, unsigned long addr)
{
	map->addr = addr;
}

/*
 * Drop @nr entries of @vma, beginning with page @idx, and flush them from every
 * TLB. @vma is the VMA of @map. Called with the mmap lock held.
 */
void privcmd_map_drop(struct privcmd_map *map, struct vm_area_struct *vma,
		      unsigned long idx, unsigned long nr)
{
	unsigned long start = vma->vm_start + (idx << PAGE_SHIFT);

	lockdep_assert_held(&vma->vm_mm->mmap_lock);
	if (map->notifier.on && nr > 1)
		privcmd_backend->clear(vma->vm_mm, start,
				       start + (nr << PAGE_SHIFT));
	zap_special_vma_range(vma, start, nr << PAGE_SHIFT);
}

/* ---- populating calls, which hold map->populate ---- */

/*
 * A call of @pf is about to populate the mapping. The restriction of @pf
 * applies to the mapping from now on. The caller has charged @charged frames to
 * gates.file; after success map->charged includes them. -ENOMEM: no gate was
 * added and map->charged did not change, so the caller must uncharge the
 * frames.
 */
int privcmd_map_join(struct privcmd_map *map, struct privcmd_file *pf,
		     unsigned long charged)
{
	int ret;

	lockdep_assert_held(&map->populate);
	ret = privcmd_gates_add(&map->gates, pf, map->dom);
	if (ret)
		return ret;
	map->charged += charged;
	return 0;
}

/* The mapping is populated from now on: faults and other calls read the record. */
void privcmd_map_begin(struct privcmd_map *map, domid_t dom, bool resource,
		       bool strict)
{
	lockdep_assert_held(&map->populate);
	mutex_lock(&map->lock);
	map->dom = dom;
	map->resource = resource;
	map->strict = strict;
	map->populated = true;
	mutex_unlock(&map->lock);
}

/*
 * A populating call ends. Uncharge what a failed call was charged: map->charged
 * becomes nr if the mapping is populated, else 0. Frames that X_UNMAP releases
 * stay charged until the mapping is reset.
 */
void privcmd_map_end(struct privcmd_map *map)
{
	unsigned long nr = map->populated ? map->nr : 0;

	lockdep_assert_held(&map->populate);
	privcmd_file_uncharge(map->gates.file, map->charged - nr);
	map->charged = nr;
}

/*
 * Forget every frame, and the files that populated the mapping. The mapping is
 * then like a new one. Called with map->populate held and map->populated false.
 */
void privcmd_map_reset(struct privcmd_map *map)
{
	unsigned long before[PRIVCMD_KINDS];

	lockdep_assert_held(&map->populate);
	memcpy(before, map->record.count, sizeof(before));
	map_remove_frames(map);
	map_free_slots(map);
	memset(&map->record, 0, sizeof(map->record));
	privcmd_record_init(&map->record, 0, map->nr);
	map_account(map, before);
	privcmd_gates_clear(&map->gates);
}

/*
 * If no page has a frame, reset the mapping. A later call can then populate it
 * with frames of another domain. Returns true if it was reset.
 */
bool privcmd_map_reset_if_empty(struct privcmd_map *map)
{
	bool empty;

	lockdep_assert_held(&map->populate);
	mutex_lock(&map->lock);
	empty = map->record.count[PRIVCMD_KIND_NONE] +
			map->record.count[PRIVCMD_KIND_FAILED] ==
		map->nr;
	if (empty)
		map->populated = false;
	mutex_unlock(&map->lock);
	if (empty)
		privcmd_map_reset(map);
	return empty;
}

/* ---- what faults and other calls ask ---- */

/*
 * Is a call through @pf that names no domain (X_UNMAP, X_STATUS) allowed on
 * this mapping? The file that made the mapping may always ask and release. For
 * another file the restrictions must allow the mapping's domain. Called with
 * map->populate or map->lock held.
 */
bool privcmd_map_admits(const struct privcmd_map *map,
			const struct privcmd_file *pf)
{
	return pf == map->gates.file || !map->populated ||
	       (privcmd_file_allows(pf, map->dom) &&
		privcmd_map_allows(map, map->dom));
}

/*
 * Remember that the current thread faulted in page @idx and got no slot. When
 * the core repeats the fault, privcmd_map_had_no_slot() tells the thread so.
 */
void privcmd_map_set_no_slot(struct privcmd_map *map, unsigned long idx)
{
	mutex_lock(&map->lock);
	map->no_slot.task = current;
	map->no_slot.idx = idx;
	mutex_unlock(&map->lock);
}

/*
 * Did the current thread get no slot when it last faulted in page @idx? This
 * function returns true only once. If another thread has overwritten the note,
 * it returns false, and the fault requests a slot again. Called with map->lock
 * held.
 */
bool privcmd_map_had_no_slot(struct privcmd_map *map, unsigned long idx)
{
	lockdep_assert_held(&map->lock);
	if (map->no_slot.task != current || map->no_slot.idx != idx)
		return false;
	map->no_slot.task = NULL;
	return true;
}
