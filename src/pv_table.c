// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * PV: find the page table that maps an address.
 */
#include <linux/mm.h>

#include "pv_table.h"

/*
 * The entry that points to the page table of @addr, or NULL if there is no
 * table. The table stays as long as the VMA: while the mmap lock is held, or
 * until the core has dropped the VMA's entries. @next: the first address that
 * another table may map; if a higher level is missing, the end of what that
 * level would map.
 */
pmd_t *privcmd_pv_table_find(struct mm_struct *mm, unsigned long addr,
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
