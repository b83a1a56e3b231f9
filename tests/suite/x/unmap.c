// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * PRIVCMD_X_UNMAP: parts of a mapping are released and populated again.
 */
#include <pthread.h>

#include "x/map.h"

/* Parts of a mapping over three page tables, one after the other. */
static void parts(unsigned int flags)
{
	static const struct {
		size_t first, n;
	} part[] = { { 0, 1 },	 { 699, 1 },  { 511, 2 },
		     { 0, 512 }, { 300, 20 }, { 0, 700 } };
	struct domain *d = domain_new(DOMAIN_HVM, 700);
	struct area a = area_new(privcmd_open(), 700);
	size_t i, k;

	need_ours();
	must(check_eq(x_map_area(&a, d, 0, flags), 0));
	for (k = 0; k < ARRAY_SIZE(part); k++) {
		size_t first = part[k].first, n = part[k].n;

		for (i = 0; i < 700; i++)
			check(page_has(page_at(&a, i), domain_seed(d, i)));
		check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 700);
		check_eq(x_unmap(a.fd, page_at(&a, first), n), 0);
		check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 700 - n);
		check_eq(frames_in_state(&a, PRIVCMD_X_NONE), n);
		check_eq(touch(page_at(&a, first)), SIGBUS);
		check_eq(touch(page_at(&a, first + n - 1)), SIGBUS);
		if (first)
			check_eq(touch(page_at(&a, first - 1)), 0);
		if (first + n < 700)
			check_eq(touch(page_at(&a, first + n)), 0);
		check_eq(x_map(a.fd, d->id, page_at(&a, first),
			       flags & CONTIGUOUS ? (void *)d->frame[first] :
						    d->frame + first,
			       n, flags, NULL),
			 0);
	}
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(x_unmap_parts)
{
	parts(0);
}

TAP_CASE(x_unmap_parts_contiguous)
{
	parts(CONTIGUOUS);
}

TAP_CASE(x_unmap_parts_lazy)
{
	parts(LAZY);
}

TAP_CASE(x_unmap_parts_lazy_contiguous)
{
	parts(LAZY | CONTIGUOUS);
}

/* The frames are removed by the call, not by the end of the mapping. */
TAP_CASE(x_unmap_gives_frames_back)
{
	struct domain *d = domain_new(DOMAIN_ANY, 100);
	struct area a = area_new(privcmd_open(), 100);

	need_ours();
	must(check_eq(x_map_area(&a, d, 0, 0), 0));
	domain_destroy(d);
	check(domain_held(d));
	check_eq(x_unmap(a.fd, a.va, 99), 0);
	check(domain_held(d));
	check_eq(x_unmap(a.fd, page_at(&a, 99), 1), 0);
	check(domain_gone(d));
	area_done(&a);
}

/*
 * Other frames replace the released ones. The pages that no call replaces are
 * first accessed afterwards, so their numbers come from the record that these
 * calls have changed.
 */
