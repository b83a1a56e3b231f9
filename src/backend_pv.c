// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * PV: the hypervisor writes entries of foreign frames into our own page tables.
 * It holds a reference on each frame for as long as the entry is there.
 *
 * pv_enter() writes an entry only where there was none. The code that drops an
 * entry flushes it, so no TLB holds an old one. If a thread has dropped an
 * entry and not flushed yet, the next thread that drops one in this mm flushes,
 * too (the core counts pending flushes). pv_upgrade() replaces an entry; its
 * caller drops the entry if the frame has changed.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>

#include "backend.h"
#include "inject.h"
#include "map.h"
#include "params.h"
#include "pv_clear.h"
#include "pv_copy.h"
#include "pv_entry.h"
#include "pv_table.h"
#include "pv_window.h"

static_assert(sizeof(struct mmu_update) <= PRIVCMD_SCRATCH);

/* The bits of an entry besides the frame number. */
static u64 pv_entry_flags(unsigned long vm_flags)
{
	pte_t pte = pte_mkspecial(mfn_pte(0, vm_get_page_prot(vm_flags)));

	/* Set young and dirty now: nothing reads these bits of our entries. */
	pte = pte_mkyoung(pte);
	if (vm_flags & VM_WRITE)
		pte = pte_mkdirty(pte);
	return pte_val_ma(pte);
}

/*
 * Prepare the updates that write @nr entries from machine address @ptr on.
 * False: a number is too large for an entry. For each frame the kernel runs
 * only this function and pv_check_all(). The loops are unrolled by four to save
 * instructions.
 */
static bool pv_prepare_given(struct mmu_update *req, unsigned int nr, u64 ptr,
			     const xen_pfn_t *gfn, u64 flags)
{
	xen_pfn_t all = 0;
	unsigned int i;

#pragma GCC unroll 4
	for (i = 0; i < nr; i++, ptr += sizeof(pte_t)) {
		req[i].ptr = ptr;
		req[i].val = gfn[i] << PAGE_SHIFT | flags;
		all |= gfn[i];
	}
	return all <= PRIVCMD_PV_MFN_NONE;
}

/*
 * Prepare the updates for any span. A number that is too large becomes
 * PRIVCMD_PV_MFN_NONE.
 */
static void pv_prepare(struct mmu_update *req, const struct privcmd_span *span,
		       u64 ptr, u64 flags)
{
	const xen_pfn_t *gfn = span->chunk->gfn;
	unsigned int i;

	if (gfn &&
	    pv_prepare_given(req, span->nr, ptr, gfn + span->first, flags))
		return;
	for (i = 0; i < span->nr; i++, ptr += sizeof(pte_t)) {
		req[i].ptr = ptr;
		req[i].val = privcmd_pv_entry(privcmd_span_gfn(span, i), flags);
	}
}

static int pv_first_pte(pte_t *pte, unsigned long addr, void *data)
{
	*(pte_t **)data = pte;
	return 0;
}

/*
 * The entry of @addr. @lock: its page table's lock, which the caller takes
 * while it writes, reads or drops entries. A truncation of /proc/xen/privcmd by
 * another process drops our entries; the only lock that it shares with us is
 * this one. The table stays while the mmap lock is held: the core does not free
 * a page table of a VMA that exists. NULL: no memory for the table.
 */
static pte_t *pv_find_entry(struct vm_area_struct *vma, unsigned long addr,
			    spinlock_t **lock)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long next;
	pmd_t *pmd = privcmd_pv_table_find(mm, addr, &next);
	pte_t *pte;

	lockdep_assert_held(&mm->mmap_lock);
	/*
	 * apply_to_page_range() allocates a missing table. If the table exists,
	 * that function is too slow.
	 */
	if (!pmd) {
		if (apply_to_page_range(mm, addr, PAGE_SIZE, pv_first_pte,
					&pte))
			return NULL;
		pmd = privcmd_pv_table_find(mm, addr, &next);
	}
	*lock = pte_lockptr(mm, pmd);
	return pte_offset_kernel(pmd, addr);
}

/* mmu_update. A test can make the call stop at a frame, as Xen does. */
static int pv_mmu_update(struct mmu_update *req, unsigned int nr, int *ok,
			 domid_t dom)
{
	unsigned int i = nr;
	int ret = 0, error = 0;

	if (IS_ENABLED(PRIVCMD_INJECT))
		for (i = 0; i < nr; i++) {
			error = privcmd_inject_map(req[i].val >> PAGE_SHIFT &
						   PRIVCMD_PV_MFN_NONE);
			if (error)
				break;
		}
	if (i)
		ret = privcmd_inject_hypercall() ?:
			      HYPERVISOR_mmu_update(req, i, ok, dom);
	return ret < 0 ? ret : error;
}

/* Can a read-only entry succeed where a writable one got this error? */
static bool pv_worth_read_only(int error)
{
	return error == -EBUSY || error == -EPERM || error == -EACCES ||
	       error == -ENOMEM;
}

static int pv_update_read_only(struct mmu_update *req, domid_t dom)
{
	req->val &= ~(u64)(_PAGE_RW | _PAGE_DIRTY);
	return pv_mmu_update(req, 1, NULL, dom);
}

/*
 * Write @nr entries. The hypervisor stops at the first one that it refuses.
 * Retry that entry read-only if @retry is set or its status was read-only. Then
 * continue with the next entry. The status of an entry that was written does
 * not change here.
 */
