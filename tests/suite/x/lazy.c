// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Lazy mappings: the first access to a page maps its frame and others around
 * it. lazy_life.c has what else may happen to such a mapping.
 */
#include "x/map.h"

#define TIB_FRAMES (1UL << 28)

struct area aligned_area(int fd, size_t n)
{
	unsigned long va = (unsigned long)aside(n + 512);
	struct area a = { .fd = fd, .n = n };

	a.va = (void *)((va + 512 * PAGE - 1) & -(512 * PAGE));
	must(mmap(a.va, n * PAGE, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED, fd, 0) == a.va);
	return a;
}

void around(const char *frames)
{
	must(param_set("fault_around", frames));
}

/* An access maps the frames around it and nothing else. */
static void by_touch(enum domain_kind kind, unsigned int flags)
{
	struct domain *d = domain_new(kind, 200);
	struct area a = aligned_area(privcmd_open(), 200);

	need_ours();
	around("16");
	must(check_eq(x_map_area(&a, d, 0, LAZY | flags), 0));
	check_eq(fdinfo(a.fd, "xen-privcmd-lazy"), 200);
	check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 0);
	check_eq(frames_in_state(&a, PRIVCMD_X_LAZY), 200);

	check(page_has(page_at(&a, 20), domain_seed(d, 20)));
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 16);
	check_eq(state_at(&a, 15), PRIVCMD_X_LAZY);
	check_eq(state_at(&a, 16), PRIVCMD_X_RW);
	check_eq(state_at(&a, 31), PRIVCMD_X_RW);
	check_eq(state_at(&a, 32), PRIVCMD_X_LAZY);
	check_eq(fdinfo(a.fd, "xen-privcmd-lazy"), 184);
	check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 16);

	/* Around the last page there are fewer frames. */
	check_eq(poke(page_at(&a, 199), 77), 0);
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 16 + 8);
	page_fill(page_at(&a, 199), domain_seed(d, 199));
	for (size_t i = 0; i < 200; i++)
		check(page_has(page_at(&a, i), domain_seed(d, i)));
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 200);
	area_done(&a);
	check_eq(fdinfo(a.fd, "xen-privcmd-lazy"), 0);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(x_lazy_by_touch)
{
	by_touch(DOMAIN_ANY, 0);
}

TAP_CASE(x_lazy_by_touch_hvm)
{
	by_touch(DOMAIN_HVM, CONTIGUOUS);
}

/* The frames around a page end where the area or the page table ends. */
TAP_CASE(x_lazy_window_ends)
{
	struct domain *d = domain_new(DOMAIN_HVM, 700);
	int fd = privcmd_open();
	struct area a = aligned_area(fd, 1300);
	size_t i;

	need_ours();
	around("512");
	munmap(a.va, a.n * PAGE);
	/* 12 pages of one page table, a whole one, and 176 of a third. */
	a.va += 500 * PAGE;
	a.n = 700;
	must(mmap(a.va, a.n * PAGE, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED, fd, 0) == a.va);
	must(check_eq(x_map_area(&a, d, 0, LAZY | CONTIGUOUS), 0));
	check(page_has(page_at(&a, 699), domain_seed(d, 699)));
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 176);
	check_eq(state_at(&a, 524), PRIVCMD_X_RW);
	check_eq(state_at(&a, 523), PRIVCMD_X_LAZY);
	check(page_has(page_at(&a, 11), domain_seed(d, 11)));
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 176 + 12);
	check(page_has(page_at(&a, 12), domain_seed(d, 12)));
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 700);
	for (i = 0; i < 700; i++)
		check(page_has(page_at(&a, i), domain_seed(d, i)));
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(x_lazy_fault_around_parameter)
{
	static const char *const bad[] = {
		"0", "3", "513", "1024", "-1", "many"
	};
	struct domain *d = domain_new(DOMAIN_ANY, 64);
	struct area a = aligned_area(privcmd_open(), 64);
	size_t i;

	need_ours();
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		check(!param_set("fault_around", bad[i]) && errno == EINVAL);
	around("1");
	must(check_eq(x_map_area(&a, d, 0, LAZY), 0));
	check(page_has(page_at(&a, 30), domain_seed(d, 30)));
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 1);
	around("32");
	check(page_has(page_at(&a, 5), domain_seed(d, 5)));
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 32);
	area_done(&a);
}

