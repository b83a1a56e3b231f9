// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Views: mappings of chosen pages of a target, all of whose bytes are known. A
 * page that no worker writes has the pattern of its domain and its number. A
 * worker's own page has what this worker wrote there last.
 */
#include <sys/mman.h>

#include "stress.h"

/* Most views are small, as in programs. Some need more than one page table. */
size_t view_size(struct rng *rng)
{
	switch (below(rng, 8)) {
	case 0:
		return 65 + below(rng, VIEW_PAGES - 65);
	case 1:
	case 2:
		return 9 + below(rng, 56);
	default:
		return 1 + below(rng, 8);
	}
}

static bool mine(const struct worker *w, int page)
{
	return page >= (int)w->own && page < (int)w->own + OWN;
}

static unsigned int *seed_of(const struct worker *w, unsigned int target,
			     int page)
{
	return &w->seed[target][page - w->own];
}

static unsigned int expected(const struct worker *w, const struct view *v,
			     size_t i)
{
	if (mine(w, v->page[i]))
		return *seed_of(w, v->target, v->page[i]);
	return domain_seed(target[v->target], v->page[i]);
}

__u64 view_frame(const struct view *v, size_t i)
{
	return v->page[i] < 0 ? BAD_FRAME :
				target[v->target]->frame[v->page[i]];
}

void view_new(struct worker *w, struct view *v, int fd, size_t n)
{
	bool bad = one_in(&w->rng, 3);
	size_t i;

	v->a = area_new(fd, n);
	v->target = below(&w->rng, TARGETS);
	for (i = 0; i < v->a.n; i++) {
		if (bad && one_in(&w->rng, 4))
			v->page[i] = -1;
		else if (one_in(&w->rng, 4))
			v->page[i] = w->own + below(&w->rng, OWN);
		else
			v->page[i] = below(&w->rng, COMMON);
	}
}

bool no_room(int ret)
{
	if (ret != -1 || errno != ENOMEM || !xlate())
		return false;
	count(NO_ROOM, 1);
	return true;
}

int view_call(const struct view *v, int version, size_t first, size_t nr,
	      int *err)
{
	__u64 frame[VIEW_PAGES];
	size_t i;

	for (i = 0; i < nr; i++)
		frame[i] = view_frame(v, first + i);
	return batch(version, v->a.fd, target[v->target]->id,
		     page_at(&v->a, first), frame, err, nr);
}

/* Each frame has its own answer, independent of the other frames. */
static bool populate(struct view *v, int version)
{
	int err[VIEW_PAGES], ret;
	size_t i;

	ret = view_call(v, version, 0, v->a.n, err);
	if (no_room(ret))
		return false;
	if (!check_eq(ret, 0))
		return false;
	for (i = 0; i < v->a.n; i++)
		check_eq(err[i], v->page[i] >= 0 ? 0 :
				 version == 1	 ? -EIO :
						   bad_error[v->target]);
	count(MAPPINGS, 1);
	count(MAPPED, view_good(v));
	count(FAILED, v->a.n - view_good(v));
	return true;
}

bool view_map(struct worker *w, struct view *v, int fd, size_t n)
{
	view_new(w, v, fd, n);
	if (populate(v, one_in(&w->rng, 4) ? 1 : 2))
		return true;
	view_unmap(v);
	return false;
}

bool view_again(const struct view *v, struct view *copy, int fd)
{
	*copy = *v;
	copy->a = area_new(fd, v->a.n);
	if (populate(copy, 2))
		return true;
	view_unmap(copy);
	return false;
}

void view_check(struct worker *w, const struct view *v)
{
	size_t i;

	for (i = 0; i < v->a.n; i++) {
		unsigned char *page = page_at(&v->a, i);

		if (v->page[i] < 0)
			check(!reachable(page));
		else if (!check(page_has(page, expected(w, v, i))))
			tap_note("wrong: page %zu of %zu, page %d of domain %d",
				 i, v->a.n, v->page[i], target[v->target]->id);
	}
	count(CHECKED, v->a.n);
}

/* Each of the worker's own pages gets a pattern that it never had before. */
void view_write(struct worker *w, struct view *v)
{
	unsigned int *seed;
	size_t i;

	for (i = 0; i < v->a.n; i++) {
		if (!mine(w, v->page[i]))
			continue;
		seed = seed_of(w, v->target, v->page[i]);
		*seed += 0x10001;
		page_fill(page_at(&v->a, i), *seed);
		count(WRITTEN, 1);
	}
}

void view_unmap(struct view *v)
{
	check_eq(munmap(v->a.va, v->a.n * PAGE), 0);
}

size_t view_good(const struct view *v)
{
	size_t i, n = 0;

	for (i = 0; i < v->a.n; i++)
		n += v->page[i] >= 0;
	return n;
}

static int sink = -1;

static void __attribute__((constructor)) make_sink(void)
{
	sink = memfd_create("sink", MFD_CLOEXEC);
}

bool reachable(const void *page)
{
	return pwrite(sink, page, 1, 0) == 1;
}
