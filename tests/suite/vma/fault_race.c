// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Several threads access the same pages for the first time, or write to the
 * same read-only page. move.c and map/readonly.c have the cases of a single
 * thread.
 *
 * All threads start at a barrier and go through the pages in the same order, so
 * that their faults meet. Each page has one right contents, whichever fault is
 * first. A fault that fails because another one was faster would be a signal,
 * which fails the case.
 */
#include <pthread.h>

#include "suite.h"

#define THREADS 4
#define PAGES	24

struct toucher {
	pthread_barrier_t *start;
	const struct area *a;
	const struct domain *d;
	unsigned int i;
};

static void together(void *(*work)(void *), const struct area *a,
		     const struct domain *d)
{
	struct toucher w[THREADS];
	pthread_t t[THREADS];
	pthread_barrier_t start;
	unsigned int i;

	pthread_barrier_init(&start, NULL, THREADS);
	for (i = 0; i < THREADS; i++) {
		w[i] = (struct toucher){ &start, a, d, i };
		must(!pthread_create(&t[i], NULL, work, &w[i]));
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	pthread_barrier_destroy(&start);
}

/*
 * All threads go through the pages in the same order, so that they meet. Every
 * second thread writes.
 */
static void *touch_all(void *arg)
{
	struct toucher *w = arg;
	size_t i;

	pthread_barrier_wait(w->start);
	for (i = 0; i < PAGES; i++) {
		volatile unsigned char *p = page_at(w->a, i);

		if (w->i % 2)
			*p = *p;
		check(page_has((void *)p, domain_seed(w->d, i)));
	}
	return NULL;
}

TAP_HAZARD(vma_mremap_touched_by_several_threads, .rows = "B1")
{
	struct domain *d = domain_new(DOMAIN_ANY, PAGES);
	struct area a = area_new(privcmd_open(), PAGES);
	unsigned char *va[2] = { a.va, aside(PAGES) };
	int i;

	must(map_frames(&a, d, 0));
	for (i = 1; i <= 20; i++) {
		must(mremap(a.va, PAGES * PAGE, PAGES * PAGE,
			    MREMAP_MAYMOVE | MREMAP_FIXED,
			    va[i % 2]) == va[i % 2]);
		a.va = va[i % 2];
		together(touch_all, &a, d);
	}
	if (driver()) {
		check_eq(fdinfo(a.fd, "xen-privcmd-frames"), PAGES);
		check_eq(fdinfo(a.fd, "xen-privcmd-readonly"), 0);
	}
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* After mprotect() to read-only and back the entries have to be made again, too. */
TAP_HAZARD(vma_mprotect_touched_by_several_threads, .rows = "B13")
{
	struct domain *d = domain_new(DOMAIN_ANY, PAGES);
	struct area a = area_new(privcmd_open(), PAGES);
	int i;

	must(map_frames(&a, d, 0));
	for (i = 0; i < 20; i++) {
		check_eq(mprotect(a.va, PAGES * PAGE, PROT_READ), 0);
		check_eq(mprotect(a.va, PAGES * PAGE, PROT_READ | PROT_WRITE),
			 0);
		together(touch_all, &a, d);
	}
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

static void *write_own_byte(void *arg)
{
	struct toucher *w = arg;
	unsigned char *p = page_at(w->a, 1);

	pthread_barrier_wait(w->start);
	p[w->i * 64] = 0x10 + w->i;
	check_eq(p[w->i * 64], 0x10 + w->i);
	return NULL;
}

/*
 * Each thread finds the page read-only, and each may write to it. Page 1 of
 * three was a pinned page table when it was mapped.
 */
TAP_HAZARD(readonly_written_by_several_threads, .rows = "A22 B13")
{
	struct area a = area_new(privcmd_open(), 3);
	struct area b;
	struct domain *d;
	int i, k;

	need_pv("pinned frames map writable");
	d = domain_new(DOMAIN_PV, 3);
	must(map_frames(&a, d, 0));
	for (i = 0; i < 20; i++) {
		memset(page_at(&a, 1), 0, PAGE);
		area_done(&a);
		must(check_eq(domain_pin_l1(d, 1), 0));
		a = area_new(a.fd, 3);
		must(map_frames(&a, d, 0));
		if (driver())
			check_eq(state_at(&a, 1), PRIVCMD_X_RO);
		check_eq(poke(page_at(&a, 1), 0), SIGBUS);
		must(check_eq(domain_unpin(d, 1), 0));
		together(write_own_byte, &a, d);
		if (driver())
			check_eq(state_at(&a, 1), PRIVCMD_X_RW);
	}
	b = area_new(privcmd_open(), 3);
	must(map_frames(&b, d, 0));
	for (k = 0; k < THREADS; k++)
		check_eq(page_at(&b, 1)[k * 64], 0x10 + k);
	area_done(&b);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}
