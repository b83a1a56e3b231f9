// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Lazy frames (X_MAP with LAZY): the hypervisor is asked for a frame when a
 * program first accesses it.
 *
 * On PV the fault only has to make entries, and does so at once. Elsewhere the
 * frames need slots. To get slots, the kernel may take the locks of memory and
 * CPU hotplug, and cpusets take the mmap lock under the latter. So the fault
 * releases the mmap lock first, maps the frames with only map->populate held,
 * and has the core repeat the fault, which finds them.
 *
 * If the hypervisor refuses the frame of the fault, the record says that it
 * failed, and the access gets SIGBUS. If it refuses a neighbour, that one stays
 * lazy, and its own fault asks again. If there is no slot, the access gets
 * SIGBUS and the frame stays lazy: the next access asks again.
 */
#include <linux/file.h>
#include <linux/log2.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "backend.h"
#include "lazy.h"
#include "map.h"
#include "params.h"
#include "trace.h"

/* How long a fault waits before it asks again for a frame that is paged out. */
#define LAZY_PAGED_OUT_DELAY msecs_to_jiffies(10)

/*
 * Memory for one fault, too large for a stack. Not accounted: it is freed with
 * the fault, and a thread has one at most, no larger than its stack.
 */
struct lazy_work {
	s16 status[RANGE_TABLE];
	u64 scratch[]; /* PRIVCMD_SCRATCH for each frame */
};

static struct lazy_work *lazy_work_new(const struct privcmd_around *around)
{
	return kmalloc(sizeof(struct lazy_work) + around->nr * PRIVCMD_SCRATCH,
		       GFP_KERNEL);
}

/*
 * The frames around the page at @addr: fault_around of them, aligned, as far as
 * they lie in the area and in the page's chunk. Called with map->lock held.
 */
void privcmd_lazy_around(struct privcmd_map *map, struct vm_area_struct *vma,
			 unsigned long addr, struct privcmd_around *around)
{
	unsigned long size = (unsigned long)READ_ONCE(privcmd_fault_around)
			     << PAGE_SHIFT;
	unsigned long start = max(addr & -size, vma->vm_start);
	unsigned long end = min((addr & -size) + size, vma->vm_end);
	unsigned long fault = (addr - vma->vm_start) >> PAGE_SHIFT;
	unsigned long idx = (start - vma->vm_start) >> PAGE_SHIFT;
	struct privcmd_span span;

	lockdep_assert_held(&map->lock);
	privcmd_record_span(&map->record, fault, 1, &span);
	around->fault = fault;
	around->idx = max(idx, fault - span.first);
	privcmd_record_span(&map->record, around->idx,
			    (end - start) >> PAGE_SHIFT, &span);
	around->nr = min_t(unsigned long, span.nr,
			   ((end - vma->vm_start) >> PAGE_SHIFT) - around->idx);
}

/*
 * Make sure that the frames have a chunk, and that it has an array of statuses, so that
 * setting a status cannot fail. Called with map->lock held.
 */
static int lazy_need_chunk(struct privcmd_map *map,
			   const struct privcmd_around *around,
			   struct privcmd_span *span)
{
	lockdep_assert_held(&map->lock);
	return privcmd_record_need(&map->record, around->idx, around->nr, span) ?:
		       privcmd_chunk_need_status(span->chunk);
}

/*
 * Move @run on to the next lazy frames of @span, behind the present @run, and
 * fill @status with their status. @run is empty to begin with. False: no lazy
 * frames are left.
 */
static bool lazy_next_run(const struct privcmd_span *span,
			  struct privcmd_span *run, s16 *status)
{
	const s16 *all = span->chunk->status;
	unsigned int i = run->first + run->nr, end = span->first + span->nr;

	while (i < end && all[i] != PRIVCMD_X_LAZY)
		i++;
	*run = (struct privcmd_span){ .chunk = span->chunk, .first = i };
	for (; i < end && all[i] == PRIVCMD_X_LAZY; i++)
		status[run->nr++] = PRIVCMD_X_LAZY;
	return run->nr;
}

/* Is the frame of the fault one of @run? @i is its number there. */
static bool lazy_has_fault(const struct privcmd_around *around,
			   const struct privcmd_span *span,
			   const struct privcmd_span *run, unsigned int *i)
{
	*i = span->first + (around->fault - around->idx) - run->first;
	return *i < run->nr;
}

/*
 * The hypervisor has answered for @run. Turn the answers into the statuses to
 * be stored. @answer: that for the frame of the fault, if it is one of @run. A
 * frame that is paged out stays lazy.
 */
