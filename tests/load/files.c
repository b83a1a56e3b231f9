// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Files of the device are closed while they have mappings, duplicated, and
 * restricted to one domain. Their counts are exact at any time.
 */
#include "stress.h"

#define FILES_AT_ONCE 8

static void counts(const struct view *v)
{
	size_t good = view_good(v);

	check_eq(fdinfo(v->a.fd, "xen-privcmd-frames"), good);
	check_eq(fdinfo(v->a.fd, "xen-privcmd-failed"), v->a.n - good);
	check_eq(fdinfo(v->a.fd, "xen-privcmd-readonly"), 0);
}

/* Restricts the file: from now on it can be used for one domain only. */
static void be_restricted(const struct view *v)
{
	const struct domain *d = target[v->target];
	const struct domain *other = target[!v->target];
	struct area a = area_new(v->a.fd, 1);
	int err, ret;

	if (d->id == other->id)
		return;
	check_eq(restrict_to(a.fd, d->id), 0);
	check_errno(restrict_to(a.fd, other->id), EINVAL);
	check_errno(v2(a.fd, other->id, a.va, other->frame, &err, 1), EPERM);
	check_errno(hypercall(a.fd, 0, 0, 0, 0, 0, 0), EPERM);
	count(REFUSED, 3);
	ret = v2(a.fd, d->id, a.va, d->frame, &err, 1);
	if (!no_room(ret)) {
		check_eq(ret, 0);
		check_eq(err, 0);
		check(page_has(a.va, domain_seed(d, 0)));
	}
	check_eq(munmap(a.va, PAGE), 0);
}

static void round_of_files(struct worker *w)
{
	size_t n = 1 + below(&w->rng, FILES_AT_ONCE), i, k;
	struct view v[FILES_AT_ONCE];
	bool there[FILES_AT_ONCE];

	for (i = 0; i < n; i++) {
		int fd = privcmd_open(), old = fd;

		there[i] = view_map(w, &v[i], fd, view_size(&w->rng));
		if (!there[i]) {
			close(fd);
			continue;
		}
		if (one_in(&w->rng, 2)) {
			v[i].a.fd = dup(fd);
			close(old);
		}
		counts(&v[i]);
		if (one_in(&w->rng, 3))
			be_restricted(&v[i]);
		view_check(w, &v[i]);
		/* The mapping keeps the file open. */
		close(v[i].a.fd);
	}
	for (i = 0; i < n; i++) {
		k = (i + n / 2) % n;
		if (!there[k])
			continue;
		view_check(w, &v[k]);
		view_unmap(&v[k]);
	}
	count(FILES, n);
	count(ROUNDS, 1);
}

void load_files(struct worker *w)
{
	while (running())
		round_of_files(w);
}
