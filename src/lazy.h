/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames that come with the first touch: what lazy.c does for touch.c. Copyright
 * (C) 2026 the xen-privcmd authors
 */
#ifndef PRIVCMD_LAZY_H
#define PRIVCMD_LAZY_H

#include "privcmd.h"

/* The frames that the touch of one of them brings along, in one page table. */
struct privcmd_window {
	unsigned long idx;		/* of the first one, in the mapping */
	unsigned long touched;		/* of that one */
	unsigned int nr;
};

void privcmd_lazy_window(struct privcmd_map *map, struct vm_area_struct *vma,
			 unsigned long addr, struct privcmd_window *w);
vm_fault_t privcmd_lazy_refill(struct privcmd_map *map,
			       struct vm_area_struct *vma,
			       const struct privcmd_window *w);
vm_fault_t privcmd_lazy_enter(struct privcmd_map *map,
			      struct vm_area_struct *vma,
			      const struct privcmd_window *w);
bool privcmd_lazy_starved(struct privcmd_map *map, const struct vm_fault *vmf);
vm_fault_t privcmd_lazy_retry(struct privcmd_map *map, struct vm_fault *vmf,
			      const struct privcmd_window *w);

#endif /* PRIVCMD_LAZY_H */
