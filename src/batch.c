// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * MMAP, MMAPBATCH, MMAPBATCH_V2: frame numbers come in, frames are mapped, and
 * the caller is told what became of each. The three calls do the same in
 * different encodings.
 *
 * User memory is read before the frames are mapped and written after, with no
 * lock held.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "batch.h"
#include "call.h"
#include "fill.h"
#include "map.h"
#include "range.h"

/*
 * Stage the next frames, with their numbers from @arr. A contiguous call has no
 * numbers.
 */
static int batch_stage_some(struct privcmd_call *call, unsigned long done,
			    const xen_pfn_t __user *arr,
			    struct privcmd_span *span)
{
	int ret;

	span->nr = min_t(unsigned long, call->req.nr - done, RANGE_TABLE);
	if (call->req.contiguous && call->lazy)
		return 0;
	ret = privcmd_record_grow(&call->req, done, span);
	if (ret || call->req.contiguous)
		return ret;
	return copy_from_user(span->chunk->gfn, arr + done,
			      span->nr * sizeof(*arr)) ?
		       -EFAULT :
		       0;
}

/*
 * Stage the frame numbers of @call from @arr. With @answers, also clear the
 * caller's @err, or X_MAP's statuses, which have the same size: a caller whose
 * array cannot be written gets no mapping.
 */
int privcmd_batch_gather(struct privcmd_call *call, const xen_pfn_t __user *arr,
			 int __user *err, bool answers)
{
	struct privcmd_span span;
	unsigned long done;
	int ret;

	/* The record needs no chunks, and there may be very many frames. */
	if (call->req.contiguous && call->lazy && !answers)
		return 0;
	for (done = 0; done < call->req.nr; done += span.nr) {
		if (fatal_signal_pending(current))
			return -EINTR;
		if (done)
			cond_resched();
		ret = batch_stage_some(call, done, arr, &span);
		if (ret)
			return ret;
		if (answers && clear_user(err + done, span.nr * sizeof(*err)))
			return -EFAULT;
	}
	return 0;
}

/* Tell the caller that the @i-th frame failed with @error. */
typedef int (*batch_tell_fn)(void __user *to, unsigned long i, int error);

static int batch_tell_v1(void __user *to, unsigned long i, int error)
{
	xen_pfn_t __user *element = (xen_pfn_t __user *)to + i;
	xen_pfn_t gfn;

	if (get_user(gfn, element))
		return -EFAULT;
	gfn |= error == -ENOENT ? PRIVCMD_MMAPBATCH_PAGED_ERROR :
				  PRIVCMD_MMAPBATCH_MFN_ERROR;
	return put_user(gfn, element);
}

static int batch_tell_v2(void __user *to, unsigned long i, int error)
{
	return put_user(error, (int __user *)to + i);
}

/* Tell the caller which frames failed. @paged: one of them is paged out. */
static int batch_scatter(struct privcmd_call *call, void __user *to,
			 batch_tell_fn tell, bool *paged)
{
	struct privcmd_span span;
	unsigned long done;
	unsigned int i;
	s16 status;

	lockdep_assert_not_held(&call->map->populate);
	if (!call->failed)
		return 0;
	for (done = 0; done < call->req.nr; done += span.nr) {
		if (fatal_signal_pending(current))
			return -EINTR;
		if (done)
			cond_resched();
		privcmd_record_span(&call->req, done, call->req.nr - done,
				    &span);
		for (i = 0; i < span.nr; i++) {
			status = span.chunk->status[i];
			if (status >= 0)
				continue;
			if (tell(to, done + i, status))
				return -EFAULT;
			if (status == -ENOENT)
				*paged = true;
		}
	}
	return 0;
}

/* Both versions. MMAPBATCH has no m->err; its errors go into m->arr. */
static long batch_call(struct file *file, const struct privcmd_mmapbatch_v2 *m,
		       bool v2)
{
	struct privcmd_call call;
	bool paged = false;
	int ret;

	if (!range_valid(m->addr, m->num))
		return -EINVAL;
	ret = privcmd_call_init(&call, file, m->addr, m->num, m->dom);
	if (ret)
		return ret;
	ret = privcmd_batch_gather(&call, m->arr, m->err, v2);
	if (!ret)
		ret = privcmd_fill(&call);
	/*
	 * The frames stay mapped, even if the answers cannot be written
	 * (EFAULT).
	 */
	if (!ret)
		ret = v2 ? batch_scatter(&call, m->err, batch_tell_v2, &paged) :
			   batch_scatter(&call, (void __user *)m->arr,
					 batch_tell_v1, &paged);
	privcmd_call_done(&call);
	return ret ?: (paged ? -ENOENT : 0);
}

