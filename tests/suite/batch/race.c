// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Long calls of MMAPBATCH_V2, and what happens to their file and their area meanwhile.
 * ends.c has processes that end meanwhile, and answers.c calls that cannot write their
 * answers.
 */
#include <pthread.h>

#include "batch/call.h"

static volatile bool stop;

/*
 * Restricts the file to another domain after @us microseconds. True if the
 * restriction ended the call while it was at work.
 */
static bool restrict_after(struct domain *d, int us)
{
	struct call c = call_new(d, long_enough());
	struct area b = area_new(c.a.fd, 1);
	unsigned char *va = aside(c.a.n);
	long frames = c.a.n;
	pthread_t t;
	bool met;

	must(!pthread_create(&t, NULL, call_run, &c));
	usleep(us);
	check_eq(restrict_to(c.a.fd, d->id + 1), 0);
	if (driver())
		frames = fdinfo(c.a.fd, "xen-privcmd-frames");
	pthread_join(t, NULL);
	met = c.ret == -1 && c.e == EPERM;
	/* The call had more than two page tables still to do. */
	if (frames < (long)c.a.n - 2 * 512)
		check(met);
	if (!check(met || c.ret == 0))
		tap_note("%d, %s", c.ret, strerror(c.e));
	if (driver() && met)
		check_eq(fdinfo(c.a.fd, "xen-privcmd-frames"), 0);
	if (met)
		check_eq(touch(page_at(&c.a, 0)), SIGBUS);
	check_errno(v2(c.a.fd, d->id, b.va, d->frame, c.err, 1), EPERM);
	/*
	 * At a new address, a PV dom0 has to map the frames again, which the
	 * restriction forbids.
	 */
	must(mremap(c.a.va, c.a.n * PAGE, c.a.n * PAGE,
		    MREMAP_MAYMOVE | MREMAP_FIXED, va) == va);
	c.a.va = va;
	check_eq(touch(page_at(&c.a, 7)), met || !xlate() ? SIGBUS : 0);
	check_eq(munmap(b.va, PAGE), 0);
	call_done(&c);
	return met;
}

/*
 * A restriction ends a call that is at work: EPERM, and no frame of it stays.
 *
 * The six runs restrict at different times. Each call either ended before the
 * restriction and succeeded, or was ended by it with EPERM and leaves no frame.
 * No other outcome passes. The note says how many calls the restriction ended.
 */
TAP_HAZARD(mmapbatch_v2_restricted_meanwhile, .rows = "B16")
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	int i, met = 0;

	for (i = 0; i < 6; i++)
		met += restrict_after(d, 2000 + i * (xlate() ? 10000 : 15000));
	tap_note("the restriction ended %d of 6 calls", met);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * A thread reads pages of an area while the call that populates it is ended by
 * a restriction and undone.
 *
 * A page is there and shows its frame, or it is absent. On an auto-translated
 * dom0 a frame that the undo removed before its entry would show other bytes.
 * The restriction comes when the frames of the first page table are mapped, so
 * that they have entries. The note says how many pages were read, and how many
 * calls were undone.
 */
TAP_HAZARD(mmapbatch_v2_undone_while_read, .rows = "A1 B12 B16")
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	size_t n = xlate() ? 3 * 512 : long_enough();
	unsigned int round, undone = 0, seen = 0, i;
	const void *copy;
	pthread_t t;

	need_ours();
	for (round = 0; round < 2; round++) {
		struct call c = call_new(d, n);
		bool restricted = false;

		must(!pthread_create(&t, NULL, call_run, &c));
		for (i = 0; !c.done; i++) {
			copy = page_copy(page_at(&c.a, i * 7 % 512));
			if (copy)
				check(page_has(copy, domain_seed(d, 0)));
			seen += copy != NULL;
			if (restricted || i % 16 ||
			    fdinfo(c.a.fd, "xen-privcmd-frames") < 512)
				continue;
			check_eq(restrict_to(c.a.fd, NO_DOMAIN), 0);
			restricted = true;
		}
		pthread_join(t, NULL);
		check(c.ret == 0 || c.e == EPERM);
		if (c.ret)
			check_eq(fdinfo(c.a.fd, "xen-privcmd-frames"), 0);
		undone += c.ret != 0;
		call_done(&c);
	}
	tap_note("%u pages read, %u of 2 calls undone", seen, undone);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * A process forks while its other thread populates an area. No child has
 * anything of the area.
 *
 * The process forks again and again until the call ends, at most 100 times, so
 * that the forks fall into several of its phases.
 */
