// SPDX-License-Identifier: GPL-2.0-only
/*
 * PV: foreign frames are written into our own page tables by the hypervisor,
 * which holds a reference for as long as the entry stands. Copyright (C) 2026
 * the xen-privcmd authors
 *
 * The entries written here were none before, so no TLB has to forget them: whoever
 * dropped one flushes it, and if that is somebody else who is still about to, so
 * does the next to drop one in this mm (the core counts pending flushes).
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>

#include "inject.h"
#include "pv.h"

static_assert(sizeof(struct mmu_update) <= PRIVCMD_SCRATCH);

/* The bits of an entry beside the frame number. */
static u64 entry_flags(unsigned long vm_flags)
{
	pte_t pte = pte_mkspecial(mfn_pte(0, vm_get_page_prot(vm_flags)));

	/* Young and dirty from the start: nobody reads those bits of ours. */
	pte = pte_mkyoung(pte);
	if (vm_flags & VM_WRITE)
		pte = pte_mkdirty(pte);
	return pte_val_ma(pte);
}

/*
 * What writes @nr entries, the first of which is at @ptr of the machine. False: a
 * number is none. This and check_all() are all that the kernel does for each
 * frame of a batch, so instructions count: four frames share those of the loop.
 */
static bool prepare_given(struct mmu_update *req, unsigned int nr, u64 ptr,
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
	return all <= MFN_NONE;
}

/* The same of any frames. */
static void prepare(struct mmu_update *req, const struct privcmd_span *span,
		    u64 ptr, u64 flags)
{
	const xen_pfn_t *gfn = span->chunk->gfn;
	unsigned int i;

	if (gfn && prepare_given(req, span->nr, ptr, gfn + span->slot, flags))
		return;
	for (i = 0; i < span->nr; i++, ptr += sizeof(pte_t)) {
		req[i].ptr = ptr;
		req[i].val = privcmd_pv_entry(privcmd_span_gfn(span, i), flags);
	}
}

static int first_pte(pte_t *pte, unsigned long addr, void *data)
{
	*(pte_t **)data = pte;
	return 0;
}

/*
 * The entry of @addr; @lock: that of its page table. The caller takes the lock while
 * it writes, reads or drops entries: truncation of /proc/xen/privcmd, in another
 * process, drops entries of ours under that lock and under no other lock of ours.
 * The table stays while the mmap lock is held: nobody frees the page table of a VMA
 * that exists. NULL: no memory for the table.
 */
static pte_t *find_entry(struct vm_area_struct *vma, unsigned long addr,
			 spinlock_t **lock)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long next;
	pmd_t *pmd = privcmd_pv_find_table(mm, addr, &next);
	pte_t *pte;

	lockdep_assert_held(&mm->mmap_lock);
	/* The core makes a table, but costs more than a frame where there is one. */
	if (!pmd) {
		if (apply_to_page_range(mm, addr, PAGE_SIZE, first_pte, &pte))
			return NULL;
		pmd = privcmd_pv_find_table(mm, addr, &next);
	}
	*lock = pte_lockptr(mm, pmd);
	return pte_offset_kernel(pmd, addr);
}

/* mmu_update, which may be told to stop at a frame as Xen would. */
static int mmu_update(struct mmu_update *req, unsigned int nr, int *ok,
		      domid_t dom)
{
	unsigned int i = nr;
	int ret = 0, error = 0;

	if (IS_ENABLED(PRIVCMD_INJECT))
		for (i = 0; i < nr; i++) {
			error = privcmd_inject_map(req[i].val >> PAGE_SHIFT &
						   MFN_NONE);
			if (error)
				break;
		}
	if (i)
		ret = privcmd_inject_hypercall() ?:
			      HYPERVISOR_mmu_update(req, i, ok, dom);
	return ret < 0 ? ret : error;
}

/* Errors of a writable entry that a read-only one may not meet. */
static bool worth_read_only(int error)
{
	return error == -EBUSY || error == -EPERM || error == -EACCES ||
	       error == -ENOMEM;
}

static int update_read_only(struct mmu_update *req, domid_t dom)
{
	req->val &= ~(u64)(_PAGE_RW | _PAGE_DIRTY);
	return mmu_update(req, 1, NULL, dom);
}

/*
 * Write @nr entries. The hypervisor stops at the first it refuses: that one is
 * tried read-only if @retry, or if it was read-only before, and the rest go on
 * behind it. A status is left alone where the entry was written.
 */
