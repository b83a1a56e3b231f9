// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * X_INFO and X_STATUS: which driver this is, and what a mapping shows. They
 * change nothing.
 */
#include <linux/fs.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "backend.h"
#include "handler.h"
#include "map.h"
#include "params.h"
#include "query.h"
#include "range.h"
#include "vma.h"

long privcmd_query_info(struct file *file, void *arg)
{
	struct privcmd_x_info *info = arg;

	*info = (struct privcmd_x_info){
		.abi = PRIVCMD_X_ABI,
		.features = PRIVCMD_X_FEATURE_STATUS |
			    PRIVCMD_X_FEATURE_HYPERCALL |
			    PRIVCMD_X_FEATURE_MAP | PRIVCMD_X_FEATURE_COPY |
			    PRIVCMD_X_FEATURE_MEMORY,
		.backend = privcmd_backend->id,
		.max_frames = READ_ONCE(privcmd_max_frames),
		.version = PRIVCMD_VERSION,
	};
	if (privcmd_backend->mfn && READ_ONCE(privcmd_ro_retry))
		info->features |= PRIVCMD_X_FEATURE_RO_RETRY;
	return PRIVCMD_ANSWER;
}

/* A status of a record, as X_STATUS and X_MAP tell it to the caller. */
void privcmd_query_describe(struct privcmd_x_frame *frame, s16 status)
{
	*frame = (struct privcmd_x_frame){
		.state = status < 0 ? PRIVCMD_X_NONE : status,
		.error = min_t(s16, status, 0),
	};
}

/*
 * Describe the frames from the @idx-th on that lie in one chunk, @nr at most.
 * Returns how many these are. -EPERM: a call of @pf may not ask.
 */
static int query_describe_some(struct privcmd_map *map,
			       const struct privcmd_file *pf, unsigned long idx,
			       unsigned long nr, struct privcmd_x_frame *frames)
{
	struct privcmd_span span = { .nr = min_t(unsigned long, nr,
						 RANGE_TABLE) };
	s16 status = PRIVCMD_X_NONE;
	unsigned int i;

	mutex_lock(&map->lock);
	if (!privcmd_map_admits(map, pf)) {
		mutex_unlock(&map->lock);
		return -EPERM;
	}
	if (map->populated)
		privcmd_record_span(&map->record, idx, nr, &span);
	for (i = 0; i < span.nr; i++) {
		if (map->populated)
			status = privcmd_span_status(&map->record, &span, i);
		privcmd_query_describe(&frames[i], status);
	}
	mutex_unlock(&map->lock);
	return span.nr;
}

long privcmd_query_status(struct file *file, void *arg)
{
	const struct privcmd_x_status *s = arg;
	struct privcmd_x_frame __user *to = u64_to_user_ptr(s->status);
	struct privcmd_x_frame *frames;
	struct privcmd_map *map;
	unsigned long idx, done;
	int ret = 0, nr;

	if (s->flags || !range_valid(s->addr, s->num))
		return -EINVAL;
	map = privcmd_vma_claim(s->addr, s->num, &idx);
	if (IS_ERR(map))
		return PTR_ERR(map);
	frames = kmalloc_array(min_t(u64, s->num, RANGE_TABLE), sizeof(*frames),
			       GFP_KERNEL_ACCOUNT);
	if (!frames)
		ret = -ENOMEM;
	for (done = 0; !ret && done < s->num; done += nr) {
		nr = query_describe_some(map, file->private_data, idx + done,
					 s->num - done, frames);
		if (nr < 0)
			ret = nr;
		else if (copy_to_user(to + done, frames, nr * sizeof(*frames)))
			ret = -EFAULT;
		else if (fatal_signal_pending(current))
			ret = -EINTR;
		cond_resched();
	}
	kfree(frames);
	privcmd_map_put(map);
	return ret;
}
