// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/xen/hypercall: memory for arguments of hypercalls, which the hypervisor
 * can read and write at any time because it is never moved, reclaimed or copied
 * on write. Copyright (C) 2026 the xen-privcmd authors
 *
 * The pages belong to their page-table entries, which hold the only reference:
 * whatever splits, moves or ends the VMA, each page goes with its entry, and
 * there is nothing to keep here.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "privcmd.h"

/* Per mapping. The dirty bitmap of a 1 TiB guest is 32 MiB. */
#define BUF_MAX_PAGES (128UL << (20 - PAGE_SHIFT))

/*
 * The entry is dirty from the start: without hardware tracking of it, a clean
 * one is read-only until the program writes, and the hypervisor may be first.
 * The core sets vm_page_prot anew after .mmap.
 */
static int insert_page(struct vm_area_struct *vma, unsigned long addr)
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
	/* On failure the core takes out what is in already. */
	for (addr = vma->vm_start; !ret && addr < vma->vm_end;
	     addr += PAGE_SIZE) {
		ret = insert_page(vma, addr);
		if (fatal_signal_pending(current))
			ret = -EINTR;
		cond_resched();
	}
	return ret;
}
