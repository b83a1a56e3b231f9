// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Populating calls whose arrays come late (late.h). All arguments were good
 * when the call began, and some no longer are when it ends.
 */
#include "dom0/held.h"
#include "x/map.h"

#define N 3

/*
 * A call for frames of @d, the first of which is bad. The second page of its
 * array is late. When the call waits for that page, it has cleared the answers
 * on their first page. That page then becomes read-only, so the call cannot
 * write the answers in the end.
 */
static void answers_read_only(struct area *a, const struct domain *d,
			      unsigned long cmd)
{
	unsigned char *p = buffer(2);
	int *answers = late_array(p, sizeof(*answers));
	struct privcmd_mmapbatch_v2 batch = {
		.num = N,
		.dom = d->id,
		.addr = (unsigned long)a->va,
		.err = answers,
	};
	struct privcmd_x_map map = {
		.size = sizeof(map),
		.dom = d->id,
		.addr = batch.addr,
		.num = N,
		.status = (unsigned long)answers,
	};
	struct late l;
	__u64 *arr;

	late_new(&l, 2);
	arr = late_array(l.copy, sizeof(*arr));
	memcpy(arr, d->frame, N * sizeof(*arr));
	arr[0] = BAD_FRAME;
	memcpy(l.pages, l.copy, PAGE);
	batch.arr = late_array(l.pages, sizeof(*arr));
	map.frames = (unsigned long)batch.arr;
	answers[0] = 0x55555555;

	late_take(&l, 1);
	late_call(&l, a->fd, cmd,
		  cmd == PRIVCMD_X_MAP ? (void *)&map : (void *)&batch);
	late_wanted(&l, 1);
	check_eq(answers[0], 0);
	must(!mprotect(p, PAGE, PROT_READ));
	late_give(&l, 1);
	check_errno(late_end(&l), EFAULT);
	late_done(&l);
	/* Only the answer is missing: the frames are mapped. */
	check_eq(touch(a->va), SIGBUS);
	check(page_has(page_at(a, 1), domain_seed(d, 1)));
	check(page_has(page_at(a, 2), domain_seed(d, 2)));
	if (driver())
		check_eq(fdinfo(a->fd, "xen-privcmd-frames"), N - 1);
	area_done(a);
}

TAP_HAZARD(mmapbatch_v2_err_read_only_meanwhile, .rows = "A20 A26")
{
	struct domain *d = domain_new(DOMAIN_ANY, N);
	struct area a = held_area(privcmd_open(), 0, N);

	answers_read_only(&a, d, IOCTL_PRIVCMD_MMAPBATCH_V2);
}

TAP_HAZARD(x_map_status_read_only_meanwhile, .rows = "A20 A26")
{
	struct domain *d = domain_new(DOMAIN_ANY, N);
	struct area a = held_area(privcmd_open(), 0, N);

	need_ours();
	answers_read_only(&a, d, PRIVCMD_X_MAP);
}

/*
 * The call has passed the gate and waits for its frame numbers. The file is
 * then restricted to another domain.
 */
static void restricted_meanwhile(const struct area *a, const struct domain *d,
				 size_t first, size_t n, unsigned int other)
{
	int err[N];
	struct privcmd_mmapbatch_v2 batch = {
		.num = n,
		.dom = d->id,
		.addr = (unsigned long)page_at(a, first),
		.err = err,
	};
	struct late l;

	late_new(&l, 1);
	memcpy(l.copy, d->frame + first, n * sizeof(*d->frame));
	batch.arr = (__u64 *)l.pages;
	late_take(&l, 0);
	late_call(&l, a->fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch);
	late_wanted(&l, 0);
	check_eq(restrict_to(a->fd, other), 0);
	late_give(&l, 0);
	check_errno(late_end(&l), EPERM);
	late_done(&l);
}

TAP_HAZARD(mmapbatch_v2_restricted_before_it_maps, .rows = "B12 B16")
{
	struct domain *d = domain_new(DOMAIN_ANY, N);
	struct domain *other = domain_new(DOMAIN_ANY, N);
	struct area a = area_new(privcmd_open(), N);

	restricted_meanwhile(&a, d, 0, N, other->id);
	check_eq(touch(a.va), SIGBUS);
	if (driver())
		check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 0);
	/* The area has no domain yet, so it can show another domain's frames. */
	area_works(&a, other);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * The same for a call that maps only the rest of an area. What an earlier call
 * has mapped stays.
 */
TAP_HAZARD(mmapbatch_v2_restricted_before_it_maps_the_rest, .rows = "B12 B16")
{
	struct domain *d = domain_new(DOMAIN_ANY, N);
	struct area a = area_new(privcmd_open(), N);
	const __u64 some[N] = { d->frame[0], BAD_FRAME, BAD_FRAME };
	int err[N];

	must(check_eq(v2(a.fd, d->id, a.va, some, err, N), 0));
	restricted_meanwhile(&a, d, 1, N - 1, NO_DOMAIN);
	check(page_has(a.va, domain_seed(d, 0)));
	check_eq(touch(page_at(&a, 1)), SIGBUS);
	check_eq(touch(page_at(&a, 2)), SIGBUS);
	if (driver()) {
		check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 1);
		check_eq(fdinfo(a.fd, "xen-privcmd-failed"), 2);
	}
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * The mapping of a lazy call is unmapped before the call writes its answers,
 * and the call cannot write them.
 */
TAP_HAZARD(x_map_lazy_unmapped_while_answers_are_owed, .rows = "B12")
{
	struct domain *d = domain_new(DOMAIN_ANY, N);
	struct area a = held_area(privcmd_open(), 0, N);
	struct privcmd_x_map map = {
		.size = sizeof(map),
		.flags = LAZY,
		.dom = d->id,
		.addr = (unsigned long)a.va,
		.num = N,
		.frames = (unsigned long)d->frame,
	};
	struct late l;

	need_ours();
	late_new(&l, 2);
	map.status = (unsigned long)late_array(l.pages,
					       sizeof(struct privcmd_x_frame));
	/*
	 * The driver clears the array of statuses page by page, and then needs
	 * its first page again.
	 */
	late_call_again(&l, a.fd, PRIVCMD_X_MAP, &map);
	check_eq(fdinfo(a.fd, "xen-privcmd-lazy"), N);
	check_eq(munmap(a.va, N * PAGE), 0);
	late_lose(&l, 0);
	check_errno(late_end(&l), EFAULT);
	late_done(&l);
	check_eq(fdinfo(a.fd, "xen-privcmd-lazy"), 0);
	check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 0);
	a = area_new(a.fd, N);
	area_works(&a, d);
}
