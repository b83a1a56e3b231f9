// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Slots that the balloon makes of memory (Arm): dom0 keeps enough memory for itself.
 */
#include <sys/mman.h>

#include "suite.h"

#define SLOTS 4096 /* of one call: 16 MiB */

#define BALLOON "/sys/devices/system/xen_memory/xen_memory0/"

static long kib_of(const char *path)
{
	FILE *f = fopen(path, "r");
	long kib;

	must(f && fscanf(f, "%ld", &kib) == 1 && !fclose(f));
	return kib;
}

/*
 * KiB of dom0's physmap that can be memory: what get_num_physpages() counts. MemTotal has
 * neither the kernel's own memory nor the balloon's.
 */
static long present(void)
{
	FILE *f = fopen("/proc/zoneinfo", "r");
	unsigned long n, pages = 0;
	char line[128];

	must(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, " present %lu", &n) == 1)
			pages += n;
	fclose(f);
	must(pages);
	return pages * (PAGE / 1024);
}

/* KiB that dom0 has. The balloon makes slots of the others. */
static long dom0_has(void)
{
	return kib_of(BALLOON "info/current_kb");
}

/* Waits until dom0 has all memory back that no slot needs. False if it does not come. */
static bool balloon_is_empty(void)
{
	long now;

	return tap_soon((now = dom0_has()) >= kib_of(BALLOON "target_kb"), now);
}

/* Show the frame of @d SLOTS times in @a, a new area. Returns false, and errno, on failure. */
static bool show(int fd, const struct domain *d, struct area *a)
{
	static __u64 frame[SLOTS];
	static int err[SLOTS];
	size_t i;

	*a = area_new(fd, SLOTS);
	for (i = 0; i < SLOTS; i++)
		frame[i] = d->frame[0];
	return !v2(fd, d->id, a->va, frame, err, SLOTS) &&
	       check_eq(err[SLOTS - 1], 0);
}

/*
 * Call again and again, until the driver refuses. Returns the KiB that are available
 * then. @a: the areas, which have room for all memory of dom0. The one behind the last
 * is empty.
 */
static long show_until_refused(int fd, const struct domain *d, struct area *a)
{
	while (show(fd, d, a))
		a++;
	check_eq(errno, ENOMEM);
	munmap(a->va, SLOTS * PAGE);
	a->n = 0;
	/* The balloon cannot take memory of CMA areas. */
	return meminfo("MemAvailable") - meminfo("CmaFree");
}

static void unmap_all(const struct area *a)
{
	for (; a->n; a++)
		check_eq(munmap(a->va, a->n * PAGE), 0);
}

/*
 * A restricted file leaves a quarter of dom0's memory, any other file an eighth. The last
 * call is refused because of its 16 MiB, so up to that much more may be left, and less by
 * what other calls and the kernel have taken since: 8 MiB.
 */
TAP_HAZARD(places_leave_memory, .rows = "A47", .seconds = 180)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	int fd = privcmd_open(), restricted = privcmd_open();
	long all, left;
	struct area *a, *more;

	need_ours();
	if (!xlate())
		skip("PV dom0: foreign frames need no slots there");
	must(!restrict_to(restricted, d->id) && balloon_is_empty());
	all = present();
	a = calloc(2 * (all / (SLOTS * 4) + 2), sizeof(*a));
	must(a);
	more = a + all / (SLOTS * 4) + 2;
	left = dom0_has();
	must(show(fd, d, a));
	left -= dom0_has();
	must(!munmap(a->va, a->n * PAGE));
	if (!left)
		skip("slots need no memory here");
	left = show_until_refused(restricted, d, a);
	tap_note("%ld MiB of %ld are left", left / 1024, all / 1024);
	check(left > all / 4 - 8 * 1024 && left < all / 4 + 40 * 1024);
	left = show_until_refused(fd, d, more);
	tap_note("%ld MiB of %ld are left", left / 1024, all / 1024);
	check(left > all / 8 - 8 * 1024 && left < all / 8 + 40 * 1024);
	unmap_all(more);
	unmap_all(a);
	check(balloon_is_empty());
}
