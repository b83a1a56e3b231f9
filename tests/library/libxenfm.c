// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * test-libxenfm: the project's library on a real device: mappings and their
 * contents. domain.c builds the domain. Errors are compared with those of the
 * ioctls. libxenfm_handle.c has the handles, xenfm.c the tool.
 */
#include "libxenfm.h"

TAP_MAIN

struct xenfm *opened(void)
{
	struct xenfm *fm = NULL;

	must(check_eq(xenfm_open(&fm, 0), 0));
	return fm;
}

const uint64_t *frames_of(const struct domain *d)
{
	return (const uint64_t *)d->frame;
}

unsigned char *map_all(struct xenfm *fm, const struct domain *d, size_t step,
		       unsigned int flags)
{
	uint64_t frame[d->n];
	int err[d->n];
	void *addr = NULL;

	for (size_t i = 0; i < d->n; i++) {
		frame[i] = d->frame[i * step % d->n];
		err[i] = 0x5555;
	}
	must(check_eq(xenfm_map(fm, d->id, frame, d->n, flags, 0, err, &addr),
		      0));
	must((uintptr_t)addr && !((uintptr_t)addr % PAGE));
	for (size_t i = 0; i < d->n; i++)
		check_eq(err[i], 0);
	return addr;
}

int frame_error(const struct domain *d, __u64 frame)
{
	struct area a = area_new(privcmd_open(), 1);
	int err = 0;

	must(check_eq(v2(a.fd, d->id, a.va, &frame, &err, 1), 0));
	area_done(&a);
	close(a.fd);
	return err;
}

int areas(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];
	int n = 0;

	must(f != NULL);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, "privcmd") != NULL;
	fclose(f);
	return n;
}

void finish(struct xenfm *fm, struct domain *d)
{
	check_eq(areas(), 0);
	xenfm_close(fm);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * With the in-tree driver, an auto-translated dom0 may show anything at a page
 * whose frame failed.
 */
static bool failed_frames_are_holes(void)
{
	return driver() || !xlate();
}

static void both_ways(struct domain *d)
{
	struct xenfm *fm = opened(), *other = opened();
	unsigned char *a = map_all(fm, d, 29, XENFM_MAP_WRITE);
	unsigned char *b = map_all(other, d, 1, XENFM_MAP_WRITE);
	size_t i;

	for (i = 0; i < d->n; i++) {
		check(page_has(a + i * PAGE, domain_seed(d, i * 29 % d->n)));
		page_fill(a + i * PAGE, i * 29 % d->n);
	}
	for (i = 0; i < d->n; i++) {
		check(page_has(b + i * PAGE, i));
		page_fill(b + i * PAGE, i ^ 0xa5a5);
	}
	for (i = 0; i < d->n; i++)
		check(page_has(a + i * PAGE, (i * 29 % d->n) ^ 0xa5a5));
	check_eq(areas(), 2);
	check_eq(xenfm_unmap(fm, a, d->n), 0);
	check_eq(touch(a), SIGSEGV);
	check_eq(xenfm_unmap(other, b, d->n), 0);
	xenfm_close(other);
	finish(fm, d);
}

/* The numbers of pages are prime, so every step is a permutation. */
TAP_CASE(library_shuffled_both_ways)
{
	both_ways(domain_new(DOMAIN_ANY, 67));
}

TAP_CASE(library_shuffled_both_ways_hvm)
{
	both_ways(domain_new(DOMAIN_HVM, 1031));
}

TAP_CASE(library_same_frame_twice)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	uint64_t frame[2] = { d->frame[0], d->frame[0] };
	struct xenfm *fm = opened();
	unsigned char *a;
	void *addr;

	must(check_eq(xenfm_map(fm, d->id, frame, 2, XENFM_MAP_WRITE, 0, NULL,
				&addr),
		      0));
	a = addr;
	page_fill(a, 77);
	check(page_has(a + PAGE, 77));
	check_eq(xenfm_unmap(fm, a, 2), 0);
	finish(fm, d);
}

#define MANY 20

static bool is_bad(size_t i)
{
	return i % 3 == 1 || i > 17;
}

/* Maps MANY frames, some of which are bad. Sets the error of each. */
static unsigned char *map_some_bad(struct xenfm *fm, const struct domain *d,
				   int *err)
{
	uint64_t frame[MANY];
	void *addr;

	for (size_t i = 0; i < MANY; i++) {
		frame[i] = is_bad(i) ? BAD_FRAME + i : d->frame[i];
		err[i] = 0x5555;
	}
	must(check_eq(xenfm_map(fm, d->id, frame, MANY, XENFM_MAP_WRITE, 0, err,
				&addr),
		      0));
	return addr;
}

