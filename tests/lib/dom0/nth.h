/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The kernel's fault injection, if it has one. From nth_arm() on, the n-th
 * point fails at which this thread could run out of memory or fail to access
 * user memory. No other point fails, and no other thread is affected.
 */
#ifndef NTH_H
#define NTH_H

#include <stdbool.h>

/* The points that count. */
enum nth_points {
	/*
	 * kmalloc() and the like, and copies from and to user memory. These are
	 * the module's points, and little else if nth_exact().
	 */
	NTH_OURS,
	/*
	 * These, and everything that the kernel allocates for the thread:
	 * pages, VMAs, page tables.
	 */
	NTH_ALL,
	/* for nth_starve() */
	NTH_STARVING,
};

/* False: this kernel has no fault injection, or none that can be configured. */
bool nth_here(void);
void nth_points(enum nth_points points);
/*
 * True if NTH_OURS leaves out points of the kernel's own checkers, whose
 * failures have no effect. That is so on a kernel that was booted with
 * slub_debug=FZPUA and the names of the caches that are to count.
 */
bool nth_exact(void);

/* Arms the n-th point of this thread from here on. */
void nth_arm(unsigned int n);
/* Disarms it. Did it fail? */
bool nth_fired(void);

/*
 * For this thread: about so many bytes are left. An allocation that needs more
 * fails, each time, until nth_starved() ends this and says whether any has
 * failed. It affects kmalloc() and the like only, not user copies. Use it only
 * where nth_exact(). The thread must not access a page that is absent
 * meanwhile.
 */
void nth_starve(unsigned int bytes);
bool nth_starved(void);

#endif /* NTH_H */
