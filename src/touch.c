// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page is touched that has no entry, or none that may be written: the entry
 * comes from the record. Copyright (C) 2026 the xen-privcmd authors
 *
 * The core calls with the mmap lock held for read, as map.c says.
 */
#include "lazy.h"
#include "privcmd.h"
#include "trace.h"

/*
 * What the record says of the page at @addr, provided that the files of the mapping,
 * as they are restricted now, may still name the domain. Not of an area that mremap() left
 * behind because it could not unmap it. The mapping's lock is held.
 */
static s16 lookup(struct privcmd_map *map, struct vm_area_struct *vma,
		  unsigned long addr, struct privcmd_span *span)
{
	lockdep_assert_held(&vma->vm_mm->mmap_lock);
	lockdep_assert_held(&map->lock);
	if (!map->populated || vma->vm_start != map->addr ||
	    !privcmd_gate_allows(map, map->dom))
		return PRIVCMD_X_NONE;
	privcmd_record_span(&map->record, (addr - vma->vm_start) >> PAGE_SHIFT,
			    1, span);
	return privcmd_span_status(&map->record, span, 0);
}

/*
 * Bring the entry at @addr back. A refusal is not noted: the frame was there
 * before and may be again, and who populated it still answers for it.
 */
static vm_fault_t refill(struct privcmd_map *map, struct vm_area_struct *vma,
			 unsigned long addr, struct privcmd_span *span,
			 s16 *status)
{
	u64 scratch[PRIVCMD_SCRATCH / sizeof(u64)];

	if (privcmd_backend->enter(vma, addr, map, span, status, scratch))
		return VM_FAULT_OOM;
	if (!privcmd_status_mapped(*status))
		return VM_FAULT_SIGBUS;
	/* If there is no memory to note it, the next touch finds it out. */
	privcmd_map_set(map, span, status);
	return VM_FAULT_NOPAGE;
}

/* VM_FAULT_RETRY: somebody who may wait has to go on. */
static vm_fault_t touch(struct privcmd_map *map, struct vm_fault *vmf,
			unsigned long addr, struct privcmd_window *w)
{
	struct vm_area_struct *vma = vmf->vma;
	struct privcmd_span span;
	s16 status = lookup(map, vma, addr, &span);

	if (status == PRIVCMD_X_LAZY) {
		if (privcmd_lazy_starved(map, vmf))
			return VM_FAULT_SIGBUS;
		privcmd_lazy_window(map, vma, addr, w);
		return privcmd_lazy_enter(map, vma, w);
	}
	if (!privcmd_status_mapped(status))
		return VM_FAULT_SIGBUS;
	if (!privcmd_backend->moves)
		return refill(map, vma, addr, &span, &status);
	privcmd_lazy_window(map, vma, addr, w);
	return privcmd_lazy_refill(map, vma, w);
}

/*
 * Userfaultfd may write-protect any area since 6.7, and some kernels allow it for
 * areas like ours. The core then changes entries without asking the driver. On PV
 * the hypervisor refuses that for foreign frames, with a warning in the log, so there
 * is to be no entry in such an area: those that were there go when the core
 * announces its change (notifier.c), and no other comes.
 */
static bool is_write_protected(const struct vm_area_struct *vma)
{
	return !privcmd_backend->moves && vma->vm_flags & VM_UFFD_WP;
}

vm_fault_t privcmd_touch(struct privcmd_map *map, struct vm_fault *vmf)
{
	unsigned long addr = vmf->address & PAGE_MASK;
	bool write = vmf->flags & FAULT_FLAG_WRITE;
	struct privcmd_window w;
	vm_fault_t ret;

	if (is_write_protected(vmf->vma))
		return VM_FAULT_SIGBUS;
	mutex_lock(&map->lock);
	ret = touch(map, vmf, addr, &w);
	mutex_unlock(&map->lock);
	if (ret == VM_FAULT_RETRY)
		ret = privcmd_lazy_retry(map, vmf, &w);
	trace_privcmd_fault(addr, write, ret);
	return ret;
}

/*
 * A write met an entry without the write bit. Where the core may set it, let
 * it. On PV it may not: it would do so as if the frame were ours. A refusal
 * leaves the entry, which goes on being readable; so must one that holds the
 * last reference to a frame of a dead domain, and so nothing is dropped without
 * need. The need is a number that means another frame by now: every CPU must
 * forget the old one.
 */
static vm_fault_t upgrade(struct privcmd_map *map, struct vm_area_struct *vma,
			  unsigned long addr)
{
	const s16 rw = PRIVCMD_X_RW;
	struct privcmd_span span;
	int ret;

	ret = lookup(map, vma, addr, &span);
	if (!privcmd_status_mapped(ret))
		return VM_FAULT_SIGBUS;
	/* X_UNMAP came between, and X_MAP: the next touch finds no entry. */
	if (ret == PRIVCMD_X_LAZY)
		return VM_FAULT_NOPAGE;
	if (privcmd_backend->moves)
		return 0;
	/* No later touch would correct a record that cannot be told. */
	if (privcmd_chunk_need_status(span.chunk))
		return VM_FAULT_OOM;
	ret = privcmd_backend->upgrade(vma, addr, map,
				       privcmd_span_gfn(&span, 0));
	if (ret < 0)
		return VM_FAULT_SIGBUS;
	/* The next touch brings the new frame. */
	if (ret > 0)
		privcmd_map_drop(vma, (addr - vma->vm_start) >> PAGE_SHIFT, 1);
	/* This CPU forgot the old entry when it faulted, others do so too. */
	privcmd_map_set(map, &span, &rw);
	return VM_FAULT_NOPAGE;
}

vm_fault_t privcmd_touch_write(struct privcmd_map *map, struct vm_fault *vmf)
{
	unsigned long addr = vmf->address & PAGE_MASK;
	vm_fault_t ret;

	if (is_write_protected(vmf->vma))
		return VM_FAULT_SIGBUS;
	mutex_lock(&map->lock);
	ret = upgrade(map, vmf->vma, addr);
	mutex_unlock(&map->lock);
	trace_privcmd_fault(addr, true, ret);
	return ret;
}