static void lazy_judge(const struct privcmd_around *around,
		       const struct privcmd_span *span,
		       const struct privcmd_span *run, s16 *status, s16 *answer)
{
	unsigned int i, fault;

	if (lazy_has_fault(around, span, run, &fault))
		*answer = status[fault];
	else
		fault = run->nr;
	for (i = 0; i < run->nr; i++)
		if (status[i] < 0 && (i != fault || status[i] == -ENOENT))
			status[i] = PRIVCMD_X_LAZY;
}

static vm_fault_t lazy_enter_runs(struct privcmd_map *map,
				  struct vm_area_struct *vma,
				  const struct privcmd_around *around,
				  struct lazy_work *work,
				  const struct privcmd_span *span)
{
	struct privcmd_frames frames = { .span.first = span->first,
					 .status = work->status,
					 .scratch = work->scratch };
	struct privcmd_span *run = &frames.span;
	s16 answer = -EIO;
	unsigned long idx;

	while (lazy_next_run(span, run, work->status)) {
		idx = around->idx + run->first - span->first;
		if (privcmd_backend->enter(vma,
					   vma->vm_start + (idx << PAGE_SHIFT),
					   map, &frames))
			return VM_FAULT_OOM;
		lazy_judge(around, span, run, work->status, &answer);
		privcmd_map_set(map, run, work->status);
	}
	trace_privcmd_lazy(map->dom, around->fault, around->nr, answer);
	if (answer == -ENOENT)
		return VM_FAULT_RETRY;
	return privcmd_status_present(answer) ? VM_FAULT_NOPAGE :
						VM_FAULT_SIGBUS;
}

/*
 * Make entries for the lazy frames around the fault. VM_FAULT_RETRY: that
 * cannot be done with these locks held. Called with the mmap lock and map->lock
 * held.
 */
vm_fault_t privcmd_lazy_enter(struct privcmd_map *map,
			      struct vm_area_struct *vma,
			      const struct privcmd_around *around)
{
	struct lazy_work *work;
	struct privcmd_span span;
	vm_fault_t ret;

	if (lazy_need_chunk(map, around, &span))
		return VM_FAULT_OOM;
	if (privcmd_backend->map)
		return VM_FAULT_RETRY;
	work = lazy_work_new(around);
	if (!work)
		return VM_FAULT_OOM;
	/*
	 * The allocation may have slept; a file may have been restricted
	 * meanwhile.
	 */
	ret = privcmd_map_allows(map, map->dom) ?
		      lazy_enter_runs(map, vma, around, work, &span) :
		      VM_FAULT_SIGBUS;
	kfree(work);
	return ret;
}

/*
 * Auto-translated: make entries for all mapped frames around the fault, whose
 * own frame is mapped. Called with the mmap lock and map->lock held.
 */
vm_fault_t privcmd_lazy_refill(struct privcmd_map *map,
			       struct vm_area_struct *vma,
			       const struct privcmd_around *around)
{
	unsigned long addr = vma->vm_start + (around->idx << PAGE_SHIFT);
	struct lazy_work *work = lazy_work_new(around);
	struct privcmd_frames frames;
	unsigned int i;
	int ret;

	lockdep_assert_held(&map->lock);
	if (!work)
		return VM_FAULT_OOM;
	frames.status = work->status;
	frames.scratch = work->scratch;
	privcmd_record_span(&map->record, around->idx, around->nr,
			    &frames.span);
	for (i = 0; i < frames.span.nr; i++)
		work->status[i] =
			privcmd_span_status(&map->record, &frames.span, i);
	ret = privcmd_backend->enter(vma, addr, map, &frames);
	kfree(work);
	return ret ? VM_FAULT_OOM : VM_FAULT_NOPAGE;
}

/*
 * Take slots for @run. If there are not as many, reduce @run to the frame of
 * the fault, and take one. Taking slots may sleep for long, so ask the
 * mapping's files once more: -EPERM, and no slot is taken. -ENOMEM: no slots.
 */
static int lazy_alloc(const struct privcmd_map *map,
		      const struct privcmd_around *around,
		      const struct privcmd_span *span, struct privcmd_span *run)
{
	struct privcmd_file *pf = map->gates.file;
	unsigned int fault;
	int ret = privcmd_backend->alloc(pf, run);

	if (ret && lazy_has_fault(around, span, run, &fault)) {
		run->first += fault;
		run->nr = 1;
		ret = privcmd_backend->alloc(pf, run);
	}
	if (ret || privcmd_map_allows(map, map->dom))
		return ret;
	privcmd_backend->unalloc(run);
	return -EPERM;
}

