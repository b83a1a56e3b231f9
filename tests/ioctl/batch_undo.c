// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * MMAPBATCH calls that fail after they have mapped something, while somebody
 * else is at work on the same area: what they did is undone, what others did
 * is not, and no frame goes while an entry shows it.
 */
#include <sched.h>

#include "held.h"

#define ANON 16384 /* pages; some hundredths of a second to unmap */

/* A domain's frames over and over, for an area of n pages. */
static __u64 *frames_of(const struct domain *d, size_t n)
{
	__u64 *frame = calloc(n, sizeof(*frame));
	size_t i;

	must(frame);
	for (i = 0; i < n; i++)
		frame[i] = d->frame[i % d->n];
	return frame;
}

/* Whoever is runnable runs, and not beside another. */
static void on_one_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	must(!sched_setaffinity(0, sizeof(set), &set));
}

struct unmapping {
	unsigned char *va;
	size_t len;
	volatile bool done;
};

/* Does nothing as long as anybody else has something to do. */
static void *unmap_slowly(void *arg)
{
	struct unmapping *u = arg;

	sched_setscheduler(0, SCHED_IDLE, &(struct sched_param){ 0 });
	check_eq(munmap(u->va, u->len), 0);
	u->done = true;
	return NULL;
}

/* Every page that can still be read there shows what it did; how many. */
static size_t still_the_same(const struct area *a, const struct domain *d)
{
	const void *copy;
	size_t i;

	for (i = 1; i < a->n; i++) {
		copy = page_copy(page_at(a, i));
		if (!copy)
			break;
		check(page_has(copy, domain_seed(d, i % d->n)));
	}
	return i - 1;
}

/*
 * munmap() hides an area from others before it drops the entries, which takes
 * long if much is unmapped along with it. The call that fails meanwhile must
 * not take the frames from under them; another domain's would come in.
 */
static size_t undo_during_munmap(struct domain *d, struct domain *other)
{
	size_t n = 65, seen;
	struct area a = held_area(privcmd_open(), ANON, n);
	struct area b = area_new(privcmd_open(), n);
	__u64 *frame = frames_of(d, n), *others = frames_of(other, n);
	struct unmapping u = { a.va - ANON * PAGE, (ANON + n) * PAGE, false };
	int err[65] = { 0 };
	struct held h;
	pthread_t t;

	must(mmap(u.va, ANON * PAGE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == u.va);
	madvise(u.va, ANON * PAGE, MADV_NOHUGEPAGE);
	memset(u.va, 1, ANON * PAGE);
	held_begin(&h, &a, d, frame);
	check_eq(still_the_same(&a, d), n - 1);

	must(!pthread_create(&t, NULL, unmap_slowly, &u));
	while (!msync(a.va, PAGE, MS_ASYNC))
		usleep(200);
	/* From here on only reading takes the mmap lock, or it waits. */
	held_fail(&h);
	check_eq(v2(b.fd, other->id, b.va, others, err, n), 0);
	seen = u.done ? 0 : still_the_same(&a, d);
	pthread_join(t, NULL);
	held_end(&h);

	area_done(&b);
	if (driver())
		check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 0);
	close(a.fd);
	close(b.fd);
	free(frame);
	free(others);
	return seen;
}

TAP_HAZARD(mmapbatch_undone_during_munmap, .rows = "A1 B12")
{
	struct domain *d = domain_new(DOMAIN_ANY, 5);
	struct domain *other = domain_new(DOMAIN_ANY, 5);
	size_t seen = 0;
	int i;

	on_one_cpu();
	for (i = 0; i < 2; i++)
		seen += undo_during_munmap(d, other);
	tap_note("%zu pages read between the undo and the end of munmap", seen);
	domain_destroy(d);
	check(domain_gone(d));
}

/* One call undoes the only frames there are while another has still to answer:
 * that one's undo finds nothing, and the area is as good as new. */
