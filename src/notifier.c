// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The core announces which entries it is about to drop. Where the backend drops entries
 * faster than the core, it does so here, and the core finds none.
 *
 * This is only an optimisation. The core alone drops the entries of an area that has no
 * notifier, or that has moved away from its notifier.
 *
 * Only munmap(), the end of a process and mremap() announce MMU_NOTIFY_UNMAP;
 * only mprotect() and userfaultfd announce MMU_NOTIFY_PROTECTION_VMA. They hold
 * the mmap lock, or no thread is left that could take it. So until the callback
 * returns the area stays where it is, and no other area gets its addresses.
 * MMU_NOTIFY_CLEAR comes from privcmd_map_drop(), which has called the backend
 * before, or from the truncation of /proc/xen/privcmd by any process. A
 * truncation holds no lock of this mm, so the callback does nothing for it.
 */
#include "backend.h"
#include "notifier.h"
#include "params.h"

/* For fewer pages, adding and removing the notifier costs more than it saves. */
#define NOTIFIER_WORTHWHILE 8

static bool notifier_invalidate(struct mmu_interval_notifier *interval,
				const struct mmu_notifier_range *range,
				unsigned long seq)
{
	struct privcmd_notifier *notifier =
		container_of(interval, struct privcmd_notifier, interval);
	unsigned long start = interval->interval_tree.start;
	unsigned long end = start + (notifier->nr << PAGE_SHIFT);

	/*
	 * The out-of-memory killer cannot wait; it does not touch areas like
	 * ours.
	 */
	if (!mmu_notifier_range_blockable(range))
		return true;
	if (range->event != MMU_NOTIFY_UNMAP &&
	    range->event != MMU_NOTIFY_PROTECTION_VMA)
		return true;
	/* Another area may have the addresses that mremap() left. */
	if (*notifier->addr == start)
		privcmd_backend->clear(interval->mm, max(range->start, start),
				       min(range->end, end));
	return true;
}

static const struct mmu_interval_notifier_ops notifier_ops = {
	.invalidate = notifier_invalidate,
};

/*
 * Called for a new area of @nr pages at *@addr, with the mmap lock held for write. The
 * notifier reads *@addr until it is removed.
 */
void privcmd_notifier_add(struct privcmd_notifier *notifier,
			  struct mm_struct *mm, const unsigned long *addr,
			  unsigned long nr)
{
	lockdep_assert_held_write(&mm->mmap_lock);
	if (!privcmd_backend->clear || !READ_ONCE(privcmd_fast) ||
	    nr < NOTIFIER_WORTHWHILE)
		return;
	notifier->addr = addr;
	notifier->nr = nr;
	notifier->on = !mmu_interval_notifier_insert_locked(&notifier->interval,
							    mm, *addr,
							    nr << PAGE_SHIFT,
							    &notifier_ops);
}

/* Called when the area goes. No callback runs any more when this returns. */
void privcmd_notifier_remove(struct privcmd_notifier *notifier)
{
	if (notifier->on)
		mmu_interval_notifier_remove(&notifier->interval);
	notifier->on = false;
}
