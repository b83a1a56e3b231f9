// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * How many frames may wait for the reaper.
 */
#include <sched.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include "dom0/events.h"
#include "map/reaper.h"

/*
 * No frame waits that must not: none above the limit, and none if the fast ways
 * are off.
 */
static void nothing_waits(const char *parameter, const char *value)
{
	struct domain *d = domain_new(DOMAIN_ANY, MANY);
	int fd = privcmd_open();
	struct area a;

	need_ours();
	must(param_set(parameter, value));
	a = area_new(fd, MANY);
	check(map_frames(&a, d, 0));
	check_eq(munmap(a.va, MANY * PAGE), 0);
	check_eq(waiting(fd), 0);
	round_trip(fd, d, MANY, 1);
	check_eq(waiting(fd), 0);
}

TAP_CASE(later_limit)
{
	nothing_waits("max_later", "599");
}

/* On PV nothing waits in any case, and the driver leaves all entries to the core. */
TAP_CASE(later_not_fast)
{
	need_ours();
	/* Before the first mapping, which is that of the new domain's memory. */
	must(param_set("fast", "0"));
	events_record("privcmd_clear");
	nothing_waits("fast", "0");
	check_eq(events_seen(" privcmd_clear:"), 0);
}

/*
 * Frames above the limit are not counted when they do not wait, so as many as
 * before may wait later.
 *
 * See later_other_domain for the count of waiting frames.
 */
TAP_CASE(later_limit_is_not_used_up)
{
	struct sched_param first = { .sched_priority = 1 };
	struct domain *d = domain_new(DOMAIN_ANY, MANY);
	struct area a;

	need_ours();
	if (!xlate())
		skip("PV dom0: nothing waits there");
	if (get_nprocs() > 1)
		skip("the worker has a CPU of its own");
	must(param_set("fast", "1"));
	nothing_waits("max_later", "599");
	domain_destroy(d); /* the frames of domain_new() do not wait any more */
	check(domain_gone(d));
	d = domain_new(DOMAIN_ANY, MANY);
	must(param_set("max_later", "600"));
	a = area_new(privcmd_open(), MANY);
	check(map_frames(&a, d, 0));
	must(!sched_setscheduler(0, SCHED_FIFO, &first));
	check_eq(munmap(a.va, MANY * PAGE), 0);
	check_eq(waiting(a.fd), MANY);
	must(!sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){ 0 }));
	check(all_given_back(a.fd));
	domain_destroy(d);
	check(domain_gone(d));
}

/* All files share one limit, so only one of these can have frames that wait. */
TAP_CASE(later_limit_of_all)
{
	struct domain *d = domain_new(DOMAIN_ANY, MANY);
	int fds[8], i, j, having;
	struct area a[8];

	need_ours();
	must(param_set("max_later", "1199"));
	for (i = 0; i < 8; i++) {
		fds[i] = privcmd_open();
		a[i] = area_new(fds[i], MANY);
		check(map_frames(&a[i], d, 0));
	}
	for (i = 0; i < 8; i++) {
		check_eq(munmap(a[i].va, MANY * PAGE), 0);
		for (j = 0, having = 0; j <= i; j++)
			having += waiting(fds[j]) > 0;
		check(having <= 1);
	}
}
