/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * X_MAP and X_UNMAP as the cases call them.
 */
#ifndef X_MAP_H
#define X_MAP_H

#include "suite.h"

#define STRICT	   PRIVCMD_X_MAP_STRICT
#define CONTIGUOUS PRIVCMD_X_MAP_CONTIGUOUS
#define LAZY	   PRIVCMD_X_MAP_LAZY

/* @frames is an array, or with CONTIGUOUS the first number itself. */
int x_map(int fd, unsigned int dom, const void *addr, const void *frames,
	  __u64 num, unsigned int flags, struct privcmd_x_frame *status);
/* Maps a whole area: pages of @d from @first on. */
int x_map_area(const struct area *a, const struct domain *d, size_t first,
	       unsigned int flags);
int x_unmap(int fd, const void *addr, __u64 num);

/*
 * Calls one of our ioctls as a caller of a later version would, with a longer
 * struct. The call fails with E2BIG if the additional bytes are not all zero,
 * and works if they are. @arg begins with its size. Returns what the call returned
 * that worked.
 */
int takes_longer(int fd, unsigned long cmd, const void *arg);

/* An area whose first page is the first one of a page table. */
struct area aligned_area(int fd, size_t n);
/* Sets the parameter fault_around. */
void around(const char *frames);

/* The number of an area's frames in this state, as X_STATUS reports it. */
size_t frames_in_state(const struct area *a, int state);
int error_at(const struct area *a, size_t i);

#endif /* X_MAP_H */
