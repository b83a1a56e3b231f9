// SPDX-License-Identifier: GPL-2.0-only
/*
 * The core says which entries it is about to drop; where the backend can do it
 * faster, it does so first. Copyright (C) 2026 the xen-privcmd authors
 *
 * An optimisation, on which nothing rests: a mapping without a notifier, or that
 * has moved away from under it, is dropped by the core alone.
 *
 * Only munmap(), the end of the process and mremap() announce MMU_NOTIFY_UNMAP, only
 * mprotect() and userfaultfd MMU_NOTIFY_PROTECTION_VMA. They hold the mmap lock, or
 * nobody is left who could. So the mapping stays where it is, and nobody else gets
 * its addresses, until the callback returns. What comes as MMU_NOTIFY_CLEAR is our
 * own privcmd_map_drop(), which has called the backend already, or truncation of
 * /proc/xen/privcmd by any process: that one holds no lock of this mm, and so
 * nothing is done for it.
 */
#include <linux/mmu_notifier.h>

#include "privcmd.h"

/* Below that, making and removing the notifier costs more than it saves. */
#define WORTHWHILE 8

static bool invalidate(struct mmu_interval_notifier *notifier,
		       const struct mmu_notifier_range *range,
		       unsigned long seq)
{
	struct privcmd_map *map =
		container_of(notifier, struct privcmd_map, notifier);
	unsigned long start = notifier->interval_tree.start;
	unsigned long end = start + (map->nr << PAGE_SHIFT);

	/* The out-of-memory killer cannot wait, and leaves areas like ours be. */
	if (!mmu_notifier_range_blockable(range))
		return true;
	if (range->event != MMU_NOTIFY_UNMAP &&
	    range->event != MMU_NOTIFY_PROTECTION_VMA)
		return true;
	/* What mremap() left behind may be somebody else's by now. */
	if (map->addr == start)
		privcmd_backend->clear(notifier->mm, max(range->start, start),
				       min(range->end, end));
	return true;
}

static const struct mmu_interval_notifier_ops notifier_ops = {
	.invalidate = invalidate,
};

/* For a new mapping; the mmap lock is held for write. */
void privcmd_notifier_add(struct privcmd_map *map, struct mm_struct *mm)
{
	lockdep_assert_held_write(&mm->mmap_lock);
	if (!privcmd_backend->clear || !READ_ONCE(privcmd_fast) ||
	    map->nr < WORTHWHILE)
		return;
	map->notified = !mmu_interval_notifier_insert_locked(
		&map->notifier, mm, map->addr, map->nr << PAGE_SHIFT,
		&notifier_ops);
}

/* Its VMA goes. Nothing is announced to it any more when this returns. */
void privcmd_notifier_remove(struct privcmd_map *map)
{
	if (map->notified)
		mmu_interval_notifier_remove(&map->notifier);
	map->notified = false;
}
