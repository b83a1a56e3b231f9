/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * X_COPY as the cases call it.
 */
#ifndef X_COPY_H
#define X_COPY_H

#include "x/map.h"

#define WRITE PRIVCMD_X_COPY_WRITE
#define MANY  40 /* frames: the driver copies them in several pieces */

/* @frames is an array, or with PRIVCMD_X_COPY_CONTIGUOUS the first number. */
int x_copy(int fd, unsigned int dom, const void *frames, __u64 num,
	   __u64 offset, __u64 len, void *buf, unsigned int flags);
/*
 * The number of bytes that the last call says it has copied; 0x5555: it has not
 * written it.
 */
extern __u64 x_copied;

/* The contents of the whole domain, read through a mapping. */
unsigned char *contents(struct domain *d);

#endif /* X_COPY_H */
