// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Maps pages, checks them, writes through one mapping and reads through
 * another, populates failed pages, makes calls that are refused, and unmaps.
 */
#include <sys/mman.h>

#include "stress.h"

static void refused(int ret, int err)
{
	int e = errno;

	check_eq(ret, -1);
	check_eq(e, err);
	count(REFUSED, 1);
}

static int other_file(const struct worker *w, int fd)
{
	return fd == w->fd ? w->common : w->fd;
}

/*
 * Calls that are refused change nothing; the next check of the view would
 * notice.
 */
static void be_refused(struct worker *w, const struct view *v)
{
	const struct domain *d = target[v->target];
	const struct domain *other = target[!v->target];
	size_t i = below(&w->rng, v->a.n);
	unsigned char *page = page_at(&v->a, i);
	int err[1], fd = v->a.fd;

	if (v->page[i] >= 0) {
		refused(v2(fd, d->id, page, d->frame, err, 1), EINVAL);
		refused(v2(other_file(w, fd), d->id, page, d->frame, err, 1),
			EINVAL);
	}
	refused(v2(fd, other->id, page, other->frame, err, 1), EINVAL);
	refused(v2(fd, d->id, page + 8, d->frame, err, 1), EINVAL);
	refused(v2(fd, d->id, page, d->frame, err, 0), EINVAL);
	refused(v2(fd, d->id, page, NULL, err, 1), EFAULT);
	refused(v2(fd, d->id, err, d->frame, err, 1), EINVAL);
	if (v->a.n == 1)
		return;
	i = below(&w->rng, v->a.n - 1);
	refused(munmap(page_at(&v->a, i), PAGE), EINVAL);
	refused(mprotect(page_at(&v->a, i), PAGE, PROT_READ), EINVAL);
}

/*
 * Populates failed pages with other frames, at their addresses, through either
 * file.
 */
static void fill_holes(struct worker *w, struct view *v)
{
	const struct domain *d = target[v->target];
	int err, ret;
	size_t i;

	for (i = 0; i < v->a.n; i++) {
		if (v->page[i] >= 0 || one_in(&w->rng, 3))
			continue;
		v->page[i] = below(&w->rng, COMMON);
		ret = v2(one_in(&w->rng, 2) ? v->a.fd : other_file(w, v->a.fd),
			 d->id, page_at(&v->a, i), &d->frame[v->page[i]], &err,
			 1);
		if (no_room(ret)) {
			v->page[i] = -1;
			return;
		}
		check_eq(ret, 0);
		check_eq(err, 0);
	}
}

void pages_round(struct worker *w)
{
	struct view v, copy;

	if (!view_map(w, &v, one_in(&w->rng, 2) ? w->fd : w->common,
		      view_size(&w->rng)))
		return;
	view_check(w, &v);
	fill_holes(w, &v);
	if (one_in(&w->rng, 2))
		be_refused(w, &v);
	view_write(w, &v);
	if (view_again(&v, &copy, w->fd)) {
		view_check(w, &copy);
		view_write(w, &copy);
		view_unmap(&copy);
	}
	view_check(w, &v);
	view_unmap(&v);
	count(ROUNDS, 1);
}

void load_pages(struct worker *w)
{
	while (running())
		pages_round(w);
}
