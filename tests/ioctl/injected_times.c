// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Hypercalls that fail one after another. Auto-translated, frames have no places
 * in dom0's own memory then, which is asked for twice: that is ENOMEM. On PV, which
 * needs none, every frame fails for itself.
 */
#include "faults.h"
#include "injected.h"
#include "x_map.h"

#define N   40
#define ALL INT_MAX

static bool places; /* are wanted */

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

/* With a page before it that is there, and one of the other table that is not. */
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
	/* The kernel is not asked more often than ten times in five seconds. */
	if (places)
		sleep(6);
	scene_shows(s);
	scene_has(s, N, 0);
	area_done(&s->a);
}

/* Twice refused, for all of a window; there is one for the page itself. */
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

/* PV. Read-only at first; when it is written to its number means another one. */
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

TAP_CASE(x_map_injected_times)
{
	struct scene s;

	injected_begin(&s, DOMAIN_HVM, N);
	places = xlate(); /* which is a hypercall */
	batch_without_places(&s);
	touch_without_places(&s, 2);
	touch_without_places(&s, N / 2 - 2);
	touch_with_one_place(&s);
	if (!places)
		another_frame(&s);
	scene_end(&s);
}