TAP_CASE(library_bad_frames)
{
	struct domain *d = domain_new(DOMAIN_ANY, MANY);
	struct xenfm *fm = opened();
	int err[MANY], bad = frame_error(d, BAD_FRAME);
	unsigned char *a = map_some_bad(fm, d, err);

	check_eq(bad, bad_frame_error(2, d));
	for (size_t i = 0; i < MANY; i++) {
		check_eq(err[i], is_bad(i) ? bad : 0);
		if (!is_bad(i))
			check(page_has(a + i * PAGE, domain_seed(d, i)));
		else if (failed_frames_are_holes())
			check_eq(touch(a + i * PAGE), SIGBUS);
	}
	check_eq(xenfm_unmap(fm, a, MANY), 0);
	finish(fm, d);
}

/* All frames are bad. The call succeeds all the same. */
TAP_CASE(library_only_bad_frames)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	uint64_t frame[2] = { BAD_FRAME, BAD_FRAME + 1 };
	struct xenfm *fm = opened();
	int err[2] = { 0, 0 };
	void *addr = NULL;

	must(check_eq(xenfm_map(fm, d->id, frame, 2, 0, 0, err, &addr), 0));
	check_eq(err[0], frame_error(d, BAD_FRAME));
	check_eq(err[1], err[0]);
	check_eq(xenfm_unmap(fm, addr, 2), 0);
	finish(fm, d);
}

TAP_CASE(library_bad_frame_without_err)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	uint64_t frame[3] = { d->frame[0], BAD_FRAME, d->frame[2] };
	struct xenfm *fm = opened();
	void *addr = fm;

	check_eq(xenfm_map(fm, d->id, frame, 3, XENFM_MAP_WRITE, 0, NULL,
			   &addr),
		 frame_error(d, BAD_FRAME));
	check(addr == fm);
	check_eq(areas(), 0);
	frame[1] = d->frame[1];
	check_eq(xenfm_map(fm, d->id, frame, 3, 0, 0, NULL, &addr), 0);
	check(page_has((char *)addr + 2 * PAGE, domain_seed(d, 2)));
	check_eq(xenfm_unmap(fm, addr, 3), 0);
	finish(fm, d);
}

TAP_CASE(library_read_only_mapping)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct xenfm *fm = opened();
	unsigned char *a = map_all(fm, d, 1, 0);

	check_eq(poke(a, 1), SIGSEGV);
	check_eq(poke(a + PAGE, 1), SIGSEGV);
	check(page_has(a, domain_seed(d, 0)));
	check(page_has(a + PAGE, domain_seed(d, 1)));
	check_eq(xenfm_unmap(fm, a, 2), 0);
	finish(fm, d);
}

/*
 * A page table of a PV domain cannot be mapped writable, so it is mapped
 * read-only.
 */
TAP_CASE(library_pinned_table)
{
	struct domain *d;
	struct xenfm *fm = opened();
	struct xenfm_frame f[3];
	int err[3] = { 0 };
	unsigned char *a;
	void *addr;

	need_pv("pinned frames map writable");
	d = domain_new(DOMAIN_PV, 3);
	a = map_all(fm, d, 1, XENFM_MAP_WRITE);
	memset(a + PAGE, 0, PAGE);
	check_eq(xenfm_unmap(fm, a, 3), 0);
	must(check_eq(domain_pin_l1(d, 1), 0));
	must(check_eq(xenfm_map(fm, d->id, frames_of(d), 3, XENFM_MAP_WRITE, 0,
				err, &addr),
		      0));
	a = addr;
	check_eq(err[0] | err[2], 0);
	check_eq(err[1], driver() ? 0 : -EBUSY);
	if (driver()) {
		must(check_eq(xenfm_status(fm, a, 3, f), 0));
		check_eq(f[0].state, XENFM_FRAME_RW);
		check_eq(f[1].state, XENFM_FRAME_RO);
		check_eq(f[2].state, XENFM_FRAME_RW);
		check_eq(f[1].error, 0);
		check_eq(touch(a + PAGE), 0);
		check_eq(poke(a + PAGE, 1), SIGBUS);
		check_eq(a[PAGE], 0);
	}
	check(page_has(a + 2 * PAGE, domain_seed(d, 2)));
	must(check_eq(domain_unpin(d, 1), 0));
	if (driver()) {
		check_eq(poke(a + PAGE, 7), 0);
		check_eq(a[PAGE], 7);
		must(check_eq(xenfm_status(fm, a + PAGE, 1, f), 0));
		check_eq(f[0].state, XENFM_FRAME_RW);
	}
	check_eq(xenfm_unmap(fm, a, 3), 0);
	finish(fm, d);
}

