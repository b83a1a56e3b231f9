// SPDX-License-Identifier: GPL-2.0-only
/*
 * PV: drop all entries of a page table at once. To drop one, the hypervisor has
 * to be told where it is and checks who asks; when a page table ceases to be one
 * it drops what is in there by itself. So the table is taken out of the level
 * above, emptied, and put back. Linux never sees a difference. Copyright (C) 2026
 * the xen-privcmd authors
 *
 * Linux pins each page table on its own where tables have locks of their own, and
 * thinks of it as pinned (PagePinned) and read-only all the time; that is why the
 * hypervisor has to clear it. Who walks the level above meanwhile finds that there
 * is no table, or an empty one. Nobody does who would make one: nothing is left
 * of the area but its entries, and both tables' locks are held.
 */
#include <linux/mm.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>
#include <xen/interface/xen.h>

#include "inject.h"
#include "pv.h"

/*
 * What points to the page table of @addr, or NULL. It stays: a VMA does, with the
 * mmap lock held, or until its entries are gone.
 */
pmd_t *privcmd_pv_find_table(struct mm_struct *mm, unsigned long addr)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	if (pgd_none(*pgd))
		return NULL;
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(*p4d))
		return NULL;
	pud = pud_offset(p4d, addr);
	if (pud_none(*pud) || pud_bad(*pud))
		return NULL;
	pmd = pmd_offset(pud, addr);
	return pmd_none(*pmd) || pmd_bad(*pmd) ? NULL : pmd;
}

/*
 * Where the page table behind that of @addr begins, which is not there; so are not
 * those behind it where a level above is missing, be that for terabytes.
 */
unsigned long privcmd_pv_next_table(struct mm_struct *mm, unsigned long addr)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;

	if (pgd_none(*pgd))
		return (addr & PGDIR_MASK) + PGDIR_SIZE;
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(*p4d))
		return (addr & P4D_MASK) + P4D_SIZE;
	if (pud_none(*pud_offset(p4d, addr)))
		return (addr & PUD_MASK) + PUD_SIZE;
	return (addr & PMD_MASK) + PMD_SIZE;
}

static int table_op(unsigned int cmd, unsigned long mfn)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

	return HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static int hook(pmd_t *pmd, pmdval_t entry)
{
	struct mmu_update req = {
		.ptr = arbitrary_virt_to_machine(pmd).maddr |
		       MMU_NORMAL_PT_UPDATE,
		.val = entry,
	};

	return HYPERVISOR_mmu_update(&req, 1, NULL, DOMID_SELF);
}

/*
 * A table that is not put back is lost to Linux, which does not miss it: only
 * another domain's privileged hand, on the very page, may cause that.
 */
static bool empty(struct mm_struct *mm, pmd_t *pmd)
{
	const pmdval_t entry = READ_ONCE(*pmd).pmd;
	const unsigned long mfn = (entry & PTE_PFN_MASK) >> PAGE_SHIFT;
	bool emptied = false;

	if (privcmd_inject_hypercall() || table_op(MMUEXT_UNPIN_TABLE, mfn))
		return false;
	if (!privcmd_inject_hypercall() && !hook(pmd, 0)) {
		/* Refused if it is a table elsewhere, and has all its entries. */
		emptied = !privcmd_inject_hypercall() &&
			  !table_op(MMUEXT_CLEAR_PAGE, mfn);
		if (hook(pmd, entry)) {
			pr_warn_ratelimited(
				"page table %#lx cannot be put back: page lost\n",
				mfn);
			mm_dec_nr_ptes(mm);
			return true;
		}
	}
	table_op(MMUEXT_PIN_L1_TABLE, mfn);
	return emptied;
}

/*
 * Drop all entries of the page table behind @pmd, which is pinned, and all of
 * which belong to an area that nobody can reach any more. TLBs may still know
 * them. False: nothing was done. The domain is not suspended in the middle: that
 * stops the CPUs at places where they can be preempted.
 */
bool privcmd_pv_empty_table(struct mm_struct *mm, pmd_t *pmd)
{
	spinlock_t *upper = pmd_lockptr(mm, pmd);
	spinlock_t *lower = pte_lockptr(mm, pmd);
	bool emptied;

	/* Without locks of their own, tables are not pinned on their own. */
	if (lower == upper)
		return false;
	spin_lock(upper);
	spin_lock_nested(lower, SINGLE_DEPTH_NESTING);
	preempt_disable();
	emptied = empty(mm, pmd);
	preempt_enable();
	spin_unlock(lower);
	spin_unlock(upper);
	return emptied;
}
