/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Shared by the files of libxenfm and not visible to programs: the handle, the
 * call of a driver, requests to map, and the regions of a memory table.
 */
#ifndef XENFM_INTERNAL_H
#define XENFM_INTERNAL_H

#include <stdbool.h>

#include <xen/privcmd.h>
#include <xenfm.h>

#define XENFM_API __attribute__((visibility("default")))

/* Only xenfm_open() writes it, so threads share it without a lock. */
struct xenfm {
	int fd;
	struct xenfm_info info;
};

/* ioctl(2), but returns 0, a positive result or -errno. Does not change errno. */
int xenfm_ioctl(int fd, unsigned long request, void *arg);

static inline bool xenfm_can_x_map(const struct xenfm *h)
{
	return h->info.features & XENFM_FEATURE_MAP;
}

/*
 * Number of pages that contain the @len bytes at @addr. The caller has checked
 * that @addr + @len - 1 does not overflow.
 */
static inline uint64_t xenfm_pages(uint64_t addr, uint64_t len)
{
	return ((addr + len - 1) >> XENFM_PAGE_SHIFT) -
	       (addr >> XENFM_PAGE_SHIFT) + 1;
}

enum xenfm_source {
	XENFM_IN_ARRAY,		/* the frame numbers are @frames */
	XENFM_IN_RANGE,		/* the frame numbers are @first and the next ones */
};

/* Which frames are mapped where, and how. */
struct xenfm_request {
	struct xenfm *h;
	domid_t dom;
	char *addr;
	enum xenfm_source source;
	const uint64_t *frames;
	uint64_t first;
	size_t num;
	unsigned int flags;	/* XENFM_MAP_* */
	int *err;		/* NULL: the first frame that fails ends the call */
	unsigned int timeout_ms;
};

/*
 * fill.c: maps the frames of @r at @r->addr, where the caller has made room.
 * @mapped: some of the frames may be mapped, even if the call fails. Changes
 * @r->frames, @r->source and @r->err.
 */
int xenfm_fill(struct xenfm_request *r, bool *mapped);

/* memory.c: has xenfm_memory() made this file? @fd is of a regular file. */
bool xenfm_is_memory(int fd);

/*
 * A region of a memory table. While it is in a table only @pieces changes, with
 * the table's lock held.
 */
struct xenfm_region {
	struct xenfm_mem_region as;	/* as announced */
	void *area;		/* NULL: grants that only xenfm_mem_get() maps */
	size_t area_size;	/* bytes */
	char *start;		/* first byte of the region in @area */
	struct xenfm *xfm;	/* foreign: the handle that mapped it */
	int gntdev;		/* grants: the device, else -1 */
	uint64_t index;		/* grants: offset of @area at the device */
	uint64_t failed;	/* foreign: number of frames that failed */
	bool lazy;		/* foreign, or a file of xenfm_memory() */
	struct xenfm_piece *pieces;	/* grants that xenfm_mem_get() has mapped */
};

/* Bytes that xenfm_mem_get() maps at a time. */
#define XENFM_PIECE_MAX (1U << 20)

/* Grants that are mapped from xenfm_mem_get() to xenfm_mem_put(). */
struct xenfm_piece {
	void *area;
	size_t area_size;
	char *start;		/* the pointer that xenfm_mem_get() returned */
	uint64_t index;
	struct xenfm_piece *next;
};

/*
 * region.c: map a region, and unmap it. Both may change errno, which the caller
 * restores. xenfm_region_map() writes @r only if it succeeds.
 */
int xenfm_region_map(struct xenfm_region *r, const struct xenfm_mem_region *as,
		     int fd, bool lazy);
void xenfm_region_unmap(struct xenfm_region *r);

/* Does only xenfm_mem_get() map parts of the region? */
static inline bool xenfm_region_by_get(const struct xenfm_region *r)
{
	return r->as.xen_flags & XENFM_MEM_NO_ADVANCE;
}

/*
 * grant.c: the same for grants. A piece has the @len bytes at @offset of the
 * region. xenfm_grant_get() and xenfm_grant_put() do not use r->pieces: the
 * caller adds the piece to that list, and removes it.
 */
int xenfm_grant_map(struct xenfm_region *r, int fd);
void xenfm_grant_unmap(struct xenfm_region *r);
int xenfm_grant_get(const struct xenfm_region *r, uint64_t offset, size_t len,
		    bool write, struct xenfm_piece **piece);
void xenfm_grant_put(const struct xenfm_region *r, struct xenfm_piece *piece);

#endif /* XENFM_INTERNAL_H */
