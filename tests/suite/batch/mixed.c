// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A batch of good and bad frames, for the cases that tell them apart.
 */
#include "batch/mixed.h"

/* The bad ones: the first, the last, runs and single ones. */
const bool bad_at[MIXED] = { 1, 0, 0, 1, 1, 1, 0, 1, 0, 0, 0, 1 };

void map_mixed(int version, const struct area *a, const struct domain *d)
{
	__u64 frame[MIXED];
	int err[MIXED];
	size_t i;

	for (i = 0; i < MIXED; i++) {
		frame[i] = bad_at[i] ? BAD_FRAME + i : d->frame[i];
		err[i] = 0x55555555;
	}
	must(check_eq(batch(version, a->fd, d->id, a->va, frame, err, MIXED),
		      0));
	for (i = 0; i < MIXED; i++) {
		if (bad_at[i])
			check_eq(err[i], bad_frame_error(version, d));
		else
			check_eq(err[i], 0); /* it was cleared */
	}
}

void check_mixed(const struct area *a, const struct domain *d)
{
	size_t i;

	for (i = 0; i < MIXED; i++)
		if (!bad_at[i])
			check(page_has(page_at(a, i), domain_seed(d, i)));
}
