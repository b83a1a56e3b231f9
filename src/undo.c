// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Frames leave a mapping: because the call that mapped them failed, or because
 * a program releases them (X_UNMAP).
 *
 * The order is: record, entries, frames. First the record forgets the frames,
 * so that no fault makes an entry again. Then the entries are dropped. Only
 * then the frames are removed, so that no entry ever leads to a slot without a
 * frame.
 */
#include <linux/sched/signal.h>

#include "backend.h"
#include "call.h"
#include "map.h"
#include "undo.h"
#include "vma.h"

/* The end of the run of mapped frames that begins with the @i-th. */
static unsigned int undo_run_end(const s16 *status, unsigned int i,
				 unsigned int nr)
{
	while (i < nr && privcmd_status_mapped(status[i]))
		i++;
	return i;
}

/*
 * Remove the frames of @span that this call has mapped, as the statuses of @req
 * tell.
 */
void privcmd_undo_map(const struct privcmd_span *req,
		      const struct privcmd_span *span)
{
	const s16 *status = req->chunk->status + req->first;
	struct privcmd_span run = *span;
	unsigned int i, end;

	for (i = 0; i < span->nr; i = end + 1) {
		end = undo_run_end(status, i, span->nr);
		run.first = span->first + i;
		run.nr = end - i;
		if (run.nr)
			privcmd_backend->unmap(&run);
		cond_resched();
	}
}

/*
 * Have the mapping's record forget these frames. That cannot fail: a run that
 * is less than a chunk was stored beside other statuses, so the chunk has an
 * array of statuses.
 */
static void undo_record(struct privcmd_map *map, const struct privcmd_span *req,
			const struct privcmd_span *span)
{
	static const s16 none[RANGE_TABLE];
	const s16 *status = req->chunk->status + req->first;
	struct privcmd_span run = *span;
	unsigned int i, end;

	lockdep_assert_held(&map->lock);
	for (i = 0; i < span->nr; i = end + 1) {
		end = undo_run_end(status, i, span->nr);
		run.first = span->first + i;
		run.nr = end - i;
		if (run.nr)
			WARN_ON_ONCE(privcmd_map_set(map, &run, none));
	}
}

/*
 * Forget the frames of @span and drop their entries. False: the mapping has no
 * VMA.
 */
static bool undo_entries(struct privcmd_call *call, unsigned long done,
			 const struct privcmd_span *req,
			 const struct privcmd_span *span)
{
	struct privcmd_map *map = call->map;
	struct vm_area_struct *vma;

	mmap_read_lock(current->mm);
	mutex_lock(&map->lock);
	vma = privcmd_vma_find(map);
	if (vma) {
		undo_record(map, req, span);
		privcmd_map_drop(map, vma, call->idx + done, span->nr);
	}
	mutex_unlock(&map->lock);
	mmap_read_unlock(current->mm);
	return vma;
}

/*
 * Forget the frames from the @idx-th on that lie in one chunk, @nr at most,
 * whichever call mapped them, and drop their entries. @span: which frames these
 * were.
 */
static int undo_chunk(struct privcmd_map *map, unsigned long idx,
		      unsigned long nr, struct privcmd_span *span)
{
	static const s16 none[RANGE_TABLE];
	static const s16 lazy[RANGE_TABLE] = {
		[0 ... RANGE_TABLE - 1] = PRIVCMD_X_LAZY,
	};
	struct vm_area_struct *vma;
	int ret = -EFAULT;

	if (mmap_read_lock_killable(current->mm))
		return -EINTR;
	mutex_lock(&map->lock);
	vma = privcmd_vma_find(map);
	if (vma)
		ret = privcmd_record_need(&map->record, idx, nr, span);
	if (!ret)
		ret = privcmd_map_set(map, span, map->fixed ? lazy : none);
	if (!ret)
		privcmd_map_drop(map, vma, idx, span->nr);
	mutex_unlock(&map->lock);
	mmap_read_unlock(current->mm);
	return ret;
}

/* @idx if the frame has a chunk; else where the next chunk begins. */
static unsigned long undo_next_chunk(struct privcmd_map *map, unsigned long idx)
{
	unsigned int skew = map->record.skew;
	unsigned long i = (idx + skew) / RANGE_TABLE, first = i;

	lockdep_assert_held(&map->populate);
	if (!privcmd_record_next(&map->record, &i))
		return map->nr;
	return i == first ? idx : i * RANGE_TABLE - skew;
}

/*
 * Take @nr frames from the @idx-th on out of the mapping, whichever call
 * brought them. In an area of a memory file they become lazy. Called with
 * map->populate held. After an error some frames are left. -EFAULT: the mapping
 * has no VMA, and the frames go with the mapping. -ENOMEM; not possible for
 * frames that one call made lazy. -EINTR: killed.
 *
 * To empty a whole contiguous mapping, only the chunks that it has are visited.
 * In an area of a memory file, pages without a chunk are lazy already.
 */
int privcmd_undo_range(struct privcmd_map *map, unsigned long idx,
		       unsigned long nr)
{
	unsigned long end = idx + nr;
	bool all = nr == map->nr, skip = all || map->fixed;
	struct privcmd_span span;
	int ret;

	lockdep_assert_held(&map->populate);
	if (all) {
		mutex_lock(&map->lock);
		privcmd_map_set_rest(map, map->fixed ? PRIVCMD_X_LAZY :
						       PRIVCMD_X_NONE);
		mutex_unlock(&map->lock);
	}
	if (skip)
		idx = undo_next_chunk(map, idx);
	while (idx < end) {
		if (fatal_signal_pending(current))
			return -EINTR;
		ret = undo_chunk(map, idx, end - idx, &span);
		if (ret)
			return ret;
		if (privcmd_backend->unmap)
			privcmd_backend->unmap(&span);
		idx += span.nr;
		if (skip)
			idx = undo_next_chunk(map, idx);
		cond_resched();
	}
	return 0;
}

/*
 * Undo a call that failed. Without a VMA there may still be entries, but
 * munmap() is about to drop them, and the frames go with the last reference on
 * the mapping. Called with map->populate held.
 */
void privcmd_undo(struct privcmd_call *call)
{
	unsigned long done, nr = max(call->mapped, call->entered);
	struct privcmd_map *map = call->map;
	struct privcmd_span req, span;

	lockdep_assert_held(&map->populate);
	if (call->lazy && privcmd_undo_range(map, call->idx, nr))
		return;
	for (done = 0; !call->lazy && done < nr; done += span.nr) {
		privcmd_call_spans(call, done, &req, &span);
		if (!undo_entries(call, done, &req, &span))
			return;
		if (privcmd_backend->unmap)
			privcmd_undo_map(&req, &span);
		cond_resched();
	}
	/*
	 * A call for a part of the mapping leaves the errors of other calls
	 * alone.
	 */
	if (call->req.nr == map->nr)
		privcmd_map_reset_if_empty(map);
}
