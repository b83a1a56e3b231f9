// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings whose VMA is gone give their frames back later: the hypervisor
 * removes an auto-translated frame by one call each, which munmap(), and whoever
 * waits for the mmap lock, need not wait for. Copyright (C) 2026 the xen-privcmd
 * authors
 *
 * What waits here is bounded, over all files, as there are calls that wait for
 * all of it; who has more removes it himself. The work starts at once, so that a
 * domain which has died goes as soon as the last frame of it does.
 */
#include <linux/workqueue.h>

#include "privcmd.h"

static void give_back(struct work_struct *work);

static DEFINE_SPINLOCK(lock);
static LIST_HEAD(waiting);   /* privcmd_map.later */
static atomic_long_t frames; /* of these, and of those that work is at */
static DECLARE_WORK(work, give_back);
static struct workqueue_struct *workqueue;

/*
 * What is there when it starts, and no more: who waits for it need not wait for
 * what others bring meanwhile. Whoever brings something starts it again.
 */
static void give_back(struct work_struct *unused)
{
	struct privcmd_map *map, *next;
	LIST_HEAD(mine);

	spin_lock(&lock);
	list_splice_init(&waiting, &mine);
	spin_unlock(&lock);
	list_for_each_entry_safe(map, next, &mine, later) {
		struct privcmd_file *pf = map->file;
		unsigned long nr = map->held;

		privcmd_map_free(map);
		atomic_long_sub(nr, &pf->later);
		atomic_long_sub(nr, &frames);
		privcmd_file_put(pf);
		cond_resched();
	}
}

/*
 * The end of a domain may have to wait for what waits here (hcall.c does so), but
 * beside the kernel's own driver it comes through that one.
 */
#ifdef PRIVCMD_BESIDE
#define WAITED_FOR false
#else
#define WAITED_FOR true
#endif

/* Below that, to wake somebody up costs more than it saves. */
#define WORTHWHILE 8

/* Take over @map, which nobody else has any more. False: the caller keeps it. */
bool privcmd_later(struct privcmd_map *map)
{
	struct privcmd_file *pf = map->file;

	if (!WAITED_FOR || !privcmd_backend->free || !READ_ONCE(privcmd_fast) ||
	    map->held < WORTHWHILE)
		return false;
	if (atomic_long_add_return(map->held, &frames) >
	    READ_ONCE(privcmd_max_later)) {
		atomic_long_sub(map->held, &frames);
		return false;
	}
	atomic_long_add(map->held, &pf->later);
	privcmd_file_get(pf);
	spin_lock(&lock);
	list_add_tail(&map->later, &waiting);
	spin_unlock(&lock);
	queue_work(workqueue, &work);
	return true;
}

/*
 * Wait until all that is here now has been given back: what the work is at, and
 * what it takes next, at most twice max_later frames. The work takes no lock that
 * its callers hold: not populate, not the mmap lock.
 */
void privcmd_later_drain(void)
{
	flush_work(&work);
}

int privcmd_later_init(void)
{
	workqueue = alloc_workqueue("xen-privcmd-later", WQ_UNBOUND, 1);
	return workqueue ? 0 : -ENOMEM;
}

void privcmd_later_exit(void)
{
	destroy_workqueue(workqueue);
}
