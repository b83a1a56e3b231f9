// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What happens to an area while the kernel has no memory: mmap, munmap, mremap,
 * mprotect, fork and exit. These are calls of the core, which may work without
 * an allocation that failed. Whatever they return, the mapping is either there
 * or not.
 */
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/syscall.h>

#include "faults/faults.h"
#include "dom0/nth.h"
#include "x/map.h"

#define N  40
#define RW (PROT_READ | PROT_WRITE)

static unsigned char *was; /* where the area was before the call */

static void fill(struct scene *s)
{
	must(map_frames(&s->a, s->d, 0));
}

static void is_there(void *arg)
{
	const struct scene *s = arg;

	scene_shows(s);
	scene_has(s, N, 0);
	check_errno(v2(s->fd, s->d->id, page_at(&s->a, N - 1), s->d->frame,
		       (int[1]){ 0 }, 1),
		    EINVAL);
}

static int make(void *arg)
{
	struct scene *s = arg;

	s->a.va = mmap(NULL, N * PAGE, RW, MAP_SHARED, s->fd, 0);
	return s->a.va == MAP_FAILED ? -1 : 0;
}

static void is_made(void *arg)
{
	struct scene *s = arg;

	s->a.n = N;
	s->a.fd = s->fd;
	fill(s);
	is_there(s);
	area_done(&s->a);
}

static int take_away(void *arg)
{
	const struct scene *s = arg;

	return munmap(s->a.va, N * PAGE);
}

static void is_away(void *arg)
{
	struct scene *s = arg;

	scene_has(s, 0, 0);
	check_eq(touch(s->a.va), SIGSEGV);
	check_eq(touch(page_at(&s->a, N - 1)), SIGSEGV);
	s->a = area_new(s->fd, N);
	fill(s);
}

static int move(void *arg)
{
	struct scene *s = arg;
	unsigned char *to = mremap(s->a.va, N * PAGE, N * PAGE,
				   MREMAP_MAYMOVE | MREMAP_FIXED, was);

	if (to == MAP_FAILED)
		return -1;
	was = s->a.va;
	s->a.va = to;
	return 0;
}

static int moved_again; /* how often */

/*
 * If the core could not unmap the old area, that area shows nothing. If it is
 * moved, it takes over the mapping, and the other area shows nothing.
 */
