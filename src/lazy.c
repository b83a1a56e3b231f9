// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Lazy frames (X_MAP with LAZY): the hypervisor is asked for a frame when a
 * program first accesses it.
 *
 * On PV the fault only has to make entries, and does so at once. On an
 * auto-translated dom0 the frames need slots. To make slots, the kernel may
 * take the locks of memory hotplug and of CPU hotplug. The cpuset code takes
 * the mmap lock while it holds the CPU hotplug lock. So the handler releases
 * the mmap lock, maps the frames with only map->populate held, and returns
 * VM_FAULT_RETRY. The core repeats the fault, and the handler then finds the
 * frames in the record.
 *
 * If the hypervisor refuses the faulting frame, the record stores the error and
 * the access gets SIGBUS. If the hypervisor refuses a neighbour, the neighbour
 * stays lazy, and a later access to the neighbour requests it again. If there
 * is no slot, the access gets SIGBUS and the frame stays lazy: the next access
 * requests it again.
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
 * Memory for one fault, too large for a stack. Not accounted: it is freed
 * before the fault returns. A thread has at most one, and it is smaller than a
 * kernel stack.
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
 * @around: the aligned block of privcmd_fault_around pages that contains @addr,
 * cut to the area and to the page's chunk. Called with map->lock held.
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
 * Make sure that the frames have a chunk, and that the chunk has an array of
 * statuses, so that setting a status cannot fail. Called with map->lock held.
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
 * Set @run to the next run of lazy frames in @span, after the current @run.
 * Fill @status with PRIVCMD_X_LAZY. The first call has an empty @run. False: no
 * lazy frames are left.
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

/* Is the faulting frame in @run? @i: its index in @run. */
static bool lazy_has_fault(const struct privcmd_around *around,
			   const struct privcmd_span *span,
			   const struct privcmd_span *run, unsigned int *i)
{
	*i = span->first + (around->fault - around->idx) - run->first;
	return *i < run->nr;
}

/*
 * @status holds the hypervisor's results for @run. Every failed frame becomes
 * lazy again, except the faulting frame; that one also becomes lazy if it is
 * paged out. @answer: the result for the faulting frame, if it is in @run.
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
 * Make entries for the lazy frames around the fault. VM_FAULT_RETRY: the caller
 * must release the locks, because slots are needed (auto-translated) or because
 * the frame is paged out (PV). Called with the mmap lock and map->lock held.
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
 * Auto-translated: make entries for all mapped frames around the fault. The
 * faulting frame is mapped. Called with the mmap lock and map->lock held.
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
 * Allocate slots for @run. If that fails and the faulting frame is in @run,
 * reduce @run to that frame and try again. The allocation may sleep for long,
 * so check the restrictions of the mapping's files again. -EPERM: they refuse,
 * and the slots were freed. -ENOMEM: no slots.
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
 * True if this fault is the repetition (FAULT_FLAG_TRIED) of a fault of the
 * current thread that got no slot. In a new fault the note is from an earlier
 * fault, so ignore it.
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
 * Map the lazy frames of @span; return the result for the faulting frame. A
 * missing slot is not reported as VM_FAULT_OOM, which would start the OOM
 * killer.
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
		/*
		 * After one failure, allocate no slots for further neighbours:
		 * each try may wait for the reaper.
		 */
		if (no_slots && !lazy_has_fault(around, span, run, &fault))
			continue;
		ret = lazy_alloc(map, around, span, run);
		/*
		 * Store nothing for this run. The next fault checks the
		 * restrictions and gets SIGBUS.
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
 * Is the faulting frame still lazy? The mapping may have changed since the
 * fault read the record: it may have been emptied, moved and populated anew. If
 * so, return false: the next fault reads the record again.
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
 * map->populate changes the status of a lazy frame. True: the faulting frame is
 * paged out.
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
 * Go on without the mmap lock. Meanwhile another thread may unmap the VMA and
 * close the last descriptor of the open file. Hold a reference on the open
 * file, so that the module stays loaded. The mapping holds a reference on its
 * struct privcmd_file. On PV this function is called only for a frame that is
 * paged out. On an auto-translated dom0 it also maps the frame.
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
