// SPDX-License-Identifier: GPL-2.0-only
/*
 * One call that populates a mapping: frames that batch.c has staged, for xmap.c
 * too, or resource.c, become frames and entries of the mapping, or nothing has
 * happened. Copyright (C) 2026 the xen-privcmd authors
 *
 * Two passes. privcmd_backend.map, where there is one, puts the frames into our
 * physmap, without the mmap lock. privcmd_backend.enter makes the entries, one
 * page table at a time under the mmap lock for read, which is given up and
 * taken again in between so that a waiting writer, and every fault behind it,
 * waits for 512 frames at most. Where the first pass did the work, entries that
 * the second cannot make come with the first touch.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "privcmd.h"
#include "trace.h"

/*
 * Promise @nr frames at @addr; -ENOMEM beyond the file's max_frames. They count for
 * the caller's file until the mapping is found, as the call stages their numbers.
 */
int privcmd_fill_init(struct privcmd_fill *fill, struct file *file,
		      unsigned long addr, unsigned long nr, domid_t dom)
{
	int ret;

	ret = privcmd_file_charge(file->private_data, nr);
	if (ret)
		return ret;
	*fill = (struct privcmd_fill){
		.file = file,
		.addr = addr,
		.dom = dom,
		.payer = file->private_data,
		.charged = nr,
	};
	privcmd_record_init(&fill->req, addr, nr);
	return 0;
}

void privcmd_fill_done(struct privcmd_fill *fill)
{
	/* The payer may be the mapping's file, on which only that has a reference. */
	privcmd_file_uncharge(fill->payer, fill->charged);
	if (fill->map)
		privcmd_map_put(fill->map);
	privcmd_record_destroy(&fill->req);
}

/* What the call promised counts for the file that made the mapping. */
static int move_charge(struct privcmd_fill *fill)
{
	struct privcmd_file *pf = fill->map->file;
	int ret;

	if (fill->payer == pf)
		return 0;
	ret = privcmd_file_charge(pf, fill->charged);
	if (ret)
		return ret;
	privcmd_file_uncharge(fill->payer, fill->charged);
	fill->payer = pf;
	return 0;
}

/*
 * The call suits the mapping and begins: the restriction of its file counts for the
 * mapping from now on, and its charge is the mapping's.
 */
static int join_map(struct privcmd_fill *fill)
{
	struct privcmd_map *map = fill->map;
	int ret;

	lockdep_assert_held(&map->populate);
	ret = move_charge(fill) ?:
				  privcmd_gate_add(map, fill->file->private_data);
	if (ret)
		return ret;
	map->charged += fill->charged;
	fill->charged = 0;
	return 0;
}

/*
 * The first population is of the whole area and gives it its domain. Until
 * @populated says so nobody else looks at the record.
 */
static int begin_first(struct privcmd_fill *fill)
{
	struct privcmd_map *map = fill->map;
	int ret;

	lockdep_assert_held(&map->populate);
	if (fill->req.nr != map->nr)
		return -EINVAL;
	ret = join_map(fill) ?:
			       privcmd_map_take(map, &fill->req,
					fill->lazy ? PRIVCMD_X_LAZY :
							     PRIVCMD_X_NONE);
	if (ret) {
		privcmd_map_reset(map);
		return ret;
	}
	mutex_lock(&map->lock);
	map->dom = fill->dom;
	map->resource = fill->resource;
	map->strict = fill->strict;
	map->populated = true;
	mutex_unlock(&map->lock);
	if (fill->lazy)
		fill->entered = map->nr;
	return 0;
}

/*
 * The frames from the @done-th on that share a chunk in the call's record and
 * one in the mapping's: a chunk's worth, but for a mapping that was moved to
 * another place in its page table.
 */
void privcmd_fill_step(struct privcmd_fill *fill, unsigned long done,
		       struct privcmd_span *req, struct privcmd_span *span)
{
	privcmd_record_span(&fill->req, done, fill->req.nr - done, req);
	privcmd_record_span(&fill->map->record, fill->idx + done, req->nr,
			    span);
	req->nr = span->nr;
}

/*
 * The call was killed, or its file or one of the mapping's was restricted to another
 * domain. The populate lock is held.
 */
static int interrupted(const struct privcmd_fill *fill)
{
	if (fatal_signal_pending(current))
		return -EINTR;
	if (!privcmd_file_may_touch(fill->file->private_data, fill->dom) ||
	    !privcmd_gate_allows(fill->map, fill->dom))
		return -EPERM;
	return 0;
}

