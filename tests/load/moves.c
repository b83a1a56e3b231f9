// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What happens to a mapping while its process runs on: it is moved and
 * protected, its process forks, and the kernel gets advice about it.
 */
#include <sys/mman.h>

#include "stress.h"

#define RW (PROT_READ | PROT_WRITE)

/*
 * Moves the mapping to an address of another alignment, so that its pages are
 * spread over the page tables in another way.
 */
static void move(struct worker *w, struct view *v)
{
	size_t skip = below(&w->rng, 512), len = v->a.n * PAGE;
	unsigned char *room = aside(v->a.n + skip), *old = v->a.va;

	v->a.va = mremap(old, len, len, MREMAP_MAYMOVE | MREMAP_FIXED,
			 room + skip * PAGE);
	must(v->a.va == room + skip * PAGE);
	check(!reachable(old));
	if (skip)
		munmap(room, skip * PAGE);
	count(MOVES, 1);
}

/* One page is checked for all of them. */
static void protect(struct worker *w, struct view *v)
{
	static const int kinds[] = { PROT_READ, PROT_NONE, RW };
	int prot = kinds[below(&w->rng, ARRAY_SIZE(kinds))];
	size_t i = below(&w->rng, v->a.n), len = v->a.n * PAGE;
	unsigned char *page = page_at(&v->a, i);

	check_eq(mprotect(v->a.va, len, prot), 0);
	count(PROTECTED, 1);
	if (prot == PROT_READ) {
		check_eq(poke(page, 1), SIGSEGV);
		view_check(w, v);
	} else if (prot == PROT_NONE) {
		check_eq(touch(page), SIGSEGV);
	}
	check_eq(mprotect(v->a.va, len, RW), 0);
}

/* The child has no mapping there, and may make one. */
static void fork_over(struct worker *w, struct view *v)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct view own;

		check_eq(touch(v->a.va), SIGSEGV);
		check_eq(touch(page_at(&v->a, v->a.n - 1)), SIGSEGV);
		if (view_map(w, &own, w->common, 1 + below(&w->rng, 16)))
			view_check(w, &own);
		_exit(0); /* exits while it is mapped */
	}
	must(pid > 0 && waitpid(pid, &status, 0) == pid);
	check_eq(status, 0);
	count(FORKS, 1);
}

static void advise(struct worker *w, struct view *v)
{
	static const struct {
		int advice, err;
	} kinds[] = {
		{ MADV_DONTNEED, EINVAL }, { MADV_COLD, EINVAL },
		{ MADV_PAGEOUT, EINVAL },  { MADV_DOFORK, EINVAL },
		{ MADV_SEQUENTIAL, 0 },	   { MADV_NORMAL, 0 },
	};
	size_t i = below(&w->rng, ARRAY_SIZE(kinds));

	check_eq(madvise(v->a.va, v->a.n * PAGE, kinds[i].advice) ? errno : 0,
		 kinds[i].err);
}

static void round_of_moves(struct worker *w)
{
	unsigned int times = 1 + below(&w->rng, 5);
	struct view v;

	if (!view_map(w, &v, w->fd, view_size(&w->rng)))
		return;
	while (times--) {
		switch (below(&w->rng, 4)) {
		case 0:
			move(w, &v);
			break;
		case 1:
			protect(w, &v);
			break;
		case 2:
			fork_over(w, &v);
			break;
		case 3:
			advise(w, &v);
			break;
		}
		if (one_in(&w->rng, 2))
			view_write(w, &v);
		view_check(w, &v);
	}
	view_unmap(&v);
	count(ROUNDS, 1);
}

void load_moves(struct worker *w)
{
	while (running())
		round_of_moves(w);
}
