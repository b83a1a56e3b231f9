// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A populating call: its charge, its spans, and the check whether it may go on.
 */
#include <linux/fs.h>
#include <linux/sched/signal.h>

#include "call.h"
#include "file.h"
#include "map.h"
#include "reaper.h"

/* Charge @nr frames to @pf. -ENOMEM: beyond max_frames. May wait for the reaper. */
static int call_charge(struct privcmd_file *pf, unsigned long nr)
{
	/*
	 * Frames that wait for the reaper are still charged. Read their number
	 * first: the reaper may remove them between the refusal and the check.
	 */
	bool reaping = atomic_long_read(&pf->reaping);
	int ret = privcmd_file_charge(pf, nr);

	if (ret && reaping && !privcmd_reaper_drain_all())
		ret = privcmd_file_charge(pf, nr);
	return ret;
}

/*
 * Begin a call for @nr frames at @addr. They are charged to the caller's file
 * until the mapping is found, since the call stages their numbers. -ENOMEM:
 * beyond max_frames. After success the caller calls privcmd_call_done().
 */
int privcmd_call_init(struct privcmd_call *call, struct file *file,
		      unsigned long addr, unsigned long nr, domid_t dom)
{
	int ret;

	ret = call_charge(file->private_data, nr);
	if (ret)
		return ret;
	*call = (struct privcmd_call){
		.file = file->private_data,
		.addr = addr,
		.dom = dom,
		.payer = file->private_data,
		.charged = nr,
	};
	privcmd_record_init(&call->req, addr, nr);
	return 0;
}

/* Charge the frames to the file that made the mapping, instead of the caller's. */
static int call_move_charge(struct privcmd_call *call)
{
	struct privcmd_file *pf = call->map->gates.file;
	int ret;

	if (call->payer == pf)
		return 0;
	ret = call_charge(pf, call->charged);
	if (ret)
		return ret;
	privcmd_file_uncharge(call->payer, call->charged);
	call->payer = pf;
	return 0;
}

/*
 * The call suits the mapping and begins to populate it: from now on the
 * restriction of the caller's file counts for the mapping, and the charge is
 * the mapping's. Called with map->populate held.
 */
int privcmd_call_join(struct privcmd_call *call)
{
	int ret;

	ret = call_move_charge(call) ?:
		      privcmd_map_join(call->map, call->file, call->charged);
	if (ret)
		return ret;
	call->charged = 0;
	return 0;
}

/*
 * -EINTR: the caller is killed. -EPERM: its file, or one of the mapping's, was
 * restricted to another domain. Called with map->populate held.
 */
int privcmd_call_interrupted(const struct privcmd_call *call)
{
	lockdep_assert_held(&call->map->populate);
	if (fatal_signal_pending(current))
		return -EINTR;
	if (!privcmd_file_allows(call->file, call->dom) ||
	    !privcmd_map_allows(call->map, call->dom))
		return -EPERM;
	return 0;
}

/*
 * The frames from the @done-th on, as many as share one chunk of the call's
 * record (@req) and one of the mapping's (@span). That is a whole chunk, unless
 * the mapping was moved to another offset in its page table.
 */
void privcmd_call_spans(struct privcmd_call *call, unsigned long done,
			struct privcmd_span *req, struct privcmd_span *span)
{
	privcmd_record_span(&call->req, done, call->req.nr - done, req);
	privcmd_record_span(&call->map->record, call->idx + done, req->nr,
			    span);
	req->nr = span->nr;
}

void privcmd_call_done(struct privcmd_call *call)
{
	/*
	 * @payer may be the mapping's file, on which only the mapping has a
	 * reference.
	 */
	privcmd_file_uncharge(call->payer, call->charged);
	if (call->map)
		privcmd_map_put(call->map);
	privcmd_record_destroy(&call->req);
}
