/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * X_MEMORY, and the memory files that it makes, as the cases use them.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include "x/map.h"

#define READ_ONLY  PRIVCMD_X_MEMORY_READ_ONLY
#define ZERO_HOLES PRIVCMD_X_MEMORY_ZERO_HOLES

#define NOBODY 65534 /* a user without any privilege */

/* Skips the case on a driver that has no memory files. */
void need_memory(void);

/*
 * A domain that is not a PV domain. Each character of @pages is a page: '#' is memory,
 * with the pattern of domain_seed(), any other character is a hole. The first character
 * must be '#'.
 */
struct domain *memory_domain(const char *pages);
/* The same; all @n pages are memory. */
struct domain *memory_full(size_t n);
/* What a reader of the pages gets: the patterns, and zeroes for the holes. */
unsigned char *memory_contents(const struct domain *d, const char *pages);
/* Destroys the domain, and checks that nothing holds its memory. */
void memory_end(struct domain *d);

/* X_MEMORY. Returns the descriptor, or -1 with errno. */
int memory_file(int fd, const struct domain *d, __u64 first, __u64 num,
		unsigned int flags);
/*
 * A file of @n pages of the domain from its page @first on. It is made through a device
 * file that is closed again.
 */
int memory_of(const struct domain *d, size_t first, size_t n,
	      unsigned int flags);
/* Maps @n pages of the file from its page @first on. */
struct area memory_area(int file, size_t first, size_t n);
/* The area shows the domain's pages from page @first on. */
void memory_shows(const struct area *a, const struct domain *d, size_t first);
/* All areas of the file together have so many frames of each kind. */
void memory_has(int file, long frames, long lazy, long failed);

/* Opens the file behind a descriptor again. Returns -1 with errno. */
int memory_reopen(int file, int flags);

/*
 * References on the module now that @fd has the mount of its memory files, which the
 * first of them makes.
 */
long memory_references(int fd, const struct domain *d);

#endif /* MEMORY_H */
