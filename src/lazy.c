// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames that come with the first touch (X_MAP's LAZY), and some neighbours
 * with them. Copyright (C) 2026 the xen-privcmd authors
 *
 * PV has only entries to make, and does so in the fault. Elsewhere frames want
 * places in our physmap. To get these may take the locks of memory hotplug and
 * of CPU hotplug, and there are who take the mmap lock under that one (cpusets
 * do): so the fault gives the mmap lock up first, fetches the frames with only
 * the populate lock held, and has the core ask again, which finds them.
 *
 * The touched frame answers for itself: it is noted as failed, and the touch is
 * SIGBUS. A neighbour that fails stays lazy, and its own touch asks again. Want of
 * places says nothing about a frame: the touch is SIGBUS, the frame stays lazy, and
 * the next touch asks again.
 */
#include <linux/file.h>
#include <linux/log2.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "lazy.h"
#include "privcmd.h"
#include "trace.h"

/* Between two questions for a frame that is paged out. */
#define PAGED_OUT_DELAY msecs_to_jiffies(10)

/*
 * What one window needs, and no stack has room for. Not accounted for: it is gone
 * with the touch, and a thread has one at most, no larger than its stack.
 */
struct work {
	s16 status[RANGE_TABLE];
	u64 scratch[]; /* PRIVCMD_SCRATCH per frame */
};

static struct work *work_new(const struct privcmd_window *w)
{
	return kmalloc(sizeof(struct work) + w->nr * PRIVCMD_SCRATCH,
		       GFP_KERNEL);
}

/*
 * The frames around the page at @addr, aligned as fault_around says, inside of
 * the area, of one page table and of one chunk of the record. The mapping's lock
 * is held.
 */
void privcmd_lazy_window(struct privcmd_map *map, struct vm_area_struct *vma,
			 unsigned long addr, struct privcmd_window *w)
{
	unsigned long size = (unsigned long)READ_ONCE(privcmd_fault_around)
			     << PAGE_SHIFT;
	unsigned long start = max(addr & -size, vma->vm_start);
	unsigned long end = min((addr & -size) + size, vma->vm_end);
	unsigned long touched = (addr - vma->vm_start) >> PAGE_SHIFT;
	unsigned long idx = (start - vma->vm_start) >> PAGE_SHIFT;
	struct privcmd_span span;

	lockdep_assert_held(&map->lock);
	privcmd_record_span(&map->record, touched, 1, &span);
	w->touched = touched;
	w->idx = max(idx, touched - span.slot);
	privcmd_record_span(&map->record, w->idx, (end - start) >> PAGE_SHIFT,
			    &span);
	w->nr = min_t(unsigned long, span.nr,
		      ((end - vma->vm_start) >> PAGE_SHIFT) - w->idx);
}

/*
 * The frames of the window have a chunk then, and their statuses are noted
 * without fail. The mapping's lock is held.
 */
static int get_chunk(struct privcmd_map *map, const struct privcmd_window *w,
		     struct privcmd_span *span)
{
	lockdep_assert_held(&map->lock);
	return privcmd_record_need(&map->record, w->idx, w->nr, span) ?:
		       privcmd_chunk_need_status(span->chunk);
}

/*
 * The next frames of @span that are lazy, behind @run, which is empty to begin
 * with; false: there are none. Their statuses are in @status.
 */
static bool next_run(const struct privcmd_span *span, struct privcmd_span *run,
		     s16 *status)
{
	const s16 *all = span->chunk->status;
	unsigned int i = run->slot + run->nr, end = span->slot + span->nr;

	while (i < end && all[i] != PRIVCMD_X_LAZY)
		i++;
	*run = (struct privcmd_span){ .chunk = span->chunk, .slot = i };
	for (; i < end && all[i] == PRIVCMD_X_LAZY; i++)
		status[run->nr++] = PRIVCMD_X_LAZY;
	return run->nr;
}

/* The touched frame's place in @run, if it is there. */
static bool has_touched(const struct privcmd_window *w,
			const struct privcmd_span *span,
			const struct privcmd_span *run, unsigned int *i)
{
	*i = span->slot + (w->touched - w->idx) - run->slot;
	return *i < run->nr;
}

/*
 * Turn the answers of @run into what is noted, and say what became of the
 * touched frame if it is one of them: paged out it is still lazy.
 */