TAP_CASE(x_unmap_other_frames)
{
	struct domain *d = domain_new(DOMAIN_HVM, 30);
	struct area a = area_new(privcmd_open(), 20);
	int err[3] = { 1, 1, 1 };
	size_t i;

	need_ours();
	around("1");
	must(check_eq(x_map_area(&a, d, 0, CONTIGUOUS | LAZY), 0));
	check_eq(touch(page_at(&a, 3)), 0);
	check_eq(x_unmap(a.fd, page_at(&a, 3), 6), 0);
	check_eq(v2(a.fd, d->id, page_at(&a, 4), d->frame + 25, err, 3), 0);
	check_eq(err[0] | err[1] | err[2], 0);
	check_eq(x_map(a.fd, d->id, page_at(&a, 7), (void *)d->frame[21], 2,
		       CONTIGUOUS | LAZY, NULL),
		 0);
	for (i = 0; i < 20; i++) {
		size_t want = i >= 7 ? 14 + i : 21 + i;

		if (i == 3)
			check_eq(touch(page_at(&a, i)), SIGBUS);
		else
			check(page_has(page_at(&a, i),
				       domain_seed(d, i >= 4 && i <= 8 ? want :
									 i)));
	}
	/* Frames of another domain are refused, */
	check_errno(x_map(a.fd, NO_DOMAIN, page_at(&a, 3), d->frame, 1, LAZY,
			  NULL),
		    EINVAL);
	/* until the mapping is empty. */
	check_eq(x_unmap(a.fd, a.va, 20), 0);
	check_eq(x_map(a.fd, NO_DOMAIN, a.va, d->frame, 20, LAZY | STRICT,
		       NULL),
		 0);
	check_eq(touch(a.va), SIGBUS);
	check_eq(error_at(&a, 0), -ESRCH);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* The release of all good frames keeps the errno of the bad ones. */
TAP_CASE(x_unmap_all_but_the_failed)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = area_new(privcmd_open(), 3);
	__u64 frame[3] = { d->frame[0], BAD_FRAME, d->frame[2] };
	int err[3];

	need_ours();
	must(check_eq(v2(a.fd, d->id, a.va, frame, err, 3), 0));
	check_eq(err[1], bad_frame_error(2, d));
	check_eq(x_unmap(a.fd, a.va, 1), 0);
	check_eq(x_unmap(a.fd, page_at(&a, 2), 1), 0);
	check_eq(error_at(&a, 0), 0);
	check_eq(error_at(&a, 1), err[1]);
	check_eq(error_at(&a, 2), 0);
	check_eq(fdinfo(a.fd, "xen-privcmd-failed"), 1);
	check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 0);
	/* The bad frame is released, too. */
	check_eq(x_unmap(a.fd, page_at(&a, 1), 1), 0);
	check_eq(error_at(&a, 1), 0);
	check_eq(fdinfo(a.fd, "xen-privcmd-failed"), 0);
	area_works(&a, d);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(x_unmap_unpopulated)
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	struct area a = area_new(privcmd_open(), 4);

	need_ours();
	check_eq(x_unmap(a.fd, page_at(&a, 1), 2), 0);
	must(check_eq(x_map_area(&a, d, 0, 0), 0));
	check_eq(x_unmap(a.fd, page_at(&a, 1), 2), 0);
	check_eq(x_unmap(a.fd, a.va, 3), 0);
	check(page_has(page_at(&a, 3), domain_seed(d, 3)));
	area_done(&a);
}

TAP_CASE(x_unmap_wrong)
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	struct area a = area_new(privcmd_open(), 4);
	struct privcmd_x_unmap u = {
		.size = sizeof(u),
		.addr = (unsigned long)a.va,
		.num = 4,
	};
	static const __u64 num[] = { 0, 5, 1ULL << 32, 1ULL << 52, ~0ULL };
	unsigned int i;

	need_ours();
	must(map_frames(&a, d, 0));
	for (i = 0; i < 32; i++) {
		u.flags = 1U << i;
		check_errno(ioctl(a.fd, PRIVCMD_X_UNMAP, &u), EINVAL);
	}
	for (i = 0; i < ARRAY_SIZE(num); i++)
		check_errno(x_unmap(a.fd, a.va, num[i]), EINVAL);
	u.flags = 0;
	for (i = 0; i < PRIVCMD_X_UNMAP_SIZE_V1; i++) {
		u.size = i;
		check_errno(ioctl(a.fd, PRIVCMD_X_UNMAP, &u), EINVAL);
	}
	check_errno(ioctl(a.fd, PRIVCMD_X_UNMAP, NULL), EFAULT);
	check_errno(x_unmap(a.fd, a.va + 8, 1), EINVAL);
	check_errno(x_unmap(a.fd, page_at(&a, 1), 4), EINVAL);
	check_errno(x_unmap(a.fd, &u, 1), EINVAL);
	check_errno(x_unmap(a.fd, NULL, 1), EINVAL);
	check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 4);
	u.size = sizeof(u);
	check_eq(takes_longer(a.fd, PRIVCMD_X_UNMAP, &u), 0);
	area_done(&a);
}

/* A resource can only be removed as a whole, by munmap(). */
TAP_CASE(x_unmap_resource)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 1);
	struct privcmd_mmap_resource r = {
		.dom = d->id,
		.type = 1, /* grant table */
		.num = 1,
		.addr = (unsigned long)a.va,
	};

	need_ours();
	must(check_eq(ioctl(a.fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &r), 0));
	check_errno(x_unmap(a.fd, a.va, 1), EINVAL);
	check_eq(touch(a.va), 0);
	area_done(&a);
}

/*
 * A frame that was mapped read-only is mapped writable the next time, if that
 * is allowed then.
 */
