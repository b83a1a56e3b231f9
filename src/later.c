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
 * by domain, each of which has a work item of its own: nobody who waits for a domain's
 * frames waits for those of others.
 */
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "privcmd.h"

/* Domains whose numbers are equal modulo this share a queue. */
#define QUEUES 256

struct queue {
	spinlock_t lock;
	struct list_head waiting; /* privcmd_map.later; lock */
	unsigned long nr_brought; /* mappings so far; lock */
	unsigned long nr_done;	  /* of these, in the same order */
	struct delayed_work work;
};

static struct queue queues[QUEUES];
static DECLARE_WAIT_QUEUE_HEAD(drained);
static atomic_long_t frames;   /* that wait, or that a work item is at */
static atomic_long_t mappings; /* the same */
static struct workqueue_struct *workqueue;

static struct privcmd_map *next_map(struct queue *queue)
{
	struct privcmd_map *map;

	spin_lock(&queue->lock);
	map = list_first_entry_or_null(&queue->waiting, struct privcmd_map,
				       later);
	if (map)
		list_del(&map->later);
	spin_unlock(&queue->lock);
	return map;
}

static void give_back(struct work_struct *work)
{
	struct queue *queue =
		container_of(to_delayed_work(work), struct queue, work);
	struct privcmd_map *map;

	while ((map = next_map(queue))) {
		struct privcmd_file *pf = map->file;
		unsigned long nr = map->held;

		privcmd_map_free(map);
		atomic_long_sub(nr, &pf->later);
		atomic_long_sub(nr, &frames);
		atomic_long_dec(&mappings);
		privcmd_file_put(pf);
		smp_store_release(&queue->nr_done, queue->nr_done + 1);
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

/* Places are in nobody's way: the worker may sleep for so long, if so few wait. */
#define PATIENCE (HZ / 10)
#define FEW	 64

/* So many mappings that wait are a burden: who wants more places waits for them. */
#define CROWD 1024

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
	struct queue *queue = &queues[map->dom % QUEUES];
	struct privcmd_file *pf = map->file;
	bool urgent = may_wait(map);

	if (!urgent)
		privcmd_map_empty(map);
	atomic_long_add(map->held, &pf->later);
	if (atomic_long_inc_return(&mappings) > FEW)
		urgent = true;
	privcmd_file_get(pf);
	spin_lock(&queue->lock);
	list_add_tail(&map->later, &queue->waiting);
	queue->nr_brought++;
	spin_unlock(&queue->lock);
	if (urgent)
		mod_delayed_work(workqueue, &queue->work, 0);
	else
		queue_delayed_work(workqueue, &queue->work, PATIENCE);
}

bool privcmd_later_is_crowded(void)
{
	return atomic_long_read(&mappings) > CROWD;
}

/* Wait until all that is in a queue now has been given back. */
static int drain(struct queue *queue)
{
	unsigned long last;

	spin_lock(&queue->lock);
	last = queue->nr_brought;
	spin_unlock(&queue->lock);
	if ((long)(smp_load_acquire(&queue->nr_done) - last) >= 0)
		return 0;
	mod_delayed_work(workqueue, &queue->work, 0);
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
	return drain(&queues[dom % QUEUES]);
}

/* The same for frames and places of all domains. */
int privcmd_later_drain_all(void)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < QUEUES && !ret; i++)
		ret = drain(&queues[i]);
	return ret;
}

int privcmd_later_init(void)
{
	unsigned int i;

	for (i = 0; i < QUEUES; i++) {
		spin_lock_init(&queues[i].lock);
		INIT_LIST_HEAD(&queues[i].waiting);
		INIT_DELAYED_WORK(&queues[i].work, give_back);
	}
	workqueue = alloc_workqueue("xen-privcmd-later", WQ_UNBOUND, 0);
	return workqueue ? 0 : -ENOMEM;
}

/* Nobody brings anything any more. */
void privcmd_later_exit(void)
{
	unsigned int i;

	for (i = 0; i < QUEUES; i++)
		flush_delayed_work(&queues[i].work);
	destroy_workqueue(workqueue);
}