TAP_HAZARD(mmapbatch_v2_fork_meanwhile, .rows = "B10")
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct call c = call_new(d, long_enough());
	int forks = 0;
	pthread_t t;

	must(!pthread_create(&t, NULL, call_run, &c));
	do {
		if (fork() == 0) {
			check_eq(touch(page_at(&c.a, 0)), SIGSEGV);
			check_eq(touch(page_at(&c.a, c.a.n - 1)), SIGSEGV);
			_exit(0);
		}
		wait(NULL);
	} while (++forks < 100 && !c.done);
	pthread_join(t, NULL);
	tap_note("%d forks", forks);
	must(check_eq(c.ret, 0));
	check(page_has(c.a.va, domain_seed(d, 0)));
	check(page_has(page_at(&c.a, c.a.n - 1), domain_seed(d, 0)));
	call_done(&c);
	domain_destroy(d);
	check(domain_gone(d));
}

#define SHARED 700 /* pages of the area that all threads work on */

static bool fine(int ret)
{
	return check(ret == 0 ||
		     (ret == -1 && (errno == EINVAL || errno == EFAULT)));
}

static void *populate_it(void *arg)
{
	struct call *c = arg;
	__u64 frame[SHARED];
	int err[SHARED];
	size_t i;

	for (i = 0; i < SHARED; i++)
		frame[i] = i % 3 ? c->d->frame[i % c->d->n] : BAD_FRAME;
	while (!stop)
		fine(v2(c->a.fd, c->d->id, c->a.va, frame, err, SHARED));
	return NULL;
}

static void *retry_it(void *arg)
{
	struct call *c = arg;
	size_t i = 0;
	int err;

	for (; !stop; i = (i + 3) % SHARED)
		fine(v2(c->a.fd, c->d->id, page_at(&c->a, i),
			&c->d->frame[i % c->d->n], &err, 1));
	return NULL;
}

static void *replace_it(void *arg)
{
	int us = xlate() ? 60000 : 3000; /* most pages are populated by then */
	struct call *c = arg;

	while (!stop) {
		usleep(us);
		must(mmap(c->a.va, SHARED * PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_FIXED, c->a.fd, 0) == c->a.va);
		usleep(500);
		check_eq(mprotect(c->a.va, SHARED * PAGE, PROT_READ), 0);
	}
	return NULL;
}

/*
 * Four threads populate, retry and replace one area, and a fifth reads it.
 *
 * Each page of the area has one right contents. So any page that can be read
 * must show exactly page i % 7 of the domain, whatever the threads do. A frame
 * at a wrong page, or one that was released too early and used again, would
 * show other bytes.
 */
TAP_HAZARD(mmapbatch_v2_all_at_once, .rows = "A1 A6 B4")
{
	void *(*const work[])(void *) = { populate_it, populate_it, retry_it,
					  replace_it };
	struct domain *d = domain_new(DOMAIN_ANY, 7);
	struct call c = { .a = area_new(privcmd_open(), SHARED), .d = d };
	pthread_t t[ARRAY_SIZE(work)];
	struct timespec t0, t1;
	size_t i, seen = 0;
	const void *copy;

	for (i = 0; i < ARRAY_SIZE(work); i++)
		must(!pthread_create(&t[i], NULL, work[i], &c));
	clock_gettime(CLOCK_MONOTONIC, &t0);
	do {
		for (i = 0; i < SHARED; i++) {
			copy = page_copy(page_at(&c.a, i));
			if (!copy)
				continue;
			check(page_has(copy, domain_seed(d, i % d->n)));
			seen++;
		}
		usleep(300);
		clock_gettime(CLOCK_MONOTONIC, &t1);
	} while (t1.tv_sec - t0.tv_sec < 2);
	stop = true;
	for (i = 0; i < ARRAY_SIZE(work); i++)
		pthread_join(t[i], NULL);
	tap_note("%zu pages seen", seen);
	area_done(&c.a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* A call is charged to its file before the driver sees that its area is another's. */
static void *charge_often(void *arg)
{
	void *anon = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const int *fd = arg;
	__u64 frame = 0;
	int err, i;

	for (i = 0; i < 10000; i++)
		if (v2(*fd, 0, anon, &frame, &err, 1) != -1 || errno != EINVAL)
			return "no EINVAL";
	return NULL;
}

/*
 * If two threads change the charge of a file at the same time, and one change is lost,
 * frames stay charged that are not there, or the charge becomes negative, which counts as
 * very large.
 */
TAP_CASE(mmapbatch_v2_charged_by_several_threads)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	int fd = privcmd_open(), i;
	pthread_t t[4];
	struct area a;
	void *wrong;

	for (i = 0; i < 4; i++)
		must(!pthread_create(&t[i], NULL, charge_often, &fd));
	for (i = 0; i < 4; i++)
		check(!pthread_join(t[i], &wrong) && !wrong);
	if (driver())
		must(param_set("max_frames", "1"));
	a = area_new(fd, 1);
	area_works(&a, d);
}
