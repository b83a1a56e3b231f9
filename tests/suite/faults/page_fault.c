// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Faults while the kernel has no memory: accesses to lazy pages and to pages
 * whose entries were dropped, and writes to read-only pages.
 */

#include "faults/faults.h"
#include "dom0/nth.h"
#include "x/map.h"

#define N 40

static int sink = -1;

static int touch_page(void *arg)
{
	const struct scene *s = arg;

	if (!touch(page_at(&s->a, N / 2)))
		return 0;
	errno = ENOMEM;
	return -1;
}

static int read_page(void *arg)
{
	const struct scene *s = arg;

	return pwrite(sink, page_at(&s->a, N / 2), 8, 0) == 8 ? 0 : -1;
}

static void make_lazy(struct scene *s)
{
	s->a = crossing_area(s->fd, N);
	must(check_eq(x_map_area(&s->a, s->d, 0, LAZY | s->flags), 0));
}

/* The pages are there. Makes them lazy again, without a page table. */
static void is_touched(void *arg)
{
	struct scene *s = arg;

	scene_shows(s);
	area_done(&s->a);
	make_lazy(s);
}

/*
 * A failed allocation says nothing about the frame, so another access asks for
 * it again.
 */
static void is_not_touched(void *arg)
{
	const struct scene *s = arg;

	check(state_at(&s->a, N / 2) != PRIVCMD_X_NONE);
	check_eq(fdinfo(s->fd, "xen-privcmd-failed"), 0);
}

static void is_refilled(void *arg)
{
	scene_shows(arg);
	scene_move(arg);
}

static const struct operation touches = { "access to a lazy page", touch_page,
					  is_touched, is_not_touched },
			      reads = { "the kernel's access to a lazy page",
					read_page, is_touched, is_not_touched },
			      refills = { "access to a moved page", touch_page,
					  is_refilled, NULL };

static void run_lazy(struct scene *s, unsigned int flags)
{
	struct outcome o;

	s->flags = flags;
	make_lazy(s);
	o = faults_run(&touches, s, 0, 0, ANY);
	check(o.absorbed > 0 && (xlate() || o.absorbed == o.fired));
	faults_run(&reads, s, 0, 1, ANY);
	area_done(&s->a);
}

/* ---- writes to read-only pages ---- */

static int zero = -1;

static int write_page(void *arg)
{
	const struct scene *s = arg;

	if (!poke(page_at(&s->a, N / 2), 0))
		return 0;
	errno = ENOMEM;
	return -1;
}

static int kernel_writes_page(void *arg)
{
	const struct scene *s = arg;

	return read(zero, page_at(&s->a, N / 2), 8) == 8 ? 0 : -1;
}

/*
 * All frames are page tables of the domain when they are mapped. Then one of
 * them is none any more.
 */
static void make_readonly(struct scene *s)
{
	s->a = crossing_area(s->fd, N);
	must(map_frames(&s->a, s->d, 0));
	check_eq(fdinfo(s->fd, "xen-privcmd-readonly"), N);
	must(check_eq(domain_unpin(s->d, N / 2), 0));
}

static void is_not_written(void *arg)
{
	const struct scene *s = arg;

	check_eq(state_at(&s->a, N / 2), PRIVCMD_X_RO);
	check_eq(fdinfo(s->fd, "xen-privcmd-readonly"), N);
}

static void is_written(void *arg)
{
	struct scene *s = arg;

	check_eq(state_at(&s->a, N / 2), PRIVCMD_X_RW);
	check_eq(fdinfo(s->fd, "xen-privcmd-readonly"), N - 1);
	check_eq(fdinfo(s->fd, "xen-privcmd-frames"), N);
	area_done(&s->a);
	must(check_eq(domain_pin_l1(s->d, N / 2), 0));
	make_readonly(s);
}

/*
 * PV. An entry may be writable only if the record says so. If there is no
 * memory to change the record, the entry stays read-only, and the next write
 * tries again.
 */
static void writes_to_read_only(void)
{
	static const struct operation writes = { "write", write_page,
						 is_written, is_not_written },
				      reads_in = { "the kernel's write",
						   kernel_writes_page,
						   is_written, is_not_written };
	struct outcome o;
	struct scene s;
	size_t i;

	faults_begin(&s, DOMAIN_PV, N);
	zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	s.a = area_new(s.fd, N);
	must(zero >= 0 && map_frames(&s.a, s.d, 0));
	memset(s.a.va, 0, N * PAGE);
	area_done(&s.a);
	for (i = 0; i < N; i++)
		must(check_eq(domain_pin_l1(s.d, i), 0));
	make_readonly(&s);
	o = faults_run(&writes, &s, 0, 0, ANY);
	check(o.absorbed > 0 && o.absorbed == o.fired);
	faults_run(&reads_in, &s, 0, 1, ANY);
	area_done(&s.a);
	scene_end(&s);
}

/*
 * An access of the program that finds no memory is repeated until there is
 * some. It ends with SIGBUS only if a frame gets no slot of dom0's physmap
 * (PVH, Arm). An access of the kernel ends with EFAULT.
 */
TAP_HAZARD(faults_touch, .seconds = 300)
{
	struct scene s;

	faults_begin(&s, DOMAIN_HVM, N);
	sink = memfd_create("sink", MFD_CLOEXEC);
	must(sink >= 0 && pwrite(sink, "12345678", 8, 0) == 8);
	run_lazy(&s, 0);
	run_lazy(&s, CONTIGUOUS);
	s.a = area_new(s.fd, N);
	must(map_frames(&s.a, s.d, 0));
	scene_move(&s);
	faults_run(&refills, &s, 0, 0, ANY);
	area_done(&s.a);
	scene_end(&s);
	if (!xlate())
		writes_to_read_only();
}
