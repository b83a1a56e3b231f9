// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * The ioctls that populate, look at and empty mappings, with every allocation and
 * user copy of theirs failing in turn.
 */
#include "faults.h"
#include "x_map.h"

/* Half of them in one page table, half in the next one. */
#define N 40

/*
 * The record has a chunk for each of them, and wants a node of an xarray for the
 * second: for that it asks twice, and the first time does not count.
 */
#define TWICE 1

static __u64 frame[N];
static union {
	int error[N];
	struct privcmd_x_frame x[N];
} answer;

/* What the ioctl is given, by the scene's flags. */
enum { V1 = 1 << 16, V2 = 1 << 17, MMAP = 1 << 18, LATER = 1 << 19 };

static int mmap_by_two(const struct scene *s)
{
	struct privcmd_mmap_entry e[2] = {
		{ (uintptr_t)s->a.va, s->d->frame[0], 1 },
		{ (uintptr_t)s->a.va + PAGE, s->d->frame[1], 1 },
	};
	struct privcmd_mmap m = { .num = 2, .dom = s->d->id, .entry = e };

	return ioctl(s->fd, IOCTL_PRIVCMD_MMAP, &m);
}

static int map(void *arg)
{
	const struct scene *s = arg;
	size_t first = s->flags & LATER ? 1 : 0;
	const void *at = page_at(&s->a, first);
	size_t n = s->a.n - first, i;

	memcpy(frame, s->d->frame + first, n * sizeof(*frame));
	if (s->flags & V1) {
		int ret = v1(s->fd, s->d->id, at, frame, n);

		for (i = 0; !ret && i < n; i++)
			check_eq(frame[i], s->d->frame[first + i]);
		return ret;
	}
	if (s->flags & V2)
		return v2(s->fd, s->d->id, at, frame, answer.error, n);
	if (s->flags & MMAP)
		return mmap_by_two(s);
	return x_map(s->fd, s->d->id, at,
		     s->flags & CONTIGUOUS ? (void *)frame[0] : frame, n,
		     s->flags & ~LATER, answer.x);
}

/* Nothing is there but what was before. */
static void is_empty(void *arg)
{
	const struct scene *s = arg;
	size_t first = s->flags & LATER ? 1 : 0;

	scene_has(s, first, 0);
	check_eq(touch(page_at(&s->a, first)), SIGBUS);
	check_eq(touch(page_at(&s->a, s->a.n / 2)), SIGBUS);
	check_eq(touch(page_at(&s->a, s->a.n - 1)), SIGBUS);
	check_eq(frames_in_state(&s->a, PRIVCMD_X_NONE), s->a.n - first);
	if (first)
		check(page_has(s->a.va, domain_seed(s->d, 0)));
}

static void is_mapped(void *arg)
{
	const struct scene *s = arg;
	size_t first = s->flags & LATER ? 1 : 0;

	if (s->flags & LAZY)
		check_eq(frames_in_state(&s->a, PRIVCMD_X_LAZY), s->a.n);
	else
		scene_has(s, s->a.n, 0);
	scene_shows(s);
	check_eq(x_unmap(s->fd, page_at(&s->a, first), s->a.n - first), 0);
	is_empty(arg);
}

static void run_map(struct scene *s, const char *name, unsigned int flags,
		    size_t n, unsigned int nomem, unsigned int efault,
		    unsigned int absorbed)
{
	const struct operation op = { name, map, is_mapped, is_empty };

	s->flags = flags;
	s->a = crossing_area(s->fd, n);
	if (flags & LATER) {
		/* Of one number, which the others do not follow upon. */
		must(!x_map(s->fd, s->d->id, s->a.va, (void *)s->d->frame[0], n,
			    CONTIGUOUS | LAZY, NULL));
		check(page_has(s->a.va, domain_seed(s->d, 0)));
		must(!x_unmap(s->fd, page_at(&s->a, 1), n - 1));
	}
	faults_run(&op, s, nomem, efault, absorbed);
	if (nomem)
		faults_starve(&op, s);
	area_done(&s->a);
}

