/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Slots: pages of our physmap that hold foreign frames in an auto-translated dom0.
 */
#ifndef PRIVCMD_SLOTS_H
#define PRIVCMD_SLOTS_H

struct page;
struct privcmd_file;

int privcmd_slots_alloc(struct privcmd_file *pf, struct page **pages,
			unsigned int nr);
void privcmd_slots_free(struct privcmd_file *pf, struct page **pages,
			unsigned int nr);

#endif /* PRIVCMD_SLOTS_H */