TAP_HAZARD(mmapbatch_undone_twice, .rows = "B12")
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct domain *other = domain_new(DOMAIN_ANY, 3);
	__u64 bad[] = { BAD_FRAME, BAD_FRAME + 1, BAD_FRAME + 2 };
	struct area a = held_area(privcmd_open(), 0, 3);
	struct held h, h2;

	held_begin(&h, &a, d, bad);
	held_begin(&h2, &a, d, d->frame);
	held_fail(&h2);
	held_end(&h2);
	check_eq(touch(page_at(&a, 1)), SIGBUS);
	held_fail(&h);
	held_end(&h);
	if (driver())
		check_eq(fdinfo(a.fd, "xen-privcmd-failed"), 0);
	/* Even for another domain. */
	area_works(&a, other);
}

/* The same, and a third call has populated the area in between: not undone. */
TAP_HAZARD(mmapbatch_undo_spares_others, .rows = "B12")
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	__u64 bad[] = { BAD_FRAME, BAD_FRAME + 1, BAD_FRAME + 2, BAD_FRAME };
	__u64 some[] = { BAD_FRAME, d->frame[1], BAD_FRAME, BAD_FRAME };
	struct area a = held_area(privcmd_open(), 0, 4);
	int fd = a.fd, err[4];
	struct held h, h2;
	size_t i;

	held_begin(&h, &a, d, bad);
	held_begin(&h2, &a, d, bad);
	held_fail(&h2);
	held_end(&h2);
	check_eq(v2(fd, d->id, a.va, d->frame, err, 4), 0);
	held_fail(&h);
	held_end(&h);
	for (i = 0; i < 4; i++)
		if (check_eq(touch(page_at(&a, i)), 0))
			check(page_has(page_at(&a, i), domain_seed(d, i)));
	area_done(&a);

	/* What a retry brought stays, what the first call brought goes. */
	a = held_area(fd, 0, 4);
	held_begin(&h, &a, d, some);
	check(page_has(page_at(&a, 1), domain_seed(d, 1)));
	check_eq(v2(fd, d->id, page_at(&a, 2), d->frame + 2, err, 2), 0);
	check_errno(v2(fd, d->id, page_at(&a, 1), d->frame + 1, err, 1),
		    EINVAL);
	held_fail(&h);
	held_end(&h);
	check_eq(touch(a.va), SIGBUS);
	check_eq(touch(page_at(&a, 1)), SIGBUS);
	check(page_has(page_at(&a, 2), domain_seed(d, 2)));
	check(page_has(page_at(&a, 3), domain_seed(d, 3)));
	check_eq(v2(fd, d->id, a.va, d->frame, err, 2), 0);
	check(page_has(page_at(&a, 1), domain_seed(d, 1)));
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* Moved, unmapped or replaced while the call owes its answers. */
TAP_HAZARD(mmapbatch_undone_where_it_moved, .rows = "B1 B12")
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = held_area(privcmd_open(), 0, 3);
	unsigned char *va = aside(3);
	int fd = a.fd, err[3];
	struct held h;

	held_begin(&h, &a, d, d->frame);
	must(mremap(a.va, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		    va) == va);
	a.va = va;
	check(page_has(page_at(&a, 1), domain_seed(d, 1)));
	held_fail(&h);
	held_end(&h);
	check_eq(touch(page_at(&a, 1)), SIGBUS);
	area_works(&a, d);

	a = held_area(fd, 0, 3);
	held_begin(&h, &a, d, d->frame);
	check_eq(munmap(a.va, 3 * PAGE), 0);
	held_fail(&h);
	held_end(&h);
	if (driver())
		check_eq(fdinfo(fd, "xen-privcmd-frames"), 0);

	a = held_area(fd, 0, 3);
	held_begin(&h, &a, d, d->frame);
	must(mmap(a.va, 3 * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) ==
	     a.va);
	check_eq(v2(fd, d->id, a.va, d->frame, err, 3), 0);
	held_fail(&h);
	held_end(&h);
	check(page_has(a.va, domain_seed(d, 0)));
	check(page_has(page_at(&a, 1), domain_seed(d, 1)));
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* The array goes, too: there is nothing to put the mark into. */
TAP_HAZARD(mmapbatch_undone_without_its_array, .rows = "B12")
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = held_area(privcmd_open(), 0, 3);
	struct held h;

	held_begin(&h, &a, d, d->frame);
	check(page_has(page_at(&a, 1), domain_seed(d, 1)));
	held_lose(&h);
	held_end(&h);
	check_eq(touch(page_at(&a, 1)), SIGBUS);
	if (driver())
		check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 0);
	area_works(&a, d);
	domain_destroy(d);
	check(domain_gone(d));
}