/* The struct, and frame numbers for each page table. */
TAP_HAZARD(faults_mmapbatch, .seconds = 300)
{
	struct scene s;

	faults_begin(&s, DOMAIN_ANY, N);
	run_map(&s, "V1, one page", V1, 1, 0, 2, 0);
	run_map(&s, "V1", V1, N, 9, 3, 2 * TWICE);
	run_map(&s, "V2, one page", V2, 1, 0, 2, 0);
	run_map(&s, "V2", V2, N, 9, 3, 2 * TWICE);
	run_map(&s, "V2, later", V2 | LATER, N, 6, 3, TWICE);
	if (!xlate())
		run_map(&s, "MMAP", MMAP, 2, 6, 3, 2 * TWICE);
	scene_end(&s);
}

TAP_HAZARD(faults_x_map, .seconds = 300)
{
	struct scene s;

	faults_begin(&s, DOMAIN_HVM, N);
	run_map(&s, "X_MAP", 0, N, 10, 5, 2 * TWICE);
	run_map(&s, "X_MAP, later", LATER, N, 7, 5, TWICE);
	run_map(&s, "X_MAP, consecutive", CONTIGUOUS, N, 8, 3, 2 * TWICE);
	run_map(&s, "X_MAP, lazy", LAZY, N, 9, 5, 2 * TWICE);
	run_map(&s, "X_MAP, lazy and consecutive", LAZY | CONTIGUOUS, N, 1, 3,
		0);
	scene_end(&s);
}

static int ask_status(void *arg)
{
	const struct scene *s = arg;

	memset(answer.x, 0xff, sizeof(answer.x));
	return status(s->fd, s->a.va, answer.x, s->a.n);
}

static void has_status(void *arg)
{
	const struct scene *s = arg;
	size_t i;

	for (i = 0; i < s->a.n; i++)
		check_eq(answer.x[i].state, PRIVCMD_X_RW);
}

/* All but one page at either end. */
static int unmap(void *arg)
{
	const struct scene *s = arg;

	return x_unmap(s->fd, page_at(&s->a, 1), s->a.n - 2);
}

static int map_whole(const struct scene *s)
{
	if (s->flags)
		return x_map_area(&s->a, s->d, 0, s->flags);
	return v2(s->fd, s->d->id, s->a.va, s->d->frame, answer.error, s->a.n);
}

/* And mapped once more. */
static void is_unmapped(void *arg)
{
	struct scene *s = arg;

	check_eq(frames_in_state(&s->a, PRIVCMD_X_NONE), s->a.n - 2);
	check_eq(touch(page_at(&s->a, 1)), SIGBUS);
	check_eq(touch(page_at(&s->a, s->a.n - 2)), SIGBUS);
	check(page_has(s->a.va, domain_seed(s->d, 0)));
	check_eq(munmap(s->a.va, s->a.n * PAGE), 0);
	scene_has(s, 0, 0);
	s->a = crossing_area(s->fd, N);
	must(check_eq(map_whole(s), 0));
}

/* Some may be gone, from the first one on; the others are what they were. */
static void is_partly_unmapped(void *arg)
{
	const struct scene *s = arg;
	size_t i, there = 0;

	must(!status(s->fd, s->a.va, answer.x, s->a.n));
	for (i = 0; i < s->a.n; i++) {
		if (answer.x[i].state != PRIVCMD_X_NONE)
			there++;
		else
			check(i && i < s->a.n - 1 &&
			      (i == 1 ||
			       answer.x[i - 1].state == PRIVCMD_X_NONE));
		check_eq(answer.x[i].error, 0);
	}
	scene_has(s, s->flags ? 0 : there, s->flags ? there : 0);
}

static void run_unmap(struct scene *s, const char *name, unsigned int flags,
		      unsigned int nomem)
{
	const struct operation op = { name, unmap, is_unmapped,
				      is_partly_unmapped };

	s->flags = flags;
	s->a = crossing_area(s->fd, N);
	must(check_eq(map_whole(s), 0));
	faults_run(&op, s, nomem, 1, ANY);
	faults_starve(&op, s);
	area_done(&s->a);
}

