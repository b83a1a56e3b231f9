// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * X_MAP and X_UNMAP: MMAPBATCH_V2 with options, and the release of a part of a mapping.
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
#include "query.h"
#include "range.h"
#include "trace.h"
#include "undo.h"
#include "vma.h"
#include "xmap.h"

#define XMAP_FLAGS \
	(PRIVCMD_X_MAP_STRICT | PRIVCMD_X_MAP_CONTIGUOUS | PRIVCMD_X_MAP_LAZY)

/*
 * Put the answers for the frames of @span into @frames, unless that is NULL.
 * @paged: one of the frames is paged out.
 */
static void xmap_describe(const struct privcmd_call *call,
			  const struct privcmd_span *span,
			  struct privcmd_x_frame *frames, bool *paged)
{
	s16 status = PRIVCMD_X_LAZY;
	unsigned int i;

	for (i = 0; i < span->nr; i++) {
		if (!call->lazy)
			status = span->chunk->status[span->first + i];
		if (status == -ENOENT)
			*paged = true;
		if (frames)
			privcmd_query_describe(&frames[i], status);
	}
}

/*
 * Tell the caller at @to, unless that is NULL, what became of each frame.
 * @frames has room for the answers of one chunk.
 */
static int xmap_scatter(struct privcmd_call *call,
			struct privcmd_x_frame __user *to,
			struct privcmd_x_frame *frames, bool *paged)
{
	struct privcmd_span span;
	unsigned long done;
	int ret = 0;

	lockdep_assert_not_held(&call->map->populate);
	if (!to && (call->lazy || !call->failed))
		return 0;
	for (done = 0; !ret && done < call->req.nr; done += span.nr) {
		privcmd_record_span(&call->req, done, call->req.nr - done,
				    &span);
		xmap_describe(call, &span, frames, paged);
		if (to &&
		    copy_to_user(to + done, frames, span.nr * sizeof(*frames)))
			ret = -EFAULT;
		else if (fatal_signal_pending(current))
			ret = -EINTR;
		cond_resched();
	}
	return ret;
}

static int xmap_call(struct privcmd_call *call, const struct privcmd_x_map *m,
		     bool *paged)
{
	struct privcmd_x_frame __user *status = u64_to_user_ptr(m->status);
	struct privcmd_x_frame *frames = NULL;
	int ret;

	call->strict = m->flags & PRIVCMD_X_MAP_STRICT;
	call->lazy = m->flags & PRIVCMD_X_MAP_LAZY;
	call->req.contiguous = m->flags & PRIVCMD_X_MAP_CONTIGUOUS;
	if (call->req.contiguous)
		call->req.base = m->frames;
	static_assert(sizeof(struct privcmd_x_frame) == sizeof(int));
	/* Allocate before anything is mapped: then a failure needs no undo. */
	if (status) {
		frames = kmalloc_array(min_t(unsigned long, call->req.nr,
					     RANGE_TABLE),
				       sizeof(*frames), GFP_KERNEL_ACCOUNT);
		if (!frames)
			return -ENOMEM;
	}
	ret = privcmd_batch_gather(call, u64_to_user_ptr(m->frames),
				   (int __user *)status, status);
	if (!ret)
		ret = privcmd_fill(call);
	/*
	 * The frames stay mapped, even if the answers cannot be written
	 * (EFAULT).
	 */
	if (!ret)
		ret = xmap_scatter(call, status, frames, paged);
	kfree(frames);
	return ret;
}

long privcmd_xmap(struct file *file, void *arg)
{
	const struct privcmd_x_map *m = arg;
	struct privcmd_call call;
	bool paged = false;
	u64 end;
	int ret;

	if (m->flags & ~XMAP_FLAGS || m->pad[0] || m->pad[1] || m->pad[2] ||
	    !range_valid(m->addr, m->num))
		return -EINVAL;
	if (m->flags & PRIVCMD_X_MAP_CONTIGUOUS &&
	    check_add_overflow(m->frames, m->num - 1, &end))
		return -EINVAL;
	ret = privcmd_call_init(&call, file, m->addr, m->num, m->dom);
	if (ret)
		return ret;
	ret = xmap_call(&call, m, &paged);
	privcmd_call_done(&call);
	return ret ?: (paged ? -ENOENT : 0);
}

static int xmap_release(struct privcmd_map *map, const struct privcmd_file *pf,
			unsigned long idx, unsigned long nr)
{
	int ret;

	lockdep_assert_held(&map->populate);
	if (!privcmd_map_admits(map, pf))
		return -EPERM;
	if (!map->populated)
		return 0;
	if (map->resource)
		return -EINVAL;
	ret = privcmd_undo_range(map, idx, nr);
	if (privcmd_map_count(map, PRIVCMD_KIND_NONE) == map->nr)
		privcmd_map_reset_if_empty(map);
	return ret;
}

/*
 * Pages of a mapping become as they were before it was populated. Those of a
 * resource cannot be released, only unmapped: IOEVENTFD may have a window on
 * them.
 */
long privcmd_xmap_unmap(struct file *file, void *arg)
{
	const struct privcmd_x_unmap *u = arg;
	struct privcmd_map *map;
	unsigned long idx;
	int ret = -EINTR;

	if (u->flags || !range_valid(u->addr, u->num))
		return -EINVAL;
	map = privcmd_vma_claim(u->addr, u->num, &idx);
	if (IS_ERR(map))
		return PTR_ERR(map);
	if (!mutex_lock_killable(&map->populate)) {
		ret = xmap_release(map, file->private_data, idx, u->num);
		trace_privcmd_x_unmap(map->dom, u->addr, u->num, ret);
		mutex_unlock(&map->populate);
	}
	privcmd_map_put(map);
	return ret;
}