TAP_CASE(x_unmap_readonly)
{
	struct domain *d = domain_new(DOMAIN_PV, 3);
	struct area a = area_new(privcmd_open(), 3);

	need_ours();
	need_pv("pinned frames map writable");
	must(map_frames(&a, d, 0));
	memset(page_at(&a, 1), 0, PAGE);
	area_done(&a);
	must(check_eq(domain_pin_l1(d, 1), 0));
	a = area_new(a.fd, 3);
	must(check_eq(x_map_area(&a, d, 0, LAZY), 0));
	check_eq(poke(page_at(&a, 1), 1), SIGBUS);
	check_eq(touch(page_at(&a, 1)), 0);
	check_eq(fdinfo(a.fd, "xen-privcmd-readonly"), 1);
	must(check_eq(domain_unpin(d, 1), 0));
	check_eq(x_unmap(a.fd, page_at(&a, 1), 1), 0);
	check_eq(fdinfo(a.fd, "xen-privcmd-readonly"), 0);
	check_eq(x_map(a.fd, d->id, page_at(&a, 1), d->frame + 1, 1, LAZY,
		       NULL),
		 0);
	check_eq(poke(page_at(&a, 1), 1), 0);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

#define MOST (1UL << 28) /* frames: 1 TiB, which takes many seconds here */

static void *unmap_most(void *arg)
{
	struct area *a = arg;

	/*
	 * One page is left out, as releasing all pages at once would take no
	 * time.
	 */
	check_errno(x_unmap(a->fd, a->va, MOST - 1), EFAULT);
	return NULL;
}

/*
 * An area is unmapped while X_UNMAP works on it. The call fails with EFAULT.
 *
 * X_UNMAP is at work when the first pages are not lazy any more, and the other
 * pages take many times longer. EFAULT proves that it was: a call that had
 * finished would have returned 0. No frame is charged afterwards.
 */
TAP_HAZARD(x_unmap_unmapped_meanwhile, .rows = "A1 B12")
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), MOST);
	pthread_t t;

	need_ours();
	must(!x_map(a.fd, d->id, a.va, NULL, MOST, LAZY | CONTIGUOUS, NULL));
	must(!pthread_create(&t, NULL, unmap_most, &a));
	must(tap_soon(fdinfo(a.fd, "xen-privcmd-lazy") < (long)MOST, 0));
	check_eq(munmap(a.va, MOST * PAGE), 0);
	pthread_join(t, NULL);
	check_eq(fdinfo(a.fd, "xen-privcmd-lazy"), 0);
	a = area_new(a.fd, 1);
	area_works(&a, d);
}

struct racer {
	struct area a;
	struct domain *d;
	volatile bool stop;
};

/*
 * Accesses pages through system calls, so that an absent page is an errno and
 * not a signal.
 */
static void *touch_until_told(void *arg)
{
	struct racer *r = arg;
	size_t i;
	int p[2];
	char c[8];

	must(!pipe(p));
	for (i = 0; !r->stop; i = (i + 7) % r->a.n) {
		int n = write(p[1], page_at(&r->a, i), sizeof(c));

		if (n < 0) {
			check_eq(errno, EFAULT);
			continue;
		}
		must(read(p[0], c, sizeof(c)) == n);
	}
	return NULL;
}

/*
 * Parts of a mapping are released and populated again, while two threads access
 * all of its pages.
 *
 * An access meets a page that is there or one that is absent, so it succeeds or
 * fails with EFAULT; any other result fails the case. After the last call all
 * pages show their frames, and exactly 128 are counted: a fault that brought
 * back a released frame would change that count or the bytes.
 */
static void race(unsigned int flags)
{
	struct domain *d = domain_new(DOMAIN_HVM, 128);
	struct racer r = { area_new(privcmd_open(), 128), d, false };
	pthread_t t[2];
	size_t i, k;

	need_ours();
	must(param_set("fault_around", "8"));
	must(check_eq(x_map_area(&r.a, d, 0, flags), 0));
	for (i = 0; i < 2; i++)
		must(!pthread_create(&t[i], NULL, touch_until_told, &r));
	for (k = 0; k < 100; k++) {
		size_t first = k * 13 % 100, n = 1 + k * 5 % 28;

		check_eq(x_unmap(r.a.fd, page_at(&r.a, first), n), 0);
		check_eq(x_map(r.a.fd, d->id, page_at(&r.a, first),
			       (void *)d->frame[first], n, flags, NULL),
			 0);
	}
	r.stop = true;
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	for (i = 0; i < 128; i++)
		check(page_has(page_at(&r.a, i), domain_seed(d, i)));
	check_eq(fdinfo(r.a.fd, "xen-privcmd-frames"), 128);
	area_done(&r.a);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_HAZARD(x_unmap_while_touched)
{
	race(CONTIGUOUS);
}

TAP_HAZARD(x_unmap_while_touched_lazy)
{
	race(CONTIGUOUS | LAZY);
}
