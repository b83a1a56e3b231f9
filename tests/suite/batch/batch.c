// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * MMAPBATCH and MMAPBATCH_V2: what is mapped where, and what the calls answer
 * for frames that cannot be mapped. bad.c has wrong arguments,
 * load.c concurrent use and large numbers.
 */
#include "batch/mixed.h"

/* A permutation of 0..n-1. The same seed gives the same permutation. */
static void shuffle(size_t *order, size_t n, unsigned int seed)
{
	size_t i, j, t;

	for (i = 0; i < n; i++)
		order[i] = i;
	for (i = n - 1; i > 0; i--) {
		seed = seed * 1103515245u + 12345u;
		j = (seed >> 8) % (i + 1);
		t = order[i];
		order[i] = order[j];
		order[j] = t;
	}
}

static void map_in_order(int version, const struct area *a,
			 const struct domain *d, const size_t *order)
{
	__u64 frame[a->n];
	int err[a->n];
	size_t i;

	for (i = 0; i < a->n; i++)
		frame[i] = d->frame[order[i]];
	must(check_eq(batch(version, a->fd, d->id, a->va, frame, err, a->n),
		      0));
	for (i = 0; i < a->n; i++)
		check_eq(err[i], 0);
}

/*
 * Two mappings in different orders: each shows what was written through the
 * other.
 */
static void both_ways(int version, struct domain *d)
{
	struct area a = area_new(privcmd_open(), d->n);
	struct area b = area_new(privcmd_open(), d->n);
	size_t in_a[d->n], in_b[d->n], i;

	shuffle(in_a, d->n, 1);
	shuffle(in_b, d->n, 2);
	map_in_order(version, &a, d, in_a);
	map_in_order(version, &b, d, in_b);
	for (i = 0; i < d->n; i++) {
		check(page_has(page_at(&a, i), domain_seed(d, in_a[i])));
		page_fill(page_at(&a, i), in_a[i] ^ 0x5a5a);
	}
	for (i = 0; i < d->n; i++) {
		check(page_has(page_at(&b, i), in_b[i] ^ 0x5a5a));
		page_fill(page_at(&b, i), in_b[i] ^ 0xa5a5);
	}
	for (i = 0; i < d->n; i++)
		check(page_has(page_at(&a, i), in_a[i] ^ 0xa5a5));
	area_done(&a);
	area_done(&b);
}

BATCH_CASE(shuffled_both_ways, .rows = "A21")
{
	both_ways(version, domain_new(DOMAIN_ANY, 67));
}

BATCH_CASE(hvm_shuffled_both_ways, .rows = "A21")
{
	both_ways(version, domain_new(DOMAIN_HVM, 67));
}

/*
 * Frame 0 is a frame like any other. So are the frames that a PC keeps below 1
 * MiB.
 */
BATCH_CASE(hvm_first_mib, .rows = "A21")
{
	struct domain *d = domain_new(DOMAIN_HVM, 256);

	if (d->frame[0] != 0)
		skip("Arm: no memory below 1 MiB, see frame_zero");
	both_ways(version, d);
}

BATCH_CASE(frame_zero, .rows = "A21")
{
	struct domain *d = domain_new(DOMAIN_HVM, 2);
	struct area a = area_new(privcmd_open(), 3);
	struct area b = area_new(privcmd_open(), 1);
	__u64 frame[] = { d->frame[1], 0, d->frame[0] };
	int err[3];

	if (d->frame[0] != 0)
		must(domain_populate_at(d, 0));
	must(check_eq(batch(version, a.fd, d->id, a.va, frame, err, 3), 0));
	check_eq(err[0] | err[1] | err[2], 0);
	page_fill(page_at(&a, 1), 77);
	must(check_eq(batch(version, b.fd, d->id, b.va, frame + 1, err, 1), 0));
	check(page_has(b.va, 77));
	check(page_has(page_at(&a, 0), domain_seed(d, 1)));
	area_done(&a);
	area_done(&b);
}

