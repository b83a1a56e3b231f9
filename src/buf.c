// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * /dev/xen/hypercall: memory for the arguments of hypercalls. The hypervisor
 * can access it at any time, because it is never moved, reclaimed or copied on
 * write.
 *
 * The page-table entries hold the only references on the pages. Whatever
 * splits, moves or ends the VMA, each page goes with its entry, and the driver
 * keeps no state.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "compat.h"
#include "fops.h"

/* Pages of one VMA: 128 MiB. The dirty bitmap of a guest of 1 TiB has 32 MiB. */
#define BUF_MAX_PAGES (128UL << (20 - PAGE_SHIFT))

/*
 * Make the entry dirty. On hardware that does not set the dirty bit, a clean entry is
 * read-only until the program writes, and the hypervisor may write first. The core sets
 * vm_page_prot again after .mmap.
 */
static int buf_insert_page(struct vm_area_struct *vma, unsigned long addr)
{
	struct page *page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	pte_t pte;
	int ret;

	if (!page)
		return -ENOMEM;
	pte = pte_mkdirty(pfn_pte(page_to_pfn(page), vma->vm_page_prot));
	vma->vm_page_prot = pte_pgprot(pte);
	ret = vm_insert_page(vma, addr, page);
	put_page(page);
	return ret;
}

int privcmd_buf_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long addr;
	int ret = 0;

	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (vma_pages(vma) > BUF_MAX_PAGES)
		return -ENOMEM;
	vm_flags_set(vma, VM_IO | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
	/* If this fails, the core removes the pages that were inserted. */
	for (addr = vma->vm_start; !ret && addr < vma->vm_end;
	     addr += PAGE_SIZE) {
		ret = buf_insert_page(vma, addr);
		if (fatal_signal_pending(current))
			ret = -EINTR;
		cond_resched();
	}
	return ret;
}
