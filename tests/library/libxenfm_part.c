// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * libxenfm on a real device: ranges, strict and lazy mappings, parts that are
 * released and populated, and foreign memory that is read and written.
 */
#include "libxenfm.h"

bool has(const struct xenfm *fm, uint64_t feature)
{
	return xenfm_info(fm)->features & feature;
}

static struct xenfm *opened_to_map(void)
{
	struct xenfm *fm = opened();

	if (!has(fm, XENFM_FEATURE_MAP))
		skip("the driver has no X_MAP");
	return fm;
}

/*
 * The frames of an HVM domain have consecutive numbers. After the last one
 * there is nothing.
 */
TAP_CASE(library_range)
{
	struct domain *d = domain_new(DOMAIN_HVM, 700);
	struct xenfm *fm = opened();
	int err[704], bad = frame_error(d, d->frame[0] + d->n);
	void *addr = NULL;

	must(check_eq(xenfm_map_range(fm, d->id, d->frame[0], d->n + 4,
				      XENFM_MAP_WRITE, 0, err, &addr),
		      0));
	for (size_t i = 0; i < d->n + 4; i++)
		check_eq(err[i], i < d->n ? 0 : bad);
	for (size_t i = 0; i < d->n; i++)
		check(page_has((char *)addr + i * PAGE, domain_seed(d, i)));
	check_eq(xenfm_unmap(fm, addr, d->n + 4), 0);
	addr = fm;
	check_eq(xenfm_map_range(fm, d->id, d->frame[0], d->n + 1, 0, 0, NULL,
				 &addr),
		 bad);
	check(addr == fm);
	check_eq(areas(), 0);
	check_eq(xenfm_map_range(fm, d->id, d->frame[0] + 1, d->n - 1, 0, 0,
				 NULL, &addr),
		 0);
	check(page_has(addr, domain_seed(d, 1)));
	check_eq(xenfm_unmap(fm, addr, d->n - 1), 0);
	finish(fm, d);
}

TAP_CASE(library_lazy)
{
	struct domain *d = domain_new(DOMAIN_HVM, 70);
	struct xenfm *fm = opened_to_map();
	struct xenfm_frame f[74];
	unsigned char *a;
	int err[74];
	void *addr;

	must(check_eq(xenfm_map_range(fm, d->id, d->frame[0], 74,
				      XENFM_MAP_WRITE | XENFM_MAP_LAZY, 0, err,
				      &addr),
		      0));
	a = addr;
	must(check_eq(xenfm_status(fm, a, 74, f), 0));
	for (size_t i = 0; i < 74; i++) {
		check_eq(err[i], 0);
		check_eq(f[i].state, XENFM_FRAME_LAZY);
	}
	check(page_has(a + 69 * PAGE, domain_seed(d, 69)));
	must(check_eq(xenfm_status(fm, a + 69 * PAGE, 1, f), 0));
	check_eq(f[0].state, XENFM_FRAME_RW);
	for (size_t i = 0; i < 70; i++) {
		check(page_has(a + i * PAGE, domain_seed(d, i)));
		page_fill(a + i * PAGE, i);
	}
	for (size_t i = 70; i < 74; i++)
		check_eq(touch(a + i * PAGE), SIGBUS);
	check_eq(xenfm_unmap(fm, a, 74), 0);
	a = map_all(fm, d, 1, 0);
	check(page_has(a + 33 * PAGE, 33));
	check_eq(xenfm_unmap(fm, a, 70), 0);
	finish(fm, d);
}

/*
 * Strict matters where writable mappings are refused. Elsewhere it changes
 * nothing.
 */
TAP_CASE(library_strict)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct xenfm *fm = opened_to_map();
	const unsigned int flags = XENFM_MAP_WRITE | XENFM_MAP_STRICT;
	unsigned char *a = map_all(fm, d, 1, XENFM_MAP_WRITE);
	int err[3] = { 1, 1, 1 };
	void *addr;

	memset(a + PAGE, 0, PAGE);
	check_eq(xenfm_unmap(fm, a, 3), 0);
	if (!xlate())
		must(check_eq(domain_pin_l1(d, 1), 0));
	must(check_eq(xenfm_map(fm, d->id, frames_of(d), 3, flags, 0, err,
				&addr),
		      0));
	check_eq(err[0] | err[2], 0);
	check_eq(err[1], xlate() ? 0 : -EBUSY);
	check_eq(touch((char *)addr + PAGE), xlate() ? 0 : SIGBUS);
	/*
	 * As long as a frame is mapped, the mapping stays strict, and a call
	 * without that flag is refused.
	 */
	check_eq(xenfm_release(fm, addr, 2), 0);
	check_eq(xenfm_populate(fm, d->id, addr, frames_of(d), 2, 0, 0, err),
		 -EINVAL);
	check_eq(xenfm_populate(fm, d->id, addr, frames_of(d), 2,
				XENFM_MAP_STRICT, 0, err),
		 0);
	check_eq(err[1], xlate() ? 0 : -EBUSY);
	/*
	 * Without a frame it is like a new mapping, and must be populated as a
	 * whole.
	 */
	check_eq(xenfm_release(fm, addr, 3), 0);
	check_eq(xenfm_populate(fm, d->id, addr, frames_of(d), 2, 0, 0, err),
		 -EINVAL);
	check_eq(xenfm_populate(fm, d->id, addr, frames_of(d), 3, 0, 0, err),
		 0);
	check_eq(err[0] | err[1] | err[2], 0);
	check_eq(xenfm_unmap(fm, addr, 3), 0);
	if (!xlate())
		must(check_eq(domain_unpin(d, 1), 0));
	check_eq(xenfm_map(fm, d->id, frames_of(d), 3, flags, 0, NULL, &addr),
		 0);
	check_eq(xenfm_unmap(fm, addr, 3), 0);
	finish(fm, d);
}