static void is_moved(void *arg)
{
	struct scene *s = arg;
	unsigned char *to = aside(N);
	size_t i, left = 0;

	for (i = 0; i < N; i++) {
		int sig = touch(was + i * PAGE);

		check(sig == SIGSEGV || sig == SIGBUS);
		left += sig == SIGBUS;
	}
	is_there(arg);
	if (left) {
		struct privcmd_x_frame f;

		check_eq(left, N);
		/* No call finds the mapping through that area. */
		check_errno(status(s->fd, was, &f, 1), EINVAL);
		check_errno(x_unmap(s->fd, was, N), EINVAL);
		check_errno(v2(s->fd, s->d->id, was, s->d->frame, (int[N]){ 0 },
			       N),
			    EINVAL);
		scene_has(s, N, 0);
		must(mremap(was, N * PAGE, N * PAGE,
			    MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
		for (i = 0; i < N; i++)
			check_eq(touch(page_at(&s->a, i)), SIGBUS);
		check_eq(munmap(s->a.va, N * PAGE), 0);
		s->a.va = to;
		moved_again++;
		is_there(arg);
	} else {
		munmap(to, N * PAGE);
	}
	check_eq(munmap(was, N * PAGE), 0);
	was = aside(N);
	scene_has(s, N, 0);
}

/* The core may have unmapped something at the destination before it failed. */
static void is_not_moved(void *arg)
{
	is_there(arg);
	munmap(was, N * PAGE);
	was = aside(N);
}

static int protect(void *arg)
{
	const struct scene *s = arg;

	return mprotect(s->a.va, N * PAGE, PROT_READ);
}

static void is_protected(void *arg)
{
	const struct scene *s = arg;

	is_there(arg);
	check_eq(poke(page_at(&s->a, 3), 1), SIGSEGV);
	must(!mprotect(s->a.va, N * PAGE, RW));
	page_fill(page_at(&s->a, 3), domain_seed(s->d, 3));
}

static pid_t child;

static int fork_one(void *arg)
{
	const struct scene *s = arg;

	child = fork();
	/* The child has no mapping there. */
	if (child == 0)
		_exit(touch(s->a.va) == SIGSEGV ? 0 : 1);
	return child < 0 ? -1 : 0;
}

static void is_forked(void *arg)
{
	int status;

	check_eq(waitpid(child, &status, 0), child);
	check_eq(status, 0);
	is_there(arg);
}

/*
 * The core may have unmapped the old area before it failed, but not a half of
 * it.
 */
static int replace(void *arg)
{
	const struct scene *s = arg;

	return mmap(s->a.va, N * PAGE, RW, MAP_SHARED | MAP_FIXED, s->fd, 0) ==
			       MAP_FAILED ?
		       -1 :
		       0;
}

static void is_replaced(void *arg)
{
	struct scene *s = arg;

	scene_has(s, 0, 0);
	check_eq(touch(page_at(&s->a, N / 2)), SIGBUS);
	fill(s);
}

static void is_not_replaced(void *arg)
{
	const struct scene *s = arg;

	if (fdinfo(s->fd, "xen-privcmd-frames")) {
		is_there(arg);
		return;
	}
	check_eq(touch(s->a.va), SIGSEGV);
	check_eq(touch(page_at(&s->a, N - 1)), SIGSEGV);
}

/*
 * The kernel writes to this thread's rseq area when the thread may have moved
 * to another CPU. It kills a thread for which it has no memory to do so. After
 * fork() the page of that area is shared, and the write needs memory for a
 * copy.
 */
static void forget_rseq(void)
{
	char *area = (char *)__builtin_thread_pointer() + __rseq_offset;

	if (__rseq_size)
		must(!syscall(SYS_rseq, area, sizeof(struct rseq),
			      RSEQ_FLAG_UNREGISTER, RSEQ_SIG));
}

static bool first_area(struct scene *s, unsigned int n)
{
	bool fired;
	int ret, e;

	forget_rseq();
	nth_arm(n);
	ret = make(s);
	e = errno;
	fired = nth_fired();
	if (ret) {
		check(fired && e == ENOMEM);
		must(check_eq(make(s), 0));
	}
	is_made(s);
	return fired;
}

/*
 * For the first area of a process the core allocates the structures of MMU
 * notifiers.
 */
static void first_areas(struct scene *s)
{
	unsigned int n = 0;
	int status;

	nth_points(NTH_ALL);
	do {
		child = fork();
		if (child == 0)
			_exit(first_area(s, ++n));
		must(waitpid(child, &status, 0) == child);
		must(check(WIFEXITED(status)) && ++n < 100);
		scene_has(s, 0, 0);
	} while (status);
	tap_note("mmap of the first area: %u points", n - 1);
	check(n > 1);
}

TAP_HAZARD(faults_vma, .seconds = 300)
{
	static const struct operation
		makes = { "mmap", make, is_made, NULL },
		removes = { "munmap", take_away, is_away, is_there },
		moves = { "mremap", move, is_moved, is_not_moved },
		protects = { "mprotect", protect, is_protected, is_there },
		replaces = { "mmap of another", replace, is_replaced,
			     is_not_replaced },
		forks = { "fork", fork_one, is_forked, is_there };
	struct scene s;

	faults_begin(&s, DOMAIN_ANY, N);
	faults_run(&makes, &s, 1, 0, ANY);
	first_areas(&s);
	s.a = area_new(s.fd, N);
	fill(&s);
	is_there(&s);
	faults_run(&removes, &s, 0, 0, ANY);
	was = aside(N);
	faults_run(&moves, &s, 0, 0, ANY);
	check(moved_again > 0);
	faults_run(&protects, &s, 0, 0, ANY);
	faults_run(&replaces, &s, 1, 0, ANY);
	forget_rseq();
	/*
	 * Linux 6.1 as a PV guest crashes if it has memory for the first page
	 * of a top-level page table and none for the second one.
	 */
	if (xlate())
		check(faults_run(&forks, &s, 0, 0, ANY).nomem > 0);
	area_done(&s.a);
	scene_end(&s);
}

/* A process ends whatever allocation fails in its exit. */
TAP_HAZARD(faults_exit, .seconds = 120)
{
	struct scene s;
	unsigned int n;
	int status;

	faults_begin(&s, DOMAIN_ANY, 300);
	for (n = 1; n < 20; n++) {
		child = fork();
		if (child == 0) {
			s.a = area_new(s.fd, 300);
			fill(&s);
			nth_arm(n);
			_exit(0);
		}
		must(waitpid(child, &status, 0) == child);
		check_eq(status, 0);
		scene_has(&s, 0, 0);
	}
	scene_end(&s);
}
