// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * PV: foreign frames in the kernel's address space. They have no struct page.
 * So the kernel makes page tables for as many other pages, with entries that
 * are not present and that no TLB can hold, and the hypervisor replaces these
 * entries.
 *
 * The area is marked as I/O memory for whatever looks through the kernel's
 * address space.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>

#include "inject.h"
#include "map.h"
#include "pv_entry.h"
#include "pv_window.h"

/*
 * Address space for @nr frames, with entries to be replaced. The caller ends it
 * by vunmap().
 */
void *privcmd_pv_window_area(unsigned int nr)
{
	struct page **pages;
	unsigned int i;
	void *area;

	pages = kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return NULL;
	for (i = 0; i < nr; i++)
		pages[i] = ZERO_PAGE(0);
	area = vmap(pages, nr, VM_IOREMAP, __pgprot(0));
	kvfree(pages);
	return area;
}

static int pv_window_set_entry(void *addr, u64 val, domid_t dom)
{
	struct mmu_update req = { .val = val };
	unsigned int level;
	pte_t *pte;

	pte = lookup_address((unsigned long)addr, &level);
	if (!pte || level != PG_LEVEL_4K)
		return -EFAULT;
	req.ptr = arbitrary_virt_to_machine(pte).maddr |
		  (val ? MMU_PT_UPDATE_NO_TRANSLATE : MMU_NORMAL_PT_UPDATE);
	return HYPERVISOR_mmu_update(&req, 1, NULL, dom);
}

/*
 * Clear the entries first: the kernel must not free a page table with foreign
 * ones.
 */
void privcmd_pv_window_close(void *window, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		pv_window_set_entry(window + i * PAGE_SIZE, 0, DOMID_SELF);
	vunmap(window);
}

void *privcmd_pv_window_open(struct privcmd_map *map, unsigned long idx,
			     unsigned int nr)
{
	u64 flags = pte_val_ma(mfn_pte(0, PAGE_KERNEL));
	struct privcmd_span span;
	unsigned int i;
	void *window;
	int ret = 0;

	lockdep_assert_held(&map->lock);
	window = privcmd_pv_window_area(nr);
	if (!window)
		return ERR_PTR(-ENOMEM);
	for (i = 0; !ret && i < nr; i++) {
		privcmd_record_span(&map->record, idx + i, 1, &span);
		ret = privcmd_inject_hypercall();
		if (!ret)
			ret = pv_window_set_entry(
				window + i * PAGE_SIZE,
				privcmd_pv_entry(privcmd_span_gfn(&span, 0),
						 flags),
				map->dom);
	}
	if (!ret)
		return window;
	privcmd_pv_window_close(window, nr);
	return ERR_PTR(ret);
}
