/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * X_COPY as the cases call it.
 */
#ifndef X_COPY_H
#define X_COPY_H

#include "x_map.h"

#define WRITE PRIVCMD_X_COPY_WRITE
#define MANY  40 /* frames: several pieces */

/* @frames: an array, or with PRIVCMD_X_COPY_CONTIGUOUS the first number. */
int x_copy(int fd, unsigned int dom, const void *frames, __u64 num,
	   __u64 offset, __u64 len, void *buf, unsigned int flags);
/* How much the last one has done; 0x5555: it has not said. */
extern __u64 x_copied;

/* What the whole domain holds, by a mapping. */
unsigned char *contents(struct domain *d);

#endif /* X_COPY_H */
