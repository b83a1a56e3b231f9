// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of our physmap that hold foreign frames in an auto-translated dom0. The
 * kernel has them in one list for all drivers, and makes new ones as long as there
 * are free addresses. Copyright (C) 2026 the xen-privcmd authors
 *
 * The list has a mutex. Whoever adds to it takes the locks of memory hotplug and of
 * CPU hotplug with that held, and cpusets take the mmap lock under the latter. So
 * none of these functions is called with the mmap lock held.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/vmstat.h>
#include <xen/balloon.h>
#include <xen/xen.h>

#include "inject.h"
#include "places.h"
#include "privcmd.h"

/* Places that are taken, of all files. */
static atomic_long_t taken;

/*
 * One at a time looks at the limits, asks the kernel, and counts what it has got.
 * What comes back is counted without.
 */
static DEFINE_MUTEX(asking);

/*
 * Does the kernel give up memory of its own for places, through the balloon? It
 * does where it has no addresses that are free of memory. No configuration option
 * tells; the first page that it hands out does.
 */
static enum { UNKNOWN, ADDRESSES, MEMORY } kind; /* asking */

/*
 * The kernel logs each refusal, and refuses again until places come back or
 * addresses become free. After REFUSALS of them in PERIOD it is asked only for as
 * many as came back since the last one, or for half of what it refused: a want of
 * many is not to keep others from the few that there are. It is asked for anything
 * again if it had as many as it had refused, and these had not just come back.
 */
#define REFUSALS 10
#define PERIOD	 (5 * HZ)

static unsigned int refusals; /* in the period that began at: asking */
static unsigned long first_refusal;
static unsigned int smallest;	/* number that was refused in it */
static atomic_long_t came_back; /* since the last refusal, and not taken again */

static bool may_ask(unsigned int nr)
{
	lockdep_assert_held(&asking);
	if (refusals && time_after(jiffies, first_refusal + PERIOD))
		WRITE_ONCE(refusals, 0);
	return refusals < REFUSALS || nr <= smallest / 2 ||
	       nr <= atomic_long_read(&came_back);
}

static void note_refusal(unsigned int nr)
{
	lockdep_assert_held(&asking);
	if (!refusals) {
		first_refusal = jiffies;
		smallest = nr;
	}
	WRITE_ONCE(refusals, refusals + 1);
	smallest = min(smallest, nr);
	atomic_long_set(&came_back, 0);
}

static void note_success(unsigned int nr)
{
	long back;

	lockdep_assert_held(&asking);
	if (!refusals)
		return;
	back = atomic_long_read(&came_back);
	if (nr >= smallest && nr > back)
		WRITE_ONCE(refusals, 0);
	atomic_long_sub(min_t(long, nr, back), &came_back);
}

/*
 * Memory that is left must be more than this part of all: 1/8, and 1/4 for
 * restricted files in dom0. The balloon would give memory to the last page.
 */
static bool leaves_memory(unsigned int nr, bool restricted)
{
	long left;

	if (kind != MEMORY ||
	    nr <= balloon_stats.balloon_low + balloon_stats.balloon_high)
		return true;
	/* The balloon cannot take pages that are kept for contiguous use. */
	left = si_mem_available() - nr -
	       (long)global_zone_page_state(NR_FREE_CMA_PAGES);
	return left > (long)(get_num_physpages() / (restricted ? 4 : 8));
}

/*
 * Is there room for @nr more places? Nobody else counts what they take: their struct
 * pages, which may be a quarter of all memory, or memory itself. In dom0 a restricted
 * file has at most half of the places, and all restricted files three quarters: what
 * one of them takes is not to keep others from theirs, least of all the toolstack. In a
 * domU every file is restricted, so there is nobody to keep places for.
 */
static bool has_room(const struct privcmd_file *pf, unsigned int nr)
{
	unsigned long max =
		totalram_pages() / 4 * (PAGE_SIZE / sizeof(struct page));
	bool restricted = xen_initial_domain() && privcmd_file_restricted(pf);

	max = privcmd_inject_max_places() ?: max;
	if (restricted && atomic_long_read(&pf->places) + nr > max / 2)
		return false;
	if (restricted)
		max = max / 4 * 3;
	return atomic_long_read(&taken) + nr <= max &&
	       leaves_memory(nr, restricted);
}

static int ask(struct page **pages, unsigned int nr)
{
	if (!may_ask(nr))
		return -ENOMEM;
	if (privcmd_inject_hypercall() ||
	    xen_alloc_unpopulated_pages(nr, pages)) {
		note_refusal(nr);
		memset(pages, 0, nr * sizeof(*pages));
		return -ENOMEM;
	}
	kind = is_zone_device_page(pages[0]) ? ADDRESSES : MEMORY;
	note_success(nr);
	return 0;
}

static int try_take(struct privcmd_file *pf, struct page **pages,
		    unsigned int nr)
{
	int ret = -ENOMEM;

	if (mutex_lock_killable(&asking))
		return -ENOMEM;
	if (has_room(pf, nr))
		ret = ask(pages, nr);
	if (!ret) {
		atomic_long_add(nr, &taken);
		atomic_long_add(nr, &pf->places);
	}
	mutex_unlock(&asking);
	return ret;
}

/*
 * Take @nr places, which count for @pf. -ENOMEM: the kernel or the limits refuse that
 * many, although everything that waits was given back; or the caller is killed. It
 * may wait long.
 */
int privcmd_places_take(struct privcmd_file *pf, struct page **pages,
			unsigned int nr)
{
	if (privcmd_later_is_crowded() && privcmd_later_drain_all())
		return -ENOMEM;
	if (!try_take(pf, pages, nr))
		return 0;
	/* There may be more than enough that waits to be given back. */
	if (privcmd_later_drain_all())
		return -ENOMEM;
	return try_take(pf, pages, nr);
}

/* Give back @nr places that count for @pf and have no frame. */
void privcmd_places_give_back(struct privcmd_file *pf, struct page **pages,
			      unsigned int nr)
{
	if (!nr)
		return;
	if (current->mm)
		lockdep_assert_not_held(&current->mm->mmap_lock);
	xen_free_unpopulated_pages(nr, pages);
	if (READ_ONCE(refusals))
		atomic_long_add(nr, &came_back);
	atomic_long_sub(nr, &taken);
	atomic_long_sub(nr, &pf->places);
}
