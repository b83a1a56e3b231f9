/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * A call of MMAPBATCH that is stopped between its work and its answers, so that
 * what may happen there happens for certain; and then fails for certain, as its
 * answers find no room.
 */
#ifndef HELD_H
#define HELD_H

#include "late.h"

struct held {
	struct privcmd_mmapbatch batch;
	struct late late; /* the array; its first page has one element */
};

/* An area whose first page ends a page table, behind @before pages of room. */
struct area held_area(int fd, size_t before, size_t n);

/*
 * Has the frames mapped in @a, which must come from held_area(); but for the
 * first of them, which is a bad one. When it returns the frames are there, and
 * the call, in a thread of its own, still owes its answers.
 */
void held_begin(struct held *h, const struct area *a, const struct domain *d,
		const __u64 *frames);
/* Lets it go on: EFAULT, and nothing of it is left. The mmap lock is taken for
 * reading only; held_end() takes it for writing. */
void held_fail(struct held *h);
/* The same, as the array is not even there any more. */
void held_lose(struct held *h);
void held_end(struct held *h);

#endif /* HELD_H */