long privcmd_batch_v1(struct file *file, void *arg)
{
	const struct privcmd_mmapbatch *v1 = arg;
	const struct privcmd_mmapbatch_v2 m = {
		.num = v1->num,
		.dom = v1->dom,
		.addr = v1->addr,
		.arr = v1->arr,
	};

	return v1->num > 0 ? batch_call(file, &m, false) : -EINVAL;
}

long privcmd_batch_v2(struct file *file, void *arg)
{
	return batch_call(file, arg, true);
}

/* How many of MMAP's entries are read at once. */
#define BATCH_ENTRIES 64

/* A walk along MMAP's entries. Each page of the area is visited once. */
struct batch_walk {
	struct privcmd_call *call; /* NULL: only count the pages */
	u64 start;
	u64 nr;			  /* pages so far */
	struct privcmd_span span; /* of the record, being filled */
	unsigned int used;
};

static int batch_stage(struct batch_walk *w, u64 mfn, u64 nr)
{
	int ret;

	for (; nr; nr--) {
		if (w->used == w->span.nr) {
			if (fatal_signal_pending(current))
				return -EINTR;
			ret = privcmd_record_grow(&w->call->req, w->nr,
						  &w->span);
			if (ret)
				return ret;
			w->used = 0;
			cond_resched();
		}
		w->span.chunk->gfn[w->used++] = mfn++;
		w->nr++;
	}
	return 0;
}

static int batch_visit(struct batch_walk *walk,
		       const struct privcmd_mmap_entry *e)
{
	if (!range_valid(e->va, e->npages))
		return -EINVAL;
	if (!walk->nr)
		walk->start = e->va;
	if (e->va != walk->start + (walk->nr << PAGE_SHIFT) ||
	    !range_valid(walk->start, walk->nr + e->npages))
		return -EINVAL;
	if (!walk->call) {
		walk->nr += e->npages;
		return 0;
	}
	/* The program may have changed the entries since they were counted. */
	if (walk->start != walk->call->addr ||
	    e->npages > walk->call->req.nr - walk->nr)
		return -EINVAL;
	return batch_stage(walk, e->mfn, e->npages);
}

static int batch_walk_entries(struct batch_walk *walk,
			      const struct privcmd_mmap *m)
{
	struct privcmd_mmap_entry *entries;
	int ret = 0, done, nr, i;

	entries = kmalloc_array(BATCH_ENTRIES, sizeof(*entries),
				GFP_KERNEL_ACCOUNT);
	if (!entries)
		return -ENOMEM;
	for (done = 0; !ret && done < m->num; done += nr) {
		nr = min(m->num - done, BATCH_ENTRIES);
		if (fatal_signal_pending(current))
			ret = -EINTR;
		else if (copy_from_user(entries, m->entry + done,
					nr * sizeof(*entries)))
			ret = -EFAULT;
		for (i = 0; !ret && i < nr; i++)
			ret = batch_visit(walk, &entries[i]);
		cond_resched();
	}
	kfree(entries);
	return ret;
}

/* PV only: runs of machine frames, all of them or none. */
long privcmd_batch_mmap(struct file *file, void *arg)
{
	const struct privcmd_mmap *m = arg;
	struct batch_walk walk = {};
	struct privcmd_call call;
	int ret;

	if (!m->num)
		return 0;
	if (m->num < 0)
		return -EINVAL;
	ret = batch_walk_entries(&walk, m);
	if (ret)
		return ret;
	ret = privcmd_call_init(&call, file, walk.start, walk.nr, m->dom);
	if (ret)
		return ret;
	call.all = true;
	walk = (struct batch_walk){ .call = &call };
	ret = batch_walk_entries(&walk, m);
	if (!ret && walk.nr != call.req.nr)
		ret = -EINVAL;
	if (!ret)
		ret = privcmd_fill(&call);
	privcmd_call_done(&call);
	return ret;
}