static void pv_update_entries(struct mmu_update *req, unsigned int nr,
			      domid_t dom, bool retry, s16 *status)
{
	unsigned int done = 0;
	int ret, ok;

	while (done < nr) {
		ok = 0;
		ret = pv_mmu_update(req + done, nr - done, &ok, dom);
		done += ok;
		if (ret >= 0 || done >= nr)
			return;
		/* There is no such domain, so all other frames get the same error. */
		if (ret == -ESRCH) {
			while (done < nr)
				status[done++] = ret;
			return;
		}
		if (pv_worth_read_only(ret) &&
		    (retry || status[done] == PRIVCMD_X_RO) &&
		    !pv_update_read_only(req + done, dom))
			ret = 0;
		if (ret)
			status[done] = ret;
		done++;
	}
}

/*
 * The status that an entry shows. The entry decides, because the hypervisor may
 * accept an update and leave the write bit out (read-only MMIO). In a read-only
 * area keep the status of a frame that was refused writable before.
 */
static s16 pv_read_status(pte_t entry, bool write, s16 before)
{
	u64 val = pte_val_ma(entry);

	if (!(val & _PAGE_PRESENT))
		return -EIO;
	if (!write)
		return before == PRIVCMD_X_RO ? PRIVCMD_X_RO : PRIVCMD_X_RW;
	return val & _PAGE_RW ? PRIVCMD_X_RW : PRIVCMD_X_RO;
}

/* Do all @nr entries have these bits? */
static bool pv_check_all(const pte_t *pte, unsigned int nr, u64 bits)
{
	unsigned int i;
	u64 all = bits;

#pragma GCC unroll 4
	for (i = 0; i < nr; i++)
		all &= pte[i].pte;
	return all == bits;
}

/*
 * The statuses of @nr entries, see pv_read_status(). In most calls all entries
 * are as requested.
 */
static void pv_read_statuses(const pte_t *pte, unsigned int nr, bool write,
			     s16 *status)
{
	unsigned int i;

	if (write && pv_check_all(pte, nr, _PAGE_PRESENT | _PAGE_RW)) {
		memset16((u16 *)status, PRIVCMD_X_RW, nr);
		return;
	}
	for (i = 0; i < nr; i++)
		if (status[i] >= 0)
			status[i] = pv_read_status(pte[i], write, status[i]);
}

/*
 * The frame numbers of a resource are machine frame numbers, whichever domain
 * owns the frames.
 */
static unsigned int pv_update_type(const struct privcmd_map *map)
{
	return map->resource ? MMU_PT_UPDATE_NO_TRANSLATE :
			       MMU_NORMAL_PT_UPDATE;
}

static int pv_enter(struct vm_area_struct *vma, unsigned long addr,
		    const struct privcmd_map *map,
		    const struct privcmd_frames *frames)
{
	const struct privcmd_span *span = &frames->span;
	bool write = vma->vm_flags & VM_WRITE;
	struct mmu_update *req = frames->scratch;
	s16 *status = frames->status;
	u64 flags, ptr;
	spinlock_t *lock;
	unsigned int i;
	pte_t *pte;

	lockdep_assert_held(&map->lock);
	/*
	 * Make no entry in an area without access rights, or write-protected by
	 * userfaultfd (fault.c). The frames become lazy.
	 */
	if (!(vma->vm_flags & VM_ACCESS_FLAGS) || vma->vm_flags & VM_UFFD_WP) {
		for (i = 0; i < span->nr; i++)
			status[i] = PRIVCMD_X_LAZY;
		return 0;
	}

	flags = pv_entry_flags(vma->vm_flags);
	pte = pv_find_entry(vma, addr, &lock);
	if (!pte)
		return -ENOMEM;
	spin_lock(lock);
	/*
	 * Two threads may fault on one page. The first fault has then made the
	 * entry.
	 */
	if (span->nr == 1 && pte_present(ptep_get(pte))) {
		status[0] = pv_read_status(ptep_get(pte), write, status[0]);
		goto unlock;
	}
	ptr = arbitrary_virt_to_machine(pte).maddr | pv_update_type(map);
	pv_prepare(req, span, ptr, flags);
	pv_update_entries(req, span->nr, map->dom,
			  write && !map->strict && READ_ONCE(privcmd_ro_retry),
			  status);
	pv_read_statuses(pte, span->nr, write, status);
unlock:
	spin_unlock(lock);
	return 0;
}

static int pv_upgrade(struct vm_area_struct *vma, unsigned long addr,
		      const struct privcmd_map *map, xen_pfn_t gfn)
{
	struct mmu_update req;
	spinlock_t *lock;
	u64 old, new;
	pte_t *pte;
	int ret;

	lockdep_assert_held(&map->lock);
	req.val = privcmd_pv_entry(gfn, pv_entry_flags(vma->vm_flags));
	pte = pv_find_entry(vma, addr, &lock);
	if (!pte)
		return -EACCES;
	spin_lock(lock);
	old = pte_val_ma(ptep_get(pte));
	req.ptr = arbitrary_virt_to_machine(pte).maddr | pv_update_type(map);
	ret = pv_mmu_update(&req, 1, NULL, map->dom);
	new = pte_val_ma(ptep_get(pte));
	spin_unlock(lock);
	if (ret)
		return -EACCES;
	/* A truncation that dropped the old entry flushes it. */
	if (old & _PAGE_PRESENT && (old ^ new) & PTE_PFN_MASK)
		return 1;
	return new &_PAGE_RW ? 0 : -EACCES;
}

const struct privcmd_backend privcmd_backend_pv = {
	.id = PRIVCMD_X_BACKEND_PV,
	.mfn = true,
	.scratch = sizeof(struct mmu_update),
	.enter = pv_enter,
	.upgrade = pv_upgrade,
	.clear = privcmd_pv_clear,
	.open_window = privcmd_pv_window_open,
	.close_window = privcmd_pv_window_close,
	.copy = privcmd_pv_copy,
};