TAP_HAZARD(faults_x_unmap, .seconds = 300)
{
	static const struct operation op = { "X_STATUS", ask_status, has_status,
					     NULL };
	struct scene s;

	faults_begin(&s, DOMAIN_ANY, N);
	s.a = crossing_area(s.fd, N);
	must(map_frames(&s.a, s.d, 0));
	faults_run(&op, &s, 1, 3, 0);
	area_done(&s.a);
	run_unmap(&s, "X_UNMAP", 0, 2);
	run_unmap(&s, "X_UNMAP, lazy", LAZY, 2);
	run_unmap(&s, "X_UNMAP, lazy and consecutive", LAZY | CONTIGUOUS, 4);
	scene_end(&s);
}

/* ---- X_COPY ---- */

#define COPIED 20 /* pages, in three pieces */

static unsigned char *bytes;
static struct privcmd_x_copy copied;

static int copy(void *arg)
{
	const struct scene *s = arg;
	size_t i;

	copied = (struct privcmd_x_copy){
		.size = sizeof(copied),
		.flags = s->flags,
		.dom = s->d->id,
		.frames = (unsigned long)s->d->frame,
		.num = COPIED,
		.len = COPIED * PAGE,
		.buf = (unsigned long)bytes,
	};
	for (i = 0; i < COPIED; i++)
		page_fill(bytes + i * PAGE,
			  s->flags ? domain_seed(s->d, i) : 0);
	return ioctl(s->fd, PRIVCMD_X_COPY, &copied);
}

/* As far as it says. */
static void is_partly_copied(void *arg)
{
	const struct scene *s = arg;
	size_t i;

	check(copied.done < COPIED * PAGE && copied.done % PAGE == 0);
	for (i = 0; i < copied.done / PAGE; i++)
		check(page_has(bytes + i * PAGE, domain_seed(s->d, i)));
	scene_has(s, 0, 0);
}

static void is_copied(void *arg)
{
	const struct scene *s = arg;
	size_t i;

	check_eq(copied.done, COPIED * PAGE);
	for (i = 0; i < COPIED; i++)
		check(page_has(bytes + i * PAGE, domain_seed(s->d, i)));
	if (!s->flags)
		return;
	/* It is what was there; but is it there? */
	copied.flags = 0;
	memset(bytes, 0, COPIED * PAGE);
	check_eq(ioctl(s->fd, PRIVCMD_X_COPY, &copied), 0);
	for (i = 0; i < COPIED; i++)
		check(page_has(bytes + i * PAGE, domain_seed(s->d, i)));
}

static void run_copy(struct scene *s, const char *name, unsigned int flags,
		     unsigned int nomem, unsigned int efault,
		     unsigned int absorbed)
{
	const struct operation op = { name, copy, is_copied, is_partly_copied };

	s->flags = flags;
	faults_run(&op, s, nomem, efault, absorbed);
}

TAP_HAZARD(faults_x_copy, .seconds = 300)
{
	struct scene s;

	bytes = buffer(COPIED);
	faults_begin(&s, DOMAIN_ANY, COPIED);
	/* What does not reach the caller's memory at once goes by another way. */
	run_copy(&s, "X_COPY", 0, 0, 5, COPIED);
	run_copy(&s, "X_COPY, write", PRIVCMD_X_COPY_WRITE, 0, 8, 0);
	scene_end(&s);
}

/* What comes back from a hypercall that never reached user memory may look as if
 * it had, and the other way is gone. */
TAP_CASE(x_copy_injected_nth)
{
	static const struct operation reads = { "X_COPY", copy, is_copied,
						is_partly_copied },
				      writes = { "X_COPY, write", copy,
						 is_copied, is_partly_copied };
	struct scene s;

	injected_begin(&s, DOMAIN_ANY, COPIED);
	bytes = buffer(COPIED);
	faults_hypercalls(&reads, &s, 0);
	s.flags = PRIVCMD_X_COPY_WRITE;
	faults_hypercalls(&writes, &s, 0);
	scene_end(&s);
}
