/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * PV: page-table entries of foreign frames. Only backend_pv.c and pv_*.c write machine
 * frames into entries.
 */
#ifndef PRIVCMD_PV_ENTRY_H
#define PRIVCMD_PV_ENTRY_H

#include <linux/minmax.h>
#include <linux/mm_types.h>
#include <xen/interface/xen.h>

/*
 * The largest number that an entry can hold. The hypervisor answers EINVAL to
 * it.
 */
#define PRIVCMD_PV_MFN_NONE ((1ULL << (52 - PAGE_SHIFT)) - 1)

/* An entry. A number that is too large for one would overwrite the flags. */
static inline u64 privcmd_pv_entry(xen_pfn_t gfn, u64 flags)
{
	return min_t(u64, gfn, PRIVCMD_PV_MFN_NONE) << PAGE_SHIFT | flags;
}

#endif /* PRIVCMD_PV_ENTRY_H */
