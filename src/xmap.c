// SPDX-License-Identifier: GPL-2.0-only
/*
 * X_MAP and X_UNMAP: MMAPBATCH_V2 with choices, and the way back from it for a
 * part of a mapping. Copyright (C) 2026 the xen-privcmd authors
 *
 * User memory is read before and written after populating, with no lock held.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "privcmd.h"
#include "trace.h"

#define MAP_FLAGS \
	(PRIVCMD_X_MAP_STRICT | PRIVCMD_X_MAP_CONTIGUOUS | PRIVCMD_X_MAP_LAZY)

/*
 * Answers of a chunk's worth of frames, to @frames unless that is NULL; @paged: one
 * of them is paged out.
 */
static void describe_some(const struct privcmd_fill *fill,
			  const struct privcmd_span *span,
			  struct privcmd_x_frame *frames, bool *paged)
{
	s16 status = PRIVCMD_X_LAZY;
	unsigned int i;

	for (i = 0; i < span->nr; i++) {
		if (!fill->lazy)
			status = span->chunk->status[span->slot + i];
		if (status == -ENOENT)
			*paged = true;
		if (frames)
			privcmd_query_describe(&frames[i], status);
	}
}

/*
 * What became of each frame, to the caller's @to if there is one; @frames has room
 * for those of a chunk then.
 */
static int scatter(struct privcmd_fill *fill, struct privcmd_x_frame __user *to,
		   struct privcmd_x_frame *frames, bool *paged)
{
	struct privcmd_span span;
	unsigned long done;
	int ret = 0;

	lockdep_assert_not_held(&fill->map->populate);
	if (!to && (fill->lazy || !fill->failed))
		return 0;
	for (done = 0; !ret && done < fill->req.nr; done += span.nr) {
		privcmd_record_span(&fill->req, done, fill->req.nr - done,
				    &span);
		describe_some(fill, &span, frames, paged);
		if (to &&
		    copy_to_user(to + done, frames, span.nr * sizeof(*frames)))
			ret = -EFAULT;
		else if (fatal_signal_pending(current))
			ret = -EINTR;
		cond_resched();
	}
	return ret;
}

static int map_frames(struct privcmd_fill *fill, const struct privcmd_x_map *m,
		      bool *paged)
{
	struct privcmd_x_frame __user *status = u64_to_user_ptr(m->status);
	struct privcmd_x_frame *frames = NULL;
	int ret;

	fill->strict = m->flags & PRIVCMD_X_MAP_STRICT;
	fill->lazy = m->flags & PRIVCMD_X_MAP_LAZY;
	fill->req.contiguous = m->flags & PRIVCMD_X_MAP_CONTIGUOUS;
	if (fill->req.contiguous)
		fill->req.base = m->frames;
	static_assert(sizeof(struct privcmd_x_frame) == sizeof(int));
	/* Now, so that want of memory is found out before anything is mapped. */
	if (status) {
		frames = kmalloc_array(min_t(unsigned long, fill->req.nr,
					     RANGE_TABLE),
				       sizeof(*frames), GFP_KERNEL_ACCOUNT);
		if (!frames)
			return -ENOMEM;
	}
	ret = privcmd_batch_gather(fill, u64_to_user_ptr(m->frames),
				   (int __user *)status, status);
	if (!ret)
		ret = privcmd_fill(fill);
	/* What is mapped stays, also if the answers cannot be written. */
	if (!ret)
		ret = scatter(fill, status, frames, paged);
	kfree(frames);
	return ret;
}

long privcmd_xmap(struct file *file, void *arg)
{
	const struct privcmd_x_map *m = arg;
	struct privcmd_fill fill;
	bool paged = false;
	u64 end;
	int ret;

	if (m->flags & ~MAP_FLAGS || m->pad[0] || m->pad[1] || m->pad[2] ||
	    !range_valid(m->addr, m->num))
		return -EINVAL;
	if (m->flags & PRIVCMD_X_MAP_CONTIGUOUS &&
	    check_add_overflow(m->frames, m->num - 1, &end))
		return -EINVAL;
	ret = privcmd_fill_init(&fill, file, m->addr, m->num, m->dom);
	if (ret)
		return ret;
	ret = map_frames(&fill, m, &paged);
	privcmd_fill_done(&fill);
	return ret ?: (paged ? -ENOENT : 0);
}

static int unmap(struct privcmd_map *map, const struct privcmd_file *pf,
		 unsigned long idx, unsigned long nr)
{
	int ret;

	lockdep_assert_held(&map->populate);
	if (!privcmd_gate_admits(map, pf))
		return -EPERM;
	if (!map->populated)
		return 0;
	if (map->resource)
		return -EINVAL;
	ret = privcmd_undo_range(map, idx, nr);
	if (privcmd_map_count(map, PRIVCMD_KIND_NONE) == map->nr)
		privcmd_undo_emptied(map);
	privcmd_map_settle(map);
	return ret;
}

/*
 * Pages of a mapping as they were before it was populated. Those of a resource
 * go all at once, with munmap(): IOEVENTFD may look at them.
 */
long privcmd_xmap_unmap(struct file *file, void *arg)
{
	const struct privcmd_x_unmap *u = arg;
	struct privcmd_map *map;
	unsigned long idx;
	int ret = -EINTR;

	if (u->flags || !range_valid(u->addr, u->num))
		return -EINVAL;
	map = privcmd_map_claim(u->addr, u->num, &idx);
	if (IS_ERR(map))
		return PTR_ERR(map);
	if (!mutex_lock_killable(&map->populate)) {
		ret = unmap(map, file->private_data, idx, u->num);
		trace_privcmd_x_unmap(map->dom, u->addr, u->num, ret);
		mutex_unlock(&map->populate);
	}
	privcmd_map_put(map);
	return ret;
}
