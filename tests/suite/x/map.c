// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * PRIVCMD_X_MAP without LAZY: arrays and consecutive frames, statuses, STRICT,
 * and what it refuses. lazy.c has lazy mappings.
 */
#include "x/map.h"

int x_map(int fd, unsigned int dom, const void *addr, const void *frames,
	  __u64 num, unsigned int flags, struct privcmd_x_frame *status)
{
	struct privcmd_x_map m = {
		.size = sizeof(m),
		.flags = flags,
		.dom = dom,
		.addr = (unsigned long)addr,
		.num = num,
		.frames = (unsigned long)frames,
		.status = (unsigned long)status,
	};

	return ioctl(fd, PRIVCMD_X_MAP, &m);
}

int x_map_area(const struct area *a, const struct domain *d, size_t first,
	       unsigned int flags)
{
	must(first + a->n <= d->n);
	return x_map(a->fd, d->id, a->va,
		     flags & CONTIGUOUS ? (void *)d->frame[first] :
					  d->frame + first,
		     a->n, flags, NULL);
}

int x_unmap(int fd, const void *addr, __u64 num)
{
	struct privcmd_x_unmap u = {
		.size = sizeof(u),
		.addr = (unsigned long)addr,
		.num = num,
	};

	return ioctl(fd, PRIVCMD_X_UNMAP, &u);
}

int takes_longer(int fd, unsigned long cmd, const void *arg)
{
	unsigned char *p = buffer(2);
	__u32 *size = memcpy(p, arg, *(const __u32 *)arg);
	size_t more[] = { *size, PAGE - 1 }, i;
	int ret;

	*size = PAGE;
	for (i = 0; i < ARRAY_SIZE(more); i++) {
		p[more[i]] = 1;
		check_errno(ioctl(fd, cmd, p), E2BIG);
		p[more[i]] = 0;
	}
	/* So large a struct is refused, even if the rest is zero. */
	*size = PAGE + 1;
	check_errno(ioctl(fd, cmd, p), E2BIG);
	*size = ~0U;
	check_errno(ioctl(fd, cmd, p), E2BIG);
	*size = PAGE;
	ret = ioctl(fd, cmd, p);
	check(ret >= 0);
	munmap(p, 3 * PAGE);
	return ret;
}

size_t frames_in_state(const struct area *a, int state)
{
	struct privcmd_x_frame *f = calloc(a->n, sizeof(*f));
	size_t i, n = 0;

	must(!status(a->fd, a->va, f, a->n));
	for (i = 0; i < a->n; i++)
		n += f[i].state == state;
	free(f);
	return n;
}

int error_at(const struct area *a, size_t i)
{
	struct privcmd_x_frame f;

	must(!status(a->fd, page_at(a, i), &f, 1));
	return f.error;
}

static void shows(const struct area *a, const struct domain *d, size_t first)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		check(page_has(page_at(a, i), domain_seed(d, first + i)));
}

/* Works like MMAPBATCH_V2, but returns a status for each frame. */
static void both_kinds(enum domain_kind kind)
{
	struct domain *d = domain_new(kind, 600);
	struct area a = area_new(privcmd_open(), 600);
	struct privcmd_x_frame *f = calloc(601, sizeof(*f));
	size_t i;

	need_ours();
	memset(f, 0xee, 601 * sizeof(*f));
	must(check_eq(x_map(a.fd, d->id, a.va, d->frame, 600, 0, f), 0));
	for (i = 0; i < 600; i++)
		check(f[i].state == PRIVCMD_X_RW && !f[i].pad && !f[i].error);
	check_eq(f[600].state, 0xee);
	shows(&a, d, 0);
	check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 600);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(x_map_array)
{
	both_kinds(DOMAIN_ANY);
}

TAP_CASE(x_map_array_hvm)
{
	both_kinds(DOMAIN_HVM);
}

/*
 * Consecutive frames in two or more page tables. The guest frames of an HVM
 * domain are consecutive.
 */
