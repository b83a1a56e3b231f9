// SPDX-License-Identifier: GPL-2.0-only
/*
 * PV: bytes of foreign frames, through a page of kernel address space that every
 * CPU has for itself. Copyright (C) 2026 the xen-privcmd authors
 *
 * An entry stands while bytes are moved and no longer: it would keep the frame.
 * No other CPU uses it, nor do we on another one, as preemption is off; so to
 * forget it is this CPU's business alone.
 */
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/vmalloc.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>

#include "inject.h"
#include "pv.h"

static void *windows; /* a page for each CPU there may be */

/* There is none, and so there is nothing to forget. */
static int set_entry(void *window, u64 val, domid_t dom)
{
	return privcmd_inject_hypercall() ?:
		       privcmd_call(__HYPERVISOR_update_va_mapping_otherdomain,
				    (unsigned long)window, val, UVMF_NONE, dom,
				    0);
}

static int clear_entry(void *window)
{
	return HYPERVISOR_update_va_mapping((unsigned long)window, __pte(0),
					    UVMF_INVLPG | UVMF_LOCAL);
}

/* The hypervisor may say yes and leave the write bit out. */
static bool is_writable(void *window)
{
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)window, &level);

	return pte && READ_ONCE(pte->pte) & _PAGE_RW;
}

/* In one frame. 0, or negative and nothing was written there. */
static int copy_one(domid_t dom, xen_pfn_t gfn, size_t offset,
		    const struct privcmd_buf *buf, size_t at, size_t len,
		    bool write)
{
	pgprot_t prot = write ? PAGE_KERNEL : PAGE_KERNEL_RO;
	u64 val = privcmd_pv_entry(gfn, pte_val_ma(mfn_pte(0, prot)));
	void *window;
	int ret;

	ret = privcmd_inject_map(gfn);
	if (ret)
		return ret;
	preempt_disable();
	window = windows + smp_processor_id() * PAGE_SIZE;
	ret = set_entry(window, val, dom);
	if (ret >= 0) {
		if (!write)
			ret = privcmd_copy_out(buf, at, window + offset, len);
		else if (is_writable(window))
			memcpy(window + offset, buf->kernel + at, len);
		else
			ret = -EACCES;
		WARN_ON_ONCE(clear_entry(window));
	}
	preempt_enable();
	return ret;
}

size_t privcmd_pv_copy(domid_t dom, const struct privcmd_span *span,
		       size_t offset, const struct privcmd_buf *buf, size_t len,
		       bool write, int *error)
{
	size_t done, some;
	unsigned int i;
	int ret;

	for (i = 0, done = 0; done < len; i++, done += some) {
		some = min(len - done, PAGE_SIZE - offset);
		ret = copy_one(dom, privcmd_span_gfn(span, i), offset, buf,
			       done, some, write);
		if (ret < 0) {
			*error = ret;
			break;
		}
		offset = 0;
	}
	return done;
}

int privcmd_pv_copy_init(void)
{
	unsigned int i;

	if (privcmd_backend->copy != privcmd_pv_copy)
		return 0;
	windows = privcmd_pv_area(nr_cpu_ids);
	if (!windows)
		return -ENOMEM;
	/* Nothing may stand there that looks like the kernel's own page. */
	for (i = 0; i < nr_cpu_ids; i++)
		clear_entry(windows + i * PAGE_SIZE);
	return 0;
}

void privcmd_pv_copy_exit(void)
{
	if (windows)
		vunmap(windows);
}
