/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What the cases about mappings of another open file share. Include this file
 * before suite.h, as Xen's headers come first.
 */
#ifndef OTHER_FILE_H
#define OTHER_FILE_H

#include "resource/resource.h"
#include "x/map.h"

/* Page i of the area shows page i of @d. */
static inline void shows(const struct area *a, const struct domain *d)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (check_eq(touch(page_at(a, i)), 0))
			check(page_has(page_at(a, i), domain_seed(d, i)));
}

/* IOCTL_PRIVCMD_MMAP of a whole area, with an entry for each page. */
static inline int mmap_whole(int fd, const struct area *a, const struct domain *d)
{
	struct privcmd_mmap_entry e[8];
	struct privcmd_mmap m = { .num = a->n, .dom = d->id, .entry = e };
	size_t i;

	must(a->n <= ARRAY_SIZE(e));
	for (i = 0; i < a->n; i++)
		e[i] = (struct privcmd_mmap_entry){
			.va = (unsigned long)page_at(a, i),
			.mfn = d->frame[i],
			.npages = 1,
		};
	return ioctl(fd, IOCTL_PRIVCMD_MMAP, &m);
}

/*
 * An area of three lazy pages that @other has populated. The first page has
 * been accessed.
 */
static inline struct area lazy_by(int other, int fd, const struct domain *d)
{
	struct area a = area_new(fd, 3);

	around("1");
	must(!x_map(other, d->id, a.va, d->frame, 3, LAZY, NULL));
	check(page_has(a.va, domain_seed(d, 0)));
	return a;
}

#endif /* OTHER_FILE_H */