/* A bad frame is SIGBUS, and does not affect other pages. */
TAP_CASE(x_lazy_bad_frames)
{
	struct domain *d = domain_new(DOMAIN_ANY, 16);
	struct area a = aligned_area(privcmd_open(), 16);
	struct privcmd_x_frame f[16];
	__u64 frame[16];
	int p[2], err = 1, error;
	size_t i;

	need_ours();
	around("16");
	must(!pipe(p));
	for (i = 0; i < 16; i++)
		frame[i] = i % 4 == 1 ? BAD_FRAME + i : d->frame[i];
	must(check_eq(x_map(a.fd, d->id, a.va, frame, 16, LAZY, f), 0));
	for (i = 0; i < 16; i++)
		check(f[i].state == PRIVCMD_X_LAZY && !f[i].error);

	check(page_has(page_at(&a, 2), domain_seed(d, 2)));
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 12);
	check_eq(frames_in_state(&a, PRIVCMD_X_LAZY), 4);
	check_eq(touch(page_at(&a, 5)), SIGBUS);
	check_errno(write(p[1], page_at(&a, 9), 8), EFAULT);
	check_eq(frames_in_state(&a, PRIVCMD_X_NONE), 2);
	check_eq(frames_in_state(&a, PRIVCMD_X_LAZY), 2);
	/* The errno is the same as that of a mapping that is not lazy. */
	error = error_at(&a, 5);
	check_eq(error, bad_frame_error(2, d));
	check_eq(error_at(&a, 9), error);
	check_eq(error_at(&a, 1), 0);
	check_eq(fdinfo(a.fd, "xen-privcmd-failed"), 2);
	check_eq(touch(page_at(&a, 5)), SIGBUS);

	/* The failed page can be populated. A lazy page cannot. */
	check_eq(v2(a.fd, d->id, page_at(&a, 5), d->frame + 5, &err, 1), 0);
	check_eq(err, 0);
	check(page_has(page_at(&a, 5), domain_seed(d, 5)));
	check_errno(v2(a.fd, d->id, page_at(&a, 1), d->frame + 1, &err, 1),
		    EINVAL);
	check_eq(x_map(a.fd, d->id, page_at(&a, 9), d->frame + 9, 1, LAZY, f),
		 0);
	check(page_has(page_at(&a, 9), domain_seed(d, 9)));
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* The last frame numbers that there are. One more would be number 0. */
TAP_CASE(x_lazy_last_numbers)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 4);
	size_t i;

	need_ours();
	check_errno(x_map(a.fd, d->id, a.va, (void *)-3UL, 4, LAZY | CONTIGUOUS,
			  NULL),
		    EINVAL);
	check_eq(x_map(a.fd, d->id, a.va, (void *)-4UL, 4, LAZY | CONTIGUOUS,
		       NULL),
		 0);
	for (i = 0; i < 4; i++) {
		check_eq(touch(page_at(&a, i)), SIGBUS);
		check_eq(state_at(&a, i), PRIVCMD_X_NONE);
		check_eq(error_at(&a, i), -EINVAL);
	}
	area_done(&a);
}

/* A hole of the domain becomes memory after the frames around it were mapped. */
TAP_CASE(x_lazy_hole_filled_meanwhile)
{
	struct domain *d = domain_new(DOMAIN_HVM, 8);
	struct area a = aligned_area(privcmd_open(), 16);

	need_ours();
	around("16");
	must(check_eq(x_map(a.fd, d->id, a.va, (void *)d->frame[0], 16,
			    LAZY | CONTIGUOUS, NULL),
		      0));
	check_eq(touch(a.va), 0);
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 8);
	must(domain_populate_at(d, d->frame[0] + 12));
	check_eq(poke(page_at(&a, 12), 1), 0);
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 9);
	check_eq(touch(page_at(&a, 13)), SIGBUS);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * A part is released before any page was accessed, so the record has no status of a
 * single page yet.
 */