static volatile bool stop;

struct failing {
	struct area a;
	__u64 *arr;
	unsigned int calls;
};

static void *fail_again_and_again(void *arg)
{
	struct failing *f = arg;

	while (!stop) {
		check(v1(f->a.fd, NO_DOMAIN, f->a.va, f->arr, 1) == -1 &&
		      errno == EFAULT);
		f->calls++;
	}
	return NULL;
}

TAP_HAZARD(mmapbatch_undone_by_two_threads, .rows = "B12")
{
	struct failing f[2];
	pthread_t t[2];
	int i;

	must(!domain_exists(NO_DOMAIN));
	f[0].calls = 0;
	f[0].a = area_new(privcmd_open(), 1);
	f[0].arr = (__u64 *)buffer(1);
	f[0].arr[0] = BAD_FRAME;
	must(!mprotect(f[0].arr, PAGE, PROT_READ));
	f[1] = f[0];
	for (i = 0; i < 2; i++)
		must(!pthread_create(&t[i], NULL, fail_again_and_again, &f[i]));
	usleep(1500000);
	stop = true;
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	tap_note("%u and %u calls", f[0].calls, f[1].calls);
	area_done(&f[0].a);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

/* Of mmap() and munmap() together. */
static void *longest_wait(void *arg)
{
	double *longest = arg, t;

	while (!stop) {
		t = now();
		munmap(aside(1), PAGE);
		t = now() - t;
		if (t > *longest)
			*longest = t;
	}
	return NULL;
}

/* How long others wait, as a share of all the time that the undo takes. */
static double share_of_undo(struct domain *d, __u64 *frame, size_t n)
{
	struct area a = held_area(privcmd_open(), 0, n);
	double longest = 0, t;
	pthread_t thread;
	struct held h;

	stop = false;
	held_begin(&h, &a, d, frame);
	must(!pthread_create(&thread, NULL, longest_wait, &longest));
	usleep(10000);
	t = now();
	held_fail(&h);
	t = now() - t;
	stop = true;
	pthread_join(thread, NULL);
	held_end(&h);
	tap_note("undone in %.0f ms, others waited for %.0f ms at most",
		 t * 1e3, longest * 1e3);
	area_done(&a);
	close(a.fd);
	check(longest < 2 * tap_slow);
	return t > 0.05 ? longest / t : 0;
}

/* An undo of much is done piece by piece: nobody waits for all of it. Three
 * times, as the machine below may have held all up for once. */
TAP_HAZARD(mmapbatch_undo_holds_nobody_up, .rows = "B12 B15")
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	size_t n = xlate() ? 3000 : 60000;
	__u64 *frame = frames_of(d, n);
	double share = 1;
	int i;

	for (i = 0; i < 3 && share > 0.5; i++)
		share = share_of_undo(d, frame, n);
	check(share <= 0.5);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * A second call for some of the frames, all of which had failed, is undone: what
 * became of the others stays known, and who asks for some of them again may.
 */
TAP_HAZARD(mmapbatch_undone_in_part, .rows = "B12")
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	__u64 bad[] = { BAD_FRAME, BAD_FRAME, BAD_FRAME };
	__u64 *arr = (__u64 *)buffer(1);
	struct area a = area_new(privcmd_open(), 3);
	int err[3];

	need_ours();
	check_eq(v2(a.fd, d->id, a.va, bad, err, 3), 0);
	arr[0] = d->frame[0];
	arr[1] = BAD_FRAME;
	must(!mprotect(arr, PAGE, PROT_READ));
	check_errno(v1(a.fd, d->id, a.va, arr, 2), EFAULT);
	check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 0);
	check_eq(fdinfo(a.fd, "xen-privcmd-failed"), 3 - 1);
	check_eq(touch(a.va), SIGBUS);
	check_eq(v2(a.fd, d->id, a.va, d->frame, err, 1), 0);
	check_eq(err[0], 0);
	check(page_has(a.va, domain_seed(d, 0)));
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}
