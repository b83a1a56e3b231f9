// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Auto-translated dom0s: a worker frees mappings whose last reference was put.
 * First reason: the hypervisor removes frames one by one, and neither munmap()
 * nor a thread that waits for the mmap lock should wait for that. Second
 * reason: slots must not be given back with the mmap lock held (slots.c).
 *
 * Some calls wait until the frames of one domain, or of all domains, are
 * removed. So the number of frames that wait is bounded, over all files. A
 * thread whose mapping would exceed the bound removes the frames itself, and
 * leaves only their slots to the worker. Mappings wait in queues by domain, and
 * each queue has a work item of its own: a call that waits for the frames of
 * one domain waits only for the domains that share its queue.
 */
#include <linux/mm_types.h>
#include <linux/sched.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "file.h"
#include "params.h"
#include "reaper.h"

/* Domains whose numbers are equal modulo this share a queue. */
#define REAPER_QUEUES 256

struct reaper_queue {
	spinlock_t lock;
	struct list_head waiting; /* privcmd_reap.list; lock */
	unsigned long nr_queued;  /* mappings so far; lock */
	unsigned long nr_done;	  /* reaped; same order as queued */
	struct delayed_work work;
};

static struct reaper_queue reaper_queues[REAPER_QUEUES];
static DECLARE_WAIT_QUEUE_HEAD(reaper_progress);
static atomic_long_t reaper_frames;   /* that wait or are being removed */
static atomic_long_t reaper_mappings; /* that wait or are being reaped */
static struct workqueue_struct *reaper_workqueue;

static struct privcmd_reap *reaper_next(struct reaper_queue *queue)
{
	struct privcmd_reap *reap;

	spin_lock(&queue->lock);
	reap = list_first_entry_or_null(&queue->waiting, struct privcmd_reap,
					list);
	if (reap)
		list_del(&reap->list);
	spin_unlock(&queue->lock);
	return reap;
}

static void reaper_work(struct work_struct *work)
{
	struct reaper_queue *queue =
		container_of(to_delayed_work(work), struct reaper_queue, work);
	struct privcmd_reap *reap;

	while ((reap = reaper_next(queue))) {
		struct privcmd_file *pf = reap->file;
		unsigned long nr = reap->held;

		reap->ops->free(reap);
		atomic_long_sub(nr, &pf->reaping);
		atomic_long_sub(nr, &reaper_frames);
		atomic_long_dec(&reaper_mappings);
		privcmd_file_put(pf);
		smp_store_release(&queue->nr_done, queue->nr_done + 1);
		if (wq_has_sleeper(&reaper_progress))
			wake_up_all(&reaper_progress);
		cond_resched();
	}
}

/*
 * DESTROYDOMAIN waits for the domain's frames (hcall.c). A module that is
 * loaded beside the kernel's own driver must not defer frames: a DESTROYDOMAIN
 * through that driver does not wait for them.
 */
#ifdef PRIVCMD_BESIDE
#define REAPER_MAY_HOLD false
#else
#define REAPER_MAY_HOLD true
#endif

/* Remove fewer frames than this at once: that costs less than waking the worker. */
#define REAPER_WORTHWHILE 8

/*
 * A mapping that has only empty slots left may wait for REAPER_PATIENCE, unless
 * more than REAPER_FEW mappings wait.
 */
#define REAPER_PATIENCE (HZ / 10)
#define REAPER_FEW	64

/*
 * If more mappings than this wait, a call that needs slots first waits for all
 * queues.
 */
#define REAPER_CROWD 1024

/* May the frames of @reap wait for the worker? If so, count them. */
static bool reaper_may_hold(const struct privcmd_reap *reap)
{
	if (!REAPER_MAY_HOLD || !READ_ONCE(privcmd_fast) ||
	    reap->held < REAPER_WORTHWHILE)
		return false;
	if (atomic_long_add_return(reap->held, &reaper_frames) <=
	    READ_ONCE(privcmd_max_later))
		return true;
	atomic_long_sub(reap->held, &reaper_frames);
	return false;
}

/* Take over @reap, which has no other user. The mmap lock may be held. */
void privcmd_reaper_queue(struct privcmd_reap *reap)
{
	struct reaper_queue *queue = &reaper_queues[reap->dom % REAPER_QUEUES];
	struct privcmd_file *pf = reap->file;
	bool urgent = reaper_may_hold(reap);

	if (!urgent)
		reap->ops->remove(reap);
	atomic_long_add(reap->held, &pf->reaping);
	if (atomic_long_inc_return(&reaper_mappings) > REAPER_FEW)
		urgent = true;
	privcmd_file_get(pf);
	spin_lock(&queue->lock);
	list_add_tail(&reap->list, &queue->waiting);
	queue->nr_queued++;
	spin_unlock(&queue->lock);
	if (urgent)
		mod_delayed_work(reaper_workqueue, &queue->work, 0);
	else
		queue_delayed_work(reaper_workqueue, &queue->work,
				   REAPER_PATIENCE);
}

bool privcmd_reaper_is_crowded(void)
{
	return atomic_long_read(&reaper_mappings) > REAPER_CROWD;
}

/*
 * Wait until all mappings that are in the queue now were reaped. -EINTR:
 * killed.
 */
static int reaper_drain_queue(struct reaper_queue *queue)
{
	unsigned long last;

	if (current->mm)
		lockdep_assert_not_held(&current->mm->mmap_lock);
	spin_lock(&queue->lock);
	last = queue->nr_queued;
	spin_unlock(&queue->lock);
	if ((long)(smp_load_acquire(&queue->nr_done) - last) >= 0)
		return 0;
	mod_delayed_work(reaper_workqueue, &queue->work, 0);
	return wait_event_killable(
		reaper_progress,
		(long)(smp_load_acquire(&queue->nr_done) - last) >= 0);
}

/*
 * Wait until all mappings in the queue of @dom were reaped: max_later frames at
 * most. -EINTR: the caller is killed, and frames may remain. The worker does
 * not take a mapping's populate lock, so the caller may hold it. The caller
 * must not hold the mmap lock, because the worker gives slots back (slots.c).
 */
int privcmd_reaper_drain(domid_t dom)
{
	return reaper_drain_queue(&reaper_queues[dom % REAPER_QUEUES]);
}

/* Wait for all queues. -EINTR: as above. */
int privcmd_reaper_drain_all(void)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < REAPER_QUEUES && !ret; i++)
		ret = reaper_drain_queue(&reaper_queues[i]);
	return ret;
}

int privcmd_reaper_init(void)
{
	unsigned int i;

	for (i = 0; i < REAPER_QUEUES; i++) {
		spin_lock_init(&reaper_queues[i].lock);
		INIT_LIST_HEAD(&reaper_queues[i].waiting);
		INIT_DELAYED_WORK(&reaper_queues[i].work, reaper_work);
	}
	reaper_workqueue = alloc_workqueue("xen-privcmd-later", WQ_UNBOUND, 0);
	return reaper_workqueue ? 0 : -ENOMEM;
}

/* No mapping is left that could be queued. */
void privcmd_reaper_exit(void)
{
	unsigned int i;

	for (i = 0; i < REAPER_QUEUES; i++)
		flush_delayed_work(&reaper_queues[i].work);
	destroy_workqueue(reaper_workqueue);
}
