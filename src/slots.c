// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Slots. A slot is a page of our physmap without memory of its own. In an
 * auto-translated dom0 it holds a foreign frame. The kernel keeps one list of
 * such pages for all drivers, and makes new ones while it has free addresses.
 *
 * The list's mutex is taken before the locks of memory hotplug and of CPU
 * hotplug, and the cpuset code takes the mmap lock under the CPU hotplug lock.
 * Taking the mutex under the mmap lock could deadlock. So no function of this
 * file is called with the mmap lock held.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/vmstat.h>
#include <xen/balloon.h>
#include <xen/xen.h>

#include "file.h"
#include "inject.h"
#include "reaper.h"
#include "slots.h"

/* Slots that are in use, of all files. */
static atomic_long_t slots_in_use;

/*
 * Held while a thread checks the limits, asks the kernel for slots and counts
 * them. Freeing slots updates the counts without the mutex.
 */
static DEFINE_MUTEX(slots_asking);

/*
 * Where does the kernel get slots from: from addresses without memory, or from
 * memory of its own, by the balloon? No configuration option tells. The first
 * page that xen_alloc_unpopulated_pages() returns does. Written under
 * slots_asking.
 */
static enum { SLOTS_UNKNOWN, SLOTS_OF_ADDRESSES, SLOTS_OF_MEMORY } slots_source;

/*
 * The kernel logs each refusal, and refuses again until slots are given back or
 * addresses become free. So after SLOTS_REFUSALS refusals within SLOTS_PERIOD,
 * ask it only for as many slots as were given back since the last refusal, or
 * for at most half of the smallest number that it refused, so that small
 * requests can still succeed after a large one was refused. The limit ends
 * SLOTS_PERIOD after the first refusal, or when a request for at least
 * slots_smallest and more than slots_came_back slots succeeds.
 */
#define SLOTS_REFUSALS 10
#define SLOTS_PERIOD   (5 * HZ)

/* Of the present period; written under slots_asking. */
static unsigned int slots_refusals;
static unsigned long slots_first_refusal; /* jiffies */
static unsigned int slots_smallest;	  /* number that was refused */
/* Slots that were given back since the last refusal and not taken again. */
static atomic_long_t slots_came_back;

static bool slots_may_ask(unsigned int nr)
{
	lockdep_assert_held(&slots_asking);
	if (slots_refusals &&
	    time_after(jiffies, slots_first_refusal + SLOTS_PERIOD))
		WRITE_ONCE(slots_refusals, 0);
	return slots_refusals < SLOTS_REFUSALS || nr <= slots_smallest / 2 ||
	       nr <= atomic_long_read(&slots_came_back);
}

static void slots_note_refusal(unsigned int nr)
{
	lockdep_assert_held(&slots_asking);
	if (!slots_refusals) {
		slots_first_refusal = jiffies;
		slots_smallest = nr;
	}
	WRITE_ONCE(slots_refusals, slots_refusals + 1);
	slots_smallest = min(slots_smallest, nr);
	atomic_long_set(&slots_came_back, 0);
}

static void slots_note_success(unsigned int nr)
{
	long back;

	lockdep_assert_held(&slots_asking);
	if (!slots_refusals)
		return;
	back = atomic_long_read(&slots_came_back);
	if (nr >= slots_smallest && nr > back)
		WRITE_ONCE(slots_refusals, 0);
	atomic_long_sub(min_t(long, nr, back), &slots_came_back);
}

/*
 * Does enough memory remain if the balloon gives up @nr pages? The balloon has
 * no limit of its own. For a restricted file in dom0 a quarter of all memory
 * must remain, otherwise an eighth.
 */
static bool slots_leave_memory(unsigned int nr, bool restricted)
{
	long left;

	if (slots_source != SLOTS_OF_MEMORY ||
	    nr <= balloon_stats.balloon_low + balloon_stats.balloon_high)
		return true;
	/* The balloon cannot take pages of CMA areas. */
	left = si_mem_available() - nr -
	       (long)global_zone_page_state(NR_FREE_CMA_PAGES);
	return left > (long)(get_num_physpages() / (restricted ? 4 : 8));
}

