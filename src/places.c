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
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/vmstat.h>
#include <xen/balloon.h>
#include <xen/xen.h>

#include "inject.h"
#include "places.h"
#include "privcmd.h"

/* Places that are taken, of all files. */
static atomic_long_t taken;

/*
 * Does the kernel give up memory of its own for places, through the balloon? It
 * does where it has no addresses that are free of memory. No configuration option
 * tells; the first page that it hands out does. Until then, be careful.
 */
static bool are_memory = true;

/*
 * The kernel logs each refusal at length, and refuses again until places come back
 * or addresses become free. After REFUSALS of them in PERIOD it is asked only for as
 * many as came back since the last one. All is forgotten when it has as many as it
 * refused before.
 */
#define REFUSALS 10
#define PERIOD	 (5 * HZ)

static DEFINE_SPINLOCK(lock); /* these four */
static unsigned int refusals; /* in the period that began at: */
static unsigned long first_refusal;
static unsigned int smallest;	/* number that was refused in it */
static unsigned long came_back; /* since the last refusal */

static bool may_ask(unsigned int nr)
{
	bool may;

	spin_lock(&lock);
	if (refusals && time_after(jiffies, first_refusal + PERIOD))
		refusals = 0;
	may = refusals < REFUSALS || nr <= came_back;
	spin_unlock(&lock);
	return may;
}

static void note_refusal(unsigned int nr)
{
	spin_lock(&lock);
	if (!refusals++) {
		first_refusal = jiffies;
		smallest = nr;
	}
	smallest = min(smallest, nr);
	came_back = 0;
	spin_unlock(&lock);
}

static void note_success(unsigned int nr)
{
	if (!READ_ONCE(refusals))
		return;
	spin_lock(&lock);
	if (nr >= smallest)
		refusals = 0;
	came_back -= min_t(unsigned long, came_back, nr);
	spin_unlock(&lock);
}

static void note_return(unsigned int nr)
{
	if (!READ_ONCE(refusals))
		return;
	spin_lock(&lock);
	came_back += nr;
	spin_unlock(&lock);
}

/*
 * Memory that is left must be more than this part of all: 1/8, and 1/4 for
 * restricted files. The balloon would give memory to the last page.
 */
static bool leaves_memory(unsigned int nr, bool restricted)
{
	long left;

	if (!READ_ONCE(are_memory) ||
	    nr <= balloon_stats.balloon_low + balloon_stats.balloon_high)
		return true;
	/* The balloon cannot take pages that are kept for contiguous use. */
	left = si_mem_available() - nr -
	       (long)global_zone_page_state(NR_FREE_CMA_PAGES);
	return left > (long)(get_num_physpages() / (restricted ? 4 : 8));
}

/*
 * Is there room for @nr more places? Nobody else counts what they take: their struct
 * pages, which may be a quarter of all memory, or memory itself. A restricted file
 * has at most half of the places, and all restricted files three quarters: what one
 * of them takes is not to keep others from theirs, least of all the toolstack.
 */
static bool room_for(const struct privcmd_file *pf, unsigned int nr)
{
	unsigned long max = privcmd_inject_max_places() ?:
							  totalram_pages() / 4 *
					    (PAGE_SIZE / sizeof(struct page));
	bool restricted = privcmd_file_restricted(pf);

	if (restricted && privcmd_file_places(pf) + nr > max / 2)
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
	WRITE_ONCE(are_memory, !is_zone_device_page(pages[0]));
	note_success(nr);
	atomic_long_add(nr, &taken);
	return 0;
}

/*
 * Take @nr places, for a mapping or a copy of @pf. -ENOMEM: the kernel or the limits
 * refuse that many, although everything that waits was given back; or the caller is
 * killed. It may wait long.
 */
int privcmd_places_take(const struct privcmd_file *pf, struct page **pages,
			unsigned int nr)
{
	if (room_for(pf, nr) && !ask(pages, nr))
		return 0;
	/* There may be more than enough that waits to be given back. */
	if (privcmd_later_drain_all() || !room_for(pf, nr))
		return -ENOMEM;
	return ask(pages, nr);
}

/* Give back @nr places, none of which has a frame. */
void privcmd_places_give_back(struct page **pages, unsigned int nr)
{
	if (!nr)
		return;
	if (current->mm)
		lockdep_assert_not_held(&current->mm->mmap_lock);
	xen_free_unpopulated_pages(nr, pages);
	note_return(nr);
	atomic_long_sub(nr, &taken);
}
