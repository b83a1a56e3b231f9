/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What the cases of test-libxenfm share: handles and mappings by
 * the library. This file has no case and nothing of the tool.
 */
#ifndef TEST_LIBXENFM_H
#define TEST_LIBXENFM_H

#include <xenfm.h>

#include "dom0/area.h"

struct xenfm *opened(void);
/* The frames as the library takes them; __u64 is another type of the same size. */
const uint64_t *frames_of(const struct domain *d);
/* Maps every frame of the domain. Page i shows frame i * step % n. */
unsigned char *map_all(struct xenfm *fm, const struct domain *d, size_t step,
		       unsigned int flags);
/* The driver's own errno for a frame, or 0. */
int frame_error(const struct domain *d, __u64 frame);
/* The number of areas of the device in this process. */
int areas(void);
bool has(const struct xenfm *fm, uint64_t feature);
/* The end of most cases: nothing holds the domain any more. */
void finish(struct xenfm *fm, struct domain *d);

#endif /* TEST_LIBXENFM_H */
