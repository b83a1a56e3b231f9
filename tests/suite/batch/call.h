/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A call of MMAPBATCH_V2 that takes long. It maps one frame many times and is
 * meant to run in a thread.
 */
#ifndef CALL_H
#define CALL_H

#include "suite.h"

struct call {
	struct area a;
	struct domain *d;
	__u64 *frame;
	int *err;
	volatile bool done;
	int ret, e;
};

/* So many pages that the driver works on them for some tenths of a second. */
size_t long_enough(void);
struct call call_new(struct domain *d, size_t n);
void *call_run(void *call);
void call_done(struct call *c);

#endif /* CALL_H */
