/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A memory control group for a case.
 */
#ifndef MEMCG_H
#define MEMCG_H

#include "x/map.h"

/* Makes the group, which goes with the case. Skips the case if the kernel cannot. */
void memcg_new(void);
/* The process is in the group from now on. A child of the case calls this. */
void memcg_join(void);
/* A number in a file of the group, in the line that begins with @key. */
long memcg_get(const char *file, const char *key);

#endif /* MEMCG_H */
