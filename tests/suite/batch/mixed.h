/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A batch of good and bad frames, for the cases of MMAPBATCH that tell them
 * apart.
 */
#ifndef MIXED_H
#define MIXED_H

#include "suite.h"

#define MIXED 12

/* Of MIXED frames these fail. The others are the domain's, in order. */
extern const bool bad_at[MIXED];

void map_mixed(int version, const struct area *a, const struct domain *d);
void check_mixed(const struct area *a, const struct domain *d);

#endif /* MIXED_H */
