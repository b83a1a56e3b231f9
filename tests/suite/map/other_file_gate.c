// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Calls on a mapping that another open file of the driver made. A restriction
 * of either file counts: before the call, while it is at work, and at each
 * fault afterwards.
 */
#include "map/other_file.h"

#include "dom0/late.h"

static int by_v1(int fd, const struct area *a, const struct domain *d)
{
	return batch(1, fd, d->id, a->va, d->frame, NULL, a->n);
}

static int by_v2(int fd, const struct area *a, const struct domain *d)
{
	return batch(2, fd, d->id, a->va, d->frame, NULL, a->n);
}

static int by_x_map(int fd, const struct area *a, const struct domain *d)
{
	return x_map(fd, d->id, a->va, d->frame, a->n, 0, NULL);
}

static int by_lazy_x_map(int fd, const struct area *a, const struct domain *d)
{
	return x_map(fd, d->id, a->va, d->frame, a->n, LAZY, NULL);
}

static int by_resource(int fd, const struct area *a, const struct domain *d)
{
	return resource(fd, d->id, GRANTS, 0, 0, a->n, a->va);
}

static int (*const populate[])(int fd, const struct area *a,
			       const struct domain *d) = {
	by_v1, by_v2, by_x_map, by_lazy_x_map, by_resource, mmap_whole,
};

#define POPULATE (ARRAY_SIZE(populate) - xlate())

/* The call is refused if either file was restricted before it. */
TAP_HAZARD(area_of_another_file_restricted, .rows = "A24 B16")
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct area a;
	int other;
	size_t i;

	need_ours();
	for (i = 0; i < POPULATE; i++) {
		/* The file that made the mapping is restricted. */
		a = area_new(privcmd_open(), 2);
		other = privcmd_open();
		check_eq(restrict_to(a.fd, NO_DOMAIN), 0);
		check_errno(populate[i](other, &a, d), EPERM);
		check_eq(touch(a.va), SIGBUS);
		check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 0);
		check_eq(fdinfo(a.fd, "xen-privcmd-lazy"), 0);
		munmap(a.va, 2 * PAGE);
		close(a.fd);

		/* The file of the call is restricted. */
		a = area_new(privcmd_open(), 2);
		check_eq(restrict_to(other, NO_DOMAIN), 0);
		check_errno(populate[i](other, &a, d), EPERM);
		check_eq(touch(a.va), SIGBUS);
		close(other);

		/*
		 * Both files are restricted to the right domain. The file that
		 * was refused does not count for the mapping.
		 */
		other = privcmd_open();
		check_eq(restrict_to(other, d->id), 0);
		check_eq(restrict_to(a.fd, d->id), 0);
		check_eq(populate[i](other, &a, d), 0);
		check_eq(touch(a.va), 0);
		area_done(&a);
		close(a.fd);
		close(other);
	}
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * X_STATUS and X_UNMAP name no domain, so the gate checks the mapping's domain.
 * The file that made the mapping may query and release it whatever its
 * restriction is.
 */
TAP_HAZARD(x_calls_on_area_of_another_file_restricted, .rows = "A24 B16")
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct privcmd_x_frame f[2] = { { .state = 0x55 } };
	int stranger = privcmd_open(), friend = privcmd_open();
	struct area a = area_new(privcmd_open(), 2);

	need_ours();
	check_eq(restrict_to(stranger, NO_DOMAIN), 0);
	check_eq(restrict_to(friend, d->id), 0);
	/* The mapping is empty, so there is nothing to protect. */
	check_eq(x_unmap(stranger, a.va, 2), 0);
	check_eq(status(stranger, a.va, f, 2), 0);
	must(map_frames(&a, d, 0));
	f[0].state = 0x55;
	check_errno(status(stranger, a.va, f, 2), EPERM);
	check_eq(f[0].state, 0x55);
	check_errno(x_unmap(stranger, a.va, 2), EPERM);
	shows(&a, d);
	check_eq(status(friend, a.va, f, 2), 0);
	check_eq(f[0].state, PRIVCMD_X_RW);
	check_eq(x_unmap(friend, a.va, 1), 0);

	check_eq(restrict_to(a.fd, NO_DOMAIN), 0);
	check_errno(status(friend, a.va, f, 2), EPERM);
	check_errno(x_unmap(friend, a.va, 2), EPERM);
	check_eq(state_at(&a, 1), PRIVCMD_X_RW);
	check_eq(x_unmap(a.fd, a.va, 2), 0);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* The mapped frame stays. A lazy frame can no longer be mapped. */
static void shows_no_more(const struct area *a, const struct domain *d)
{
	check(page_has(a->va, domain_seed(d, 0)));
	check_eq(touch(page_at(a, 1)), SIGBUS);
	check_eq(state_at(a, 0), PRIVCMD_X_RW);
	check_eq(state_at(a, 1), PRIVCMD_X_LAZY);
}

/*
 * A restriction after the call counts at each fault, whichever of the two files
 * it restricts.
 */
TAP_HAZARD(area_of_another_file_restricted_later, .rows = "A24 B16")
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	int fd = privcmd_open(), other = privcmd_open();
	struct area a;

	need_ours();
	a = lazy_by(other, fd, d);
	check_eq(restrict_to(other, NO_DOMAIN), 0);
	shows_no_more(&a, d);
	/* It still counts after the file was closed, */
	close(other);
	shows_no_more(&a, d);
	/* and for calls of another file, */
	other = privcmd_open();
	check_errno(v2(other, d->id, page_at(&a, 1), d->frame, (int[1]){ 0 },
		       1),
		    EPERM);
	/* until the mapping is empty. */
	check_eq(x_unmap(fd, a.va, 3), 0);
	area_works(&a, d);

	/* The file that made the mapping is restricted. */
	a = lazy_by(other, fd, d);
	check_eq(restrict_to(fd, NO_DOMAIN), 0);
	shows_no_more(&a, d);
	area_done(&a);
	close(fd);
	close(other);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * Two files populate one mapping, one after the other, and stay open. Then one of them
 * is restricted. It counts for all pages, also for those of the other file, until the
 * mapping is empty.
 */
