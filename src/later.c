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
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "privcmd.h"

static void give_back(struct work_struct *work);

static DEFINE_SPINLOCK(lock);
static LIST_HEAD(waiting);	 /* privcmd_map.later */
static unsigned long nr_brought; /* mappings so far; lock */
static unsigned long nr_done;	 /* of these, in the same order */
static DECLARE_WAIT_QUEUE_HEAD(drained);
static atomic_long_t frames; /* of these, and of those that work is at */
static DECLARE_WORK(work, give_back);
static struct workqueue_struct *workqueue;

/* What is there when it starts; whoever brings something starts it again. */
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
		smp_store_release(&nr_done, nr_done + 1);
		if (wq_has_sleeper(&drained))
			wake_up_all(&drained);
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
	nr_brought++;
	spin_unlock(&lock);
	queue_work(workqueue, &work);
	return true;
}

/*
 * Wait until all that is here now has been given back, max_later frames at most.
 * Not 0: no, as the caller is killed. The work takes no lock that its callers hold:
 * not populate, not the mmap lock.
 */
int privcmd_later_drain(void)
{
	unsigned long last;

	spin_lock(&lock);
	last = nr_brought;
	spin_unlock(&lock);
	return wait_event_killable(
		drained, (long)(smp_load_acquire(&nr_done) - last) >= 0);
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
