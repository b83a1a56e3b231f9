// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * PV: drop entries before the core does. The core drops them one by one, each
 * with a trap and an emulated instruction, since the hypervisor owns the page
 * tables. This file drops hundreds with one hypercall, and the core then finds
 * no entries.
 *
 * To do nothing, or only a part, is right as well: the core drops the rest. An
 * entry that was dropped without need is refilled by a fault.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>
#include <xen/xen-ops.h>

#include "inject.h"
#include "pv_clear.h"
#include "pv_table.h"
#include "trace.h"

#define PV_CLEAR_BATCH 512 /* entries in one hypercall: a page table */
#define PV_CLEAR_SPARE 16  /* the same on the stack, if the allocation fails */

/* Updates that are still to be made. */
struct pv_clear_batch {
	struct mmu_update *req;
	unsigned int size;
	unsigned int nr;
};

/* Make the updates. An entry whose update is refused stays, for the core. */
static void pv_clear_flush(struct pv_clear_batch *batch)
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

/* The process ends, and the table is ordinary memory again. */
static void pv_clear_plainly(pte_t *pte, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		WRITE_ONCE(pte[i].pte, 0);
}

/*
 * Clear @nr entries. Makes all updates before it returns, because
 * the table's lock must be held for them. True: there were entries.
 */
static bool pv_clear_table(pte_t *pte, unsigned int nr,
			   struct pv_clear_batch *batch)
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
			pv_clear_flush(batch);
		any = true;
	}
	pv_clear_flush(batch);
	return any;
}

/*
 * Drop the @nr entries from @addr on of the page table behind @pmd. True: TLBs
 * are to be flushed.
 */
static bool pv_clear_entries(struct mm_struct *mm, pmd_t *pmd,
			     unsigned long addr, unsigned int nr,
			     struct pv_clear_batch *batch)
{
	spinlock_t *lock = pte_lockptr(mm, pmd);
	pte_t *pte = pte_offset_kernel(pmd, addr);
	bool any = false;

	spin_lock(lock);
	if (PagePinned(pmd_page(*pmd)))
		any = pv_clear_table(pte, nr, batch);
	else
		pv_clear_plainly(pte, nr);
	spin_unlock(lock);
	return any;
}

/*
 * Flush the TLB of every CPU that runs @mm; without memory to name these, or if
 * that fails, of every CPU.
 */
static void pv_clear_flush_tlbs(struct mm_struct *mm)
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
 * See privcmd_backend.clear. Nobody makes entries in the range meanwhile: the
 * VMA is out of the tree, or the mmap lock is held for write, or the mapping's
 * lock is held. But a truncation of /proc/xen/privcmd may drop entries, so each
 * page table's lock is taken. Memory reclaim may wait for notifiers, so nothing
 * here may wait for memory.
 */
void privcmd_pv_clear(struct mm_struct *mm, unsigned long start,
		      unsigned long end)
{
	struct mmu_update spare[PV_CLEAR_SPARE];
	struct pv_clear_batch batch = { .req = spare, .size = PV_CLEAR_SPARE };
	unsigned long addr, next;
	struct mmu_update *req;
	bool flush = false;

	/* Not accounted: charging might sleep, and it is freed at the end. */
	req = kmalloc_array(PV_CLEAR_BATCH, sizeof(*req),
			    GFP_NOWAIT | __GFP_NOWARN);
	if (req)
		batch = (struct pv_clear_batch){ .req = req,
						 .size = PV_CLEAR_BATCH };
	for (addr = start; addr < end; addr = next) {
		pmd_t *pmd = privcmd_pv_table_find(mm, addr, &next);
		unsigned int nr;

		cond_resched();
		next = min(next, end);
		if (!pmd)
			continue;
		nr = (next - addr) >> PAGE_SHIFT;
		if (pv_clear_entries(mm, pmd, addr, nr, &batch))
			flush = true;
	}
	kfree(req);
	if (flush)
		pv_clear_flush_tlbs(mm);
	trace_privcmd_clear(start, (end - start) >> PAGE_SHIFT);
}
