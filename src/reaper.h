/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The reaper: removes the frames of mappings that nobody uses any more, by a worker.
 */
#ifndef PRIVCMD_REAPER_H
#define PRIVCMD_REAPER_H

#include <linux/list.h>
#include <xen/interface/xen.h>

struct privcmd_file;
struct privcmd_reap;

struct privcmd_reap_ops {
	/* Remove the frames; @held becomes 0. With any lock, and in any context that
	 * may sleep. */
	void (*remove)(struct privcmd_reap *reap);
	/* Remove what is left, give the slots back, and free @reap. Called without the
	 * mmap lock. */
	void (*free)(struct privcmd_reap *reap);
};

/* What waits for the reaper; a part of a mapping. */
struct privcmd_reap {
	struct list_head list;
	const struct privcmd_reap_ops *ops;
	struct privcmd_file *file;	/* the frames are charged to it */
	unsigned long held;		/* frames that are to be removed */
	domid_t dom;			/* theirs */
};

int privcmd_reaper_init(void);
void privcmd_reaper_exit(void);
void privcmd_reaper_queue(struct privcmd_reap *reap);
int privcmd_reaper_drain(domid_t dom);
int privcmd_reaper_drain_all(void);
bool privcmd_reaper_is_crowded(void);

#endif /* PRIVCMD_REAPER_H */
