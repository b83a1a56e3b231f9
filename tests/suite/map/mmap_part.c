// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The ioctl MMAP for some pages of a mapping, after a call whose frames failed
 * there. A call that fails undoes its own work and nothing else.
 */
#include "x/map.h"

#define N 3

/* Maps frame @mfn[i] at page @first + i. */
static int mmap_pages(const struct area *a, const struct domain *d,
		      size_t first, const __u64 *mfn, int n)
{
	struct privcmd_mmap_entry e[N];
	struct privcmd_mmap m = { .num = n, .dom = d->id, .entry = e };
	int i;

	for (i = 0; i < n; i++)
		e[i] = (struct privcmd_mmap_entry){
			.va = (unsigned long)page_at(a, first + i),
			.mfn = mfn[i],
			.npages = 1,
		};
	return ioctl(a->fd, IOCTL_PRIVCMD_MMAP, &m);
}

/* An area with a mapping of @frame, and an error for each frame that is bad. */
static struct area mapped(const struct domain *d, const __u64 *frame)
{
	struct area a = area_new(privcmd_open(), N);
	int err[N], i;

	must(check_eq(v2(a.fd, d->id, a.va, frame, err, N), 0));
	for (i = 0; i < N; i++)
		check_eq(err[i],
			 frame[i] == BAD_FRAME ? bad_frame_error(2, d) : 0);
	return a;
}

/* The first page keeps the frame that another call has mapped. */
TAP_CASE(mmap_part_fails_behind_a_frame, .rows = "A20")
{
	struct domain *d;
	struct area a;
	size_t i;

	need_ours();
	need_pv("MMAP is PV only");
	d = domain_new(DOMAIN_PV, N);
	a = mapped(d, (__u64[N]){ d->frame[0], BAD_FRAME, BAD_FRAME });
	check_errno(mmap_pages(&a, d, 1, (__u64[]){ d->frame[1], BAD_FRAME },
			       2),
		    -bad_frame_error(2, d));
	check_eq(state_at(&a, 0), PRIVCMD_X_RW);
	check_eq(state_at(&a, 1), PRIVCMD_X_NONE);
	check_eq(state_at(&a, 2), PRIVCMD_X_NONE);
	check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 1);
	check(page_has(a.va, domain_seed(d, 0)));
	check_eq(touch(page_at(&a, 1)), SIGBUS);
	check_eq(touch(page_at(&a, 2)), SIGBUS);
	check_eq(mmap_pages(&a, d, 1, d->frame + 1, 2), 0);
	for (i = 0; i < N; i++)
		check(page_has(page_at(&a, i), domain_seed(d, i)));
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* The other pages keep the errors of another call. */
TAP_CASE(mmap_part_fails_among_failed, .rows = "A20")
{
	const __u64 bad[N] = { BAD_FRAME, BAD_FRAME, BAD_FRAME };
	struct domain *d;
	struct area a;
	size_t i;

	need_ours();
	need_pv("MMAP is PV only");
	d = domain_new(DOMAIN_PV, N);
	a = mapped(d, bad);
	check_errno(mmap_pages(&a, d, 1, bad, 1), -bad_frame_error(2, d));
	for (i = 0; i < N; i++)
		check_eq(error_at(&a, i), bad_frame_error(2, d));
	check_eq(fdinfo(a.fd, "xen-privcmd-failed"), N);
	/* The mapping is still populated: a call may name a part of it. */
	for (i = 0; i < N; i++)
		check_eq(mmap_pages(&a, d, i, d->frame + i, 1), 0);
	for (i = 0; i < N; i++)
		check(page_has(page_at(&a, i), domain_seed(d, i)));
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}
