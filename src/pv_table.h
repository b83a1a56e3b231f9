/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * PV: the page table that maps an address.
 */
#ifndef PRIVCMD_PV_TABLE_H
#define PRIVCMD_PV_TABLE_H

#include <linux/mm.h>

pmd_t *privcmd_pv_table_find(struct mm_struct *mm, unsigned long addr,
			     unsigned long *next);

#endif /* PRIVCMD_PV_TABLE_H */
