/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * PV: foreign frames in the kernel's address space.
 */
#ifndef PRIVCMD_PV_WINDOW_H
#define PRIVCMD_PV_WINDOW_H

struct privcmd_map;

void *privcmd_pv_window_area(unsigned int nr);
void *privcmd_pv_window_open(struct privcmd_map *map, unsigned long idx,
			     unsigned int nr);
void privcmd_pv_window_close(void *window, unsigned int nr);

#endif /* PRIVCMD_PV_WINDOW_H */
