// SPDX-License-Identifier: GPL-2.0-only
/*
 * MMAP, MMAPBATCH, MMAPBATCH_V2: frame numbers in, frames mapped, what became
 * of each out. One shape in three encodings; the mapping itself is fill.c's.
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * User memory is read before and written after populating, with no lock held.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "privcmd.h"

/* The next frames of @fill, with their numbers from @arr unless they need none. */
static int stage_some(struct privcmd_fill *fill, unsigned long done,
		      const xen_pfn_t __user *arr, struct privcmd_span *span)
{
	int ret;

	span->nr = min_t(unsigned long, fill->req.nr - done, RANGE_TABLE);
	if (fill->req.contiguous && fill->lazy)
		return 0;
	ret = privcmd_record_grow(&fill->req, done, span);
	if (ret || fill->req.contiguous)
		return ret;
	return copy_from_user(span->chunk->gfn, arr + done,
			      span->nr * sizeof(*arr)) ?
		       -EFAULT :
		       0;
}

/*
 * Stage @fill's frame numbers from @arr; with @answers, clear the caller's @err
 * on the way, or X_MAP's statuses, which are as large: who cannot take an answer
 * gets no mapping.
 */
int privcmd_batch_gather(struct privcmd_fill *fill, const xen_pfn_t __user *arr,
			 int __user *err, bool answers)
{
	struct privcmd_span span;
	unsigned long done;
	int ret;

	/* Nothing is known of any frame: of them there may be many. */
	if (fill->req.contiguous && fill->lazy && !answers)
		return 0;
	for (done = 0; done < fill->req.nr; done += span.nr) {
		if (fatal_signal_pending(current))
			return -EINTR;
		if (done)
			cond_resched();
		ret = stage_some(fill, done, arr, &span);
		if (ret)
			return ret;
		if (answers && clear_user(err + done, span.nr * sizeof(*err)))
			return -EFAULT;
	}
	return 0;
}

/* Tells the caller that the @i-th frame failed with @error. */
typedef int (*tell_fn)(void __user *to, unsigned long i, int error);

static int tell_v1(void __user *to, unsigned long i, int error)
{
	xen_pfn_t __user *element = (xen_pfn_t __user *)to + i;
	xen_pfn_t gfn;

	if (get_user(gfn, element))
		return -EFAULT;
	gfn |= error == -ENOENT ? PRIVCMD_MMAPBATCH_PAGED_ERROR :
				  PRIVCMD_MMAPBATCH_MFN_ERROR;
	return put_user(gfn, element);
}

static int tell_v2(void __user *to, unsigned long i, int error)
{
	return put_user(error, (int __user *)to + i);
}

/* Report the frames that failed. @paged: one of them was paged out. */
static int scatter(struct privcmd_fill *fill, void __user *to, tell_fn tell,
		   bool *paged)
{
	struct privcmd_span span;
	unsigned long done;
	unsigned int i;
	s16 status;

	lockdep_assert_not_held(&fill->map->populate);
	if (!fill->failed)
		return 0;
	for (done = 0; done < fill->req.nr; done += span.nr) {
		if (fatal_signal_pending(current))
			return -EINTR;
		if (done)
			cond_resched();
		privcmd_record_span(&fill->req, done, fill->req.nr - done,
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

/* V1 and V2 alike, but that V1 has no m->err and gets its errors in m->arr. */
static long batch(struct file *file, const struct privcmd_mmapbatch_v2 *m,
		  bool v2)
{
	struct privcmd_fill fill;
	bool paged = false;
	int ret;

	if (!range_valid(m->addr, m->num))
		return -EINVAL;
	ret = privcmd_fill_init(&fill, file, m->addr, m->num, m->dom);
	if (ret)
		return ret;
	ret = privcmd_batch_gather(&fill, m->arr, m->err, v2);
	if (!ret)
		ret = privcmd_fill(&fill);
	/* What is mapped stays, also if the answers cannot be written. */
	if (!ret)
		ret = v2 ? scatter(&fill, m->err, tell_v2, &paged) :
			   scatter(&fill, (void __user *)m->arr, tell_v1,
				   &paged);
	privcmd_fill_done(&fill);
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

	return v1->num > 0 ? batch(file, &m, false) : -EINVAL;
}

long privcmd_batch_v2(struct file *file, void *arg)
{
	return batch(file, arg, true);
}

/* Entries of MMAP that are read at once. */
#define ENTRIES 64

/* A walk along MMAP's entries; each page of the area is visited once. */
struct walk {
	struct privcmd_fill *fill; /* NULL: only measure */
	u64 start;
	u64 nr;			  /* pages so far */
	struct privcmd_span span; /* of the record, being filled */
	unsigned int used;
};

static int stage(struct walk *w, u64 mfn, u64 nr)
{
	int ret;

	for (; nr; nr--) {
		if (w->used == w->span.nr) {
			if (fatal_signal_pending(current))
				return -EINTR;
			ret = privcmd_record_grow(&w->fill->req, w->nr,
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

static int visit(struct walk *walk, const struct privcmd_mmap_entry *e)
{
	if (!range_valid(e->va, e->npages))
		return -EINVAL;
	if (!walk->nr)
		walk->start = e->va;
	if (e->va != walk->start + (walk->nr << PAGE_SHIFT) ||
	    !range_valid(walk->start, walk->nr + e->npages))
		return -EINVAL;
	if (!walk->fill) {
		walk->nr += e->npages;
		return 0;
	}
	/* The entries may have grown since they were measured. */
	if (walk->start != walk->fill->addr ||
	    e->npages > walk->fill->req.nr - walk->nr)
		return -EINVAL;
	return stage(walk, e->mfn, e->npages);
}

static int walk_entries(struct walk *walk, const struct privcmd_mmap *m)
{
	struct privcmd_mmap_entry *entries;
	int ret = 0, done, nr, i;

	entries = kmalloc_array(ENTRIES, sizeof(*entries), GFP_KERNEL_ACCOUNT);
	if (!entries)
		return -ENOMEM;
	for (done = 0; !ret && done < m->num; done += nr) {
		nr = min(m->num - done, ENTRIES);
		if (fatal_signal_pending(current))
			ret = -EINTR;
		else if (copy_from_user(entries, m->entry + done,
					nr * sizeof(*entries)))
			ret = -EFAULT;
		for (i = 0; !ret && i < nr; i++)
			ret = visit(walk, &entries[i]);
		cond_resched();
	}
	kfree(entries);
	return ret;
}

/* PV only: machine frames by runs, all of them or none. */
long privcmd_batch_mmap(struct file *file, void *arg)
{
	const struct privcmd_mmap *m = arg;
	struct walk walk = {};
	struct privcmd_fill fill;
	int ret;

	if (!m->num)
		return 0;
	if (m->num < 0)
		return -EINVAL;
	ret = walk_entries(&walk, m);
	if (ret)
		return ret;
	ret = privcmd_fill_init(&fill, file, walk.start, walk.nr, m->dom);
	if (ret)
		return ret;
	fill.all = true;
	walk = (struct walk){ .fill = &fill };
	ret = walk_entries(&walk, m);
	if (!ret && walk.nr != fill.req.nr)
		ret = -EINVAL;
	if (!ret)
		ret = privcmd_fill(&fill);
	privcmd_fill_done(&fill);
	return ret;
}
