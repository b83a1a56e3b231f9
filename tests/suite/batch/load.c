// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * MMAPBATCH_V2 with sizes beyond 32 bits, with other threads that work on the
 * same memory, and interrupted in the middle.
 */
#include <pthread.h>

#include "batch/call.h"
#include "dom0/events.h"

/*
 * 4 GiB and a page: its size in bytes does not fit 32 bits. The bad frame and
 * the last one lie beyond 2 GiB.
 */
TAP_CASE(mmapbatch_v2_beyond_4_gib, .rows = "A2 A13")
{
	size_t n = (1UL << 20) + 1, bad = (1UL << 19) + 7, i;
	struct domain *d;
	struct call c;

	need_pv("backing pages for 4 GiB are more than the machine has");
	d = domain_new(DOMAIN_ANY, 2);
	c = call_new(d, n);
	c.frame[bad] = BAD_FRAME;
	c.frame[n - 1] = d->frame[1];
	call_run(&c);
	must(check_eq(c.ret, 0));
	for (i = 0; i < n; i++)
		check_eq(c.err[i], i == bad ? bad_frame_error(2, d) : 0);
	check_eq(touch(page_at(&c.a, bad)), SIGBUS);
	for (i = 0; i < n; i += 65536 - 1)
		check(page_has(page_at(&c.a, i), domain_seed(d, 0)));
	check(page_has(page_at(&c.a, n - 1), domain_seed(d, 1)));
	if (driver())
		check_eq(fdinfo(c.a.fd, "xen-privcmd-frames"), n - 1);
	area_done(&c.a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* The size of QEMU's areas: at most one slot of a PVH guest's memory. */
#define QEMU_AREA 65535

/* One such area. If @bad, its last frame but one is bad. */
static void qemu_area(struct area *a, const struct domain *d, bool bad)
{
	__u64 *frame = calloc(a->n, sizeof(*frame));
	int *err = calloc(a->n, sizeof(*err));
	size_t i;

	must(frame && err);
	must(mmap(a->va, a->n * PAGE, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED, a->fd, 0) == a->va);
	for (i = 0; i < a->n; i++)
		frame[i] = d->frame[i % d->n];
	if (bad)
		frame[a->n - 2] = BAD_FRAME;
	must(check_eq(v2(a->fd, d->id, a->va, frame, err, a->n), 0));
	for (i = 0; i < a->n; i++)
		check_eq(err[i],
			 bad && i == a->n - 2 ? bad_frame_error(2, d) : 0);
	check(page_has(a->va, domain_seed(d, 0)));
	check(page_has(page_at(a, a->n - 1),
		       domain_seed(d, (a->n - 1) % d->n)));
	check_eq(touch(page_at(a, a->n - 2)), bad ? SIGBUS : 0);
	free(frame);
	free(err);
}

/*
 * The calls of QEMU 11's xenpvh: address space without access for all memory of
 * a guest, areas over it, and one munmap() of everything. Two areas are small
 * where each frame costs memory.
 */
TAP_HAZARD(mmapbatch_v2_areas_over_a_reservation, .rows = "A31", .seconds = 180)
{
	size_t n[] = { QEMU_AREA, xlate() ? 700 : QEMU_AREA,
		       xlate() ? 1023 : QEMU_AREA };
	size_t all = n[0] + n[1] + n[2], i;
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = { .fd = privcmd_open() };
	unsigned char *va = aside(all);

	a.va = va;
	for (i = 0; i < 3; i++) {
		a.n = n[i];
		qemu_area(&a, d, i == 2);
		a.va += a.n * PAGE;
	}
	if (driver())
		check_eq(fdinfo(a.fd, "xen-privcmd-frames"), all - 1);
	a = (struct area){ .fd = a.fd, .va = va, .n = all };
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * More than 2 GiB where each frame needs a slot. Either there is room for all
 * of them, or the call fails with ENOMEM and undoes everything. The domain does
 * not exist, so the call takes no time.
 */
TAP_HAZARD(mmapbatch_v2_beyond_2_gib_auto_translated, .rows = "A2 A13 B10 B12")
{
	size_t n = (1UL << 19) + 1, i;
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct domain nobody = { .id = NO_DOMAIN, .n = 1, .frame = d->frame };
	struct call c;

	if (!xlate())
		skip("PV dom0: see beyond_4_gib");
	must(!domain_exists(NO_DOMAIN));
	c = call_new(&nobody, n);
	call_run(&c);
	if (c.ret == 0) {
		for (i = 0; i < n; i++)
			check_eq(c.err[i], -ESRCH);
	} else {
		check_eq(c.e, ENOMEM);
	}
	area_done(&c.a);
	/* There is enough memory left for other calls. */
	c.a = area_new(c.a.fd, 1);
	area_works(&c.a, d);
}

/*
 * A process that populates an area again and again is killed after @after_us.
 * It must end, and nothing of it may hold the domain. batch/ends.c tests how
 * soon a process ends.
 */
static void killed(size_t n, int after_us)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	pid_t pid = fork();

	if (pid == 0) {
		struct call c = call_new(d, n);

		for (;;) {
			call_run(&c);
			munmap(c.a.va, n * PAGE);
			c.a = area_new(c.a.fd, n);
		}
	}
	usleep(after_us);
	kill(pid, SIGKILL);
	check_eq(waitpid(pid, NULL, 0), pid);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_HAZARD(mmapbatch_v2_killed_in_the_middle, .rows = "B10")
{
	int i;

	for (i = 1; i < 6; i++)
		killed(long_enough(), i * 37000);
}

enum taking { UNMAP, REPLACE, MOVE };

/* The pages that can be read are those of which the driver knows the frames. */
static void shows_its_own(const struct area *a)
{
	size_t i;

	for (i = 0; i < a->n; i += a->n / 100)
		check_eq(touch(page_at(a, i)) == 0,
			 state_at(a, i) == PRIVCMD_X_RW);
}

/*
 * The area is unmapped, replaced or moved while a thread populates it.
 *
 * The six runs act at different times, so the call may end before or after
 * that. It succeeds if it ended before, or if it began after the replacement
 * was there. It fails with EFAULT if its area vanished meanwhile, and with
 * EINVAL if the area was gone when it began. The event comes only from a call
 * that has found its area, so no event may say EINVAL. In each case no frame is
 * charged at the end: a call that failed has undone all its work. A call never
 * makes entries in the area that has replaced its own.
 */
static void taken_away(enum taking how)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	size_t n = long_enough();
	int i;

	if (driver())
		events_record("privcmd_map");
	for (i = 0; i < 6; i++) {
		struct call c = call_new(d, n);
		unsigned char *va = how == MOVE ? aside(n) : c.a.va;
		pthread_t t;

		must(!pthread_create(&t, NULL, call_run, &c));
		usleep(i * (xlate() ? 40000 : 12000));
		if (how == REPLACE)
			check(mmap(va, n * PAGE, PROT_READ,
				   MAP_SHARED | MAP_FIXED, c.a.fd, 0) == va);
		else if (how == MOVE)
			check(mremap(c.a.va, n * PAGE, n * PAGE,
				     MREMAP_MAYMOVE | MREMAP_FIXED, va) == va);
		else
			check_eq(munmap(c.a.va, n * PAGE), 0);
		pthread_join(t, NULL);
		if (!check(c.ret == 0 || c.e == EFAULT || c.e == EINVAL))
			tap_note("%d, %s", c.ret, strerror(c.e));
		if (driver() && c.ret)
			check_eq(fdinfo(c.a.fd, "xen-privcmd-frames"), 0);
		if (driver() && how == REPLACE)
			shows_its_own(&c.a);
		/*
		 * If the call began after the other area was there, it has
		 * populated that one.
		 */
		if (how != UNMAP)
			check_eq(munmap(va, n * PAGE), 0);
		if (driver())
			check_eq(fdinfo(c.a.fd, "xen-privcmd-frames"), 0);
		close(c.a.fd);
		free(c.frame);
		free(c.err);
	}
	if (driver())
		check_eq(events_seen(" ret=-22"), 0);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_HAZARD(mmapbatch_v2_unmapped_meanwhile, .rows = "A1 B12")
{
	taken_away(UNMAP);
}

TAP_HAZARD(mmapbatch_v2_replaced_meanwhile, .rows = "A1 B12")
{
	taken_away(REPLACE);
}

TAP_HAZARD(mmapbatch_v2_moved_meanwhile, .rows = "A1 B1 B12")
{
	taken_away(MOVE);
}

/*
 * Two threads populate the same area. Exactly one of them succeeds, as the
 * other finds the area populated.
 *
 * The calls overlap or follow each other. Either way one fails with EINVAL, and
 * the area shows the frames of the other.
 */
TAP_HAZARD(mmapbatch_v2_twice_at_once, .rows = "A1")
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	size_t n = long_enough() / 4, k;
	int i;

	for (i = 0; i < 4; i++) {
		struct call c = call_new(d, n), other = c;
		pthread_t t;

		other.err = calloc(n, sizeof(*other.err));
		must(!pthread_create(&t, NULL, call_run, &other));
		call_run(&c);
		pthread_join(t, NULL);
		check(c.ret == 0 || c.e == EINVAL);
		check(other.ret == 0 || other.e == EINVAL);
		check_eq(c.ret + other.ret, -1);
		for (k = 0; k < n; k += n / 7)
			check(page_has(page_at(&c.a, k), domain_seed(d, 0)));
		area_done(&c.a);
		close(c.a.fd);
	}
	domain_destroy(d);
	check(domain_gone(d));
}

static void *map_and_unmap(void *arg)
{
	struct domain *d = arg;
	int i, k;

	for (i = 0; i < 40; i++) {
		struct area a = area_new(privcmd_open(), 20);

		check(map_frames(&a, d, 0));
		for (k = 0; k < 20; k++)
			check(page_has(page_at(&a, k), domain_seed(d, k)));
		area_done(&a);
		close(a.fd);
	}
	return NULL;
}

/*
 * Two threads map and unmap areas of different files and domains. They do not
 * affect each other: each finds its own domain's pages.
 */
TAP_CASE(mmapbatch_v2_threads_side_by_side)
{
	struct domain *d[2] = { domain_new(DOMAIN_ANY, 20),
				domain_new(DOMAIN_ANY, 20) };
	pthread_t t[2];
	int i;

	for (i = 0; i < 2; i++)
		must(!pthread_create(&t[i], NULL, map_and_unmap, d[i]));
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	for (i = 0; i < 2; i++) {
		domain_destroy(d[i]);
		check(domain_gone(d[i]));
	}
}
