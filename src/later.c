// SPDX-License-Identifier: GPL-2.0-only
/*
 * Auto-translated: mappings whose VMA is gone end later, in a worker. For one thing
 * the hypervisor removes a frame by one call each, which munmap(), and whoever waits
 * for the mmap lock, need not wait for. For another, places must not be given back
 * with the mmap lock held (places.c). Copyright (C) 2026 the xen-privcmd authors
 *
 * There are calls that wait for frames to be removed, of one domain or of all. So the
 * frames that wait are bounded, over all files, and whoever has more removes them
 * himself; only the places of these are left to the worker. Mappings wait in queues
 * by domain, which the worker serves in turn: a domain whose frames somebody waits
 * for does not wait for those of others.
 */
#include <linux/bitmap.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "privcmd.h"

static void give_back(struct work_struct *work);

/* Domains whose numbers are equal modulo this share a queue. */
#define QUEUES 256

struct queue {
	struct list_head waiting; /* privcmd_map.later */
	unsigned long nr_brought; /* mappings so far; lock */
	unsigned long nr_done;	  /* of these, in the same order */
};

static DEFINE_SPINLOCK(lock);
static struct queue queues[QUEUES];
static DECLARE_BITMAP(filled, QUEUES); /* those that are not empty; lock */
static DECLARE_BITMAP(wanted, QUEUES); /* and somebody waits for them; lock */
static unsigned int nr_waiting;	       /* mappings; lock */
static DECLARE_WAIT_QUEUE_HEAD(drained);
static atomic_long_t frames; /* of these, and of the one that work is at */
static DECLARE_DELAYED_WORK(work, give_back);
static struct workqueue_struct *workqueue;

/*
 * The queue to serve, behind @last, which was served before: one that somebody waits
 * for, else each in turn. QUEUES: all are empty.
 */
static unsigned int next_queue(unsigned int last)
{
	const unsigned long *from = bitmap_empty(wanted, QUEUES) ? filled :
								   wanted;
	unsigned int i;

	lockdep_assert_held(&lock);
	i = find_next_bit(from, QUEUES, last + 1);
	return i < QUEUES ? i : find_first_bit(from, QUEUES);
}

static struct privcmd_map *next_map(unsigned int *i)
{
	struct privcmd_map *map = NULL;

	spin_lock(&lock);
	*i = next_queue(*i);
	if (*i < QUEUES) {
		map = list_first_entry(&queues[*i].waiting, struct privcmd_map,
				       later);
		list_del(&map->later);
		nr_waiting--;
		if (list_empty(&queues[*i].waiting)) {
			__clear_bit(*i, filled);
			__clear_bit(*i, wanted);
		}
	}
	spin_unlock(&lock);
	return map;
}

static void give_back(struct work_struct *unused)
{
	unsigned int i = QUEUES - 1;
	struct privcmd_map *map;

	while ((map = next_map(&i))) {
		struct privcmd_file *pf = map->file;
		unsigned long nr = map->held;

		privcmd_map_free(map);
		atomic_long_sub(nr, &pf->later);
		atomic_long_sub(nr, &frames);
		privcmd_file_put(pf);
		smp_store_release(&queues[i].nr_done, queues[i].nr_done + 1);
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

/* Places are in nobody's way: for these the worker may sleep so long, or so many. */
#define PATIENCE (HZ / 10)
#define CROWD	 64

/* May the frames of @map wait, too? Then they count. */
static bool may_wait(const struct privcmd_map *map)
{
	if (!WAITED_FOR || !READ_ONCE(privcmd_fast) || map->held < WORTHWHILE)
		return false;
	if (atomic_long_add_return(map->held, &frames) <=
	    READ_ONCE(privcmd_max_later))
		return true;
	atomic_long_sub(map->held, &frames);
	return false;
}

/* Take over @map, which nobody else has any more. The mmap lock may be held. */
void privcmd_later(struct privcmd_map *map)
{
	struct privcmd_file *pf = map->file;
	unsigned int i = map->dom % QUEUES;
	bool urgent = may_wait(map);

	if (!urgent)
		privcmd_map_empty(map);
	atomic_long_add(map->held, &pf->later);
	privcmd_file_get(pf);
	spin_lock(&lock);
	list_add_tail(&map->later, &queues[i].waiting);
	queues[i].nr_brought++;
	__set_bit(i, filled);
	urgent |= ++nr_waiting > CROWD;
	spin_unlock(&lock);
	if (urgent)
		mod_delayed_work(workqueue, &work, 0);
	else
		queue_delayed_work(workqueue, &work, PATIENCE);
}

/* Wait until all that is in a queue now has been given back. */
static int drain(unsigned int i)
{
	struct queue *queue = &queues[i];
	unsigned long last;

	spin_lock(&lock);
	last = queue->nr_brought;
	if (!list_empty(&queue->waiting))
		__set_bit(i, wanted);
	spin_unlock(&lock);
	if ((long)(smp_load_acquire(&queue->nr_done) - last) >= 0)
		return 0;
	mod_delayed_work(workqueue, &work, 0);
	return wait_event_killable(
		drained, (long)(smp_load_acquire(&queue->nr_done) - last) >= 0);
}

/*
 * Wait until all frames of @dom that wait now have been given back, max_later at
 * most. Not 0: no, as the caller is killed. The work takes no lock that its callers
 * hold: not populate, not the mmap lock.
 */
int privcmd_later_drain(domid_t dom)
{
	return drain(dom % QUEUES);
}

/* The same for frames and places of all domains. */
int privcmd_later_drain_all(void)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < QUEUES && !ret; i++)
		ret = drain(i);
	return ret;
}

int privcmd_later_init(void)
{
	unsigned int i;

	for (i = 0; i < QUEUES; i++)
		INIT_LIST_HEAD(&queues[i].waiting);
	workqueue = alloc_workqueue("xen-privcmd-later", WQ_UNBOUND, 1);
	return workqueue ? 0 : -ENOMEM;
}

/* Nobody brings anything any more. */
void privcmd_later_exit(void)
{
	flush_delayed_work(&work);
	destroy_workqueue(workqueue);
}