TAP_HAZARD(area_of_several_files_restricted, .rows = "A24 B16")
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	int fd = privcmd_open(), i;

	need_ours();
	for (i = 0; i < 2; i++) {
		int other[2] = { privcmd_open(), privcmd_open() };
		struct area a = lazy_by(other[0], fd, d);

		check_eq(x_unmap(fd, page_at(&a, 2), 1), 0);
		check_eq(x_map(other[1], d->id, page_at(&a, 2), d->frame + 2, 1,
			       LAZY, NULL),
			 0);
		check_eq(restrict_to(other[i], NO_DOMAIN), 0);
		shows_no_more(&a, d);
		check_eq(touch(page_at(&a, 2)), SIGBUS);
		check_eq(x_unmap(fd, a.va, 3), 0);
		area_works(&a, d);
		close(other[0]);
		close(other[1]);
	}
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * A restriction to the mapping's own domain changes nothing. Nor does the close
 * of a file, restricted or not, that has populated the mapping.
 */
TAP_HAZARD(area_of_another_file_closed_later, .rows = "A24 A45")
{
	struct domain *d = domain_new(DOMAIN_HVM, 64);
	struct area a = area_new(privcmd_open(), 64);
	int other, i;

	need_ours();
	around("1");
	must(check_eq(x_map_area(&a, d, 0, LAZY), 0));
	for (i = 0; i < 64; i++) {
		other = privcmd_open();
		check_eq(x_unmap(other, page_at(&a, i), 1), 0);
		check_eq(x_map(other, d->id, page_at(&a, i), d->frame + i, 1,
			       LAZY, NULL),
			 0);
		if (i % 2)
			check_eq(restrict_to(other, d->id), 0);
		if (i % 3)
			close(other);
		else
			check_eq(touch(page_at(&a, i)), 0);
	}
	shows(&a, d);
	/* A file that has populated the first page and is still open. */
	other = privcmd_open();
	check_eq(x_unmap(other, a.va, 1), 0);
	check_eq(x_map(other, d->id, a.va, d->frame, 1, LAZY, NULL), 0);
	check_eq(restrict_to(other, NO_DOMAIN), 0);
	check_eq(touch(a.va), SIGBUS);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * PV: each entry is made again at the new address, and the gate checks both
 * files for it.
 */
TAP_HAZARD(area_of_another_file_refill, .rows = "A24 B16")
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct area a;
	int other, i;

	need_ours();
	need_pv("entries move with the mapping, nothing is refilled");
	for (i = 0; i < 2; i++) {
		unsigned char *va = aside(2);

		a = area_new(privcmd_open(), 2);
		other = privcmd_open();
		must(!v2(other, d->id, a.va, d->frame, (int[2]){ 0 }, 2));
		check_eq(restrict_to(i ? a.fd : other, NO_DOMAIN), 0);
		must(mremap(a.va, 2 * PAGE, 2 * PAGE,
			    MREMAP_MAYMOVE | MREMAP_FIXED, va) == va);
		a.va = va;
		check_eq(touch(a.va), SIGBUS);
		check_eq(poke(page_at(&a, 1), 1), SIGBUS);
		area_done(&a);
	}
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * The call has passed its own gate and waits for its frame numbers. Then one of
 * the two files is restricted.
 */
TAP_HAZARD(area_of_another_file_restricted_meanwhile, .rows = "A24 B16")
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct privcmd_mmapbatch_v2 m = { .num = 2, .dom = d->id };
	int err[2], i;

	need_ours();
	for (i = 0; i < 2; i++) {
		struct area a = area_new(privcmd_open(), 2);
		int other = privcmd_open();
		struct late l;

		late_new(&l, 1);
		memcpy(l.copy, d->frame, 2 * sizeof(*d->frame));
		m.addr = (unsigned long)a.va;
		m.arr = (xen_pfn_t *)l.pages;
		m.err = err;
		late_take(&l, 0);
		late_call(&l, other, IOCTL_PRIVCMD_MMAPBATCH_V2, &m);
		late_wanted(&l, 0);
		check_eq(restrict_to(i ? a.fd : other, NO_DOMAIN), 0);
		late_give(&l, 0);
		check_errno(late_end(&l), EPERM);
		late_done(&l);
		check_eq(touch(a.va), SIGBUS);
		if (!i)
			area_works(&a, d);
	}
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * A call of another file is refused, because a page has a frame already. A
 * later restriction of that file does not count for the mapping.
 */
TAP_HAZARD(area_of_another_file_refused_call, .rows = "A24 B16")
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	int fd = privcmd_open(), other;
	struct area a, first;
	size_t i;

	need_ours();
	a = lazy_by(fd, fd, d);
	first = (struct area){ fd, a.va, 1 };
	for (i = 0; i < 4; i++) {
		other = privcmd_open();
		check_errno(populate[i](other, &first, d), EINVAL);
		check_eq(restrict_to(other, NO_DOMAIN), 0);
		close(other);
	}
	shows(&a, d);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}
