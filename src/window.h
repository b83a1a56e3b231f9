/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Windows: the kernel's own mappings of foreign frames.
 */
#ifndef PRIVCMD_WINDOW_H
#define PRIVCMD_WINDOW_H

#include <xen/interface/xen.h>

struct privcmd_map;

void *privcmd_window_open(struct privcmd_map *map, domid_t dom,
			  unsigned long idx, unsigned int nr);
void privcmd_window_close(void *window, unsigned int nr);

#endif /* PRIVCMD_WINDOW_H */