/*
 * Has the current thread just faulted in this page, and was there no slot? The
 * core repeats such a fault, because the mmap lock was released. A fault that
 * is no repetition has not asked for a slot, so the note belongs to an earlier fault.
 */
bool privcmd_lazy_had_no_slot(struct privcmd_map *map,
			      const struct vm_fault *vmf)
{
	unsigned long addr = vmf->address & PAGE_MASK;

	return privcmd_map_had_no_slot(map, (addr - vmf->vma->vm_start) >>
						    PAGE_SHIFT) &&
	       vmf->flags & FAULT_FLAG_TRIED;
}

/*
 * Map the lazy frames of @span; return the answer for the frame of the fault.
 * If it gets no slot, that is no VM_FAULT_OOM: the core's answer to want of
 * memory would not get us one.
 */
static s16 lazy_map_runs(struct privcmd_map *map,
			 const struct privcmd_around *around,
			 const struct privcmd_span *span,
			 struct lazy_work *work)
{
	struct privcmd_frames frames = { .span.first = span->first,
					 .status = work->status,
					 .scratch = work->scratch };
	struct privcmd_span *run = &frames.span;
	bool no_slots = false;
	s16 answer = -EIO;
	unsigned int fault;
	int ret;

	lockdep_assert_held(&map->populate);
	while (lazy_next_run(span, run, work->status)) {
		/* Each alloc may wait for the reaper: ask for no more neighbours. */
		if (no_slots && !lazy_has_fault(around, span, run, &fault))
			continue;
		ret = lazy_alloc(map, around, span, run);
		/*
		 * Nothing is stored: the next fault asks the files and gets
		 * SIGBUS.
		 */
		if (ret == -EPERM)
			break;
		if (ret && lazy_has_fault(around, span, run, &fault)) {
			answer = -ENOMEM;
			privcmd_map_set_no_slot(map, around->fault);
			break;
		}
		if (ret) {
			no_slots = true;
			continue;
		}
		privcmd_backend->map(map->dom, &frames);
		lazy_judge(around, span, run, work->status, &answer);
		mutex_lock(&map->lock);
		privcmd_map_set(map, run, work->status);
		mutex_unlock(&map->lock);
	}
	trace_privcmd_lazy(map->dom, around->fault, around->nr, answer);
	return answer;
}

/*
 * Is the frame of the fault still lazy? Since the fault looked, the mapping may
 * have been emptied, moved and populated anew, and its chunks may begin
 * elsewhere. Then the next fault looks again.
 */
static bool lazy_is_wanted(struct privcmd_map *map,
			   const struct privcmd_around *around,
			   struct privcmd_span *span)
{
	unsigned int i = around->fault - around->idx;
	bool wanted;

	mutex_lock(&map->lock);
	wanted = map->populated && privcmd_map_allows(map, map->dom) &&
		 !lazy_need_chunk(map, around, span) && i < span->nr &&
		 span->chunk->status[span->first + i] == PRIVCMD_X_LAZY;
	mutex_unlock(&map->lock);
	return wanted;
}

/*
 * Auto-translated: map the lazy frames around the fault. Only a holder of
 * map->populate changes what is lazy, so the frames stay lazy meanwhile. True:
 * the frame of the fault is paged out.
 */
static bool lazy_map(struct privcmd_map *map,
		     const struct privcmd_around *around)
{
	struct lazy_work *work = lazy_work_new(around);
	struct privcmd_span span;
	s16 answer = 0;

	if (!work)
		return false;
	if (!mutex_lock_killable(&map->populate)) {
		if (lazy_is_wanted(map, around, &span))
			answer = lazy_map_runs(map, around, &span, work);
		mutex_unlock(&map->populate);
	}
	kfree(work);
	return answer == -ENOENT;
}

/*
 * Go on without the mmap lock. Meanwhile the mapping may lose its VMA, and the
 * open file its last descriptor. The open file holds the module, so take a
 * reference on it; the mapping keeps its struct privcmd_file. On PV this is
 * called only for a frame that is paged out; elsewhere the hypervisor was not
 * asked for the frame yet.
 */
vm_fault_t privcmd_lazy_retry(struct privcmd_map *map, struct vm_fault *vmf,
			      const struct privcmd_around *around)
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
	privcmd_map_get(map);
	mmap_read_unlock(mm);
	if (privcmd_backend->map)
		paged_out = lazy_map(map, around);
	privcmd_map_put(map);
	if (paged_out)
		schedule_timeout_killable(LAZY_PAGED_OUT_DELAY);
	fput(file);
	return VM_FAULT_RETRY;
}