TAP_CASE(library_release_and_populate)
{
	struct domain *d = domain_new(DOMAIN_ANY, 8);
	struct xenfm *fm = opened_to_map(), *other = opened();
	unsigned char *a = map_all(fm, d, 1, XENFM_MAP_WRITE);
	const uint64_t back[] = { d->frame[7], d->frame[2], d->frame[2] };
	int err[3] = { 1, 1, 1 };

	check_eq(xenfm_release(fm, a + 2 * PAGE, 0), -EINVAL);
	check_eq(xenfm_release(fm, a + 2 * PAGE, 7), -EINVAL);
	check_eq(xenfm_release(fm, a + 1, 1), -EINVAL);
	check_eq(xenfm_release(fm, a + 2 * PAGE, 3), 0);
	/* Another handle can release pages, too. */
	check_eq(xenfm_release(other, a + 2 * PAGE, 2), 0);
	for (size_t i = 0; i < 8; i++) {
		if (i >= 2 && i < 5)
			check_eq(touch(a + i * PAGE), SIGBUS);
		else
			check(page_has(a + i * PAGE, domain_seed(d, i)));
	}
	check_eq(xenfm_populate(fm, d->id, a + PAGE, back, 3, 0, 0, err),
		 -EINVAL);
	check(page_has(a + PAGE, domain_seed(d, 1)));
	must(check_eq(xenfm_populate(fm, d->id, a + 2 * PAGE, back, 3, 0, 0,
				     err),
		      0));
	check_eq(err[0] | err[1] | err[2], 0);
	check(page_has(a + 2 * PAGE, domain_seed(d, 7)));
	check(page_has(a + 3 * PAGE, domain_seed(d, 2)));
	page_fill(a + 4 * PAGE, 4711);
	check(page_has(a + 3 * PAGE, 4711));
	check_eq(xenfm_unmap(fm, a, 8), 0);
	xenfm_close(other);
	finish(fm, d);
}

TAP_CASE(library_populate_fails_as_a_whole)
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	struct xenfm *fm = opened_to_map();
	unsigned char *a = map_all(fm, d, 1, 0);
	uint64_t back[] = { d->frame[0], BAD_FRAME, d->frame[1] };
	int err[3];

	must(check_eq(xenfm_release(fm, a + PAGE, 3), 0));
	check_eq(xenfm_populate(fm, d->id, a + PAGE, back, 3, 0, 0, NULL),
		 frame_error(d, BAD_FRAME));
	for (size_t i = 1; i < 4; i++)
		check_eq(touch(a + i * PAGE), SIGBUS);
	must(check_eq(xenfm_populate(fm, d->id, a + PAGE, back, 3,
				     XENFM_MAP_LAZY, 0, err),
		      0));
	check(page_has(a + PAGE, domain_seed(d, 0)));
	check_eq(touch(a + 2 * PAGE), SIGBUS);
	check(page_has(a + 3 * PAGE, domain_seed(d, 1)));
	check_eq(xenfm_unmap(fm, a, 4), 0);
	finish(fm, d);
}

/* The mapping stays and holds no frame. */
TAP_CASE(library_released_domain_dies)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct xenfm *fm = opened_to_map();
	unsigned char *a = map_all(fm, d, 1, 0);

	domain_destroy(d);
	check(domain_held(d));
	check_eq(xenfm_release(fm, a, 3), 0);
	check(domain_gone(d));
	check_eq(areas(), 1);
	check_eq(touch(a), SIGBUS);
	check_eq(xenfm_unmap(fm, a, 3), 0);
	xenfm_close(fm);
}

