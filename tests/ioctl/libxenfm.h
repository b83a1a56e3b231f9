/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * What the cases of test-libxenfm share beyond suite.h: handles and mappings
 * by the library. No case, and nothing of the tool.
 */
#ifndef TEST_LIBXENFM_H
#define TEST_LIBXENFM_H

#include <xenfm.h>

#include "suite.h"

struct xenfm *opened(void);
/* Pages as the library takes them; __u64 is another type of the same size. */
const uint64_t *frames_of(const struct domain *d);
/* Every frame of the domain, page i showing frame i * step % n. */
unsigned char *map_all(struct xenfm *fm, const struct domain *d, size_t step,
		       unsigned int flags);
/* The errno that the driver itself has for a frame, or 0. */
int frame_error(const struct domain *d, __u64 frame);
/* Areas of the device in this process. */
int areas(void);
bool has(const struct xenfm *fm, uint64_t feature);
/* The end of most cases: nothing holds the domain any longer. */
void finish(struct xenfm *fm, struct domain *d);

#endif /* TEST_LIBXENFM_H */
