// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Calls and faults that wait for slots, on an auto-translated dom0, and what happens to
 * them meanwhile. Like faults/injected.c this needs the module of `make INJECT=1`.
 */
#include <pthread.h>

#include "resource/resource.h"
#include "faults/injected.h"
#include "dom0/late.h"
#include "map/tables.h"
#include "x/copy.h"
#include "x/map.h"

#define N 16

static void need_waits(void)
{
	need_injection();
	if (!xlate())
		skip("PV dom0: there are no slots to wait for");
}

/* An area of N pages, all of which one fault maps. */
static struct area window(int fd)
{
	around("16");
	return aligned_area(fd, N);
}

struct waiter {
	const struct area *a;
	int pipe;
	bool done;
	int sig;
};

static void *read_page(void *arg)
{
	struct waiter *w = arg;

	w->done = write(w->pipe, page_at(w->a, 5), 8) == 8;
	return NULL;
}

#define GOING 20000 /* frames; their removal takes some tenths of a second */

/*
 * The next @times requests for slots fail. A call or fault that gets none waits until all
 * frames of @other have been removed; that removal begins now. Then it asks again.
 */
static void no_places_for_a_while(int other, const struct domain *d,
				  const char *times)
{
	__u64 *frame = calloc(GOING, sizeof(*frame));
	struct area a = area_new(other, GOING);
	size_t i;

	for (i = 0; i < GOING; i++)
		frame[i] = d->frame[i % d->n];
	must(!x_map(other, d->id, a.va, frame, GOING, 0, NULL));
	free(frame);
	must(param_set("inject_error", "12") &&
	     param_set("inject_times", times));
	must(!munmap(a.va, GOING * PAGE));
	must(param_set("inject_nth", "1"));
}

/* Returns when a call has got no slot. It waits now, or is about to. */
static void until_it_waits(void)
{
	char left[32];

	do {
		usleep(1000);
		must(param_get("inject_nth", left, sizeof(left)));
	} while (strcmp(left, "0"));
}

static void until_all_is_given_back(int fd)
{
	while (fdinfo(fd, "xen-privcmd-later") > 0)
		usleep(1000);
}

/*
 * A fault gets no slot and is not repeated, because its thread has a signal to handle. The
 * access is then a new fault, and there are slots by now.
 *
 * The four requests that fail are those of one fault: twice for all frames around the page,
 * twice for the page alone. The first one is followed by a wait, in which the signal comes.
 * If frames still wait for their removal then, the signal came before the end of the fault,
 * and the access must succeed.
 */
static int handled;

static void count(int sig)
{
	(void)sig;
	handled++;
}

static void *touch_page(void *arg)
{
	struct waiter *w = arg;

	w->sig = touch(page_at(w->a, 5));
	return NULL;
}

TAP_CASE(x_lazy_injected_signal_meanwhile, .seconds = 120)
{
	struct domain *d = domain_new(DOMAIN_ANY, N);
	int other = privcmd_open(), fd = privcmd_open(), tries = 0;
	bool met = false;

	need_waits();
	signal(SIGUSR1, count);
	while (!met && check(tries++ < 10)) {
		struct area a = window(fd);
		struct waiter w = { .a = &a };
		pthread_t t;

		must(check_eq(x_map_area(&a, d, 0, LAZY), 0));
		no_places_for_a_while(other, d, "4");
		must(!pthread_create(&t, NULL, touch_page, &w));
		until_it_waits();
		must(!pthread_kill(t, SIGUSR1));
		met = fdinfo(other, "xen-privcmd-later") > 0;
		pthread_join(t, NULL);
		must(param_set("inject_nth", "0"));
		if (met) {
			check_eq(handled, tries);
			check_eq(w.sig, 0);
			check(page_has(page_at(&a, 5), domain_seed(d, 5)));
		}
		area_done(&a);
	}
	until_all_is_given_back(other);
	end_of(d);
}

/*
 * A piece of X_COPY waits for slots, and its file is restricted meanwhile. The
 * piece must not be copied.
 *
 * The removal of frames, which ends the wait, may be faster than this thread.
 * If frames still wait for their removal after the restriction, the restriction
 * came first, and the call must fail: it may not name the domain any more. The
 * case is repeated until that happens. No slot may be lost.
 */