/*
 * Would @pf, or the file that made it, have more than half of @max slots? Only
 * restricted files have a share.
 */
static bool slots_share_ends(const struct privcmd_file *pf, unsigned int nr,
			     unsigned long max)
{
	for (; pf; pf = pf->maker)
		if (privcmd_file_restricted(pf) &&
		    atomic_long_read(&pf->slots) + nr > max / 2)
			return true;
	return false;
}

static void slots_count(struct privcmd_file *pf, long nr)
{
	atomic_long_add(nr, &slots_in_use);
	for (; pf; pf = pf->maker)
		atomic_long_add(nr, &pf->slots);
}

/*
 * Is there room for @nr more slots? The kernel does not account slots. A slot
 * costs a struct page, or a page of memory. This limit lets the struct pages
 * take a quarter of all memory.
 *
 * In dom0 one restricted file gets half of the slots at most, together with the
 * memory files that it has made, and all restricted files together three
 * quarters: restricted files must not keep others from their slots, least of
 * all the toolstack. In a domU every file is restricted, so no slots are kept
 * for others.
 */
static bool slots_have_room(const struct privcmd_file *pf, unsigned int nr)
{
	unsigned long max =
		totalram_pages() / 4 * (PAGE_SIZE / sizeof(struct page));
	bool restricted = xen_initial_domain() && privcmd_file_restricted(pf);

	max = privcmd_inject_max_places() ?: max;
	if (restricted && slots_share_ends(pf, nr, max))
		return false;
	if (restricted)
		max = max / 4 * 3;
	return atomic_long_read(&slots_in_use) + nr <= max &&
	       slots_leave_memory(nr, restricted);
}

static int slots_ask(struct page **pages, unsigned int nr)
{
	if (!slots_may_ask(nr))
		return -ENOMEM;
	if (privcmd_inject_hypercall() ||
	    xen_alloc_unpopulated_pages(nr, pages)) {
		slots_note_refusal(nr);
		memset(pages, 0, nr * sizeof(*pages));
		return -ENOMEM;
	}
	slots_source = is_zone_device_page(pages[0]) ? SLOTS_OF_ADDRESSES :
						       SLOTS_OF_MEMORY;
	slots_note_success(nr);
	return 0;
}

static int slots_try_alloc(struct privcmd_file *pf, struct page **pages,
			   unsigned int nr)
{
	int ret = -ENOMEM;

	if (mutex_lock_killable(&slots_asking))
		return -ENOMEM;
	if (slots_have_room(pf, nr))
		ret = slots_ask(pages, nr);
	if (!ret)
		slots_count(pf, nr);
	mutex_unlock(&slots_asking);
	return ret;
}

/*
 * Allocate @nr slots and count them against @pf. May sleep for long. -ENOMEM:
 * the kernel or a limit refuses that many even after the reaper has freed all
 * slots that waited; or the caller is killed.
 */
int privcmd_slots_alloc(struct privcmd_file *pf, struct page **pages,
			unsigned int nr)
{
	if (privcmd_reaper_is_crowded() && privcmd_reaper_drain_all())
		return -ENOMEM;
	if (!slots_try_alloc(pf, pages, nr))
		return 0;
	/* Enough slots may still wait for the reaper. */
	if (privcmd_reaper_drain_all())
		return -ENOMEM;
	return slots_try_alloc(pf, pages, nr);
}

/* Give back @nr slots, which have no frame, counted against @pf. */
void privcmd_slots_free(struct privcmd_file *pf, struct page **pages,
			unsigned int nr)
{
	if (!nr)
		return;
	if (current->mm)
		lockdep_assert_not_held(&current->mm->mmap_lock);
	xen_free_unpopulated_pages(nr, pages);
	if (READ_ONCE(slots_refusals))
		atomic_long_add(nr, &slots_came_back);
	slots_count(pf, -(long)nr);
}
