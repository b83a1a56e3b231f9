// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Hypercalls that fail in a row. On an auto-translated dom0 the frames then get
 * no slots of its physmap, for which the driver asks twice: ENOMEM. On PV no
 * slots are needed, and each frame fails on its own.
 */
#include "faults/faults.h"
#include "faults/injected.h"
#include "x/map.h"

#define N   40
#define ALL INT_MAX

static bool places; /* does this dom0 need slots? */

static int map_all(const struct scene *s, int *err)
{
	return v2(s->fd, s->d->id, s->a.va, s->d->frame, err, N);
}

static void batch_without_places(struct scene *s)
{
	int err[N];
	size_t i;

	s->a = crossing_area(s->fd, N);
	faults_next(EINVAL, ALL);
	if (places)
		check_errno(map_all(s, err), ENOMEM);
	else
		check_eq(map_all(s, err), 0);
	faults_end();
	for (i = 0; !places && i < N; i++)
		check_eq(err[i], -EINVAL);
	check_eq(fdinfo(s->fd, "xen-privcmd-failed"), places ? 0 : N);
	check_eq(x_unmap(s->fd, s->a.va, N), 0);
	scene_has(s, 0, 0);
	check_eq(touch(s->a.va), SIGBUS);
	check_eq(touch(page_at(&s->a, N - 1)), SIGBUS);
	must(map_frames(&s->a, s->d, 0));
	scene_shows(s);
	area_done(&s->a);
}

/*
 * A lazy page gets no slot. A page before it is there, and pages in the other
 * page table are not.
 */
static void touch_without_places(struct scene *s, size_t i)
{
	s->a = crossing_area(s->fd, N);
	must(check_eq(x_map_area(&s->a, s->d, 0, LAZY), 0));
	around("1");
	must(!touch(page_at(&s->a, i / 2)));
	around("64");
	faults_next(EINVAL, ALL);
	check_eq(touch(page_at(&s->a, i)), SIGBUS);
	faults_end();
	check_eq(error_at(&s->a, i), places ? 0 : -EINVAL);
	check_eq(fdinfo(s->fd, "xen-privcmd-failed"), !places);
	check_eq(fdinfo(s->fd, "xen-privcmd-frames"), 1);
	check_eq(fdinfo(s->fd, "xen-privcmd-lazy"), N - 1 - !places);
	if (!places) {
		check_eq(touch(page_at(&s->a, i)), SIGBUS);
		check_eq(x_map(s->fd, s->d->id, page_at(&s->a, i),
			       s->d->frame + i, 1, LAZY, NULL),
			 0);
	}
	/*
	 * The driver asks the kernel for slots at most ten times in five
	 * seconds.
	 */
	if (places)
		sleep(6);
	scene_shows(s);
	scene_has(s, N, 0);
	area_done(&s->a);
}

/*
 * Two refusals of slots for all frames around the page. Then there is a slot
 * for the page itself.
 */
static void touch_with_one_place(struct scene *s)
{
	s->a = crossing_area(s->fd, N);
	must(check_eq(x_map_area(&s->a, s->d, 0, LAZY), 0));
	faults_next(EINVAL, 2);
	check_eq(touch(page_at(&s->a, N / 2 - 1)), 0);
	faults_end();
	check_eq(state_at(&s->a, N / 2 - 1), PRIVCMD_X_RW);
	scene_has(s, places ? 1 : N / 2 - 2, places ? N - 1 : N / 2 + 2);
	scene_shows(s);
	scene_has(s, N, 0);
	area_done(&s->a);
}

/*
 * PV. A frame is mapped read-only at first. When the page is written to, the
 * frame number means another frame.
 */
static void another_frame(struct scene *s)
{
	unsigned int seed = domain_seed(s->d, 0);
	struct area b = area_new(s->fd, 1);
	struct privcmd_x_frame f;

	s->a = area_new(s->fd, 1);
	faults_next(ENOMEM, 1);
	must(!x_map(s->fd, s->d->id, s->a.va, s->d->frame, 1, 0, &f));
	faults_end();
	check_eq(f.state, PRIVCMD_X_RO);
	check(page_has(s->a.va, seed));
	must(domain_repopulate_at(s->d, s->d->frame[0]));
	check(page_has(s->a.va, seed));
	check_eq(poke(s->a.va, 1), 0);
	check_eq(state_at(&s->a, 0), PRIVCMD_X_RW);
	scene_has(s, 1, 0);
	check(!page_has(s->a.va, seed));
	must(map_frames(&b, s->d, 0));
	check_eq(*b.va, 1);
	page_fill(b.va, seed);
	check(page_has(s->a.va, seed));
	check_eq(munmap(b.va, PAGE), 0);
	area_done(&s->a);
}

/* PV. A frame that is refused writable with one of these errors is tried read-only. */
static void read_only_after(struct scene *s)
{
	static const int error[] = { EBUSY, EPERM, EACCES, ENOMEM };
	struct privcmd_x_frame f;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(error); i++) {
		s->a = area_new(s->fd, 1);
		faults_next(error[i], 1);
		must(!x_map(s->fd, s->d->id, s->a.va, s->d->frame, 1, 0, &f));
		faults_end();
		check_eq(f.state, PRIVCMD_X_RO);
		check_eq(f.error, 0);
		check_eq(fdinfo(s->fd, "xen-privcmd-frames"), 1);
		check_eq(fdinfo(s->fd, "xen-privcmd-readonly"), 1);
		area_done(&s->a);
		scene_has(s, 0, 0);
	}
}

TAP_CASE(x_map_injected_times)
{
	struct scene s;

	injected_begin(&s, DOMAIN_HVM, N);
	places = xlate(); /* this is a hypercall */
	batch_without_places(&s);
	touch_without_places(&s, 2);
	touch_without_places(&s, N / 2 - 2);
	touch_with_one_place(&s);
	if (!places) {
		read_only_after(&s);
		another_frame(&s);
	}
	scene_end(&s);
}