static void judge(const struct privcmd_window *w,
		  const struct privcmd_span *span,
		  const struct privcmd_span *run, s16 *status, s16 *answer)
{
	unsigned int i, mine;

	if (has_touched(w, span, run, &mine))
		*answer = status[mine];
	else
		mine = run->nr;
	for (i = 0; i < run->nr; i++)
		if (status[i] < 0 && (i != mine || status[i] == -ENOENT))
			status[i] = PRIVCMD_X_LAZY;
}

static vm_fault_t enter_runs(struct privcmd_map *map,
			     struct vm_area_struct *vma,
			     const struct privcmd_window *w, struct work *work,
			     const struct privcmd_span *span)
{
	struct privcmd_span run = { .slot = span->slot };
	s16 answer = -EIO;
	unsigned long idx;

	while (next_run(span, &run, work->status)) {
		idx = w->idx + run.slot - span->slot;
		if (privcmd_backend->enter(
			    vma, vma->vm_start + (idx << PAGE_SHIFT), map, &run,
			    work->status, work->scratch))
			return VM_FAULT_OOM;
		judge(w, span, &run, work->status, &answer);
		privcmd_map_set(map, &run, work->status);
	}
	trace_privcmd_lazy(map->dom, w->touched, w->nr, answer);
	if (answer == -ENOENT)
		return VM_FAULT_RETRY;
	return privcmd_status_present(answer) ? VM_FAULT_NOPAGE :
						VM_FAULT_SIGBUS;
}

/*
 * Make entries for what is lazy in the window. VM_FAULT_RETRY: that cannot be
 * done here and now. The mmap lock and the mapping's lock are held.
 */
vm_fault_t privcmd_lazy_enter(struct privcmd_map *map,
			      struct vm_area_struct *vma,
			      const struct privcmd_window *w)
{
	struct privcmd_span span;
	struct work *work;
	vm_fault_t ret;

	if (get_chunk(map, w, &span))
		return VM_FAULT_OOM;
	if (privcmd_backend->map)
		return VM_FAULT_RETRY;
	work = work_new(w);
	if (!work)
		return VM_FAULT_OOM;
	/* Memory may have been waited for. */
	ret = privcmd_gate_allows(map, map->dom) ?
		      enter_runs(map, vma, w, work, &span) :
		      VM_FAULT_SIGBUS;
	kfree(work);
	return ret;
}

/*
 * Auto-translated: entries for all that is there in the window, which the
 * touched frame is. The same locks.
 */
vm_fault_t privcmd_lazy_refill(struct privcmd_map *map,
			       struct vm_area_struct *vma,
			       const struct privcmd_window *w)
{
	unsigned long addr = vma->vm_start + (w->idx << PAGE_SHIFT);
	struct work *work = work_new(w);
	struct privcmd_span span;
	unsigned int i;
	int ret;

	lockdep_assert_held(&map->lock);
	if (!work)
		return VM_FAULT_OOM;
	privcmd_record_span(&map->record, w->idx, w->nr, &span);
	for (i = 0; i < span.nr; i++)
		work->status[i] = privcmd_span_status(&map->record, &span, i);
	ret = privcmd_backend->enter(vma, addr, map, &span, work->status,
				     work->scratch);
	kfree(work);
	return ret ? VM_FAULT_OOM : VM_FAULT_NOPAGE;
}

/*
 * Places for a run, or if there are not as many, for the touched frame. To get them
 * may take long, so the mapping's files are asked once more: -EPERM, and no place.
 */
static int get_places(const struct privcmd_map *map,
		      const struct privcmd_window *w,
		      const struct privcmd_span *span, struct privcmd_span *run)
{
	unsigned int mine;
	int ret = privcmd_backend->alloc(map->file, run);

	if (ret && has_touched(w, span, run, &mine)) {
		run->slot += mine;
		run->nr = 1;
		ret = privcmd_backend->alloc(map->file, run);
	}
	if (ret || privcmd_gate_allows(map, map->dom))
		return ret;
	privcmd_backend->unalloc(run);
	return -EPERM;
}

/*
 * There was no place for the touched frame. The core has the page touched again, as
 * the mmap lock was given up; privcmd_lazy_starved() is what that touch asks.
 */
static void note_starved(struct privcmd_map *map,
			 const struct privcmd_window *w)
{
	mutex_lock(&map->lock);
	map->starved.task = current;
	map->starved.idx = w->touched;
	mutex_unlock(&map->lock);
}

/*
 * Has this thread just asked for a place for this page, and there was none? Once: its
 * next touch of the page asks again. A touch that the core does not repeat has not
 * asked, so the note is old. Another thread's may have replaced the note, and then
 * this one asks again, too.
 */
