// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * In every call any allocation and any copy from or to user memory may fail.
 * Then the call is refused with ENOMEM or EFAULT and has done nothing, or it
 * has done its work all the same. This load needs a kernel with fault
 * injection.
 */
#include <sys/mman.h>

#include "dom0/nth.h"
#include "stress.h"

/*
 * The number of points to choose from. Most calls have fewer, so often nothing
 * fails.
 */
#define POINTS 12

/* Only this load uses its file, so the file's counts are known. */
struct faulty {
	struct worker *w;
	struct view v;
	unsigned int flags; /* of X_MAP */
};

static int x_map(const struct faulty *f, size_t first, const __u64 *frame,
		 size_t nr)
{
	struct privcmd_x_map m = {
		.size = sizeof(m),
		.flags = f->flags,
		.dom = target[f->v.target]->id,
		.addr = (unsigned long)page_at(&f->v.a, first),
		.num = nr,
		.frames = (unsigned long)frame,
	};

	return ioctl(f->w->fd, PRIVCMD_X_MAP, &m);
}

static int x_unmap(const struct faulty *f, size_t first, size_t nr)
{
	struct privcmd_x_unmap u = {
		.size = sizeof(u),
		.addr = (unsigned long)page_at(&f->v.a, first),
		.num = nr,
	};

	return ioctl(f->w->fd, PRIVCMD_X_UNMAP, &u);
}

static void arm(struct worker *w)
{
	nth_arm(1 + below(&w->rng, one_in(&w->rng, 4) ? POINTS * 8 : POINTS));
}

static bool fired(void)
{
	bool yes = nth_fired();

	count(FAULTS, yes);
	return yes;
}

/* For a call that was armed: true if it did its work. */
static bool went_well(int ret)
{
	bool yes = fired();

	if (!ret)
		return true;
	if (yes)
		check(errno == ENOMEM || errno == EFAULT);
	else
		must(check(no_room(ret)));
	return false;
}

static void nothing_there(const struct faulty *f)
{
	size_t i;

	check_eq(fdinfo(f->w->fd, "xen-privcmd-frames"), 0);
	check_eq(fdinfo(f->w->fd, "xen-privcmd-readonly"), 0);
	check_eq(fdinfo(f->w->fd, "xen-privcmd-lazy"), 0);
	check_eq(fdinfo(f->w->fd, "xen-privcmd-failed"), 0);
	for (i = 0; i < f->v.a.n; i += 1 + i / 4)
		check(!reachable(page_at(&f->v.a, i)));
}

/* Populates the view, by one of the ioctls. */
static int call(struct faulty *f, int how)
{
	__u64 frame[VIEW_PAGES];
	int err[VIEW_PAGES];
	size_t i;

	if (how < 2)
		return view_call(&f->v, how + 1, 0, f->v.a.n, err);
	for (i = 0; i < f->v.a.n; i++)
		frame[i] = view_frame(&f->v, i);
	return x_map(f, 0, frame, f->v.a.n);
}

/*
 * Populates with a failure. If the call was refused, repeats it at the same
 * address without one.
 */
static bool populate(struct faulty *f)
{
	int how = below(&f->w->rng, 4), ret;

	f->flags = how == 3 ? PRIVCMD_X_MAP_LAZY : 0;
	arm(f->w);
	ret = call(f, how);
	if (!went_well(ret)) {
		nothing_there(f);
		count(REFUSED, 1);
		ret = call(f, how);
		if (no_room(ret))
			return false;
		must(check_eq(ret, 0));
	}
	count(MAPPINGS, 1);
	count(MAPPED, view_good(&f->v));
	count(FAILED, f->v.a.n - view_good(&f->v));
	return true;
}