BATCH_CASE(one_frame_everywhere)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 5);
	__u64 frame[] = { d->frame[0], d->frame[0], d->frame[0], d->frame[0],
			  d->frame[0] };
	size_t i;

	must(check_eq(batch(version, a.fd, d->id, a.va, frame, NULL, 5), 0));
	page_fill(page_at(&a, 3), 9);
	for (i = 0; i < 5; i++)
		check(page_has(page_at(&a, i), 9));
	area_done(&a);
}

BATCH_CASE(read_only_area)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = area_prot(privcmd_open(), 3, PROT_READ);
	size_t i;

	must(check_eq(batch(version, a.fd, d->id, a.va, d->frame, NULL, 3), 0));
	for (i = 0; i < 3; i++) {
		check_eq(poke(page_at(&a, i), 1), SIGSEGV);
		check(page_has(page_at(&a, i), domain_seed(d, i)));
	}
	area_done(&a);
}

/* More pages than one page table holds. The area begins in the middle of one. */
BATCH_CASE(across_page_tables)
{
	struct domain *d = domain_new(DOMAIN_ANY, 8);
	size_t n = 1030, i;
	struct area a = area_new(privcmd_open(), n);
	__u64 *frame = calloc(n, sizeof(*frame));
	int *err = calloc(n, sizeof(*err));

	for (i = 0; i < n; i++)
		frame[i] = i % 129 == 128 ? BAD_FRAME + i : d->frame[i % 8];
	must(check_eq(batch(version, a.fd, d->id, a.va, frame, err, n), 0));
	for (i = 0; i < n; i++) {
		if (i % 129 == 128)
			check_eq(err[i], bad_frame_error(version, d));
		else if (check_eq(err[i], 0))
			check(page_has(page_at(&a, i), domain_seed(d, i % 8)));
	}
	area_done(&a);
}

BATCH_CASE(mixed_marks_exactly_the_bad, .rows = "A5 A21")
{
	struct domain *d = domain_new(DOMAIN_ANY, MIXED);
	struct area a = area_new(privcmd_open(), MIXED);

	map_mixed(version, &a, d);
	check_mixed(&a, d);
	area_done(&a);
}

BATCH_CASE(hvm_mixed_marks_exactly_the_bad, .rows = "A5 A21")
{
	struct domain *d = domain_new(DOMAIN_HVM, MIXED);
	struct area a = area_new(privcmd_open(), MIXED);

	map_mixed(version, &a, d);
	check_mixed(&a, d);
	area_done(&a);
}

BATCH_CASE(failed_frame_is_sigbus, .rows = "B5")
{
	struct domain *d = domain_new(DOMAIN_ANY, MIXED);
	struct area a = area_new(privcmd_open(), MIXED);
	int kind;
	size_t i;

	hazard_if_xlate();
	map_mixed(version, &a, d);
	for (kind = 0; kind < 2; kind++)
		for (i = 0; i < MIXED; i++)
			check_eq(kind ? poke(page_at(&a, i), 1) :
					touch(page_at(&a, i)),
				 bad_at[i] ? SIGBUS : 0);
	area_done(&a);
}

BATCH_CASE(all_bad, .rows = "A22 B5")
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	struct area a = area_new(privcmd_open(), 4);
	__u64 frame[] = { BAD_FRAME, BAD_FRAME + 1, BAD_FRAME + 2, BAD_FRAME };
	int err[4] = { 0 };
	size_t i;

	hazard_if_xlate();
	check_eq(batch(version, a.fd, d->id, a.va, frame, err, 4), 0);
	for (i = 0; i < 4; i++) {
		check_eq(err[i], bad_frame_error(version, d));
		check_eq(touch(page_at(&a, i)), SIGBUS);
	}
	/* The same pages again, now with good frames. */
	check_eq(batch(version, a.fd, d->id, a.va, d->frame, err, 4), 0);
	for (i = 0; i < 4; i++)
		if (check_eq(err[i], 0))
			check(page_has(page_at(&a, i), domain_seed(d, i)));
	area_done(&a);
}
