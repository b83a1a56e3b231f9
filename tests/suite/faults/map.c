// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The ioctls that populate, query and empty mappings, with each of their
 * allocations and user copies failing in turn.
 */
#include "faults/faults.h"
#include "x/map.h"

/* Half of the pages are in one page table, half in the next one. */
#define N 40

/*
 * The record has a chunk for each of the two page tables, and needs a node of
 * an xarray for the second one. The xarray allocates again when the first
 * attempt fails, so one failure has no effect.
 */
#define TWICE 1

static __u64 bad, frame[N];
static union {
	int error[N];
	struct privcmd_x_frame x[N];
} answer;

/*
 * The arguments of the ioctl, by the scene's flags. LATER: all but the first
 * page of the area, which is mapped already, and one page after the last.
 * MIXED: a bad frame in each page table.
 */
enum {
	V1 = 1 << 16,
	V2 = 1 << 17,
	MMAP = 1 << 18,
	LATER = 1 << 19,
	MIXED = 1 << 20,
};

static bool is_bad(const struct scene *s, size_t i)
{
	return s->flags & MIXED && (i == 3 || i == s->a.n - 4);
}

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

	for (i = 0; i < n; i++)
		frame[i] = is_bad(s, first + i) ? bad : s->d->frame[first + i];
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

/* Only the pages are there that were there before. */
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

static void has_all(const struct scene *s);

/*
 * The call was refused and did nothing. Or it did everything, and only its
 * answers, X_MAP's statuses, could not be written; then its frames are released
 * here, so that they can be asked for again.
 */
static void is_refused(void *arg)
{
	const struct scene *s = arg;
	size_t first = s->flags & LATER ? 1 : 0;

	if (frames_in_state(&s->a, PRIVCMD_X_NONE) != s->a.n - first) {
		check(!(s->flags & (V1 | V2 | MMAP)));
		has_all(s);
		check_eq(x_unmap(s->fd, page_at(&s->a, first), s->a.n - first),
			 0);
	}
	is_empty(arg);
}

/* Makes an area whose page tables and record do not exist yet. */
static void prepare(struct scene *s, size_t n)
{
	bool later = s->flags & LATER;

	s->a = crossing_area(s->fd, n + later);
	s->a.n = n;
	if (!later)
		return;
	/*
	 * The first page is mapped by number. The other frames have no
	 * consecutive numbers: see scatter().
	 */
	must(!x_map(s->fd, s->d->id, s->a.va, (void *)s->d->frame[0], n + 1,
		    CONTIGUOUS | LAZY, NULL));
	check(page_has(s->a.va, domain_seed(s->d, 0)));
	must(!x_unmap(s->fd, page_at(&s->a, 1), n));
}

static void remove_area(struct scene *s)
{
	s->a.n += !!(s->flags & LATER);
	area_done(&s->a);
}

static void is_mixed(const struct scene *s)
{
	size_t i;

	check_eq(fdinfo(s->fd, "xen-privcmd-frames"), s->a.n - 2);
	check_eq(fdinfo(s->fd, "xen-privcmd-failed"), 2);
	for (i = 0; i < s->a.n; i++)
		if (is_bad(s, i))
			check_eq(touch(page_at(&s->a, i)), SIGBUS);
		else
			check(page_has(page_at(&s->a, i),
				       domain_seed(s->d, i)));
}

static void has_all(const struct scene *s)
{
	size_t n = s->a.n, first = s->flags & LATER ? 1 : 0;

	if (s->flags & MIXED) {
		is_mixed(s);
	} else {
		if (s->flags & LAZY)
			scene_has(s, first, n - first);
		else
			scene_has(s, n, 0);
		scene_shows(s);
	}
}

static void is_mapped(void *arg)
{
	struct scene *s = arg;
	size_t n = s->a.n, first = s->flags & LATER ? 1 : 0;

	has_all(s);
	check_eq(x_unmap(s->fd, page_at(&s->a, first), n - first), 0);
	is_empty(s);
	remove_area(s);
	prepare(s, n);
}

static void run_map(struct scene *s, const char *name, unsigned int flags,
		    size_t n, unsigned int nomem, unsigned int efault,
		    unsigned int absorbed)
{
	const struct operation op = { name, map, is_mapped, is_refused };

	bad = BAD_FRAME; /* this asks the hypervisor, which is done only once */
	s->flags = flags;
	prepare(s, n);
	faults_run(&op, s, nomem, efault, absorbed);
	if (nomem)
		faults_starve(&op, s);
	remove_area(s);
}

/* Reverses the frames from the second page on. */
static void scatter(struct domain *d)
{
	size_t i, k;

	for (i = 1, k = d->n - 1; i < k; i++, k--) {
		__u64 other = d->frame[i];

		d->frame[i] = d->frame[k];
		d->frame[k] = other;
	}
	domain_write_patterns(d);
}

/* The copies are the struct, and frame numbers once for each page table. */
TAP_HAZARD(faults_mmapbatch, .seconds = 300)
{
	struct scene s;

	faults_begin(&s, DOMAIN_ANY, N);
	scatter(s.d);
	run_map(&s, "V1, one page", V1, 1, 0, 2, 0);
	run_map(&s, "V1", V1, N, 9, 3, 2 * TWICE);
	run_map(&s, "V2, one page", V2, 1, 0, 2, 0);
	run_map(&s, "V2", V2, N, 9, 3, 2 * TWICE);
	run_map(&s, "V2, mixed", V2 | MIXED, N, 11, 3, 2 * TWICE);
	run_map(&s, "V2, later", V2 | LATER, N, 10, 3, TWICE);
	if (!xlate())
		run_map(&s, "MMAP", MMAP, 2, 6, 3, 2 * TWICE);
	scene_end(&s);
}

TAP_HAZARD(faults_x_map, .seconds = 300)
{
	struct scene s;

	faults_begin(&s, DOMAIN_HVM, N);
	run_map(&s, "X_MAP", 0, N, 10, 5, 2 * TWICE);
	run_map(&s, "X_MAP, consecutive", CONTIGUOUS, N, 8, 3, 2 * TWICE);
	run_map(&s, "X_MAP, lazy", LAZY, N, 9, 5, 2 * TWICE);
	run_map(&s, "X_MAP, lazy and consecutive", LAZY | CONTIGUOUS, N, 1, 3,
		0);
	scatter(s.d);
	run_map(&s, "X_MAP, later", LATER, N, 11, 5, TWICE);
	run_map(&s, "X_MAP, lazy, later", LAZY | LATER, N, 10, 5, TWICE);
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

/* Releases all pages but the first and the last one. */
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

/* The pages are released. Maps the area again. */
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

/*
 * A part of the pages may be released, from the first one on; the others are
 * unchanged.
 */
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
