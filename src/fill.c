// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Populate a mapping with the frames that a call has staged, and make their
 * entries. If this fails, undo everything.
 *
 * The first pass runs only if the backend has .map (auto-translated). It puts
 * the frames into our physmap, without the mmap lock. The second pass calls
 * privcmd_backend.enter, which makes the entries, one page table at a time,
 * with the mmap lock held for read. The lock is released after each page table,
 * so a thread that waits for the mmap lock waits for at most 512 frames. On an
 * auto-translated dom0 a missing entry is no error: a later fault makes it.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "backend.h"
#include "call.h"
#include "fill.h"
#include "map.h"
#include "trace.h"
#include "undo.h"
#include "vma.h"

/*
 * The first populating call must cover the whole area. It sets the mapping's
 * domain. No other thread reads the record before privcmd_map_begin().
 */
static int fill_begin_first(struct privcmd_call *call)
{
	struct privcmd_map *map = call->map;
	int ret;

	if (call->req.nr != map->nr)
		return -EINVAL;
	ret = privcmd_call_join(call);
	if (!ret)
		ret = privcmd_map_adopt(map, &call->req,
					call->lazy ? PRIVCMD_X_LAZY :
						     PRIVCMD_X_NONE);
	if (ret) {
		privcmd_map_reset(map);
		return ret;
	}
	privcmd_map_begin(map, call->dom, call->resource, call->strict);
	if (call->lazy)
		call->entered = map->nr;
	return 0;
}

static bool fill_any_mapped(const struct privcmd_map *map,
			    const struct privcmd_span *span)
{
	unsigned int i;

	lockdep_assert_held(&map->lock);
	for (i = 0; i < span->nr; i++)
		if (privcmd_status_mapped(
			    privcmd_span_status(&map->record, span, i)))
			return true;
	return false;
}

/* -EINVAL: one of the call's pages has a frame. */
static int fill_check_free(struct privcmd_call *call)
{
	struct privcmd_span req, span;
	unsigned long done;
	int ret = 0;

	for (done = 0; !ret && done < call->req.nr; done += span.nr) {
		privcmd_call_spans(call, done, &req, &span);
		mutex_lock(&call->map->lock);
		ret = fill_any_mapped(call->map, &span) ?
			      -EINVAL :
			      privcmd_call_interrupted(call);
		mutex_unlock(&call->map->lock);
		cond_resched();
	}
	return ret;
}

/*
 * Make the chunk of one span if it is missing, and store the new frame numbers
 * in it.
 */
static int fill_renumber(struct privcmd_call *call, unsigned long done,
			 struct privcmd_span *span)
{
	struct privcmd_record *record = &call->map->record;
	const xen_pfn_t *gfn = NULL;
	struct privcmd_span req;
	int ret;

	privcmd_call_spans(call, done, &req, span);
	if (!call->req.contiguous)
		gfn = req.chunk->gfn + req.first;
	mutex_lock(&call->map->lock);
	ret = privcmd_record_need(record, call->idx + done, req.nr, span);
	if (!ret)
		ret = privcmd_record_renumber(span, gfn, call->req.base + done);
	mutex_unlock(&call->map->lock);
	return ret;
}

/*
 * A later call may cover only pages without frames. It must have the same
 * domain and the same strict setting as the first call. The pages stay free
 * meanwhile, because map->populate is held.
 */
static int fill_begin_later(struct privcmd_call *call)
{
	struct privcmd_map *map = call->map;
	struct privcmd_span span;
	unsigned long done;
	int ret;

	if (call->dom != map->dom || call->strict != map->strict ||
	    call->resource || map->resource)
		return -EINVAL;
	ret = fill_check_free(call) ?: privcmd_call_join(call);
	for (done = 0; !ret && done < call->req.nr; done += span.nr) {
		ret = fill_renumber(call, done, &span) ?:
			      privcmd_call_interrupted(call);
		cond_resched();
	}
	return ret;
}

/* The first error among the statuses, or 0. */
static int fill_first_error(const s16 *status, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (status[i] < 0)
			return status[i];
	return 0;
}

/*
 * First pass: map the frames into our physmap. From here on a fault may make
 * entries for them.
 */
static int fill_map(struct privcmd_call *call, void *scratch)
{
	struct privcmd_frames frames = { .scratch = scratch };
	struct privcmd_span req, *span = &frames.span;
	struct privcmd_map *map = call->map;
	int ret;

	for (; call->mapped < call->req.nr; call->mapped += span->nr) {
		if (call->mapped)
			cond_resched();
		privcmd_call_spans(call, call->mapped, &req, span);
		frames.status = req.chunk->status + req.first;
		ret = privcmd_backend->alloc(map->gates.file, span);
		if (ret)
			return ret;
		/* alloc may have slept, for memory or for the reaper. */
		ret = privcmd_call_interrupted(call);
		if (ret) {
			privcmd_backend->unalloc(span);
			return ret;
		}
		if (call->resource)
			privcmd_backend->map_resource(call->resource,
						      call->mapped, &frames);
		else
			privcmd_backend->map(call->dom, &frames);
		mutex_lock(&map->lock);
		ret = privcmd_map_set(map, span, frames.status);
		mutex_unlock(&map->lock);
		/* If one frame of a resource fails, all frames fail. */
		if (!ret && call->all)
			ret = fill_first_error(frames.status, span->nr);
		if (ret) {
			privcmd_undo_map(&req, span);
			return ret;
		}
	}
	return 0;
}