TAP_CASE(x_copy_injected_restricted_meanwhile, .rows = "B16", .seconds = 120)
{
	struct domain *d = domain_new(DOMAIN_ANY, N);
	int other = privcmd_open(), tries = 0;
	unsigned long lost;
	bool met = false;

	need_waits();
	lost = slots_lost(d);
	slots_limit(0); /* none */
	while (!met && check(tries++ < 10)) {
		struct privcmd_x_copy c = {
			.size = sizeof(c),
			.dom = d->id,
			.frames = (unsigned long)d->frame,
			.num = 1,
			.len = PAGE,
		};
		int fd = privcmd_open();
		struct late l;

		late_new(&l, 1);
		c.buf = (unsigned long)l.pages;
		no_places_for_a_while(other, d, "1");
		late_call(&l, fd, PRIVCMD_X_COPY, &c);
		until_it_waits();
		check_eq(restrict_to(fd, NO_DOMAIN), 0);
		met = fdinfo(other, "xen-privcmd-later") > 0;
		if (!met) {
			late_end(&l);
		} else {
			check_errno(late_end(&l), EPERM);
			check_eq(c.done, 0);
			check_eq(l.pages[0], 0);
		}
		late_done(&l);
		close(fd);
	}
	until_all_is_given_back(other);
	check_eq(slots_lost(d), lost);
	end_of(d);
}

/*
 * The same for a fault that waits for slots. Its access must fail, and the page
 * stays lazy.
 */
TAP_CASE(x_lazy_injected_restricted_meanwhile, .rows = "B16", .seconds = 120)
{
	struct domain *d = domain_new(DOMAIN_ANY, N);
	int other = privcmd_open(), tries = 0, p[2];
	unsigned int lost = pages_lost();
	bool met = false;

	need_waits();
	must(!pipe(p));
	while (!met && check(tries++ < 10)) {
		struct area a = window(privcmd_open());
		struct waiter w = { .a = &a, .pipe = p[1] };
		pthread_t t;

		must(check_eq(x_map_area(&a, d, 0, LAZY), 0));
		no_places_for_a_while(other, d, "1");
		must(!pthread_create(&t, NULL, read_page, &w));
		until_it_waits();
		check_eq(restrict_to(a.fd, NO_DOMAIN), 0);
		met = fdinfo(other, "xen-privcmd-later") > 0;
		pthread_join(t, NULL);
		if (met) {
			check(!w.done);
			check_eq(frames_in_state(&a, PRIVCMD_X_LAZY), N);
			/* It kept no slot, so there is none without a frame. */
			check_eq(x_unmap(a.fd, a.va, N), 0);
			check_eq(pages_lost(), lost);
		}
		area_done(&a);
		close(a.fd);
	}
	until_all_is_given_back(other);
	end_of(d);
}

/*
 * The area is unmapped while a fault waits for slots. The fault may still map its frames;
 * then they are removed with the mapping. If the fault did not keep the mapping, they would
 * stay, and so would the domain.
 */
TAP_CASE(x_lazy_injected_unmapped_in_wait, .rows = "A6 B6", .seconds = 120)
{
	struct domain *d = domain_new(DOMAIN_ANY, N);
	int other = privcmd_open(), fd = privcmd_open(), tries = 0, p[2];
	bool met = false;

	need_waits();
	must(!pipe(p));
	while (!met && check(tries++ < 10)) {
		struct area a = window(fd);
		struct waiter w = { .a = &a, .pipe = p[1] };
		pthread_t t;

		must(check_eq(x_map_area(&a, d, 0, LAZY), 0));
		no_places_for_a_while(other, d, "1");
		must(!pthread_create(&t, NULL, read_page, &w));
		until_it_waits();
		must(!munmap(a.va, N * PAGE));
		met = fdinfo(other, "xen-privcmd-later") > 0;
		pthread_join(t, NULL);
		if (met)
			check(!w.done);
		check_eq(fdinfo(fd, "xen-privcmd-frames"), 0);
		check_eq(fdinfo(fd, "xen-privcmd-lazy"), 0);
	}
	until_all_is_given_back(other);
	until_all_is_given_back(fd);
	end_of(d);
}
