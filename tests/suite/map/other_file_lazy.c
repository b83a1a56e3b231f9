// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Lazy calls on a mapping of another open file. other_file_gate.c has the other
 * calls.
 */
#include "map/other_file.h"

#include "dom0/late.h"

/*
 * A lazy call of @other has passed its own gate and waits for its frame
 * numbers. Then its file is restricted to another domain.
 */
static void lazy_call_restricted(int other, const struct area *a,
				 const struct domain *d, size_t first, size_t n)
{
	struct privcmd_x_map m = {
		.size = sizeof(m),
		.flags = LAZY,
		.dom = d->id,
		.addr = (unsigned long)page_at(a, first),
		.num = n,
	};
	struct late l;

	late_new(&l, 1);
	memcpy(l.copy, d->frame + first, n * sizeof(*d->frame));
	m.frames = (unsigned long)l.pages;
	late_take(&l, 0);
	late_call(&l, other, PRIVCMD_X_MAP, &m);
	late_wanted(&l, 0);
	check_eq(restrict_to(other, NO_DOMAIN), 0);
	late_give(&l, 0);
	check_errno(late_end(&l), EPERM);
	late_done(&l);
}

/*
 * The same for lazy calls, which ask the gate only once. The refused file does
 * not count for the mapping.
 */
TAP_HAZARD(area_of_another_file_lazy_restricted_meanwhile, .rows = "A24 B16")
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	int fd = privcmd_open(), other = privcmd_open();
	struct area a = area_new(fd, 3);

	need_ours();
	lazy_call_restricted(other, &a, d, 0, 3);
	check_eq(frames_in_state(&a, PRIVCMD_X_NONE), 3);
	check_eq(fdinfo(fd, "xen-privcmd-lazy"), 0);
	check_eq(touch(a.va), SIGBUS);
	area_works(&a, d);
	close(other);

	/* A call for a part of a mapping of @fd. */
	other = privcmd_open();
	a = lazy_by(fd, fd, d);
	check_eq(x_unmap(fd, page_at(&a, 2), 1), 0);
	lazy_call_restricted(other, &a, d, 2, 1);
	check_eq(state_at(&a, 2), PRIVCMD_X_NONE);
	if (check_eq(touch(page_at(&a, 1)), 0))
		check(page_has(page_at(&a, 1), domain_seed(d, 1)));
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}