/*
 * Make the entries of one page table. Called with the mmap lock and map->lock
 * held.
 */
static int fill_enter_table(struct privcmd_call *call, void *scratch)
{
	unsigned long addr = call->addr + (call->entered << PAGE_SHIFT);
	struct privcmd_frames frames = { .scratch = scratch };
	struct privcmd_span req, *span = &frames.span;
	struct vm_area_struct *vma;
	int ret;

	lockdep_assert_held(&call->map->lock);
	/*
	 * The area may have been unmapped, moved or replaced meanwhile. Do not
	 * return EINVAL: libxenforeignmemory would then try MMAPBATCH.
	 */
	vma = privcmd_vma_find(call->map);
	if (!vma || call->addr - vma->vm_start != call->idx << PAGE_SHIFT)
		return -EFAULT;
	privcmd_call_spans(call, call->entered, &req, span);
	frames.status = req.chunk->status + req.first;
	ret = privcmd_backend->enter(vma, addr, call->map, &frames);
	if (ret && !privcmd_backend->map)
		return ret;
	/* From here on the span is to be undone if the call fails. */
	call->entered += span->nr;
	/* The first pass has stored the statuses. */
	if (privcmd_backend->map)
		return 0;
	ret = privcmd_map_set(call->map, span, frames.status);
	if (!ret && call->all)
		ret = fill_first_error(frames.status, span->nr);
	return ret;
}

/* Second pass: make the entries. */
static int fill_enter(struct privcmd_call *call, void *scratch)
{
	struct mm_struct *mm = current->mm;
	int ret = 0;

	while (!ret && call->entered < call->req.nr) {
		if (call->entered)
			cond_resched();
		if (mmap_read_lock_killable(mm))
			return -EINTR;
		mutex_lock(&call->map->lock);
		/*
		 * Taking the locks may have slept, so check with both of them
		 * held.
		 */
		ret = privcmd_call_interrupted(call) ?:
			      fill_enter_table(call, scratch);
		mutex_unlock(&call->map->lock);
		mmap_read_unlock(mm);
	}
	return ret;
}

/*
 * Mark the frames lazy. A fault requests each frame from the hypervisor later.
 */
static int fill_lazy(struct privcmd_call *call)
{
	static const s16 lazy[RANGE_TABLE] = {
		[0 ... RANGE_TABLE - 1] = PRIVCMD_X_LAZY,
	};
	struct privcmd_span req, span;
	int ret = 0;

	for (; !ret && call->entered < call->req.nr;
	     call->entered += ret ? 0 : span.nr) {
		ret = privcmd_call_interrupted(call);
		if (ret)
			return ret;
		privcmd_call_spans(call, call->entered, &req, &span);
		mutex_lock(&call->map->lock);
		ret = privcmd_map_set(call->map, &span, lazy);
		mutex_unlock(&call->map->lock);
		cond_resched();
	}
	return ret;
}

static int fill_populate(struct privcmd_call *call)
{
	u64 small[PRIVCMD_SPARE * PRIVCMD_SCRATCH / sizeof(u64)];
	void *scratch = small;
	int ret = 0;

	if (call->lazy)
		return fill_lazy(call);
	if (call->req.nr > PRIVCMD_SPARE)
		scratch = kmalloc(privcmd_backend->scratch *
					  min_t(unsigned long, call->req.nr,
						RANGE_TABLE),
				  GFP_KERNEL_ACCOUNT);
	if (!scratch)
		return -ENOMEM;
	if (privcmd_backend->map)
		ret = fill_map(call, scratch);
	if (!ret)
		ret = fill_enter(call, scratch);
	if (scratch != small)
		kfree(scratch);
	return ret;
}

/*
 * Populate. 0: each frame has its answer in call->req, which may be an error.
 * Otherwise the call was undone and the mapping can be used again:
 *
 * -EINVAL: no mapping of this driver, or the call does not suit it. -EPERM: the
 * caller's file, or a file of the mapping, may not name the domain. -EFAULT:
 * the area was unmapped, moved or replaced meanwhile. -ENOMEM: no memory, no
 * slot, or max_frames is exceeded. -EINTR: killed. With call->all: the error of
 * the first frame that failed.
 */
int privcmd_fill(struct privcmd_call *call)
{
	struct privcmd_map *map;
	unsigned long failed;
	int ret;

	map = privcmd_vma_claim(call->addr, call->req.nr, &call->idx);
	if (IS_ERR(map))
		return PTR_ERR(map);
	call->map = map;
	/* An area of a memory file shows its own frames and no others. */
	if (map->fixed)
		return -EINVAL;
	if (mutex_lock_killable(&map->populate))
		return -EINTR;
	ret = privcmd_call_interrupted(call);
	if (!ret)
		ret = map->populated ? fill_begin_later(call) :
				       fill_begin_first(call);
	if (!ret) {
		ret = fill_populate(call);
		if (ret)
			privcmd_undo(call);
	}
	/* Only a holder of map->populate clears FAILED, as the mapping is not fixed. */
	failed = privcmd_map_count(map, PRIVCMD_KIND_FAILED);
	call->failed = failed;
	privcmd_map_end(map);
	trace_privcmd_map(call->dom, call->addr, call->req.nr,
			  privcmd_map_count(map, PRIVCMD_KIND_RO), failed, ret);
	mutex_unlock(&map->populate);
	return ret;
}
