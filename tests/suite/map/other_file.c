// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Calls on a mapping that another open file of the driver made. They work as
 * calls of that file do, and the frames are charged to the file that made the
 * mapping, which may be closed meanwhile. other_file_gate.c has restrictions;
 * eventfd/ioeventfd_end.c and eventfd/ioeventfd_gate.c have the cases of IOEVENTFD.
 */
#include <pthread.h>

#include "map/other_file.h"

/* A mapping whose file is closed. The calls on it are made through @fd. */
static struct area area_of_closed(int fd, size_t n)
{
	struct area a = area_new(privcmd_open(), n);

	must(!close(a.fd));
	a.fd = fd;
	return a;
}

BATCH_CASE(area_of_another_file, .rows = "A24 A45")
{
	struct domain *d = domain_new(DOMAIN_ANY, 6);
	struct area a = area_of_closed(privcmd_open(), 6);

	check_eq(batch(version, a.fd, d->id, a.va, d->frame, NULL, 6), 0);
	shows(&a, d);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* Frames that failed in a call of one file are mapped by a call of another. */
BATCH_CASE(fill_by_another_file, .rows = "A24")
{
	struct domain *d = domain_new(DOMAIN_ANY, 5);
	const __u64 some[] = { d->frame[0], BAD_FRAME, BAD_FRAME, BAD_FRAME,
			       d->frame[4] };
	struct area a = area_new(privcmd_open(), 5);
	int other = privcmd_open(), err[5];

	hazard_if_xlate();
	must(!batch(version, a.fd, d->id, a.va, some, err, 5));
	check_eq(err[1], bad_frame_error(version, d));
	check_eq(batch(version, other, d->id, page_at(&a, 1), d->frame + 1, err,
		       2),
		 0);
	check_eq(err[0] | err[1], 0);
	/* The second call of the file: its restriction counts already. */
	check_eq(batch(version, other, d->id, page_at(&a, 3), d->frame + 3, err,
		       1),
		 0);
	check_eq(err[0], 0);
	shows(&a, d);
	if (driver()) {
		check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 5);
		check_eq(fdinfo(a.fd, "xen-privcmd-failed"), 0);
		check_eq(fdinfo(other, "xen-privcmd-frames"), 0);
	}
	close(other);
	shows(&a, d);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(mmap_area_of_another_file, .rows = "A24 A45")
{
	struct domain *d;
	struct area a;

	need_pv("MMAP is PV only");
	d = domain_new(DOMAIN_PV, 3);
	a = area_of_closed(privcmd_open(), 3);
	check_eq(mmap_whole(a.fd, &a, d), 0);
	shows(&a, d);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_HAZARD(resource_area_of_another_file, .rows = "A24 A45")
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_of_closed(privcmd_open(), 2);
	struct area b = area_new(a.fd, 2);

	must(check_eq(grants(&a, d, 0), 0));
	*a.va = 0x77;
	check_errno(grants(&a, d, 0), EINVAL);
	must(check_eq(grants(&b, d, 0), 0));
	check_eq(*b.va, 0x77);
	check_eq(munmap(a.va, 2 * PAGE), 0);
	area_done(&b);
	domain_destroy(d);
	check(domain_gone(d));
}

/* All private ioctls that work on a mapping. */
TAP_HAZARD(x_calls_on_area_of_another_file, .rows = "A24 A45")
{
	struct domain *d = domain_new(DOMAIN_HVM, 32);
	struct privcmd_x_frame f[32];
	struct area a;
	size_t i;

	need_ours();
	a = area_of_closed(privcmd_open(), 32);
	around("1");
	check_eq(x_map(a.fd, d->id, a.va, (void *)d->frame[0], 32,
		       CONTIGUOUS | LAZY, f),
		 0);
	for (i = 0; i < 32; i++)
		check_eq(f[i].state, PRIVCMD_X_LAZY);
	check_eq(touch(page_at(&a, 3)), 0);
	check_eq(status(a.fd, a.va, f, 32), 0);
	for (i = 0; i < 32; i++)
		check_eq(f[i].state, i == 3 ? PRIVCMD_X_RW : PRIVCMD_X_LAZY);
	check_eq(x_unmap(a.fd, page_at(&a, 3), 5), 0);
	check_eq(touch(page_at(&a, 3)), SIGBUS);
	check_eq(frames_in_state(&a, PRIVCMD_X_NONE), 5);
	/* A third file populates a part and is then closed. */
	i = privcmd_open();
	check_eq(x_map(i, d->id, page_at(&a, 3), d->frame + 3, 5, 0, f), 0);
	check_eq(f[0].state | f[4].state, PRIVCMD_X_RW);
	close(i);
	shows(&a, d);
	/* An empty mapping can be populated by any file, and for another domain. */
	check_eq(x_unmap(a.fd, a.va, 32), 0);
	check_eq(x_map(a.fd, NO_DOMAIN, a.va, d->frame, 32, LAZY, NULL), 0);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* Frames are charged to the file that made the mapping. */
TAP_HAZARD(area_of_another_file_max_frames, .rows = "A24")
{
	struct domain *d = domain_new(DOMAIN_ANY, 17);
	int other = privcmd_open();
	struct area a, b, c;

	need_ours();
	must(param_set("max_frames", "16"));
	a = area_new(privcmd_open(), 10);
	b = area_new(a.fd, 7);
	c = area_new(other, 16);
	must(!v2(other, d->id, a.va, d->frame, (int[10]){ 0 }, 10));
	check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 10);
	check_errno(v2(other, d->id, b.va, d->frame, (int[7]){ 0 }, 7), ENOMEM);
	check_eq(touch(b.va), SIGBUS);
	/* The refused call charges nothing to the caller's file. */
	check_eq(fdinfo(other, "xen-privcmd-frames"), 0);
	must(!v2(other, d->id, c.va, d->frame, (int[16]){ 0 }, 16));
	area_done(&c);
	check_eq(munmap(a.va, 10 * PAGE), 0);
	must(!v2(other, d->id, b.va, d->frame, (int[7]){ 0 }, 7));
	check_eq(x_unmap(other, b.va, 7), 0);
	a = area_new(a.fd, 16);
	must(!v2(other, d->id, a.va, d->frame, (int[16]){ 0 }, 16));
	area_done(&a);
}

TAP_HAZARD(x_calls_on_a_hypercall_buffer, .rows = "A24")
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	int fd = privcmd_open();
	int memory = open(hypercall_device(), O_RDWR | O_CLOEXEC);
	struct privcmd_x_frame f[2];
	void *va;

	need_ours();
	va = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memory,
		  0);
	must(va != MAP_FAILED);
	check_errno(x_map(fd, d->id, va, d->frame, 2, 0, NULL), EINVAL);
	check_errno(x_map(fd, d->id, va, d->frame, 2, LAZY, NULL), EINVAL);
	check_errno(x_unmap(fd, va, 2), EINVAL);
	check_errno(status(fd, va, f, 2), EINVAL);
	check_errno(resource(fd, d->id, GRANTS, 0, 0, 2, va), EINVAL);
	check_eq(*(int *)va, 0);
}

