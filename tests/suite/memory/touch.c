// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Accesses to areas of memory files: the first one maps the frame, a hole is
 * SIGBUS, and all areas show the same memory.
 */
#include <pthread.h>

#include "memory/memory.h"

/* An access maps the frames around it and nothing else. */
TAP_CASE(memory_touch)
{
	struct domain *d = memory_full(200);
	int file = memory_of(d, 0, 200, 0);
	struct area a = aligned_area(file, 200);
	size_t i;

	around("16");
	check_eq(frames_in_state(&a, PRIVCMD_X_LAZY), 200);
	memory_has(file, 0, 200, 0);
	check(page_has(page_at(&a, 20), domain_seed(d, 20)));
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 16);
	check_eq(state_at(&a, 15), PRIVCMD_X_LAZY);
	check_eq(state_at(&a, 16), PRIVCMD_X_RW);
	check_eq(state_at(&a, 31), PRIVCMD_X_RW);
	check_eq(state_at(&a, 32), PRIVCMD_X_LAZY);
	memory_has(file, 16, 184, 0);
	/* The first access is a write. Around the last page there are fewer. */
	check_eq(poke(page_at(&a, 199), *page_at(&a, 199)), 0);
	memory_has(file, 24, 176, 0);
	for (i = 0; i < 200; i++)
		check(page_has(page_at(&a, i), domain_seed(d, i)));
	memory_has(file, 200, 0, 0);
	area_done(&a);
	memory_has(file, 0, 0, 0);
	memory_end(d);
}

/* The kernel makes the first access: read(2) and write(2). */
TAP_CASE(memory_touched_by_the_kernel, .rows = "B18")
{
	struct domain *d = memory_domain("##.#");
	int file = memory_of(d, 0, 4, 0), p[2];
	struct area a = area_new(file, 4);
	unsigned char *plain = buffer(1);

	around("1");
	must(!pipe(p));
	check_eq(write(p[1], page_at(&a, 1), PAGE), PAGE);
	check_eq(read(p[0], plain, PAGE), PAGE);
	check(page_has(plain, domain_seed(d, 1)));
	page_fill(plain, 99);
	check_eq(write(p[1], plain, PAGE), PAGE);
	check_eq(read(p[0], page_at(&a, 3), PAGE), PAGE);
	check_errno(write(p[1], page_at(&a, 2), 8), EFAULT);
	memory_has(file, 2, 1, 1);
	check(page_has(page_at(&a, 3), 99));
	area_done(&a);
	memory_end(d);
}

/*
 * A hole is SIGBUS, and the other pages do not notice. Each access asks again:
 * when the domain gets memory there, the next access shows it.
 */
TAP_CASE(memory_hole)
{
	struct domain *d = memory_domain("####....####");
	int file = memory_of(d, 0, 12, 0);
	struct area a = aligned_area(file, 12);
	size_t i;

	around("16");
	check_eq(touch(page_at(&a, 1)), 0);
	memory_has(file, 8, 4, 0);
	for (i = 0; i < 3; i++) {
		check_eq(touch(page_at(&a, 5)), SIGBUS);
		check_eq(poke(page_at(&a, 5), 1), SIGBUS);
		check_eq(state_at(&a, 5), PRIVCMD_X_NONE);
		check_eq(error_at(&a, 5), -EINVAL);
		memory_has(file, 8, 3, 1);
	}
	check_eq(poke(page_at(&a, 6), 1), SIGBUS);
	memory_has(file, 8, 2, 2);

	must(domain_populate_at(d, d->frame[0] + 5));
	must(domain_populate_at(d, d->frame[0] + 7));
	check_eq(poke(page_at(&a, 5), 17), 0);
	check_eq(state_at(&a, 5), PRIVCMD_X_RW);
	check_eq(error_at(&a, 5), 0);
	check_eq(*page_at(&a, 5), 17);
	/* The page that was never accessed came with it or comes now. */
	check_eq(touch(page_at(&a, 7)), 0);
	check_eq(touch(page_at(&a, 6)), SIGBUS);
	check_eq(touch(page_at(&a, 4)), SIGBUS);
	memory_has(file, 10, 0, 2);
	for (i = 0; i < 12; i++)
		if (i < 4 || i >= 8)
			check(page_has(page_at(&a, i), domain_seed(d, i)));
	area_done(&a);
	memory_has(file, 0, 0, 0);
	memory_end(d);
}

struct prober {
	const struct area *a;
	int pipe;
	volatile bool *filled;
	unsigned int before,
		after; /* refused before and after the hole was filled */
};

/* Accesses of the kernel to the hole, until it has been filled and seen. */
static void *probe(void *arg)
{
	struct prober *w = arg;
	bool filled;

	for (;;) {
		filled = *w->filled;
		if (write(w->pipe, page_at(w->a, 1), 8) == 8)
			return NULL;
		must(check_eq(errno, EFAULT));
		w->before += !filled;
		w->after += filled;
		if (!check(w->after <= 4))
			return NULL;
	}
}

/*
 * Several threads access one hole again and again, and then the domain gets memory
 * there. Soon every access succeeds.
 *
 * A fault of another thread that has met the hole may note it only after the hole was
 * filled, and refuse an access that waits for that fault. There are three other threads,
 * each with one such fault. So a thread that is refused more often does not ask again.
 */