TAP_CASE(library_open_fd)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct domain *e = domain_new(DOMAIN_ANY, 1);
	struct xenfm *fm = NULL;
	int fd = privcmd_open();
	unsigned char *a;
	void *addr;

	check_eq(xenfm_open_fd(&fm, 0, 0), -ENOTTY);
	check_eq(xenfm_open_fd(&fm, -1, 0), -EBADF);
	check_eq(restrict_to(fd, d->id), 0);
	must(check_eq(xenfm_open_fd(&fm, fd, 0), 0));
	close(fd);
	check_eq(xenfm_map(fm, e->id, frames_of(e), 1, 0, 0, NULL, &addr),
		 -EPERM);
	check_eq(xenfm_restrict(fm, e->id), -EINVAL);
	a = map_all(fm, d, 1, 0);
	check(page_has(a + PAGE, domain_seed(d, 1)));
	check_eq(xenfm_unmap(fm, a, 2), 0);
	finish(fm, d);
}

/* The contents of the domain, page after page. */
static unsigned char *bytes_of(const struct domain *d)
{
	unsigned char *b = buffer(d->n);

	for (size_t i = 0; i < d->n; i++)
		page_fill(b + i * PAGE, domain_seed(d, i));
	return b;
}

TAP_CASE(library_read)
{
	static const struct {
		size_t offset, len;
	} spans[] = {
		{ 0, 1 },
		{ PAGE - 1, 2 },
		{ 5, 0 },
		{ 77, 600 * PAGE },
		{ PAGE, PAGE },
		{ 0, 700 * PAGE },
		{ 3, 700 * PAGE - 3 },
	};
	struct domain *d = domain_new(DOMAIN_HVM, 700);
	unsigned char *want = bytes_of(d), *got = buffer(d->n);
	uint64_t base = d->frame[0] * PAGE;
	struct xenfm *fm = opened();

	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		size_t done = 1;

		memset(got, 0, d->n * PAGE);
		check_eq(xenfm_read(fm, d->id, base + spans[i].offset, got,
				    spans[i].len, &done),
			 0);
		check_eq(done, spans[i].len);
		check(!memcmp(got, want + spans[i].offset, spans[i].len));
	}
	check_eq(areas(), 0);
	finish(fm, d);
}

TAP_CASE(library_write)
{
	struct domain *d = domain_new(DOMAIN_HVM, 300);
	unsigned char *bytes = bytes_of(d), *got = buffer(d->n);
	uint64_t base = d->frame[0] * PAGE;
	struct xenfm *fm = opened();
	size_t done = 0;

	for (size_t i = 100; i < 290 * PAGE; i++)
		bytes[i] = i * 7 + (i >> 8);
	check_eq(xenfm_write(fm, d->id, base + 100, bytes + 100,
			     290 * PAGE - 100, &done),
		 0);
	check_eq(done, 290 * PAGE - 100);
	check_eq(xenfm_read(fm, d->id, base, got, d->n * PAGE, NULL), 0);
	check(!memcmp(got, bytes, d->n * PAGE));
	finish(fm, d);
}

TAP_CASE(library_copy_stops)
{
	struct domain *d = domain_new(DOMAIN_HVM, 2);
	int bad = frame_error(d, d->frame[0] + 2);
	uint64_t base = d->frame[0] * PAGE;
	struct xenfm *fm = opened();
	unsigned char *got = buffer(4);
	unsigned char *want = bytes_of(d), *more = buffer(4);
	size_t done = 99;

	memset(more, 0x77, 4 * PAGE);
	check_eq(xenfm_read(fm, d->id, base + 9, got, 3 * PAGE, &done), bad);
	check_eq(done, 2 * PAGE - 9);
	check(!memcmp(got, want + 9, done));
	check_eq(got[done], 0);
	check_eq(xenfm_write(fm, d->id, base + PAGE, more, 3 * PAGE, &done),
		 bad);
	check_eq(done, PAGE);
	check_eq(xenfm_read(fm, d->id, base + PAGE, got, PAGE, NULL), 0);
	check(!memcmp(got, more, PAGE));
	check_eq(xenfm_read(fm, d->id, BAD_FRAME * PAGE, got, 1, &done),
		 frame_error(d, BAD_FRAME));
	check_eq(done, 0);
	check_eq(xenfm_read(fm, NO_DOMAIN, base, got, 1, NULL), -ESRCH);
	check_eq(xenfm_read(fm, d->id, UINT64_MAX, got, 2, NULL), -EINVAL);
	if (has(fm, XENFM_FEATURE_COPY)) {
		check_eq(xenfm_read(fm, d->id, base, NULL, 1, NULL), -EFAULT);
		check_eq(xenfm_write(fm, d->id, base, NULL, 1, NULL), -EFAULT);
	}
	check_eq(xenfm_restrict(fm, NO_DOMAIN), 0);
	check_eq(xenfm_read(fm, d->id, base, got, 1, &done), -EPERM);
	check_eq(xenfm_write(fm, d->id, base, got, 1, &done), -EPERM);
	finish(fm, d);
}
