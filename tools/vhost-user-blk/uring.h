/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * An io_uring for one file. Its memory and its file never change.
 */
#ifndef URING_H
#define URING_H

#include <stdbool.h>
#include <stdint.h>

struct io_uring;
struct io_uring_sqe;

struct uring {
	int fd;
	unsigned int queued;	/* entries written and not yet submitted */
	struct io_uring *ring;
};

/*
 * Entries name a file by its number in the ring (IOSQE_FIXED_FILE). URING_FILE
 * is the file as this queue has opened it. URING_ALONE is the file as the disk
 * has opened it: of a block device this one is exclusive (O_EXCL).
 */
#define URING_FILE  0
#define URING_ALONE 1

int uring_open(struct uring *uring, unsigned int entries, int file, int alone);
void uring_close(struct uring *uring);
/*
 * The next free entry. The ring has room for as many entries as uring_open()
 * was asked for.
 */
struct io_uring_sqe *uring_entry(struct uring *uring);
/* Returns -EAGAIN or -EBUSY if the caller should try again later. */
int uring_submit(struct uring *uring);
/* Take one completion. Returns false if there is none. */
bool uring_reap(struct uring *uring, uint64_t *data, int *result);

#endif /* URING_H */
