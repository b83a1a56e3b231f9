// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Several threads: in one area, in areas of their own while the process forks,
 * and in an area that another thread replaces or moves.
 */
#include <sys/mman.h>

#include "stress.h"

/* A populating call, which begins when all threads are ready. */
struct call {
	pthread_barrier_t *start;
	struct view *v;
	size_t first, nr;
	int ret, e;
	int err[VIEW_PAGES];
};

static void *call(void *arg)
{
	struct call *c = arg;

	pthread_barrier_wait(c->start);
	c->ret = view_call(c->v, 2, c->first, c->nr, c->err);
	c->e = errno;
	return NULL;
}

static void both(struct call *one, struct call *two)
{
	pthread_barrier_t start;
	pthread_t t;

	pthread_barrier_init(&start, NULL, 2);
	one->start = two->start = &start;
	must(!pthread_create(&t, NULL, call, one));
	call(two);
	pthread_join(t, NULL);
	pthread_barrier_destroy(&start);
}

static bool lacked(const struct call *c)
{
	errno = c->e;
	return no_room(c->ret);
}

/*
 * Two threads populate one area with different frames. Exactly one succeeds.
 *
 * Both calls have a good frame for the first page and for the last one. So
 * whichever call is second finds a populated page and must fail with EINVAL.
 * The view of the winner is then checked page by page, so a mixture of both
 * would be noticed.
 */
static void one_wins(struct worker *w)
{
	struct call c[2] = { { 0 } };
	struct view v[2];
	size_t n = 2 + view_size(&w->rng) % (VIEW_PAGES - 2);
	int winner;

	view_new(w, &v[0], w->fd, n);
	view_new(w, &v[1], w->fd, n);
	view_unmap(&v[1]);
	v[1].a = v[0].a;
	/*
	 * As both have a good frame here, the second call finds the area
	 * populated.
	 */
	v[0].page[0] = v[1].page[0] = below(&w->rng, COMMON);
	v[0].page[n - 1] = v[1].page[n - 1] = below(&w->rng, COMMON);
	c[0] = (struct call){ .v = &v[0], .nr = n };
	c[1] = (struct call){ .v = &v[1], .nr = n };
	both(&c[0], &c[1]);
	if (!lacked(&c[0]) && !lacked(&c[1])) {
		winner = c[0].ret ? 1 : 0;
		check_eq(c[winner].ret, 0);
		check_eq(c[!winner].ret, -1);
		check_eq(c[!winner].e, EINVAL);
		view_check(w, &v[winner]);
		count(REFUSED, 1);
	}
	view_unmap(&v[0]);
}

/* All pages of an area have failed. Two threads populate it, one from each end. */
static void both_fill(struct worker *w)
{
	struct call c[2] = { { 0 } };
	size_t n = 2 + view_size(&w->rng) % (VIEW_PAGES - 2), i;
	size_t half = 1 + below(&w->rng, n - 1);
	int page[VIEW_PAGES];
	struct view v;

	view_new(w, &v, w->fd, n);
	memcpy(page, v.page, sizeof(page));
	for (i = 0; i < n; i++)
		v.page[i] = -1;
	c[0].ret = view_call(&v, 2, 0, n, c[0].err);
	c[0].e = errno;
	if (!lacked(&c[0])) {
		check_eq(c[0].ret, 0);
		memcpy(v.page, page, sizeof(page));
		c[0] = (struct call){ .v = &v, .nr = half };
		c[1] = (struct call){ .v = &v, .first = half, .nr = n - half };
		both(&c[0], &c[1]);
		for (i = 0; i < 2; i++)
			check(lacked(&c[i]) || c[i].ret == 0);
		if (!c[0].ret && !c[1].ret)
			view_check(w, &v);
	}
	view_unmap(&v);
}

void load_one_area(struct worker *w)
{
	while (running()) {
		if (one_in(&w->rng, 2))
			one_wins(w);
		else
			both_fill(w);
		count(MAPPINGS, 1);
		count(ROUNDS, 1);
	}
}

static void *rounds(void *arg)
{
	while (running())
		pages_round(arg);
	return NULL;
}

/*
 * Threads work in areas of their own, of one file, while children are forked
 * and end.
 */
void load_areas(struct worker *w)
{
	struct worker worker[THREADS - 1];
	pthread_t t[THREADS - 1];
	unsigned int i;
	int status;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		worker[i] = worker_beside(w, i + 1);
		must(!pthread_create(&t[i], NULL, rounds, &worker[i]));
	}
	while (running()) {
		pid = fork();
		if (pid == 0)
			_exit(0);
		must(pid > 0 && waitpid(pid, &status, 0) == pid);
		check_eq(status, 0);
		count(FORKS, 1);
		usleep(below(&w->rng, 20000));
	}
	for (i = 0; i < ARRAY_SIZE(t); i++)
		pthread_join(t[i], NULL);
}

/* The area is replaced by an empty one, moved, made read-only, or unmapped. */
static void take_away(struct worker *w, struct view *v)
{
	size_t len = v->a.n * PAGE;
	unsigned char *room;

	switch (below(&w->rng, 4)) {
	case 0:
		must(mmap(v->a.va, len, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_FIXED, v->a.fd, 0) == v->a.va);
		break;
	case 1:
		room = aside(v->a.n);
		must(mremap(v->a.va, len, len, MREMAP_MAYMOVE | MREMAP_FIXED,
			    room) == room);
		v->a.va = room;
		break;
	case 2:
		check_eq(mprotect(v->a.va, len, PROT_READ), 0);
		break;
	case 3:
		/*
		 * Address space without access stays there, so that no other
		 * thread's area gets this address: the call may still be at
		 * work.
		 */
		must(mmap(v->a.va, len, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			  0) == v->a.va);
		break;
	}
}

/*
 * The area is replaced, moved, protected or unmapped while a call populates it.
 *
 * The call either succeeds or says that the area is gone: EFAULT if that
 * happened meanwhile, EINVAL if it happened before the call began. Any other
 * errno fails the load, and the file's counts show at the end whether anything
 * was lost.
 */
void load_taken_away(struct worker *w)
{
	pthread_barrier_t start;
	struct view v, called;
	struct call c;
	pthread_t t;

	pthread_barrier_init(&start, NULL, 2);
	while (running()) {
		view_new(w, &v, w->fd, view_size(&w->rng));
		called = v;
		c = (struct call){ .start = &start, .v = &called, .nr = v.a.n };
		must(!pthread_create(&t, NULL, call, &c));
		pthread_barrier_wait(&start);
		usleep(below(&w->rng, xlate() ? 20000 : 1500));
		take_away(w, &v);
		pthread_join(t, NULL);
		if (c.ret && !lacked(&c)) {
			check_eq(c.ret, -1);
			if (!check(c.e == EFAULT || c.e == EINVAL))
				tap_note("the call failed with %s",
					 strerror(c.e));
			count(REFUSED, 1);
		}
		view_unmap(&v);
		check_eq(fdinfo(w->fd, "xen-privcmd-frames"), 0);
		check_eq(fdinfo(w->fd, "xen-privcmd-failed"), 0);
		count(ROUNDS, 1);
	}
}
