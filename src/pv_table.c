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
 * The entry that points to the page table of @addr, or NULL if there is no table.
 * The table stays as long as the VMA does: while the mmap lock is held, or until
 * its entries are gone. @next: the first address that another table may serve; if
 * a higher level is missing, that is the end of the range of that level.
 */
pmd_t *privcmd_pv_find_table(struct mm_struct *mm, unsigned long addr,
			     unsigned long *next)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	*next = (addr & PGDIR_MASK) + PGDIR_SIZE;
	if (pgd_none(*pgd))
		return NULL;
	p4d = p4d_offset(pgd, addr);
	*next = (addr & P4D_MASK) + P4D_SIZE;
	if (p4d_none(*p4d))
		return NULL;
	pud = pud_offset(p4d, addr);
	*next = (addr & PUD_MASK) + PUD_SIZE;
	if (pud_none(*pud) || pud_bad(*pud))
		return NULL;
	pmd = pmd_offset(pud, addr);
	*next = (addr & PMD_MASK) + PMD_SIZE;
	return pmd_none(*pmd) || pmd_bad(*pmd) ? NULL : pmd;
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
