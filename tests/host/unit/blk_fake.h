/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A disk for tests of the back end's requests. The case ends each entry of the
 * io_uring. All struct io share one list of entries.
 */
#ifndef BLK_FAKE_H
#define BLK_FAKE_H

#include <linux/io_uring.h>

#include "tap.h"
#include "../../../tools/vhost-user-blk/disk.h"
#include "../../../tools/vhost-user-blk/io.h"

extern struct io_uring_sqe entries[2 * DEPTH];
extern unsigned int nr_entries, nr_submitted;

/* fdatasync(2): the result of the next call, and the number of calls. */
extern int sync_result;
extern unsigned int syncs;

/* The last line that was printed, and the number of lines. */
extern char said[1024];
extern unsigned int lines;

/* A file of 1 MiB. */
extern struct disk disk;
void open_disk(void);

/* End an entry that was submitted with this result. */
void end_entry(unsigned int at, int result);
/* Reap all completed requests. There must be @want. */
void reap_all(struct io *io, unsigned int want);

#endif /* BLK_FAKE_H */
