/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PV: what backend_pv.c and the files that it is made of have in common. They
 * alone know machine frames. Copyright (C) 2026 the xen-privcmd authors
 */
#ifndef PRIVCMD_PV_H
#define PRIVCMD_PV_H

#include <linux/minmax.h>

#include "privcmd.h"

/* The last frame number there can be; the hypervisor says EINVAL to it. */
#define MFN_NONE ((1ULL << (52 - PAGE_SHIFT)) - 1)

/* A number with more bits than a frame can have would spill into the flags. */
static inline u64 privcmd_pv_entry(xen_pfn_t gfn, u64 flags)
{
	return min_t(u64, gfn, MFN_NONE) << PAGE_SHIFT | flags;
}

/* ---- pv_clear.c: entries that the core is about to drop ---- */

void privcmd_pv_clear(struct mm_struct *mm, unsigned long start,
		      unsigned long end);

/* ---- pv_table.c: which page table maps an address ---- */

pmd_t *privcmd_pv_find_table(struct mm_struct *mm, unsigned long addr,
			     unsigned long *next);

/* ---- pv_window.c: foreign frames in the kernel's address space ---- */

void *privcmd_pv_area(unsigned int nr);
void *privcmd_pv_open_window(struct privcmd_map *map, unsigned long idx,
			     unsigned int nr);
void privcmd_pv_close_window(void *window, unsigned int nr);

/* ---- pv_copy.c: bytes of foreign frames ---- */

#ifdef CONFIG_XEN_PV
int privcmd_pv_copy_init(void);
void privcmd_pv_copy_exit(void);
#else
static inline int privcmd_pv_copy_init(void) { return 0; }
static inline void privcmd_pv_copy_exit(void) {}
#endif
size_t privcmd_pv_copy(domid_t dom, const struct privcmd_span *span,
		       size_t offset, const struct privcmd_buf *buf, size_t len,
		       bool write, int *error);

#endif /* PRIVCMD_PV_H */
