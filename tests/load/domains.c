// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Domains are made, mapped, and destroyed while they are mapped. Mapped frames
 * stay readable, other frames fail, and a domain goes with its last mapping.
 */
#include <sys/mman.h>

#include "stress.h"

#define PAGES 48

/* Maps and unmaps pages of a domain that may have been destroyed. */
struct mapper {
	const struct domain *d;
	int fd;
	volatile bool stop;
};

static void look(const struct mapper *m, const struct area *a, const int *err)
{
	size_t i, failed = 0;

	for (i = 0; i < a->n; i++) {
		if (!err[i])
			check(page_has(page_at(a, i), domain_seed(m->d, i)));
		else
			check(err[i] < 0 && !reachable(page_at(a, i)));
		failed += err[i] < 0;
	}
	count(MAPPINGS, 1);
	count(MAPPED, a->n - failed);
	count(FAILED, failed);
	count(CHECKED, a->n);
}

/*
 * Maps and unmaps pages until it is told to stop, and checks each page. The
 * domain may be dead when look() accesses a page. A PV dom0 could not make a
 * dropped entry again then, but nothing drops an entry here.
 */
static void *map_all_the_time(void *arg)
{
	struct mapper *m = arg;
	int err[PAGES], ret;

	while (!m->stop) {
		struct area a = area_new(m->fd, m->d->n);

		ret = v2(a.fd, m->d->id, a.va, m->d->frame, err, a.n);
		if (!no_room(ret) && check_eq(ret, 0))
			look(m, &a, err);
		check_eq(munmap(a.va, a.n * PAGE), 0);
	}
	return NULL;
}

static void round_of_domains(struct worker *w)
{
	size_t n = 1 + below(&w->rng, PAGES), i;
	struct domain *d =
		domain_new(one_in(&w->rng, 2) ? DOMAIN_ANY : DOMAIN_HVM, n);
	struct mapper m = { .d = d, .fd = w->fd };
	struct area a = area_new(w->common, n);
	int err[PAGES], ret;
	bool mapped;
	pthread_t t;

	ret = v2(a.fd, d->id, a.va, d->frame, err, n);
	mapped = !no_room(ret) && check_eq(ret, 0);
	must(!pthread_create(&t, NULL, map_all_the_time, &m));
	usleep(below(&w->rng, 30000));
	domain_destroy(d);
	for (i = 0; mapped && i < n; i++)
		check(page_has(page_at(&a, i), domain_seed(d, i)));
	usleep(below(&w->rng, 10000));
	m.stop = true;
	pthread_join(t, NULL);
	if (mapped)
		check(domain_exists(d->id));
	check_eq(munmap(a.va, n * PAGE), 0);
	if (!check(back_gone(d)))
		tap_note("domain %d of %zu pages does not go", d->id, n);
	domain_free(d);
	count(DOMAINS, 1);
	count(ROUNDS, 1);
}

void load_domains(struct worker *w)
{
	while (running())
		round_of_domains(w);
}