static void update(struct mmu_update *req, unsigned int nr, domid_t dom,
		   bool retry, s16 *status)
{
	unsigned int done = 0;
	int ret, ok;

	while (done < nr) {
		ok = 0;
		ret = mmu_update(req + done, nr - done, &ok, dom);
		done += ok;
		if (ret >= 0 || done >= nr)
			return;
		/* No such domain: so say all. */
		if (ret == -ESRCH) {
			while (done < nr)
				status[done++] = ret;
			return;
		}
		if (worth_read_only(ret) &&
		    (retry || status[done] == PRIVCMD_X_RO) &&
		    !update_read_only(req + done, dom))
			ret = 0;
		if (ret)
			status[done] = ret;
		done++;
	}
}

/*
 * What stands in the table decides: the hypervisor may say yes and leave the
 * write bit out (read-only MMIO). Without VM_WRITE nothing new is learnt about
 * a frame that was refused writable before.
 */
static s16 read_status(pte_t entry, bool write, s16 before)
{
	u64 val = pte_val_ma(entry);

	if (!(val & _PAGE_PRESENT))
		return -EIO;
	if (!write)
		return before == PRIVCMD_X_RO ? PRIVCMD_X_RO : PRIVCMD_X_RW;
	return val & _PAGE_RW ? PRIVCMD_X_RW : PRIVCMD_X_RO;
}

/* Do all @nr entries have these bits? */
static bool check_all(const pte_t *pte, unsigned int nr, u64 bits)
{
	unsigned int i;
	u64 all = bits;

#pragma GCC unroll 4
	for (i = 0; i < nr; i++)
		all &= pte[i].pte;
	return all == bits;
}

/* The same of @nr entries; most often all are as they were asked for. */
static void read_statuses(const pte_t *pte, unsigned int nr, bool write,
			  s16 *status)
{
	unsigned int i;

	if (write && check_all(pte, nr, _PAGE_PRESENT | _PAGE_RW)) {
		memset16((u16 *)status, PRIVCMD_X_RW, nr);
		return;
	}
	for (i = 0; i < nr; i++)
		if (status[i] >= 0)
			status[i] = read_status(pte[i], write, status[i]);
}

/* Frames of a resource have the machine's numbers, whoever owns them. */
static unsigned int update_type(const struct privcmd_map *map)
{
	return map->resource ? MMU_PT_UPDATE_NO_TRANSLATE :
			       MMU_NORMAL_PT_UPDATE;
}

static int pv_enter(struct vm_area_struct *vma, unsigned long addr,
		    const struct privcmd_map *map,
		    const struct privcmd_span *span, s16 *status, void *scratch)
{
	bool write = vma->vm_flags & VM_WRITE;
	struct mmu_update *req = scratch;
	u64 flags, ptr;
	spinlock_t *lock;
	unsigned int i;
	pte_t *pte;

	lockdep_assert_held(&map->lock);
	/* An entry that nobody may use cannot be checked: later, then. */
	if (!(vma->vm_flags & VM_ACCESS_FLAGS) || vma->vm_flags & VM_UFFD_WP) {
		for (i = 0; i < span->nr; i++)
			status[i] = PRIVCMD_X_LAZY;
		return 0;
	}

	flags = entry_flags(vma->vm_flags);
	pte = find_entry(vma, addr, &lock);
	if (!pte)
		return -ENOMEM;
	spin_lock(lock);
	/* Two touches of one page: the second finds what the first brought. */
	if (span->nr == 1 && pte_present(ptep_get(pte))) {
		status[0] = read_status(ptep_get(pte), write, status[0]);
		goto unlock;
	}
	ptr = arbitrary_virt_to_machine(pte).maddr | update_type(map);
	prepare(req, span, ptr, flags);
	update(req, span->nr, map->dom,
	       write && !map->strict && READ_ONCE(privcmd_ro_retry), status);
	read_statuses(pte, span->nr, write, status);
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
	req.val = privcmd_pv_entry(gfn, entry_flags(vma->vm_flags));
	pte = find_entry(vma, addr, &lock);
	if (!pte)
		return -EACCES;
	spin_lock(lock);
	old = pte_val_ma(ptep_get(pte));
	req.ptr = arbitrary_virt_to_machine(pte).maddr | update_type(map);
	ret = mmu_update(&req, 1, NULL, map->dom);
	new = pte_val_ma(ptep_get(pte));
	spin_unlock(lock);
	if (ret)
		return -EACCES;
	/* Truncation may have dropped it: no TLB has to forget that one again. */
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
	.open_window = privcmd_pv_open_window,
	.close_window = privcmd_pv_close_window,
	.copy = privcmd_pv_copy,
};
