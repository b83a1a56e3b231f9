/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Frames that wait for the reaper.
 */
#ifndef REAPER_H
#define REAPER_H

#include "x/map.h"

#define MANY 600

/*
 * The number of frames that wait for the reaper. Always 0 on a PV dom0, where
 * nothing has to be removed later.
 */
long waiting(int fd);
bool all_given_back(int fd);
/*
 * Maps the first @n pages of @d, writes to each, unmaps them, and reads them
 * through a new mapping.
 */
void round_trip(int fd, struct domain *d, size_t n, unsigned int seed);

#endif /* REAPER_H */
