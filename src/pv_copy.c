// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * PV: copies of foreign memory, through a window page of each CPU.
 *
 * An entry is there while bytes are copied and no longer, because it holds a
 * reference on the frame. Preemption is off meanwhile, so no other CPU uses the
 * entry, and only this CPU has to flush it.
 */
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/vmalloc.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>

#include "backend.h"
#include "copy.h"
#include "inject.h"
#include "pv_copy.h"
#include "pv_entry.h"
#include "pv_window.h"

static void *pv_copy_pages; /* a page of address space for each possible CPU */

/* The window page had no entry, so no TLB holds one: no flush needed. */
static int pv_copy_set_entry(void *page, u64 val, domid_t dom)
{
	return privcmd_inject_hypercall() ?:
		       privcmd_call(__HYPERVISOR_update_va_mapping_otherdomain,
				    (unsigned long)page, val, UVMF_NONE, dom,
				    0);
}

static int pv_copy_clear_entry(void *page)
{
	return HYPERVISOR_update_va_mapping((unsigned long)page, __pte(0),
					    UVMF_INVLPG | UVMF_LOCAL);
}

/* The hypervisor may accept an entry and leave the write bit out. */
static bool pv_copy_is_writable(void *page)
{
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)page, &level);

	return pte && READ_ONCE(pte->pte) & _PAGE_RW;
}

/*
 * In one frame. Negative: these bytes do not count; a read may have written some of
 * them.
 */
static int pv_copy_frame(const struct privcmd_piece *piece, xen_pfn_t gfn,
			 size_t offset, size_t len)
{
	pgprot_t prot = piece->write ? PAGE_KERNEL : PAGE_KERNEL_RO;
	u64 val = privcmd_pv_entry(gfn, pte_val_ma(mfn_pte(0, prot)));
	void *page;
	int ret;

	ret = privcmd_inject_map(gfn);
	if (ret)
		return ret;
	preempt_disable();
	page = pv_copy_pages + smp_processor_id() * PAGE_SIZE;
	ret = pv_copy_set_entry(page, val, piece->dom);
	if (ret >= 0) {
		if (!piece->write)
			ret = privcmd_copy_out(piece, page + offset, len);
		else if (pv_copy_is_writable(page))
			memcpy(page + offset, piece->kernel + piece->done, len);
		else
			ret = -EACCES;
		WARN_ON_ONCE(pv_copy_clear_entry(page));
	}
	preempt_enable();
	return ret;
}

/* See privcmd_backend.copy. */
int privcmd_pv_copy(struct privcmd_piece *piece)
{
	size_t len, offset = piece->offset;
	unsigned int i;
	int ret;

	for (i = 0; piece->done < piece->len; i++) {
		len = min(piece->len - piece->done, PAGE_SIZE - offset);
		ret = pv_copy_frame(piece, privcmd_span_gfn(&piece->span, i),
				    offset, len);
		if (ret < 0)
			return ret;
		piece->done += len;
		offset = 0;
	}
	return 0;
}

int privcmd_pv_copy_init(void)
{
	unsigned int i;

	if (privcmd_backend->copy != privcmd_pv_copy)
		return 0;
	pv_copy_pages = privcmd_pv_window_area(nr_cpu_ids);
	if (!pv_copy_pages)
		return -ENOMEM;
	/* vmap() made entries; clear them, since window pages must have none. */
	for (i = 0; i < nr_cpu_ids; i++)
		pv_copy_clear_entry(pv_copy_pages + i * PAGE_SIZE);
	return 0;
}

void privcmd_pv_copy_exit(void)
{
	if (pv_copy_pages)
		vunmap(pv_copy_pages);
}
