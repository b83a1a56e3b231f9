// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Faults: a page has no entry, or an entry without the write bit. Make the
 * entry again from the record (refill).
 *
 * The core calls these functions with the mmap lock held for read (vma.c).
 */
#include "backend.h"
#include "fault.h"
#include "lazy.h"
#include "map.h"
#include "trace.h"

/*
 * The status of the page at @addr, and its span. PRIVCMD_X_NONE if the mapping
 * is not populated, if a file of the mapping may no longer name the domain, and
 * in an old area that mremap() could not unmap. Called with map->lock held.
 */
static s16 fault_status(struct privcmd_map *map, struct vm_area_struct *vma,
			unsigned long addr, struct privcmd_span *span)
{
	lockdep_assert_held(&vma->vm_mm->mmap_lock);
	lockdep_assert_held(&map->lock);
	if (!map->populated || vma->vm_start != map->addr ||
	    !privcmd_map_allows(map, map->dom))
		return PRIVCMD_X_NONE;
	privcmd_record_span(&map->record, (addr - vma->vm_start) >> PAGE_SHIFT,
			    1, span);
	return privcmd_span_status(&map->record, span, 0);
}

/*
 * PV: make the entry at @addr again. If the hypervisor refuses, do not change
 * the record: the frame was mapped before, and a later fault may succeed.
 */
static vm_fault_t fault_refill(struct privcmd_map *map,
			       struct vm_area_struct *vma, unsigned long addr,
			       const struct privcmd_span *span, s16 status)
{
	u64 scratch[PRIVCMD_SCRATCH / sizeof(u64)];
	const struct privcmd_frames frames = { *span, &status, scratch };

	if (privcmd_backend->enter(vma, addr, map, &frames))
		return VM_FAULT_OOM;
	if (!privcmd_status_mapped(status))
		return VM_FAULT_SIGBUS;
	/*
	 * If there is no memory for the new status, the next fault asks the
	 * hypervisor again.
	 */
	privcmd_map_set(map, span, &status);
	return VM_FAULT_NOPAGE;
}

/*
 * Handle a fault. VM_FAULT_RETRY: the caller releases map->lock and calls
 * privcmd_lazy_retry(), which may release the mmap lock. Called with map->lock
 * held.
 */
static vm_fault_t fault_locked(struct privcmd_map *map, struct vm_fault *vmf,
			       unsigned long addr,
			       struct privcmd_around *around)
{
	struct vm_area_struct *vma = vmf->vma;
	struct privcmd_span span;
	s16 status = fault_status(map, vma, addr, &span);

	/*
	 * No call can replace a failed frame of a memory file, so ask for it
	 * again; but not in the repetition of the fault that just failed.
	 */
	if (status < 0 && map->fixed && !(vmf->flags & FAULT_FLAG_TRIED)) {
		status = PRIVCMD_X_LAZY;
		if (privcmd_map_set(map, &span, &status))
			return VM_FAULT_OOM;
	}
	if (status == PRIVCMD_X_LAZY) {
		if (privcmd_lazy_had_no_slot(map, vmf))
			return VM_FAULT_SIGBUS;
		privcmd_lazy_around(map, vma, addr, around);
		return privcmd_lazy_enter(map, vma, around);
	}
	if (!privcmd_status_mapped(status))
		return VM_FAULT_SIGBUS;
	if (!privcmd_backend->moves)
		return fault_refill(map, vma, addr, &span, status);
	privcmd_lazy_around(map, vma, addr, around);
	return privcmd_lazy_refill(map, vma, around);
}

/*
 * Since 6.7 userfaultfd can write-protect areas of any kind. Whether it accepts
 * VM_PFNMAP areas depends on the kernel. The core then changes entries without
 * asking the driver. On PV the hypervisor refuses such a change of a foreign
 * frame's entry, with a warning in the log. So there must be no entry in such
 * an area: the notifier drops the entries when the core announces its change
 * (notifier.c), and no fault makes a new one.
 */
static bool fault_is_write_protected(const struct vm_area_struct *vma)
{
	return !privcmd_backend->moves && vma->vm_flags & VM_UFFD_WP;
}

vm_fault_t privcmd_fault(struct privcmd_map *map, struct vm_fault *vmf)
{
	unsigned long addr = vmf->address & PAGE_MASK;
	bool write = vmf->flags & FAULT_FLAG_WRITE;
	struct privcmd_around around;
	vm_fault_t ret;

	if (fault_is_write_protected(vmf->vma))
		return VM_FAULT_SIGBUS;
	mutex_lock(&map->lock);
	ret = fault_locked(map, vmf, addr, &around);
	mutex_unlock(&map->lock);
	if (ret == VM_FAULT_RETRY)
		ret = privcmd_lazy_retry(map, vmf, &around);
	trace_privcmd_fault(addr, write, ret);
	return ret;
}

/*
 * A write met an entry without the write bit. On PVH and Arm the core sets the
 * bit. On PV the core must not: it would treat the foreign frame as memory of
 * this kernel.
 *
 * If the hypervisor refuses, the entry stays and can be read. It must stay,
 * because it may hold the last reference to a frame of a dead domain. Drop an
 * entry only if its number now means another machine frame: then every CPU must
 * forget the old frame. Called with map->lock held.
 */
static vm_fault_t fault_upgrade(struct privcmd_map *map,
				struct vm_area_struct *vma, unsigned long addr)
{
	const s16 rw = PRIVCMD_X_RW;
	struct privcmd_span span;
	int ret;

	ret = fault_status(map, vma, addr, &span);
	if (!privcmd_status_mapped(ret))
		return VM_FAULT_SIGBUS;
	/*
	 * X_UNMAP and X_MAP ran after the core read the entry. The next fault
	 * finds no entry.
	 */
	if (ret == PRIVCMD_X_LAZY)
		return VM_FAULT_NOPAGE;
	if (privcmd_backend->moves)
		return 0;
	/*
	 * Allocate the status array first. If the new status could not be stored, the
	 * record would say read-only for ever.
	 */
	if (privcmd_chunk_need_status(span.chunk))
		return VM_FAULT_OOM;
	ret = privcmd_backend->upgrade(vma, addr, map,
				       privcmd_span_gfn(&span, 0));
	if (ret < 0)
		return VM_FAULT_SIGBUS;
	/* The next fault enters the new frame. */
	if (ret > 0)
		privcmd_map_drop(map, vma, (addr - vma->vm_start) >> PAGE_SHIFT,
				 1);
	/*
	 * This CPU flushed the old TLB entry when it faulted. Each other CPU
	 * does so when it faults.
	 */
	privcmd_map_set(map, &span, &rw);
	return VM_FAULT_NOPAGE;
}

vm_fault_t privcmd_fault_write(struct privcmd_map *map, struct vm_fault *vmf)
{
	unsigned long addr = vmf->address & PAGE_MASK;
	vm_fault_t ret;

	if (fault_is_write_protected(vmf->vma))
		return VM_FAULT_SIGBUS;
	mutex_lock(&map->lock);
	ret = fault_upgrade(map, vmf->vma, addr);
	mutex_unlock(&map->lock);
	trace_privcmd_fault(addr, true, ret);
	return ret;
}
