// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * MMAPBATCH and MMAPBATCH_V2 for an area in which frames are mapped already.
 * Pages whose frame failed can be populated again, at the same address; mapped
 * frames stay.
 */
#include "batch/mixed.h"
#include "dom0/held.h"

/*
 * Only the failed pages, one by one and as a run, as programs do that save a
 * domain.
 */
static void retry_failed(int version, enum domain_kind kind)
{
	struct domain *d = domain_new(kind, MIXED);
	struct area a = area_new(privcmd_open(), MIXED);
	int err[3] = { 1, 1, 1 };
	size_t i;

	hazard_if_xlate();
	map_mixed(version, &a, d);
	check_eq(batch(version, a.fd, d->id, page_at(&a, 3), d->frame + 3, err,
		       3),
		 0);
	check_eq(err[0] | err[1] | err[2], 0);
	for (i = 0; i < MIXED; i++)
		if (bad_at[i] && (i < 3 || i > 5))
			check_eq(batch(version, a.fd, d->id, page_at(&a, i),
				       d->frame + i, err, 1) |
					 err[0],
				 0);
	for (i = 0; i < MIXED; i++)
		if (check_eq(touch(page_at(&a, i)), 0))
			check(page_has(page_at(&a, i), domain_seed(d, i)));
	area_done(&a);
}

BATCH_CASE(retry_just_the_failed, .rows = "A6 A20 B5")
{
	retry_failed(version, DOMAIN_ANY);
}

BATCH_CASE(hvm_retry_just_the_failed, .rows = "A6 A20 B5")
{
	retry_failed(version, DOMAIN_HVM);
}

/* A fill that fails again changes nothing for the other pages. */
BATCH_CASE(retry_fails_again, .rows = "A6 A20")
{
	struct domain *d = domain_new(DOMAIN_ANY, MIXED);
	struct area a = area_new(privcmd_open(), MIXED);
	__u64 bad[] = { BAD_FRAME, d->frame[4], BAD_FRAME };
	int err[3] = { 0 };

	hazard_if_xlate();
	map_mixed(version, &a, d);
	check_eq(batch(version, a.fd, d->id, page_at(&a, 3), bad, err, 3), 0);
	check_eq(err[0], bad_frame_error(version, d));
	check_eq(err[1], 0);
	check_eq(err[2], bad_frame_error(version, d));
	check_eq(touch(page_at(&a, 3)), SIGBUS);
	check_eq(touch(page_at(&a, 5)), SIGBUS);
	check(page_has(page_at(&a, 4), domain_seed(d, 4)));
	check_mixed(&a, d);
	area_done(&a);
}

TAP_HAZARD(mmapbatch_v2_holes_in_the_middle, .rows = "B4")
{
	struct domain *d = domain_new(DOMAIN_ANY, 8);
	struct area a = area_new(privcmd_open(), 8);
	__u64 frame[8];
	int err[8];
	size_t i;

	for (i = 0; i < 8; i++)
		frame[i] = i >= 3 && i < 6 ? BAD_FRAME : d->frame[i];
	must(check_eq(v2(a.fd, d->id, a.va, frame, err, 8), 0));
	/*
	 * Page 4 gets frame 0 of the domain, page 5 frame 7; page 3 stays a
	 * hole.
	 */
	frame[0] = d->frame[0];
	frame[1] = d->frame[7];
	check_eq(v2(a.fd, d->id, page_at(&a, 4), frame, err, 2), 0);
	for (i = 0; i < 8; i++) {
		static const int shows[] = { 0, 1, 2, -1, 0, 7, 6, 7 };

		if (shows[i] < 0)
			check_eq(touch(page_at(&a, i)), SIGBUS);
		else if (check_eq(touch(page_at(&a, i)), 0))
			check(page_has(page_at(&a, i),
				       domain_seed(d, shows[i])));
	}
	area_done(&a);
}