TAP_CASE(memory_hole_by_several_threads)
{
	struct domain *d = memory_domain("#.");
	int file = memory_of(d, 0, 2, 0), p[2], i;
	struct area a = area_new(file, 2);
	volatile bool filled = false;
	unsigned int before = 0;
	struct prober w[4];
	pthread_t t[4];

	must(!pipe(p));
	for (i = 0; i < 4; i++) {
		w[i] = (struct prober){ &a, p[1], &filled, 0, 0 };
		must(!pthread_create(&t[i], NULL, probe, &w[i]));
	}
	usleep(100000);
	must(domain_populate_at(d, d->frame[0] + 1));
	filled = true;
	for (i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		before += w[i].before;
	}
	check(before > 0);
	check_eq(touch(page_at(&a, 1)), 0);
	check_eq(state_at(&a, 1), PRIVCMD_X_RW);
	check_eq(fdinfo(file, "xen-privcmd-failed"), 0);
	area_done(&a);
	memory_end(d);
}

/* Areas of the same and of other files, and a mapping of the device. */
TAP_CASE(memory_areas_share)
{
	struct domain *d = memory_full(4);
	int file = memory_of(d, 0, 4, 0), other = memory_of(d, 1, 3, 0);
	struct area a = area_new(file, 4), b = memory_area(file, 2, 2);
	struct area c = area_new(other, 3), e = area_new(privcmd_open(), 4);

	must(map_frames(&e, d, 0));
	page_fill(page_at(&a, 2), 50);
	check(page_has(b.va, 50));
	check(page_has(page_at(&c, 1), 50));
	check(page_has(page_at(&e, 2), 50));
	page_fill(page_at(&c, 2), 51);
	check(page_has(page_at(&a, 3), 51));
	check(page_has(page_at(&b, 1), 51));
	page_fill(page_at(&e, 1), 52);
	check(page_has(page_at(&a, 1), 52));
	check(page_has(c.va, 52));
	check_eq(munmap(a.va, 4 * PAGE), 0);
	/* The areas do not need each other. */
	check(page_has(page_at(&b, 1), 51));
	memory_has(file, 2, 0, 0);
	memory_has(other, 3, 0, 0);
	area_done(&b);
	area_done(&c);
	area_done(&e);
	memory_end(d);
}

/* A child has the file and none of the areas. It maps the file again. */
TAP_CASE(memory_fork)
{
	struct domain *d = memory_full(4);
	int file = memory_of(d, 0, 4, 0);
	struct area a = area_new(file, 4), b;
	size_t i;

	around("1");
	check_eq(touch(page_at(&a, 1)), 0);
	if (fork() == 0) {
		for (i = 0; i < 4; i++)
			check_eq(touch(page_at(&a, i)), SIGSEGV);
		b = memory_area(file, 1, 3);
		memory_shows(&b, d, 1);
		page_fill(page_at(&b, 1), 60);
		_exit(0); /* exits while it is mapped */
	}
	wait(NULL);
	memory_has(file, 1, 3, 0);
	check(page_has(page_at(&a, 2), 60));
	check(page_has(page_at(&a, 3), domain_seed(d, 3)));
	area_done(&a);
	memory_end(d);
}

/* Each process maps the file, and then accesses all pages at the same time. */
static void touch_all(int file, const struct domain *d,
		      pthread_barrier_t *start, int round)
{
	struct area a = area_new(file, 64);
	size_t i;

	pthread_barrier_wait(start);
	for (i = 0; i < 64; i++) {
		size_t k = round % 2 ? 63 - i : i;

		if (check_eq(touch(page_at(&a, k)), 0))
			check(page_has(page_at(&a, k), domain_seed(d, k)));
	}
	check_eq(munmap(a.va, 64 * PAGE), 0);
}

/*
 * Two processes access the pages of one file for the first time at once, each in
 * an area of its own.
 *
 * Both start at a barrier, and every access must succeed and show the right page,
 * whichever process asks the hypervisor first. At the end no frame is left.
 */
TAP_CASE(memory_touched_by_two_processes, .rows = "A59")
{
	struct domain *d = memory_full(64);
	int file = memory_of(d, 0, 64, 0), i;
	pthread_barrier_t *start;
	pthread_barrierattr_t attr;

	around("4");
	start = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(start != MAP_FAILED);
	pthread_barrierattr_init(&attr);
	pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	must(!pthread_barrier_init(start, &attr, 2));
	if (fork() == 0) {
		for (i = 0; i < 8; i++)
			touch_all(file, d, start, i);
		_exit(0);
	}
	for (i = 0; i < 8; i++)
		touch_all(file, d, start, i);
	wait(NULL);
	memory_has(file, 0, 0, 0);
	memory_end(d);
}

struct toucher {
	pthread_barrier_t *start;
	const struct area *a;
	const struct domain *d;
};

static void *read_all(void *arg)
{
	struct toucher *w = arg;
	size_t i;

	pthread_barrier_wait(w->start);
	for (i = 0; i < w->a->n; i++)
		check(page_has(page_at(w->a, i), domain_seed(w->d, i)));
	return NULL;
}

/* The same by threads, in one area. An access that fails is a signal. */
TAP_CASE(memory_touched_by_several_threads, .rows = "A59")
{
	struct domain *d = memory_full(64);
	int file = memory_of(d, 0, 64, 0), round, i;
	pthread_barrier_t start;
	pthread_t t[4];

	around("4");
	for (round = 0; round < 5; round++) {
		struct area a = area_new(file, 64);
		struct toucher w = { &start, &a, d };

		pthread_barrier_init(&start, NULL, 4);
		for (i = 0; i < 4; i++)
			must(!pthread_create(&t[i], NULL, read_all, &w));
		for (i = 0; i < 4; i++)
			pthread_join(t[i], NULL);
		pthread_barrier_destroy(&start);
		memory_has(file, 64, 0, 0);
		area_done(&a);
	}
	memory_end(d);
}
