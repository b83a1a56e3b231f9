// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Each hypercall of each ioctl fails in turn, with each errno that a caller
 * might mistake for something else. The module of `make INJECT=1` can do that.
 */

#include "faults/faults.h"
#include "faults/injected.h"
#include "x/map.h"

#define N 40

/* ---- batches: a failed frame can be asked for again ---- */

enum { V1 = 1 << 16, V2 = 1 << 17 };

static int err[N];

static int map_v1(const struct scene *s, size_t first, size_t n)
{
	__u64 arr[N], mark = faults_errno() == ENOENT ? 0x80000000 : 0xf0000000;
	size_t i;
	int ret;

	memcpy(arr, s->d->frame + first, n * sizeof(*arr));
	ret = v1(s->fd, s->d->id, page_at(&s->a, first), arr, n);
	for (i = 0; i < n; i++) {
		err[first + i] = 0;
		if (arr[i] == s->d->frame[first + i])
			continue;
		check_eq(arr[i], s->d->frame[first + i] | mark);
		err[first + i] = -faults_errno();
	}
	return ret;
}

static int map_some(const struct scene *s, size_t first, size_t n)
{
	const void *at = page_at(&s->a, first);
	struct privcmd_x_frame f[N];
	size_t i;
	int ret;

	if (s->flags & V1)
		return map_v1(s, first, n);
	if (s->flags & V2)
		return v2(s->fd, s->d->id, at, s->d->frame + first, err + first,
			  n);
	ret = x_map(s->fd, s->d->id, at, s->d->frame + first, n, s->flags, f);
	for (i = 0; i < n; i++)
		err[first + i] = f[i].error;
	return ret;
}

/* On PV one frame fails; elsewhere all frames of a page table do. */
static int all_again(const struct scene *s, size_t failed)
{
	size_t i;

	check_eq(failed, xlate() ? N / 2 : 1);
	check_eq(fdinfo(s->fd, "xen-privcmd-frames"), N - failed);
	check_eq(fdinfo(s->fd, "xen-privcmd-failed"), failed);
	for (i = 0; i < N; i++) {
		check_eq(touch(page_at(&s->a, i)), err[i] ? SIGBUS : 0);
		if (!err[i])
			continue;
		check_eq(error_at(&s->a, i), -faults_errno());
		check_eq(map_some(s, i, 1), 0);
		check_eq(err[i], 0);
	}
	scene_has(s, N, 0);
	scene_shows(s);
	check_eq(x_unmap(s->fd, s->a.va, N), 0);
	errno = faults_errno();
	return -1;
}

static int map(void *arg)
{
	const struct scene *s = arg;
	size_t i, failed = 0;
	int ret, e;

	memset(err, 0, sizeof(err));
	ret = map_some(s, 0, N);
	e = errno;
	for (i = 0; i < N; i++) {
		failed += err[i] != 0;
		if (err[i])
			check_eq(err[i], -faults_errno());
	}
	if (!failed) {
		errno = e;
		return ret;
	}
	check_eq(ret, faults_errno() == ENOENT ? -1 : 0);
	check_eq(e, faults_errno() == ENOENT ? ENOENT : e);
	faults_end(); /* no further hypercall fails */
	return all_again(s, failed);
}

/*
 * On an auto-translated dom0 the driver asks for slots a second time, and may
 * get them. On PV ENOMEM makes the driver try a frame read-only.
 */
static void is_mapped(void *arg)
{
	const struct scene *s = arg;
	long ro = fdinfo(s->fd, "xen-privcmd-readonly");

	check_eq(fdinfo(s->fd, "xen-privcmd-frames"), N);
	check(ro == 0 || (ro == 1 && faults_errno() == ENOMEM && !xlate() &&
			  !(s->flags & STRICT)));
	scene_shows(s);
	check_eq(x_unmap(s->fd, s->a.va, N), 0);
	scene_has(s, 0, 0);
}

static void is_empty(void *arg)
{
	const struct scene *s = arg;

	scene_has(s, 0, 0);
	check_eq(touch(s->a.va), SIGBUS);
	check_eq(touch(page_at(&s->a, N - 1)), SIGBUS);
}

static void run_map(struct scene *s, const char *name, unsigned int flags,
		    unsigned int points, int also)
{
	const struct operation op = { name, map, is_mapped, is_empty };

	s->flags = flags;
	s->a = crossing_area(s->fd, N);
	check(faults_hypercalls(&op, s, also).fired >= points);
	area_done(&s->a);
}

TAP_CASE(mmapbatch_injected_nth, .seconds = 120)
{
	struct scene s;

	injected_begin(&s, DOMAIN_ANY, N);
	run_map(&s, "V1", V1, 8, 0);
	run_map(&s, "V2", V2, 8, 0);
	must(check(param_set("ro_retry", "N")));
	run_map(&s, "V2, no retry", V2, 8, 0);
	/* The driver asks for slots twice. */
	faults_times(2);
	if (xlate())
		run_map(&s, "V2, no slots", V2, 8, ENOMEM);
	scene_end(&s);
}

TAP_CASE(x_map_injected_nth, .seconds = 120)
{
	struct scene s;

	injected_begin(&s, DOMAIN_HVM, N);
	run_map(&s, "X_MAP", 0, 8, 0);
	run_map(&s, "X_MAP, strict", STRICT, 8, 0);
	scene_end(&s);
}

/* ---- MMAP ---- */

