/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * A call of MMAPBATCH_V2 that takes its time, to be run in a thread: one frame
 * many times.
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

/* As many as keep the driver busy for some tenths of a second. */
size_t long_enough(void);
struct call call_new(struct domain *d, size_t n);
void *call_run(void *call);
void call_done(struct call *c);

#endif /* CALL_H */