/* A frame that a fault could not map is asked for again. */
static bool again(struct faulty *f, size_t i)
{
	__u64 frame = view_frame(&f->v, i);
	struct privcmd_x_frame x;
	int ret;

	must(!status(f->w->fd, page_at(&f->v.a, i), &x, 1));
	check_eq(x.error, -ENOMEM);
	ret = x_map(f, i, &frame, 1);
	return !no_room(ret) && check_eq(ret, 0);
}

/*
 * The kernel repeats a fault that finds no memory, and the program does not
 * notice. On an auto-translated dom0 the frame itself may need memory, and the
 * fault may fail.
 */
static bool touch_all(struct faulty *f)
{
	size_t i, k;
	int sig;

	for (k = 0; k < f->v.a.n; k++) {
		i = below(&f->w->rng, f->v.a.n);
		if (f->v.page[i] < 0)
			continue;
		arm(f->w);
		sig = touch(page_at(&f->v.a, i));
		fired();
		if (!sig)
			continue;
		check_eq(sig, SIGBUS);
		must(check(xlate() && f->flags));
		if (!again(f, i))
			return false;
	}
	for (i = 0; i < f->v.a.n; i++)
		if (f->v.page[i] >= 0 && touch(page_at(&f->v.a, i)) &&
		    !again(f, i))
			return false;
	return true;
}

/* Copies bytes of good frames. As many bytes as the call says are right. */
static void copy_some(struct faulty *f)
{
	static unsigned char buf[16 * PAGE];
	struct privcmd_x_copy c = { .size = sizeof(c) };
	size_t first = below(&f->w->rng, COMMON - 16), i;
	int ret;

	c.dom = target[f->v.target]->id;
	c.frames = (unsigned long)(target[f->v.target]->frame + first);
	c.num = 1 + below(&f->w->rng, 16);
	c.len = c.num * PAGE;
	c.buf = (unsigned long)buf;
	if (one_in(&f->w->rng, 4))
		madvise(buf, sizeof(buf), MADV_DONTNEED);
	arm(f->w);
	ret = ioctl(f->w->fd, PRIVCMD_X_COPY, &c);
	if (went_well(ret))
		check_eq(c.done, c.len);
	check(c.done <= c.len);
	for (i = 0; i < c.done / PAGE; i++)
		check(page_has(buf + i * PAGE,
			       domain_seed(target[f->v.target], first + i)));
}

/* Releases a part or all of the mapping. It is empty after the call succeeded. */
static void unmap_some(struct faulty *f)
{
	size_t first = below(&f->w->rng, f->v.a.n), i;
	size_t nr = 1 + below(&f->w->rng, f->v.a.n - first);

	arm(f->w);
	if (!went_well(x_unmap(f, first, nr)))
		check_eq(x_unmap(f, first, nr), 0);
	for (i = first; i < first + nr; i++)
		f->v.page[i] = -1;
	check_eq(state_at(&f->v.a, first), PRIVCMD_X_NONE);
}

static void unmap_all(struct faulty *f)
{
	size_t size = f->v.a.n * PAGE;

	arm(f->w);
	if (!went_well(munmap(f->v.a.va, size)))
		check_eq(munmap(f->v.a.va, size), 0);
	check_eq(fdinfo(f->w->fd, "xen-privcmd-frames"), 0);
	check_eq(fdinfo(f->w->fd, "xen-privcmd-lazy"), 0);
}

static void round_of_faults(struct faulty *f)
{
	view_new(f->w, &f->v, f->w->fd, view_size(&f->w->rng));
	if (populate(f) && touch_all(f)) {
		view_check(f->w, &f->v);
		view_write(f->w, &f->v);
		copy_some(f);
		unmap_some(f);
		view_check(f->w, &f->v);
	}
	unmap_all(f);
	count(ROUNDS, 1);
}

bool load_faults_here(void)
{
	return nth_here();
}

void load_faults(struct worker *w)
{
	struct faulty f = { .w = w };

	while (running()) {
		nth_points(one_in(&w->rng, 3) ? NTH_ALL : NTH_OURS);
		round_of_faults(&f);
	}
}
