// SPDX-License-Identifier: GPL-2.0-only
/*
 * PV: drop entries before the kernel does. Its own way is one trap and one
 * emulated instruction per entry, as the hypervisor owns the page tables; here
 * they go by hundreds in a hypercall, and the kernel then finds none. Copyright
 * (C) 2026 the xen-privcmd authors
 *
 * Doing nothing, or only a part, is right as well: the kernel drops what is
 * left. Whatever is dropped without need comes back when it is touched.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>
#include <xen/xen-ops.h>

#include "inject.h"
#include "pv.h"
#include "trace.h"

#define BATCH 512 /* entries in one hypercall: a page table */
#define SPARE 16  /* if there is no memory for that */

/* Updates that were not made yet. */
struct batch {
	struct mmu_update *req;
	unsigned int size;
	unsigned int nr;
};

/* Entries that are refused stay, for the kernel. */
static void flush_batch(struct batch *batch)
{
	unsigned int done = 0;
	int ok;

	while (done < batch->nr) {
		ok = 0;
		if (!privcmd_inject_hypercall() &&
		    HYPERVISOR_mmu_update(batch->req + done, batch->nr - done,
					  &ok, DOMID_SELF) >= 0)
			break;
		done += ok + 1;
	}
	batch->nr = 0;
}

/* The hypervisor has let go of the table, as the process ends: it is memory. */
static void clear_plainly(pte_t *pte, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		WRITE_ONCE(pte[i].pte, 0);
}

/* The table's lock is held, and so nothing may stay in @batch. */
static bool clear_table(pte_t *pte, unsigned int nr, struct batch *batch)
{
	u64 ptr = arbitrary_virt_to_machine(pte).maddr;
	bool any = false;
	unsigned int i;

	for (i = 0; i < nr; i++, ptr += sizeof(*pte)) {
		if (!READ_ONCE(pte[i].pte))
			continue;
		batch->req[batch->nr++] = (struct mmu_update){
			.ptr = ptr | MMU_NORMAL_PT_UPDATE,
		};
		if (batch->nr == batch->size)
			flush_batch(batch);
		any = true;
	}
	flush_batch(batch);
	return any;
}

/* Drop @nr entries behind @pmd, of @addr and up. True: there were any. */
static bool clear_entries(struct mm_struct *mm, pmd_t *pmd, unsigned long addr,
			  unsigned int nr, struct batch *batch)
{
	spinlock_t *lock = pte_lockptr(mm, pmd);
	pte_t *pte = pte_offset_kernel(pmd, addr);
	bool any = false;

	spin_lock(lock);
	if (PagePinned(pmd_page(*pmd)))
		any = clear_table(pte, nr, batch);
	else
		clear_plainly(pte, nr);
	spin_unlock(lock);
	return any;
}

/*
 * Every CPU that runs @mm forgets all it knows; if that cannot be said of these,
 * every CPU.
 */
static void flush_tlbs(struct mm_struct *mm)
{
	struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_MULTI };
	cpumask_var_t cpus;
	int ret = -ENOMEM;

	if (zalloc_cpumask_var(&cpus, GFP_NOWAIT | __GFP_NOWARN)) {
		cpumask_and(cpus, mm_cpumask(mm), cpu_online_mask);
		op.arg2.vcpumask = cpumask_bits(cpus);
		ret = privcmd_inject_hypercall() ?:
			      HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
		free_cpumask_var(cpus);
	}
	if (ret) {
		op = (struct mmuext_op){ .cmd = MMUEXT_TLB_FLUSH_ALL };
		HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
	}
}

/*
 * Nobody makes entries in the range: the VMA is out of the tree, or the mmap lock
 * is held for write, or the mapping's lock is held. But
 * truncation of /proc/xen/privcmd may drop some meanwhile, and so each table's lock
 * is held. Memory reclaim may wait for notifiers, so nothing here may wait for
 * memory.
 */
void privcmd_pv_clear(struct mm_struct *mm, unsigned long start,
		      unsigned long end)
{
	struct mmu_update spare[SPARE];
	struct batch batch = { .req = spare, .size = SPARE };
	unsigned long addr, next;
	struct mmu_update *req;
	bool flush = false;

	/* Not accounted for: that might want to wait, and it is gone at the end. */
	req = kmalloc_array(BATCH, sizeof(*req), GFP_NOWAIT | __GFP_NOWARN);
	if (req)
		batch = (struct batch){ .req = req, .size = BATCH };
	for (addr = start; addr < end; addr = next) {
		pmd_t *pmd = privcmd_pv_find_table(mm, addr, &next);
		unsigned int nr;

		cond_resched();
		next = min(next, end);
		if (!pmd)
			continue;
		nr = (next - addr) >> PAGE_SHIFT;
		if (clear_entries(mm, pmd, addr, nr, &batch))
			flush = true;
	}
	kfree(req);
	if (flush)
		flush_tlbs(mm);
	trace_privcmd_clear(start, (end - start) >> PAGE_SHIFT);
}
