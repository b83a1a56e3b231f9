/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The guest's memory, as back ends get it.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include "frontend.h"

struct guest_ram;

/* The way with this name ("file", "foreign", "grant"), or -1. */
int memory_way(const char *name);
/*
 * Makes the table. @node: the driver's device. The descriptors stay open to the end of the
 * program. Returns 0 or -errno. @what: the file that failed.
 */
int memory_open(enum region_way way, const struct guest_ram *ram,
		const char *node, const char **what);
const struct region_table *memory_table(void);

#endif /* MEMORY_H */
