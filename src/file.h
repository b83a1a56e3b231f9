/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * An open /dev/xen/privcmd: the domain that it is restricted to, and what is charged
 * to it.
 */
#ifndef PRIVCMD_FILE_H
#define PRIVCMD_FILE_H

#include <linux/atomic.h>
#include <linux/kref.h>
#include <xen/interface/xen.h>

#include "record.h"

struct privcmd_ioeventfds;
struct privcmd_irqfds;
struct vfsmount;

/* No domid has more than 16 bits. */
#define PRIVCMD_UNRESTRICTED 0x10000

/*
 * References: one of the open file; one of each mapping that it made; one of each gate
 * of a mapping that it populated (gate.c); one of each mapping that waits for the
 * reaper; one of each memory file that it made. A memory file has such a struct, too
 * (memory.h). The struct is the first part of device.c's allocation and is freed with it.
 */
struct privcmd_file {
	struct kref ref;
	bool closed;		/* no ioctl comes any more; release/acquire */
	atomic_t domid;		/* PRIVCMD_UNRESTRICTED, or the only domain that
				 * the file may name; set once, by cmpxchg */
	atomic_long_t charged;	/* frames charged, at most max_frames */
	atomic_long_t reaping;	/* frames of mappings that wait for the reaper */
	atomic_long_t slots;	/* slots in use, counted against it (slots.c) */
	struct privcmd_file *maker;	/* of a memory file: the file that made it, a
					 * reference. Slots count against it, too */
	struct vfsmount *mount;		/* of the memory files that it has made; NULL
					 * before the first (memory.c) */
	atomic_long_t count[PRIVCMD_KINDS];	/* frames of its mappings, by kind */
	struct privcmd_irqfds *irqfds;		/* irqfd.c */
	struct privcmd_ioeventfds *ioeventfds;	/* ioeventfd.c */
};

void privcmd_file_init(struct privcmd_file *pf, int domid);
void privcmd_file_get(struct privcmd_file *pf);
void privcmd_file_put(struct privcmd_file *pf);
int privcmd_file_restrict(struct privcmd_file *pf, domid_t dom);
bool privcmd_file_allows(const struct privcmd_file *pf, domid_t dom);
bool privcmd_file_restricted(const struct privcmd_file *pf);
int privcmd_file_charge(struct privcmd_file *pf, unsigned long nr);
void privcmd_file_uncharge(struct privcmd_file *pf, unsigned long nr);

#endif /* PRIVCMD_FILE_H */
