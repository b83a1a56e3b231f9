// SPDX-License-Identifier: GPL-2.0-only
/*
 * MMAP_RESOURCE: frames that belong to the hypervisor's idea of a domain (ioreq
 * pages, grant tables), named by what they are for. All of them or none.
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * A PV dom0 is told the machine frames and maps those; an auto-translated one
 * says at which of its own frames they are to appear.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <asm/xen/hypercall.h>
#include <xen/interface/memory.h>

#include "inject.h"
#include "privcmd.h"

/*
 * Ask for @nr frames from the @first-th on. @frames: PV: what they are, out;
 * else: where to put them, in. With @nr 0 the return value is how many there
 * are.
 */
int privcmd_resource_acquire(const struct privcmd_mmap_resource *resource,
			     unsigned long first, unsigned int nr,
			     xen_pfn_t *frames)
{
	struct xen_mem_acquire_resource acquire = {
		.domid = resource->dom,
		.type = resource->type,
		.id = resource->id,
		.nr_frames = nr,
		.frame = (u64)resource->idx + first,
	};
	int ret;

	set_xen_guest_handle(acquire.frame_list, frames);
	ret = privcmd_inject_hypercall() ?:
		      HYPERVISOR_memory_op(XENMEM_acquire_resource, &acquire);
	if (ret)
		return ret < 0 ? ret : -EIO;
	/* Frames of our own could be anything of ours by the next touch. */
	if (nr && acquire.flags & XENMEM_rsrc_acq_caller_owned)
		return -EOPNOTSUPP;
	/* Xen 4.17 says the errno of a type that it does not know in there. */
	return nr ? 0 : max_t(int, acquire.nr_frames, -MAX_ERRNO);
}

static int stage(struct privcmd_fill *fill)
{
	struct privcmd_span span;
	unsigned long done;
	int ret = 0;

	for (done = 0; !ret && done < fill->req.nr; done += span.nr) {
		if (fatal_signal_pending(current))
			return -EINTR;
		ret = privcmd_record_grow(&fill->req, done, &span);
		if (ret)
			return ret;
		memset(span.chunk->gfn, 0, span.nr * sizeof(xen_pfn_t));
		/* Memory may have been waited for. */
		if (!privcmd_file_may_touch(fill->file->private_data,
					    fill->dom))
			return -EPERM;
		if (privcmd_backend->mfn)
			ret = privcmd_resource_acquire(
				fill->resource, done, span.nr, span.chunk->gfn);
		cond_resched();
	}
	return ret;
}

static int map_all(struct file *file, const struct privcmd_mmap_resource *r)
{
	struct privcmd_fill fill;
	int ret;

	ret = privcmd_fill_init(&fill, file, r->addr, r->num, r->dom);
	if (ret)
		return ret;
	fill.all = true;
	fill.resource = r;
	ret = stage(&fill);
	if (!ret)
		ret = privcmd_fill(&fill);
	privcmd_fill_done(&fill);
	return ret;
}

long privcmd_resource(struct file *file, void *arg)
{
	struct privcmd_mmap_resource *r = arg;
	int ret;

	/* The hypervisor's field is shorter: nothing may come true by that. */
	if (r->type > U16_MAX)
		return -EINVAL;
	if (!r->num && !r->addr) {
		ret = privcmd_resource_acquire(r, 0, 0, NULL);
		if (ret < 0)
			return ret;
		r->num = ret;
		return PRIVCMD_ANSWER;
	}
	if (!range_valid(r->addr, r->num))
		return -EINVAL;
	return map_all(file, r);
}
