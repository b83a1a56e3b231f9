/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Lazy frames: faults map them, and some of their neighbours with them.
 */
#ifndef PRIVCMD_LAZY_H
#define PRIVCMD_LAZY_H

#include <linux/mm_types.h>

struct privcmd_map;
struct vm_area_struct;
struct vm_fault;

/* The frames around a fault: what one fault maps or refills, in one page table. */
struct privcmd_around {
	unsigned long idx;	/* of the first page, in the mapping */
	unsigned long fault;	/* of the page of the fault */
	unsigned int nr;
};

void privcmd_lazy_around(struct privcmd_map *map, struct vm_area_struct *vma,
			 unsigned long addr, struct privcmd_around *around);
vm_fault_t privcmd_lazy_refill(struct privcmd_map *map,
			       struct vm_area_struct *vma,
			       const struct privcmd_around *around);
vm_fault_t privcmd_lazy_enter(struct privcmd_map *map,
			      struct vm_area_struct *vma,
			      const struct privcmd_around *around);
bool privcmd_lazy_had_no_slot(struct privcmd_map *map,
			      const struct vm_fault *vmf);
vm_fault_t privcmd_lazy_retry(struct privcmd_map *map, struct vm_fault *vmf,
			      const struct privcmd_around *around);

#endif /* PRIVCMD_LAZY_H */
