// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * MMAP_RESOURCE, with each of its allocations, user copies and hypercalls
 * failing in turn.
 */
#include "resource/resource.h"
#include "faults/faults.h"
#include "x/map.h"

#define MANY 40

static struct domain *d;
static struct area (*new_area)(int fd, size_t n) = area_new;

static int ask_size(void *arg)
{
	const struct scene *s = arg;
	struct privcmd_mmap_resource r = { .dom = s->d->id, .type = GRANTS };
	int ret = ioctl(s->fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &r);

	if (!ret)
		check_eq(r.num, GRANT_FRAMES);
	return ret;
}

static void nothing_else(void *arg)
{
	scene_has(arg, 0, 0);
}

static int map_grants(void *arg)
{
	const struct scene *s = arg;

	return grants(&s->a, d, 0);
}

static void has_none(void *arg)
{
	const struct scene *s = arg;

	scene_has(s, 0, 0);
	check_eq(touch(s->a.va), SIGBUS);
	check_eq(touch(page_at(&s->a, s->a.n / 2)), SIGBUS);
	check_eq(touch(page_at(&s->a, s->a.n - 1)), SIGBUS);
	check_eq(frames_in_state(&s->a, PRIVCMD_X_NONE), s->a.n);
}

static void has_grants(void *arg)
{
	struct scene *s = arg;
	size_t n = s->a.n;

	scene_has(s, n, 0);
	check(zeroes(s->a.va, n * PAGE));
	area_done(&s->a);
	s->a = new_area(s->fd, n);
}

static const struct operation size_of_grants = { "MMAP_RESOURCE, size",
						 ask_size, nothing_else,
						 nothing_else };
static const struct operation all_grants = { "MMAP_RESOURCE", map_grants,
					     has_grants, has_none };

TAP_HAZARD(faults_resource, .seconds = 300)
{
	struct domain *many = domain_with_many_grants(MANY);
	struct scene s;

	faults_begin(&s, DOMAIN_ANY, 16);
	d = s.d;
	faults_run(&size_of_grants, &s, 0, 2, 0);
	s.a = area_new(s.fd, GRANT_FRAMES);
	faults_run(&all_grants, &s, 0, 1, 0);
	area_done(&s.a);
	d = many;
	new_area = crossing_area;
	s.a = new_area(s.fd, MANY);
	faults_run(&all_grants, &s, 9, 1, ANY);
	faults_starve(&all_grants, &s);
	area_done(&s.a);
	domain_destroy(d);
	check(domain_gone(d));
	scene_end(&s);
}

TAP_CASE(resource_injected_nth)
{
	struct scene s;

	injected_begin(&s, DOMAIN_ANY, 16);
	d = s.d;
	must(check(param_set("ro_retry", "N")));
	faults_hypercalls(&size_of_grants, &s, 0);
	s.a = area_new(s.fd, GRANT_FRAMES);
	check(faults_hypercalls(&all_grants, &s, 0).fired >= 8);
	area_done(&s.a);
	scene_end(&s);
}
