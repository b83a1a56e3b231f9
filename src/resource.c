// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * MMAP_RESOURCE: map frames that the hypervisor keeps for a domain, such as
 * ioreq pages and grant tables. The caller names them by what they are for, and
 * gets all of them or none.
 *
 * A PV dom0 is told their machine frame numbers, and maps those. An
 * auto-translated dom0 tells the hypervisor in which of its slots they are to
 * appear.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "acquire.h"
#include "backend.h"
#include "call.h"
#include "file.h"
#include "fill.h"
#include "handler.h"
#include "range.h"
#include "resource.h"

static int resource_stage(struct privcmd_call *call)
{
	struct privcmd_span span;
	unsigned long done;
	int ret = 0;

	for (done = 0; !ret && done < call->req.nr; done += span.nr) {
		if (fatal_signal_pending(current))
			return -EINTR;
		ret = privcmd_record_grow(&call->req, done, &span);
		if (ret)
			return ret;
		memset(span.chunk->gfn, 0, span.nr * sizeof(xen_pfn_t));
		/* The allocation may have slept. */
		if (!privcmd_file_allows(call->file, call->dom))
			return -EPERM;
		if (privcmd_backend->mfn)
			ret = privcmd_acquire(call->resource, done, span.nr,
					      span.chunk->gfn);
		cond_resched();
	}
	return ret;
}

static int resource_map(struct file *file,
			const struct privcmd_mmap_resource *r)
{
	struct privcmd_call call;
	int ret;

	ret = privcmd_call_init(&call, file, r->addr, r->num, r->dom);
	if (ret)
		return ret;
	call.all = true;
	call.resource = r;
	ret = resource_stage(&call);
	if (!ret)
		ret = privcmd_fill(&call);
	privcmd_call_done(&call);
	return ret;
}

long privcmd_resource(struct file *file, void *arg)
{
	struct privcmd_mmap_resource *r = arg;
	int ret;

	/*
	 * The hypervisor's field has 16 bits. Do not truncate the number to
	 * another one.
	 */
	if (r->type > U16_MAX)
		return -EINVAL;
	if (!r->num && !r->addr) {
		ret = privcmd_acquire(r, 0, 0, NULL);
		if (ret < 0)
			return ret;
		r->num = ret;
		return PRIVCMD_ANSWER;
	}
	if (!range_valid(r->addr, r->num))
		return -EINVAL;
	return resource_map(file, r);
}