static int map_by_one(void *arg)
{
	struct privcmd_mmap_entry e[N];
	const struct scene *s = arg;
	struct privcmd_mmap m = { .num = N, .dom = s->d->id, .entry = e };
	size_t i;

	for (i = 0; i < N; i++)
		e[i] = (struct privcmd_mmap_entry){
			(uintptr_t)page_at(&s->a, i), s->d->frame[i], 1
		};
	return ioctl(s->fd, IOCTL_PRIVCMD_MMAP, &m);
}

/* ---- faults ---- */

#define TOUCHED (N / 2)

static int touch_one(void *arg)
{
	const struct scene *s = arg;

	if (!touch(page_at(&s->a, TOUCHED)))
		return 0;
	errno = faults_errno();
	return -1;
}

/*
 * The frame has failed. The failure is recorded, and the frame can be asked for
 * again.
 */
static void is_refused(void *arg)
{
	const struct scene *s = arg;

	/* on ENOENT the fault waits and tries again */
	check(faults_errno() != ENOENT);
	check_eq(state_at(&s->a, TOUCHED), PRIVCMD_X_NONE);
	check_eq(error_at(&s->a, TOUCHED), -faults_errno());
	check_eq(touch(page_at(&s->a, TOUCHED)), SIGBUS);
	check_eq(x_map(s->fd, s->d->id, page_at(&s->a, TOUCHED),
		       s->d->frame + TOUCHED, 1, LAZY, NULL),
		 0);
}

static void is_touched(void *arg)
{
	const struct scene *s = arg;
	size_t i;

	for (i = 0; i < N; i++)
		check(page_has(page_at(&s->a, i), domain_seed(s->d, i)));
	scene_has(s, N, 0);
	check_eq(x_unmap(s->fd, s->a.va, N), 0);
	must(check_eq(x_map_area(&s->a, s->d, 0, LAZY), 0));
}

/* The frame still belongs to the mapping, and the next access asks for it again. */
static void is_still_there(void *arg)
{
	const struct scene *s = arg;

	check_eq(state_at(&s->a, TOUCHED), PRIVCMD_X_RW);
}

static void is_refilled(void *arg)
{
	scene_shows(arg);
	scene_has(arg, N, 0);
	scene_move(arg);
}

TAP_CASE(x_lazy_injected_nth, .seconds = 120)
{
	static const struct operation touches = { "access to a lazy page",
						  touch_one, is_touched,
						  is_refused },
				      refills = { "access to a moved page",
						  touch_one, is_refilled,
						  is_still_there },
				      maps = { "MMAP", map_by_one, is_mapped,
					       is_empty };
	struct scene s;

	injected_begin(&s, DOMAIN_ANY, N);
	around("1");
	must(check(param_set("ro_retry", "N")));
	s.a = crossing_area(s.fd, N);
	must(check_eq(x_map_area(&s.a, s.d, 0, LAZY), 0));
	faults_hypercalls(&touches, &s, 0);
	area_done(&s.a);
	s.a = crossing_area(s.fd, N);
	if (!xlate()) {
		must(map_frames(&s.a, s.d, 0));
		scene_move(&s);
		faults_hypercalls(&refills, &s, 0);
		area_done(&s.a);
		s.a = crossing_area(s.fd, N);
		check(faults_hypercalls(&maps, &s, 0).fired >= 8);
	}
	area_done(&s.a);
	scene_end(&s);
}

/*
 * ---- the way out: entries that one hypercall does not drop are dropped
 * another way ----
 */

#define TABLE 512

static struct area aligned_table(int fd)
{
	return aligned_area(fd, TABLE);
}

static void fill_table(struct scene *s)
{
	__u64 frame[TABLE];
	int errs[TABLE];
	size_t i;

	for (i = 0; i < TABLE; i++)
		frame[i] = s->d->frame[i % N];
	must(check_eq(v2(s->fd, s->d->id, s->a.va, frame, errs, TABLE), 0));
	for (i = 0; i < TABLE; i++)
		check(page_has(page_at(&s->a, i), domain_seed(s->d, i % N)));
}

static int take_away(void *arg)
{
	const struct scene *s = arg;

	return munmap(s->a.va, TABLE * PAGE);
}

static void is_away(void *arg)
{
	struct scene *s = arg;

	scene_has(s, 0, 0);
	check_eq(touch(s->a.va), SIGSEGV);
	s->a = aligned_table(s->fd);
	fill_table(s);
}

static int release(void *arg)
{
	const struct scene *s = arg;

	return x_unmap(s->fd, s->a.va, TABLE);
}

static void is_released(void *arg)
{
	struct scene *s = arg;

	scene_has(s, 0, 0);
	check_eq(touch(s->a.va), SIGBUS);
	check_eq(touch(page_at(&s->a, TABLE - 1)), SIGBUS);
	fill_table(s);
}

TAP_CASE(vma_injected_nth, .seconds = 120)
{
	static const struct operation removes = { "munmap", take_away, is_away,
						  NULL },
				      releases = { "X_UNMAP", release,
						   is_released, NULL };
	struct outcome o;
	struct scene s;

	need_pv("frames that cannot be removed are lost");
	injected_begin(&s, DOMAIN_ANY, N);
	s.a = aligned_table(s.fd);
	fill_table(&s);
	o = faults_hypercalls(&removes, &s, 0);
	check_eq(o.absorbed, o.fired);
	o = faults_hypercalls(&releases, &s, 0);
	check_eq(o.absorbed, o.fired);
	check_eq(munmap(s.a.va, TABLE * PAGE), 0);
	scene_end(&s);
}