TAP_CASE(x_map_contiguous)
{
	struct domain *d = domain_new(DOMAIN_HVM, 1100);
	struct area a = area_new(privcmd_open(), 1050);

	need_ours();
	must(check_eq(x_map_area(&a, d, 7, CONTIGUOUS), 0));
	shows(&a, d, 7);
	check_eq(frames_in_state(&a, PRIVCMD_X_RW), 1050);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * Failed pages are populated later, some with the same numbers, some with
 * others.
 */
TAP_CASE(x_map_contiguous_filled_later)
{
	struct domain *d = domain_new(DOMAIN_HVM, 20);
	struct area a = area_new(privcmd_open(), 24);
	__u64 other[2] = { d->frame[3], d->frame[2] };
	struct privcmd_x_frame f[24];
	size_t i;

	need_ours();
	must(check_eq(x_map(a.fd, d->id, a.va, (void *)d->frame[0], 24,
			    CONTIGUOUS, f),
		      0));
	for (i = 0; i < 24; i++) {
		check_eq(f[i].state, i < 20 ? PRIVCMD_X_RW : PRIVCMD_X_NONE);
		check_eq(f[i].error, i < 20 ? 0 : -EINVAL);
		check_eq(touch(page_at(&a, i)), i < 20 ? 0 : SIGBUS);
	}
	check_eq(x_map(a.fd, d->id, page_at(&a, 21), other, 2, 0, f), 0);
	check(page_has(page_at(&a, 21), domain_seed(d, 3)));
	check(page_has(page_at(&a, 22), domain_seed(d, 2)));
	must(domain_populate_at(d, d->frame[0] + 20));
	check_eq(x_map(a.fd, d->id, page_at(&a, 20), (void *)d->frame[0] + 20,
		       1, CONTIGUOUS, f),
		 0);
	check_eq(f[0].state, PRIVCMD_X_RW);
	check_eq(touch(page_at(&a, 20)), 0);
	check_eq(touch(page_at(&a, 23)), SIGBUS);
	for (i = 0; i < 20; i++)
		check(page_has(page_at(&a, i), domain_seed(d, i)));
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * A page table of a PV domain. With STRICT, no read-only entry replaces the one
 * that was asked for, neither at once nor later.
 */
TAP_CASE(x_map_strict)
{
	struct domain *d = domain_new(DOMAIN_PV, 3);
	struct area a = area_new(privcmd_open(), 3);
	struct privcmd_x_frame f[3];
	int err;

	need_ours();
	need_pv("pinned frames map writable");
	must(map_frames(&a, d, 0));
	memset(page_at(&a, 1), 0, PAGE);
	area_done(&a);
	must(check_eq(domain_pin_l1(d, 1), 0));

	a = area_new(a.fd, 3);
	must(check_eq(x_map(a.fd, d->id, a.va, d->frame, 3, 0, f), 0));
	check_eq(f[1].state, PRIVCMD_X_RO);
	area_done(&a);

	a = area_new(a.fd, 3);
	must(check_eq(x_map(a.fd, d->id, a.va, d->frame, 3, STRICT, f), 0));
	check_eq(f[0].state, PRIVCMD_X_RW);
	check_eq(f[1].state, PRIVCMD_X_NONE);
	check_eq(f[1].error, -EBUSY);
	check_eq(f[2].state, PRIVCMD_X_RW);
	check_eq(touch(page_at(&a, 1)), SIGBUS);
	/*
	 * STRICT belongs to the mapping: it holds for all of its frames or for
	 * none.
	 */
	check_errno(v2(a.fd, d->id, page_at(&a, 1), d->frame + 1, &err, 1),
		    EINVAL);
	check_errno(x_map(a.fd, d->id, page_at(&a, 1), d->frame + 1, 1, 0, f),
		    EINVAL);
	must(check_eq(domain_unpin(d, 1), 0));
	check_eq(x_map(a.fd, d->id, page_at(&a, 1), d->frame + 1, 1, STRICT, f),
		 0);
	check_eq(f[0].state, PRIVCMD_X_RW);
	area_done(&a);

	/* A page that was writable cannot be refilled writable. */
	a = area_new(a.fd, 3);
	must(check_eq(x_map_area(&a, d, 0, STRICT), 0));
	must(!mprotect(a.va, 3 * PAGE, PROT_READ));
	must(check_eq(domain_pin_l1(d, 1), 0));
	check_eq(touch(page_at(&a, 1)), 0);
	must(!mprotect(a.va, 3 * PAGE, PROT_READ | PROT_WRITE));
	check_eq(touch(page_at(&a, 0)), 0);
	check_eq(touch(page_at(&a, 1)), SIGBUS);
	check_eq(domain_unpin(d, 1), 0);
	check_eq(poke(page_at(&a, 1), 1), 0);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(x_map_wrong)
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	struct area a = area_new(privcmd_open(), 4);
	struct privcmd_x_map good = {
		.size = sizeof(good),
		.dom = d->id,
		.addr = (unsigned long)a.va,
		.num = 4,
		.frames = (unsigned long)d->frame,
	}, m;
	static const __u64 num[] = {
		0, 5, 1ULL << 32, 1ULL << 52, (1ULL << 52) + 4, ~0ULL
	};
	size_t i;

	need_ours();
	for (i = 0; i < ARRAY_SIZE(num); i++) {
		m = good;
		m.num = num[i];
		check_errno(ioctl(a.fd, PRIVCMD_X_MAP, &m), EINVAL);
		m.flags = LAZY | CONTIGUOUS;
		check_errno(ioctl(a.fd, PRIVCMD_X_MAP, &m), EINVAL);
	}
	for (i = 0; i < 3; i++) {
		m = good;
		m.pad[i] = 1;
		check_errno(ioctl(a.fd, PRIVCMD_X_MAP, &m), EINVAL);
	}
	for (i = 3; i < 32; i++) {
		m = good;
		m.flags = 1U << i;
		check_errno(ioctl(a.fd, PRIVCMD_X_MAP, &m), EINVAL);
	}
	m = good;
	m.flags = CONTIGUOUS;
	m.frames = ~0ULL - 2;
	check_errno(ioctl(a.fd, PRIVCMD_X_MAP, &m), EINVAL);
	m = good;
	m.addr++;
	check_errno(ioctl(a.fd, PRIVCMD_X_MAP, &m), EINVAL);
	m = good;
	m.frames = 0;
	check_errno(ioctl(a.fd, PRIVCMD_X_MAP, &m), EFAULT);
	m = good;
	m.status = (unsigned long)KERNEL_POINTER;
	check_errno(ioctl(a.fd, PRIVCMD_X_MAP, &m), EFAULT);
	for (i = 0; i < PRIVCMD_X_MAP_SIZE_V1; i++) {
		m = good;
		m.size = i;
		check_errno(ioctl(a.fd, PRIVCMD_X_MAP, &m), EINVAL);
	}
	check_errno(ioctl(a.fd, PRIVCMD_X_MAP, NULL), EFAULT);
	/* The first call must name the whole area. */
	m = good;
	m.num = 3;
	check_errno(ioctl(a.fd, PRIVCMD_X_MAP, &m), EINVAL);
	m.flags = LAZY;
	check_errno(ioctl(a.fd, PRIVCMD_X_MAP, &m), EINVAL);
	check_eq(touch(a.va), SIGBUS);
	check_eq(takes_longer(a.fd, PRIVCMD_X_MAP, &good), 0);
	shows(&a, d, 0);
	/* The area is populated already. */
	check_errno(ioctl(a.fd, PRIVCMD_X_MAP, &good), EINVAL);
	area_done(&a);
}

/*
 * The restriction is checked before the arguments, so a restricted file gets EPERM
 * whatever else is wrong with a call for another domain.
 */
TAP_CASE(x_map_restricted, .rows = "B16")
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	struct area a = area_new(privcmd_open(), 4);
	struct privcmd_x_map good = {
		.size = sizeof(good),
		.dom = d->id,
		.addr = (unsigned long)a.va,
		.num = 4,
		.frames = (unsigned long)d->frame,
	}, m;

	need_ours();
	must(check_eq(restrict_to(a.fd, NO_DOMAIN), 0));
	check_errno(ioctl(a.fd, PRIVCMD_X_MAP, &good), EPERM);
	m = good;
	m.num = 0;
	check_errno(ioctl(a.fd, PRIVCMD_X_MAP, &m), EPERM);
	m.num = (1ULL << 28) + 1; /* more than max_frames */
	check_errno(ioctl(a.fd, PRIVCMD_X_MAP, &m), EPERM);
	m = good;
	m.flags = 1U << 31;
	check_errno(ioctl(a.fd, PRIVCMD_X_MAP, &m), EPERM);
	m = good;
	m.frames = (unsigned long)KERNEL_POINTER;
	check_errno(ioctl(a.fd, PRIVCMD_X_MAP, &m), EPERM);
	m = good;
	m.status = (unsigned long)KERNEL_POINTER;
	check_errno(ioctl(a.fd, PRIVCMD_X_MAP, &m), EPERM);
	m = good;
	m.addr = (unsigned long)d->frame & -PAGE; /* not an area */
	check_errno(ioctl(a.fd, PRIVCMD_X_MAP, &m), EPERM);
	check_eq(touch(a.va), SIGBUS);
	area_done(&a);
}

/* The statuses cannot be written. The call does nothing. */
TAP_CASE(x_map_status_unwritable)
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	struct area a = area_new(privcmd_open(), 4);
	unsigned char *p = buffer(1);
	static const unsigned int flags[] = { 0, LAZY };
	size_t i;

	need_ours();
	for (i = 0; i < 2; i++) {
		check_errno(x_map(a.fd, d->id, a.va, d->frame, 4, flags[i],
				  (void *)(p + PAGE - 12)),
			    EFAULT);
		check_eq(touch(a.va), SIGBUS);
		check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 0);
		check_eq(fdinfo(a.fd, "xen-privcmd-lazy"), 0);
		check_eq(x_map(a.fd, d->id, a.va, d->frame, 4, flags[i],
			       (void *)(p + PAGE - 16)),
			 0);
		shows(&a, d, 0);
		area_done(&a);
		a = area_new(a.fd, 4);
	}
	area_works(&a, d);
}
