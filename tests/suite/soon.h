/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Shows that a process is gone soon, before a quarter of its call's work could be done. The
 * process first does a part of that work, which shows how long the work takes on this
 * machine.
 */
#ifndef SOON_H
#define SOON_H

#include <time.h>

#define PARTS 32	    /* the process measures 1 / PARTS of the work */
#define SOON  (PARTS / 4.0) /* times that part */

static inline double seconds_since(const struct timespec *t0)
{
	struct timespec t1;

	clock_gettime(CLOCK_MONOTONIC, &t1);
	return t1.tv_sec - t0->tv_sec + (t1.tv_nsec - t0->tv_nsec) * 1e-9;
}

#endif /* SOON_H */