static bool any_mapped(const struct privcmd_map *map,
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

static int check_free(struct privcmd_fill *fill)
{
	struct privcmd_span req, span;
	unsigned long done;
	int ret = 0;

	lockdep_assert_held(&fill->map->populate);
	for (done = 0; !ret && done < fill->req.nr; done += span.nr) {
		privcmd_fill_step(fill, done, &req, &span);
		mutex_lock(&fill->map->lock);
		ret = any_mapped(fill->map, &span) ? -EINVAL :
						     interrupted(fill);
		mutex_unlock(&fill->map->lock);
		cond_resched();
	}
	return ret;
}

/* The frames of a step get their chunk, if they had none, and new numbers. */
static int renumber_step(struct privcmd_fill *fill, unsigned long done,
			 struct privcmd_span *span)
{
	struct privcmd_record *record = &fill->map->record;
	const xen_pfn_t *gfn = NULL;
	struct privcmd_span req;
	int ret;

	privcmd_fill_step(fill, done, &req, span);
	if (!fill->req.contiguous)
		gfn = req.chunk->gfn + req.slot;
	mutex_lock(&fill->map->lock);
	ret = privcmd_record_need(record, fill->idx + done, req.nr, span);
	if (!ret)
		ret = privcmd_record_renumber(span, gfn, fill->req.base + done);
	mutex_unlock(&fill->map->lock);
	return ret;
}

/*
 * Later ones are for frames that are not there, of the same domain, and strict
 * if the first one was. Only a populating call changes what is not there, so it
 * stays so.
 */
static int begin_later(struct privcmd_fill *fill)
{
	struct privcmd_map *map = fill->map;
	struct privcmd_span span;
	unsigned long done;
	int ret;

	lockdep_assert_held(&map->populate);
	if (fill->dom != map->dom || fill->strict != map->strict ||
	    fill->resource || map->resource)
		return -EINVAL;
	ret = check_free(fill) ?: join_map(fill);
	for (done = 0; !ret && done < fill->req.nr; done += span.nr) {
		ret = renumber_step(fill, done, &span) ?: interrupted(fill);
		cond_resched();
	}
	return ret;
}

/* The first error among the statuses of a step, or 0. */
static int first_error(const s16 *status, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (status[i] < 0)
			return status[i];
	return 0;
}

/*
 * First pass: frames into our physmap. A touch may bring an entry from here on.
 */
static int map_frames(struct privcmd_fill *fill, void *scratch)
{
	struct privcmd_map *map = fill->map;
	struct privcmd_span req, span;
	s16 *status;
	int ret;

	lockdep_assert_held(&map->populate);
	for (; fill->mapped < fill->req.nr; fill->mapped += span.nr) {
		if (fill->mapped)
			cond_resched();
		privcmd_fill_step(fill, fill->mapped, &req, &span);
		status = req.chunk->status + req.slot;
		ret = privcmd_backend->alloc(map->file, &span);
		if (ret)
			return ret;
		/* That may have waited, for memory or for others' frames to go. */
		ret = interrupted(fill);
		if (ret) {
			privcmd_backend->unalloc(&span);
			return ret;
		}
		if (fill->resource)
			privcmd_backend->map_resource(fill->resource,
						      fill->mapped, &span,
						      status, scratch);
		else
			privcmd_backend->map(fill->dom, &span, status, scratch);
		mutex_lock(&map->lock);
		ret = privcmd_map_set(map, &span, status);
		mutex_unlock(&map->lock);
		/* All of a resource's step fail together, and the rest would. */
		if (!ret && fill->all)
			ret = first_error(status, span.nr);
		if (ret) {
			privcmd_undo_unmap(&req, &span);
			return ret;
		}
	}
	return 0;
}

/* Entries of one page table. The mmap lock and the mapping's lock are held. */
static int enter_step(struct privcmd_fill *fill, void *scratch)
{
	unsigned long addr = fill->addr + (fill->entered << PAGE_SHIFT);
	struct privcmd_span req, span;
	struct vm_area_struct *vma;
	s16 *status;
	int ret;

	lockdep_assert_held(&fill->map->lock);
	/* Gone, moved or replaced meanwhile? Not EINVAL: that means "try V1". */
	vma = privcmd_map_vma(fill->map);
	if (!vma || fill->addr - vma->vm_start != fill->idx << PAGE_SHIFT)
		return -EFAULT;
	privcmd_fill_step(fill, fill->entered, &req, &span);
	status = req.chunk->status + req.slot;
	ret = privcmd_backend->enter(vma, addr, fill->map, &span, status,
				     scratch);
	if (ret && !privcmd_backend->map)
		return ret;
	/* It counts from here on, if only to be undone. */
	fill->entered += span.nr;
	if (privcmd_backend->map)
		return 0; /* the first pass has noted it */
	ret = privcmd_map_set(fill->map, &span, status);
	if (!ret && fill->all)
		ret = first_error(status, span.nr);
	return ret;
}

/* Second pass: entries. */
static int enter_frames(struct privcmd_fill *fill, void *scratch)
{
	struct mm_struct *mm = current->mm;
	int ret = 0;

	lockdep_assert_held(&fill->map->populate);
	while (!ret && fill->entered < fill->req.nr) {
		if (fill->entered)
			cond_resched();
		if (mmap_read_lock_killable(mm))
			return -EINTR;
		mutex_lock(&fill->map->lock);
		/* Asked with all locks held: it may have waited for them. */
		ret = interrupted(fill) ?: enter_step(fill, scratch);
		mutex_unlock(&fill->map->lock);
		mmap_read_unlock(mm);
	}
	return ret;
}

/* Nothing is asked for: touches will. */
static int leave_lazy(struct privcmd_fill *fill)
{
	static const s16 lazy[RANGE_TABLE] = {
		[0 ... RANGE_TABLE - 1] = PRIVCMD_X_LAZY,
	};
	struct privcmd_span req, span;
	int ret = 0;

	lockdep_assert_held(&fill->map->populate);
	for (; !ret && fill->entered < fill->req.nr;
	     fill->entered += ret ? 0 : span.nr) {
		ret = interrupted(fill);
		if (ret)
			return ret;
		privcmd_fill_step(fill, fill->entered, &req, &span);
		mutex_lock(&fill->map->lock);
		ret = privcmd_map_set(fill->map, &span, lazy);
		mutex_unlock(&fill->map->lock);
		cond_resched();
	}
	return ret;
}

static int populate(struct privcmd_fill *fill)
{
	u64 spare[PRIVCMD_SPARE * PRIVCMD_SCRATCH / sizeof(u64)];
	void *scratch = spare;
	int ret = 0;

	if (fill->lazy)
		return leave_lazy(fill);
	if (fill->req.nr > PRIVCMD_SPARE)
		scratch = kmalloc(privcmd_backend->scratch *
					  min_t(unsigned long, fill->req.nr,
						RANGE_TABLE),
				  GFP_KERNEL_ACCOUNT);
	if (!scratch)
		return -ENOMEM;
	if (privcmd_backend->map)
		ret = map_frames(fill, scratch);
	if (!ret)
		ret = enter_frames(fill, scratch);
	if (scratch != spare)
		kfree(scratch);
	return ret;
}

/*
 * Populate. 0: every frame has its answer in fill->req, though it may be an
 * error. Otherwise nothing is left of the call, and the mapping usable:
 * -EINVAL: no mapping of this driver, or not one that the call suits; -EPERM: the
 * mapping's file may not name the domain, or one was restricted meanwhile; -EFAULT:
 * the mapping went away meanwhile; -ENOMEM; -EINTR: killed; with fill->all, the
 * first frame's error.
 */
int privcmd_fill(struct privcmd_fill *fill)
{
	struct privcmd_map *map;
	unsigned long failed;
	int ret;

	map = privcmd_map_claim(fill->addr, fill->req.nr, &fill->idx);
	if (IS_ERR(map))
		return PTR_ERR(map);
	fill->map = map;
	if (mutex_lock_killable(&map->populate))
		return -EINTR;
	ret = interrupted(fill);
	if (!ret)
		ret = map->populated ? begin_later(fill) : begin_first(fill);
	if (!ret) {
		ret = populate(fill);
		if (ret)
			privcmd_undo(fill);
	}
	/* Only a holder of map->populate can clear FAILED. */
	failed = privcmd_map_count(map, PRIVCMD_KIND_FAILED);
	fill->failed = failed;
	privcmd_map_settle(map);
	trace_privcmd_map(fill->dom, fill->addr, fill->req.nr,
			  privcmd_map_count(map, PRIVCMD_KIND_RO), failed, ret);
	mutex_unlock(&map->populate);
	return ret;
}