TAP_CASE(x_lazy_part_released_first)
{
	struct domain *d = domain_new(DOMAIN_ANY, 20);
	struct area a = area_new(privcmd_open(), 20);
	size_t i;

	need_ours();
	must(check_eq(x_map_area(&a, d, 0, LAZY), 0));
	check_eq(x_unmap(a.fd, page_at(&a, 3), 5), 0);
	check_eq(fdinfo(a.fd, "xen-privcmd-lazy"), 15);
	for (i = 0; i < 20; i++) {
		bool released = i >= 3 && i < 8;

		check_eq(state_at(&a, i),
			 released ? PRIVCMD_X_NONE : PRIVCMD_X_LAZY);
	}
	check_eq(touch(page_at(&a, 3)), SIGBUS);
	check_eq(touch(page_at(&a, 7)), SIGBUS);
	check(page_has(page_at(&a, 2), domain_seed(d, 2)));
	check(page_has(page_at(&a, 8), domain_seed(d, 8)));
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* A lazy frame is charged like any other, as long as it is there. */
TAP_CASE(x_lazy_max_frames)
{
	struct domain *d = domain_new(DOMAIN_HVM, 40);
	int fd = privcmd_open();
	struct area a = area_new(fd, 30), b = area_new(fd, 11);

	need_ours();
	must(param_set("max_frames", "40"));
	must(check_eq(x_map_area(&a, d, 0, LAZY | CONTIGUOUS), 0));
	check_errno(x_map_area(&b, d, 0, LAZY | CONTIGUOUS), ENOMEM);
	check_eq(touch(a.va), 0);
	check_errno(x_map_area(&b, d, 0, LAZY), ENOMEM);
	check_eq(x_unmap(fd, page_at(&a, 5), 1), 0);
	/* Its part of the record stays charged. */
	check_errno(x_map_area(&b, d, 0, LAZY), ENOMEM);
	check_eq(x_map(fd, d->id, page_at(&a, 5), d->frame, 1, LAZY, NULL), 0);
	check(page_has(page_at(&a, 5), domain_seed(d, 0)));
	check_errno(x_map_area(&b, d, 0, LAZY), ENOMEM);
	area_done(&a);
	check_eq(x_map_area(&b, d, 0, LAZY), 0);
	area_done(&b);
	a = area_new(fd, 40);
	check_eq(x_map_area(&a, d, 0, 0), 0);
	area_done(&a);
}

/*
 * A mapping of 1 TiB costs only what is accessed. The domain has only the first
 * frames.
 */
TAP_CASE(x_lazy_terabyte)
{
	struct domain *d = domain_new(DOMAIN_HVM, 40);
	struct area a = area_new(privcmd_open(), TIB_FRAMES);
	void *base = (void *)d->frame[0];
	struct privcmd_x_frame f[600];
	long before;
	size_t i;

	need_ours();
	around("8");
	before = meminfo("Slab");
	must(check_eq(x_map(a.fd, d->id, a.va, base, TIB_FRAMES,
			    LAZY | CONTIGUOUS, NULL),
		      0));
	check_eq(fdinfo(a.fd, "xen-privcmd-lazy"), TIB_FRAMES);
	for (i = 0; i < 40; i++)
		check(page_has(page_at(&a, i), domain_seed(d, i)));
	check_eq(touch(page_at(&a, TIB_FRAMES - 1)), SIGBUS);
	check_eq(touch(page_at(&a, TIB_FRAMES / 2)), SIGBUS);
	check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 40);
	check_eq(fdinfo(a.fd, "xen-privcmd-lazy"), TIB_FRAMES - 42);
	check_eq(fdinfo(a.fd, "xen-privcmd-failed"), 2);
	must(!status(a.fd, page_at(&a, 20), f, 600));
	for (i = 0; i < 600; i++)
		check_eq(f[i].state, i < 20 ? PRIVCMD_X_RW : PRIVCMD_X_LAZY);
	check_eq(state_at(&a, TIB_FRAMES - 1), PRIVCMD_X_NONE);
	check_eq(state_at(&a, TIB_FRAMES - 2), PRIVCMD_X_LAZY);
	check(meminfo("Slab") - before < 1024);

	check_eq(x_unmap(a.fd, a.va, TIB_FRAMES), 0);
	check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 0);
	check_eq(fdinfo(a.fd, "xen-privcmd-lazy"), 0);
	check_eq(touch(a.va), SIGBUS);
	must(check_eq(x_map(a.fd, d->id, a.va, base, TIB_FRAMES,
			    LAZY | CONTIGUOUS, NULL),
		      0));
	check(page_has(page_at(&a, 39), domain_seed(d, 39)));
	check_eq(x_unmap(a.fd, page_at(&a, 600), 2000), 0);
	check_eq(fdinfo(a.fd, "xen-privcmd-lazy") +
			 fdinfo(a.fd, "xen-privcmd-frames"),
		 TIB_FRAMES - 2000);
	check_eq(state_at(&a, 599), PRIVCMD_X_LAZY);
	check_eq(state_at(&a, 600), PRIVCMD_X_NONE);
	check_eq(state_at(&a, 2599), PRIVCMD_X_NONE);
	check_eq(state_at(&a, 2600), PRIVCMD_X_LAZY);
	area_done(&a);
	check_eq(fdinfo(a.fd, "xen-privcmd-lazy"), 0);
	domain_destroy(d);
	check(domain_gone(d));
}