/* A call for pages that are mapped already fails and changes nothing. */
BATCH_CASE(same_range_twice, .rows = "A1 A20")
{
	struct domain *d = domain_new(DOMAIN_ANY, 6);
	struct area a = area_new(privcmd_open(), 3);
	size_t i;

	must(map_frames(&a, d, 0));
	check_errno(batch(version, a.fd, d->id, a.va, d->frame + 3, NULL, 3),
		    EINVAL);
	check_errno(batch(version, a.fd, d->id, a.va, d->frame, NULL, 3),
		    EINVAL);
	check_errno(batch(version, a.fd, d->id, page_at(&a, 1), d->frame + 3,
			  NULL, 1),
		    EINVAL);
	for (i = 0; i < 3; i++)
		check(page_has(page_at(&a, i), domain_seed(d, i)));
	area_done(&a);
}

BATCH_CASE(fill_over_a_populated, .rows = "A1")
{
	struct domain *d = domain_new(DOMAIN_ANY, MIXED);
	struct area a = area_new(privcmd_open(), MIXED);

	hazard_if_xlate();
	map_mixed(version, &a, d);
	/* Failed pages with a populated one after them, then before them. */
	check_errno(batch(version, a.fd, d->id, page_at(&a, 4), d->frame, NULL,
			  3),
		    EINVAL);
	check_errno(batch(version, a.fd, d->id, page_at(&a, 2), d->frame, NULL,
			  3),
		    EINVAL);
	check_errno(batch(version, a.fd, d->id, a.va, d->frame, NULL, MIXED),
		    EINVAL);
	check_eq(touch(page_at(&a, 4)), SIGBUS);
	check_eq(touch(page_at(&a, 3)), SIGBUS);
	check_mixed(&a, d);
	area_done(&a);
}

/* The same, and the populated pages are in the next page table. */
BATCH_CASE(fill_over_the_next_table, .rows = "A1")
{
	struct domain *d = domain_new(DOMAIN_ANY, 6);
	struct area a = held_area(privcmd_open(), 0, 3);
	__u64 frame[3] = { BAD_FRAME, d->frame[1], d->frame[2] };
	size_t i;

	hazard_if_xlate();
	must(check_eq(batch(version, a.fd, d->id, a.va, frame, NULL, 3), 0));
	check_errno(batch(version, a.fd, d->id, a.va, d->frame + 3, NULL, 3),
		    EINVAL);
	check_errno(batch(version, a.fd, d->id, a.va, d->frame + 3, NULL, 2),
		    EINVAL);
	check_eq(touch(a.va), SIGBUS);
	for (i = 1; i < 3; i++)
		check(page_has(page_at(&a, i), domain_seed(d, i)));
	check_eq(batch(version, a.fd, d->id, a.va, d->frame, NULL, 1), 0);
	check(page_has(a.va, domain_seed(d, 0)));
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* A call for some pages of a mapping is charged only until its end. */
BATCH_CASE(retry_often_near_max_frames, .rows = "A20")
{
	struct domain *d = domain_new(DOMAIN_ANY, 10);
	struct area a = area_new(privcmd_open(), 10);
	__u64 frame[10], bad = BAD_FRAME;
	int err, i;

	need_ours();
	must(param_set("max_frames", "16"));
	memcpy(frame, d->frame, sizeof(frame));
	frame[3] = bad;
	must(check_eq(batch(version, a.fd, d->id, a.va, frame, NULL, 10), 0));
	for (i = 0; i < 20; i++) {
		check_eq(batch(version, a.fd, d->id, page_at(&a, 3), &bad, &err,
			       1),
			 0);
		check_eq(err, bad_frame_error(version, d));
	}
	check_eq(batch(version, a.fd, d->id, page_at(&a, 3), d->frame + 3, &err,
		       1),
		 0);
	check_eq(err, 0);
	check(page_has(page_at(&a, 3), domain_seed(d, 3)));
	area_done(&a);
}

BATCH_CASE(fill_of_another_domain)
{
	struct domain *d = domain_new(DOMAIN_ANY, MIXED);
	struct domain *other = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), MIXED);

	hazard_if_xlate();
	map_mixed(version, &a, d);
	check_errno(batch(version, a.fd, other->id, a.va, other->frame, NULL,
			  1),
		    EINVAL);
	check_eq(touch(a.va), SIGBUS);
	check_eq(batch(version, a.fd, d->id, a.va, d->frame, NULL, 1), 0);
	check(page_has(a.va, domain_seed(d, 0)));
	area_done(&a);
}
