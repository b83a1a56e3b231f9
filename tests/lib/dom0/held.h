/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A call of MMAPBATCH that stops between its work and its answers, so that a
 * case can act at that point without a race. The call then fails with EFAULT,
 * as it cannot write its answers; the frames that it has mapped stay.
 */
#ifndef HELD_H
#define HELD_H

#include "dom0/late.h"

struct held {
	struct privcmd_mmapbatch batch;
	struct late late; /* the array; its first page has one element */
};

/*
 * An area whose first page is the last one of a page table. @before free pages
 * precede it.
 */
struct area held_area(int fd, size_t before, size_t n);

/*
 * Starts a call, in a thread of its own, that maps the frames in @a, which must
 * come from held_area(). A bad frame replaces the first frame. When
 * held_begin() returns, the frames are mapped, and the call has not written its
 * answers.
 */
void held_begin(struct held *h, const struct area *a, const struct domain *d,
		const __u64 *frames);
/*
 * Lets the call go on. Its array is read-only, so the call fails with EFAULT.
 * Takes the mmap lock for reading only; held_end() takes it for writing.
 */
void held_fail(struct held *h);
/* The same, but the call finds that its array is gone. */
void held_lose(struct held *h);
void held_end(struct held *h);

#endif /* HELD_H */