TAP_CASE(library_status_of_failed_frames)
{
	struct domain *d = domain_new(DOMAIN_ANY, MANY);
	struct xenfm *fm = opened();
	struct xenfm_frame f[MANY + 1];
	int err[MANY];
	unsigned char *a;

	need_ours();
	a = map_some_bad(fm, d, err);
	memset(f, 0xee, sizeof(f));
	must(check_eq(xenfm_status(fm, a, MANY, f), 0));
	for (size_t i = 0; i < MANY; i++) {
		check_eq(f[i].state,
			 is_bad(i) ? XENFM_FRAME_NONE : XENFM_FRAME_RW);
		check_eq(f[i].error, err[i]);
		check_eq(f[i].reserved, 0);
	}
	check_eq(f[MANY].state, 0xee);
	/* The status of a part of the area. */
	must(check_eq(xenfm_status(fm, a + PAGE, 1, f), 0));
	check_eq(f[0].error, err[1]);
	check_eq(f[1].error, err[1]);
	check_eq(xenfm_unmap(fm, a, MANY), 0);
	finish(fm, d);
}

TAP_CASE(library_status_wrong)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct xenfm *fm = opened(), *other = opened();
	unsigned char *a = map_all(fm, d, 1, 0);
	struct xenfm_frame f[4];

	need_ours();
	check_eq(xenfm_status(other, a, 2, f), 0);
	check_eq(xenfm_status(fm, a, 0, f), -EINVAL);
	check_eq(xenfm_status(fm, a, 3, f), -EINVAL);
	check_eq(xenfm_status(fm, a + 1, 1, f), -EINVAL);
	check_eq(xenfm_status(fm, aside(1), 1, f), -EINVAL);
	check_eq(xenfm_status(fm, NULL, 1, f), -EINVAL);
	check_eq(xenfm_status(fm, a, 2, NULL), -EFAULT);
	check_eq(xenfm_status(fm, a, 2, f), 0);
	check_eq(xenfm_unmap(fm, a, 2), 0);
	check_eq(xenfm_status(fm, a, 2, f), -EINVAL);
	xenfm_close(other);
	finish(fm, d);
}

TAP_CASE(library_status_of_another_driver)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct xenfm *fm = opened();
	unsigned char *a = map_all(fm, d, 1, 0);
	struct xenfm_frame f[2];

	if (driver())
		skip("the loaded driver is xen-privcmd");
	check_eq(xenfm_status(fm, a, 2, f), -EOPNOTSUPP);
	check_eq(xenfm_status(fm, NULL, 0, NULL), -EOPNOTSUPP);
	check_eq(xenfm_unmap(fm, a, 2), 0);
	finish(fm, d);
}

TAP_CASE(library_unmap)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct xenfm *fm = opened();
	unsigned char *a = map_all(fm, d, 1, 0);

	check_eq(xenfm_unmap(fm, a, 0), -EINVAL);
	check_eq(xenfm_unmap(fm, a + 1, 3), -EINVAL);
	check_eq(xenfm_unmap(fm, NULL, 3), 0);
	check(page_has(a, domain_seed(d, 0)));
	check_eq(xenfm_unmap(fm, a, 3), 0);
	for (size_t i = 0; i < 3; i++)
		check_eq(touch(a + i * PAGE), SIGSEGV);
	finish(fm, d);
}

TAP_CASE(library_unmap_part)
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	struct xenfm *fm = opened();
	unsigned char *a;

	if (!driver())
		skip("hazard: other drivers may split the mapping");
	a = map_all(fm, d, 1, XENFM_MAP_WRITE);
	check_eq(xenfm_unmap(fm, a, 1), -EINVAL);
	check_eq(xenfm_unmap(fm, a + PAGE, 2), -EINVAL);
	check_eq(xenfm_unmap(fm, a + 2 * PAGE, 2), -EINVAL);
	for (size_t i = 0; i < 4; i++)
		check(page_has(a + i * PAGE, domain_seed(d, i)));
	check_eq(poke(a + PAGE, 1), 0);
	check_eq(xenfm_unmap(fm, a, 4), 0);
	finish(fm, d);
}
