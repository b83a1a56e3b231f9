/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Areas, the VMAs of /dev/xen/privcmd, and the mappings behind them.
 */
#ifndef PRIVCMD_VMA_H
#define PRIVCMD_VMA_H

#include <xen/interface/xen.h>

struct file;
struct privcmd_map;
struct vm_area_struct;

int privcmd_vma_mmap(struct file *file, struct vm_area_struct *vma);
int privcmd_vma_mmap_fixed(struct file *file, struct vm_area_struct *vma,
			   domid_t dom, xen_pfn_t base);
struct privcmd_map *privcmd_vma_claim(unsigned long addr, unsigned long nr,
				      unsigned long *idx);
struct vm_area_struct *privcmd_vma_find(struct privcmd_map *map);

#endif /* PRIVCMD_VMA_H */