#define SHARED 96
#define ENOUGH 20000 /* rounds of calls, of which one must show a page */

struct racer {
	struct domain *d;
	unsigned char *va;
	int fd; /* the calls are made through this file */
	volatile bool stop;
	unsigned long calls;
};

/*
 * Maps new areas at one address, each through a file of its own that is closed
 * at once.
 */
static void *replace_it(void *arg)
{
	struct racer *r = arg;

	while (!r->stop) {
		int fd = privcmd_open();

		must(mmap(r->va, SHARED * PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_FIXED, fd, 0) == r->va);
		must(!close(fd));
		usleep(xlate() ? 10000 : 2000);
		if (r->calls % 2)
			must(mmap(r->va, SHARED * PAGE, PROT_NONE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
				  0) == r->va);
	}
	return NULL;
}

static bool fine(int ret)
{
	return check(!ret || errno == EINVAL || errno == EFAULT);
}

/* Populates, queries and releases, each time through a new file. */
static void *use_it(void *arg)
{
	struct racer *r = arg;
	struct privcmd_x_frame f[SHARED];
	int err[SHARED];

	while (!r->stop) {
		int fd = privcmd_open();

		fine(v2(fd, r->d->id, r->va, r->d->frame, err, SHARED));
		fine(status(fd, r->va, f, SHARED));
		fine(x_unmap(fd, r->va + PAGE, 8));
		fine(x_map(fd, r->d->id, r->va + PAGE, r->d->frame + 1, 8, LAZY,
			   f));
		must(!close(fd));
		__atomic_fetch_add(&r->calls, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/*
 * Files are opened and closed; mappings are made, populated, released and
 * replaced.
 *
 * Three threads do this at once, so each of them may drop the last reference to
 * a file or a mapping. Each page has one right contents: if it can be read, it
 * must show the domain's page of the same number. A mapping or a frame that is
 * freed too early would show other bytes, or crash a kernel that checks itself.
 */
TAP_HAZARD(area_of_another_file_all_at_once, .rows = "A24 A45", .seconds = 90)
{
	void *(*const work[])(void *) = { replace_it, use_it, use_it };
	struct domain *d = domain_new(DOMAIN_HVM, SHARED);
	struct racer r = { .d = d, .va = aside(SHARED) };
	pthread_t t[ARRAY_SIZE(work)];
	struct timespec t0, t1;
	size_t i, seen = 0;
	const void *copy;

	need_ours();
	for (i = 0; i < ARRAY_SIZE(work); i++)
		must(!pthread_create(&t[i], NULL, work[i], &r));
	clock_gettime(CLOCK_MONOTONIC, &t0);
	do {
		for (i = 0; i < SHARED; i++) {
			copy = page_copy(r.va + i * PAGE);
			if (!copy)
				continue;
			check(page_has(copy, domain_seed(d, i)));
			seen++;
		}
		usleep(300);
		clock_gettime(CLOCK_MONOTONIC, &t1);
		/*
		 * With one CPU the area may be absent each time that this
		 * thread looks. Then the other threads go on.
		 */
	} while (t1.tv_sec - t0.tv_sec < 3 || (!seen && r.calls < ENOUGH));
	r.stop = true;
	for (i = 0; i < ARRAY_SIZE(work); i++)
		pthread_join(t[i], NULL);
	tap_note("%lu rounds of calls, %zu pages seen", r.calls, seen);
	check(seen > 0);
	check_eq(munmap(r.va, SHARED * PAGE), 0);
	domain_destroy(d);
	check(domain_gone(d));
}
