// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Long calls of MMAPBATCH_V2, and what happens to their process, their file and
 * their area meanwhile. answers.c has calls that cannot write their
 * answers.
 */
#include <pthread.h>

#include "batch/call.h"

static volatile bool stop;

/*
 * A call whose frames all fail, so that the same call can be made again and
 * again.
 */
struct failing {
	struct area a;
	unsigned int dom;
	__u64 *frame;
	int *err;
	/*
	 * The end of a pipe. The process writes the seconds that a part of the
	 * call takes, and the thread writes to it when a call begins.
	 */
	int begun;
};

#define PARTS 32	    /* the process measures 1 / PARTS of the call */
#define SOON  (PARTS / 4.0) /* times that part */

static double seconds_since(const struct timespec *t0)
{
	struct timespec t1;

	clock_gettime(CLOCK_MONOTONIC, &t1);
	return t1.tv_sec - t0->tv_sec + (t1.tv_nsec - t0->tv_nsec) * 1e-9;
}

static void measure_part(const struct failing *f)
{
	struct area a = area_new(f->a.fd, f->a.n / PARTS);
	struct timespec t0;
	double part;

	clock_gettime(CLOCK_MONOTONIC, &t0);
	v2(a.fd, f->dom, a.va, f->frame, f->err, a.n);
	part = seconds_since(&t0);
	check_eq(munmap(a.va, a.n * PAGE), 0);
	check_eq(write(f->begun, &part, sizeof(part)), sizeof(part));
}

static void *fail_for_ever(void *arg)
{
	struct failing *f = arg;

	check_eq(write(f->begun, "x", 1), 1);
	while (!stop)
		v2(f->a.fd, f->dom, f->a.va, f->frame, f->err, f->a.n);
	return NULL;
}

enum ending { KILL, EXEC, EXIT };

static void end_meanwhile(struct failing *f, enum ending how, int after_us)
{
	pthread_t t;
	size_t i;

	f->a = area_new(f->a.fd, f->a.n);
	f->frame = malloc(f->a.n * sizeof(*f->frame));
	f->err = malloc(f->a.n * sizeof(*f->err));
	must(f->frame && f->err);
	for (i = 0; i < f->a.n; i++)
		f->frame[i] = BAD_FRAME;
	measure_part(f);
	must(!pthread_create(&t, NULL, fail_for_ever, f));
	usleep(after_us);
	if (how == EXEC) {
		must(freopen("/dev/null", "w", stdout));
		execl("/proc/self/exe", "privcmd-test", "--help", NULL);
	}
	if (how == EXIT)
		_exit(0);
	pause();
}

/*
 * A process ends while its other thread is in a long call. It must be gone
 * before a quarter of that call could be made.
 *
 * The call has 4 million frames that all fail, and the thread repeats it for
 * ever. The process ends soon after the call began, so an end that waited for
 * the call would take longer than that. The process first makes a call of a part
 * of the frames, which shows how long the work takes on this machine.
 */
static void ends_soon(enum ending how, int after_us)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct failing f = { .dom = d->id };
	struct timespec t0;
	double t, part = 0;
	int p[2], status;
	pid_t pid;

	f.a.n = 1UL << 22;
	f.a.fd = privcmd_open();
	must(!pipe(p));
	f.begun = p[1];
	pid = fork();
	if (pid == 0)
		end_meanwhile(&f, how, after_us);
	must(check_eq(read(p[0], &part, sizeof(part)), sizeof(part)));
	check_eq(read(p[0], &(char){ 0 }, 1), 1);
	clock_gettime(CLOCK_MONOTONIC, &t0);
	usleep(after_us);
	if (how == KILL)
		kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	t = seconds_since(&t0) - after_us * 1e-6;
	tap_note(
		"the process was gone %.2f s after its end began, the call takes %.2f s",
		t, part * PARTS);
	check(t < SOON * part);
	if (how == KILL)
		check(WIFSIGNALED(status));
	else
		check_eq(status, 0);
	if (driver())
		check_eq(fdinfo(f.a.fd, "xen-privcmd-failed"), 0);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_HAZARD(mmapbatch_v2_killed_long_before_its_end, .rows = "B10")
{
	ends_soon(KILL, 50000);	 /* reads frame numbers */
	ends_soon(KILL, 800000); /* maps frames */
}

TAP_HAZARD(mmapbatch_v2_exec_meanwhile, .rows = "B10")
{
	ends_soon(EXEC, 800000);
}

TAP_HAZARD(mmapbatch_v2_exit_meanwhile, .rows = "B10")
{
	ends_soon(EXIT, 800000);
}

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
