/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * What the files of libxenfm share: the handle, the one way to call a driver,
 * and the regions of a memory table. Programs see none of it.
 */
#ifndef XENFM_INTERNAL_H
#define XENFM_INTERNAL_H

#include <stdbool.h>

#include <xen/privcmd.h>
#include <xenfm.h>

#define XENFM_API __attribute__((visibility("default")))

/* Written by xenfm_open() alone: threads share it without a lock. */
struct xenfm {
	int fd;
	struct xenfm_info info;
};

/* ioctl(2) that returns 0, a positive result or -errno, and leaves errno alone. */
int xenfm_ioctl(int fd, unsigned long request, void *arg);

static inline bool xenfm_can_x_map(const struct xenfm *h)
{
	return h->info.features & XENFM_FEATURE_MAP;
}

/* Pages that hold bytes from @addr on, which the caller knows not to wrap. */
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

/*
 * A region of a memory table. What it is does not change while it is in one;
 * @pieces does, under the table's lock.
 */
struct xenfm_region {
	struct xenfm_mem_region as;	/* as announced */
	void *area;		/* NULL: grants that only get maps */
	size_t area_size;	/* bytes */
	char *start;		/* of the region in @area */
	struct xenfm *xfm;	/* foreign: the handle it was mapped with */
	int gntdev;		/* grants: the device, else -1 */
	uint64_t index;		/* grants: of @area at the device */
	uint64_t failed;	/* foreign: frames */
	bool lazy;
	struct xenfm_piece *pieces;	/* grants, while they are mapped by get */
};

/* Bytes of one: what get maps at a time. */
#define XENFM_PIECE_MAX (1U << 20)

/* Some grants, as long as somebody uses them. */
struct xenfm_piece {
	void *area;
	size_t area_size;
	char *start;		/* what get returned */
	uint64_t index;
	struct xenfm_piece *next;
};

/*
 * region.c: everything a region takes, and its end. Both leave errno as it
 * comes. @r is written only if it succeeds.
 */
int xenfm_region_map(struct xenfm_region *r, const struct xenfm_mem_region *as,
		     int fd, bool lazy);
void xenfm_region_unmap(struct xenfm_region *r);

static inline bool xenfm_region_by_get(const struct xenfm_region *r)
{
	return r->as.xen_flags & XENFM_MEM_NO_ADVANCE;
}

/*
 * grant.c: the same for grants. A piece begins at @offset of the region and has
 * @len bytes; it is taken off the list by the caller, who holds the lock.
 */
int xenfm_grant_map(struct xenfm_region *r, int fd);
void xenfm_grant_unmap(struct xenfm_region *r);
int xenfm_grant_get(const struct xenfm_region *r, uint64_t offset, size_t len,
		    bool write, struct xenfm_piece **piece);
void xenfm_grant_put(const struct xenfm_region *r, struct xenfm_piece *piece);

#endif /* XENFM_INTERNAL_H */
