// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way back, from a populating call that failed, or because the program
 * wants it (X_UNMAP): frames, entries, records, in the order that never leaves
 * an entry to a frame that is gone. Copyright (C) 2026 the xen-privcmd authors
 */
#include <linux/sched/signal.h>

#include "privcmd.h"

/*
 * A mapping without frames is as .mmap made it: unpopulated, of no domain, and no
 * other file's gate counts for it. Called when all of it was undone or released; it
 * may still have frames, of other calls. The populate lock is held, so that no call
 * is at work on the record.
 */
void privcmd_undo_emptied(struct privcmd_map *map)
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
}

/* A run of @status, from the @i-th on, of frames that are there; its end. */
static unsigned int run_end(const s16 *status, unsigned int i, unsigned int nr)
{
	while (i < nr && privcmd_status_mapped(status[i]))
		i++;
	return i;
}

/* Take the frames of a step that are in our physmap out of it again. */
void privcmd_undo_unmap(const struct privcmd_span *req,
			const struct privcmd_span *span)
{
	const s16 *status = req->chunk->status + req->slot;
	struct privcmd_span run = *span;
	unsigned int i, end;

	for (i = 0; i < span->nr; i = end + 1) {
		end = run_end(status, i, span->nr);
		run.slot = span->slot + i;
		run.nr = end - i;
		if (run.nr)
			privcmd_backend->unmap(&run);
		cond_resched();
	}
}

/*
 * Forget the frames of a step that this call brought, by runs. Cannot fail: a
 * run that is no whole chunk was noted beside something else before.
 */
static void forget_step(struct privcmd_map *map, const struct privcmd_span *req,
			const struct privcmd_span *span)
{
	static const s16 none[RANGE_TABLE];
	const s16 *status = req->chunk->status + req->slot;
	struct privcmd_span run = *span;
	unsigned int i, end;

	lockdep_assert_held(&map->lock);
	for (i = 0; i < span->nr; i = end + 1) {
		end = run_end(status, i, span->nr);
		run.slot = span->slot + i;
		run.nr = end - i;
		if (run.nr)
			WARN_ON_ONCE(privcmd_map_set(map, &run, none));
	}
}

/* Forget a step and drop its entries, if the VMA is there to look at. */
static bool undo_step(struct privcmd_fill *fill, unsigned long done,
		      const struct privcmd_span *req,
		      const struct privcmd_span *span)
{
	struct privcmd_map *map = fill->map;
	struct vm_area_struct *vma;

	mmap_read_lock(current->mm);
	mutex_lock(&map->lock);
	vma = privcmd_map_vma(map);
	if (vma) {
		forget_step(map, req, span);
		privcmd_map_drop(vma, fill->idx + done, span->nr);
	}
	mutex_unlock(&map->lock);
	mmap_read_unlock(current->mm);
	return vma;
}

/* The same of whatever the frames are; those of one chunk, @nr at most. */
static int forget_some(struct privcmd_map *map, unsigned long idx,
		       unsigned long nr, struct privcmd_span *span)
{
	static const s16 none[RANGE_TABLE];
	struct vm_area_struct *vma;
	int ret = -EFAULT;

	if (mmap_read_lock_killable(current->mm))
		return -EINTR;
	mutex_lock(&map->lock);
	vma = privcmd_map_vma(map);
	if (vma)
		ret = privcmd_record_need(&map->record, idx, nr, span);
	if (!ret)
		ret = privcmd_map_set(map, span, none);
	if (!ret)
		privcmd_map_drop(vma, idx, span->nr);
	mutex_unlock(&map->lock);
	mmap_read_unlock(current->mm);
	return ret;
}

/* Where the next chunk begins that there is, from that of @idx on. */
static unsigned long next_chunk(struct privcmd_map *map, unsigned long idx)
{
	unsigned int skew = map->record.skew;
	unsigned long i = (idx + skew) / RANGE_TABLE, first = i;

	lockdep_assert_held(&map->populate);
	if (!privcmd_record_next(&map->record, &i))
		return map->nr;
	return i == first ? idx : i * RANGE_TABLE - skew;
}

/*
 * Take @nr frames from the @idx-th on out of the mapping, whoever brought them; the
 * populate lock is held, so that no call is at work on them. If it fails some of
 * them are left: -EFAULT: the VMA is gone, and they go with it; -ENOMEM, which
 * cannot be if one call made them lazy; -EINTR: killed.
 *
 * Where nothing was populated a contiguous mapping of any size has nothing to
 * visit, if all of it is to go.
 */
int privcmd_undo_range(struct privcmd_map *map, unsigned long idx,
		       unsigned long nr)
{
	unsigned long end = idx + nr;
	bool all = nr == map->nr;
	struct privcmd_span span;
	int ret;

	lockdep_assert_held(&map->populate);
	if (all) {
		mutex_lock(&map->lock);
		privcmd_map_set_rest(map, PRIVCMD_X_NONE);
		mutex_unlock(&map->lock);
		idx = next_chunk(map, idx);
	}
	while (idx < end) {
		if (fatal_signal_pending(current))
			return -EINTR;
		ret = forget_some(map, idx, end - idx, &span);
		if (ret)
			return ret;
		if (privcmd_backend->unmap)
			privcmd_backend->unmap(&span);
		idx += span.nr;
		if (all)
			idx = next_chunk(map, idx);
		cond_resched();
	}
	return 0;
}

/*
 * Undo what this call did, in the order that leaves no entry to a frame that is
 * gone: first no fault can bring one back, then no entry is left, then the
 * frames go. Without a VMA there may be entries still, but munmap() is about to
 * drop them, and then the last reference takes the frames along. The populate
 * lock is held.
 */
void privcmd_undo(struct privcmd_fill *fill)
{
	unsigned long done, nr = max(fill->mapped, fill->entered);
	struct privcmd_map *map = fill->map;
	struct privcmd_span req, span;

	lockdep_assert_held(&map->populate);
	if (fill->lazy && privcmd_undo_range(map, fill->idx, nr))
		return;
	for (done = 0; !fill->lazy && done < nr; done += span.nr) {
		privcmd_fill_step(fill, done, &req, &span);
		if (!undo_step(fill, done, &req, &span))
			return;
		if (privcmd_backend->unmap)
			privcmd_undo_unmap(&req, &span);
		cond_resched();
	}
	/* The errors of the rest of the mapping are those of calls that stay. */
	if (fill->req.nr == map->nr)
		privcmd_undo_emptied(map);
}