bool privcmd_lazy_starved(struct privcmd_map *map, const struct vm_fault *vmf)
{
	struct privcmd_starved *starved = &map->starved;
	unsigned long addr = vmf->address & PAGE_MASK;

	lockdep_assert_held(&map->lock);
	if (starved->task != current ||
	    starved->idx != (addr - vmf->vma->vm_start) >> PAGE_SHIFT)
		return false;
	starved->task = NULL;
	return vmf->flags & FAULT_FLAG_TRIED;
}

/*
 * Frames into our physmap, by runs. To have no place for the touched frame is no
 * matter of memory: the kernel's way out of a want of that would not get us one.
 */
static s16 fetch_runs(struct privcmd_map *map, const struct privcmd_window *w,
		      const struct privcmd_span *span, struct work *work)
{
	struct privcmd_span run = { .slot = span->slot };
	s16 answer = -EIO;
	bool short_of_places = false;
	unsigned int mine;
	int ret;

	lockdep_assert_held(&map->populate);
	while (next_run(span, &run, work->status)) {
		/* Each question may have to wait for the worker. */
		if (short_of_places && !has_touched(w, span, &run, &mine))
			continue;
		ret = get_places(map, w, span, &run);
		/* Nothing is noted: the next touch is SIGBUS, as lookup() asks. */
		if (ret == -EPERM)
			break;
		if (ret && has_touched(w, span, &run, &mine)) {
			answer = -ENOMEM;
			note_starved(map, w);
			break;
		}
		if (ret) {
			short_of_places = true;
			continue;
		}
		privcmd_backend->map(map->dom, &run, work->status,
				     work->scratch);
		judge(w, span, &run, work->status, &answer);
		mutex_lock(&map->lock);
		privcmd_map_set(map, &run, work->status);
		mutex_unlock(&map->lock);
	}
	trace_privcmd_lazy(map->dom, w->touched, w->nr, answer);
	return answer;
}

/*
 * Is the touched frame still there to be fetched? Since the window was looked up
 * the mapping may have been emptied, moved and populated anew, and its chunks
 * begin elsewhere: the next touch looks again.
 */
static bool is_wanted(struct privcmd_map *map, const struct privcmd_window *w,
		      struct privcmd_span *span)
{
	unsigned int i = w->touched - w->idx;
	bool wanted;

	mutex_lock(&map->lock);
	wanted = map->populated && privcmd_gate_allows(map, map->dom) &&
		 !get_chunk(map, w, span) && i < span->nr &&
		 span->chunk->status[span->slot + i] == PRIVCMD_X_LAZY;
	mutex_unlock(&map->lock);
	return wanted;
}

/*
 * Auto-translated: fetch what is lazy in the window. Only populate is held, and
 * while it is nobody else changes what is lazy. True: the frame is paged out.
 */
static bool fetch(struct privcmd_map *map, const struct privcmd_window *w)
{
	struct work *work = work_new(w);
	struct privcmd_span span;
	s16 answer = 0;

	if (!work)
		return false;
	if (!mutex_lock_killable(&map->populate)) {
		if (is_wanted(map, w, &span))
			answer = fetch_runs(map, w, &span, work);
		mutex_unlock(&map->populate);
	}
	kfree(work);
	return answer == -ENOENT;
}

/*
 * Go on without the mmap lock. The mapping may lose its VMA meanwhile, and the open
 * file its last descriptor. The open file holds the module, so this takes a reference
 * on it; map->file is not freed before the mapping is. On PV this is called only for a
 * frame that is paged out; elsewhere the frame has not been asked for yet.
 */
vm_fault_t privcmd_lazy_retry(struct privcmd_map *map, struct vm_fault *vmf,
			      const struct privcmd_window *w)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->vm_mm;
	bool paged_out = true;
	struct file *file;

	lockdep_assert_held(&mm->mmap_lock);
	if (!(vmf->flags & FAULT_FLAG_ALLOW_RETRY))
		return VM_FAULT_SIGBUS;
	if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
		return VM_FAULT_RETRY;
	file = get_file(vma->vm_file);
	kref_get(&map->ref);
	mmap_read_unlock(mm);
	if (privcmd_backend->map)
		paged_out = fetch(map, w);
	privcmd_map_put(map);
	if (paged_out)
		schedule_timeout_killable(PAGED_OUT_DELAY);
	fput(file);
	return VM_FAULT_RETRY;
}
