/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages of our physmap that hold foreign frames in an auto-translated dom0: taken
 * from the kernel and given back to it. Copyright (C) 2026 the xen-privcmd authors
 */
#ifndef PRIVCMD_PLACES_H
#define PRIVCMD_PLACES_H

struct page;
struct privcmd_file;

int privcmd_places_take(struct privcmd_file *pf, struct page **pages,
			unsigned int nr);
void privcmd_places_give_back(struct privcmd_file *pf, struct page **pages,
			      unsigned int nr);

#endif /* PRIVCMD_PLACES_H */
