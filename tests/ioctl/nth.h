/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * The kernel's fault injection, where it has one: of what a thread does next, the
 * n-th point at which the kernel could run out of memory, or find user memory
 * gone, fails; and no other, nor anybody else's.
 */
#ifndef NTH_H
#define NTH_H

#include <stdbool.h>

/* Which points count. */
enum nth_points {
	/* kmalloc() and the like, and copies from and to user memory: what the
	 * module does, and little else, where nth_exact() */
	NTH_OURS,
	/* and everything that the kernel allocates for it: pages, VMAs, tables */
	NTH_ALL,
	/* for nth_starve() */
	NTH_STARVING,
};

/* False: this kernel has no such thing, or none that can be told what to do. */
bool nth_here(void);
void nth_points(enum nth_points points);
/*
 * Whether points of the kernel's own checkers, whose failures nobody sees, are
 * left out of NTH_OURS. They are where it was booted with slub_debug=FZPUA and
 * the names of caches that are to count.
 */
bool nth_exact(void);

/* For this thread, from here on. */
void nth_arm(unsigned int n);
/* And no more; whether it happened. */
bool nth_fired(void);

/*
 * For this thread: about so many bytes are left, and what does not go into them
 * fails, every time, until nth_starved() says whether anything did. Of NTH_OURS
 * kmalloc() and the like alone. Only where nth_exact(); no page may be touched
 * meanwhile that is not there.
 */
void nth_starve(unsigned int bytes);
bool nth_starved(void);

#endif /* NTH_H */
