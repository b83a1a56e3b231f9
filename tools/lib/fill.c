// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Maps the frames of a request into an area that is there already. Plain
 * requests are MMAPBATCH_V2 with every driver. Requests that MMAPBATCH_V2 cannot
 * express are X_MAP. Frames that are paged out are tried again for a while.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xen/privcmd.h>
#include <xen/privcmd_x.h>

#include "internal.h"

_Static_assert(sizeof(uint64_t) == sizeof(xen_pfn_t),
	       "the driver reads the program's array of frame numbers");

/* The pause between two rounds for paged-out frames. It doubles each time. */
#define PAUSE_MIN_NS 1000000
#define PAUSE_MAX_NS 64000000

_Static_assert(sizeof(int) == sizeof(struct privcmd_x_frame),
	       "x_map() replaces each status by its errno in place");

/* Map the @num frames from the @at-th on by X_MAP. Results as map_part(). */
static int x_map(const struct xenfm_request *r, size_t at, size_t num)
{
	int *err = r->err ? r->err + at : NULL;
	struct privcmd_x_map map = {
		.size = sizeof(map),
		.flags = (r->flags & XENFM_MAP_STRICT ? PRIVCMD_X_MAP_STRICT :
							0) |
			 (r->flags & XENFM_MAP_LAZY ? PRIVCMD_X_MAP_LAZY : 0) |
			 (r->source == XENFM_IN_RANGE ?
				  PRIVCMD_X_MAP_CONTIGUOUS :
				  0),
		.dom = r->dom,
		.addr = (uintptr_t)r->addr + at * XENFM_PAGE_SIZE,
		.num = num,
		.frames = r->source == XENFM_IN_RANGE ?
				  r->first + at :
				  (uintptr_t)(r->frames + at),
		.status = (uintptr_t)err,
	};
	int ret = xenfm_ioctl(r->h->fd, PRIVCMD_X_MAP, &map);

	/* The error of a lazy or mapped frame is 0. */
	for (size_t i = 0; err && (!ret || ret == -ENOENT) && i < num; i++) {
		struct privcmd_x_frame frame;

		memcpy(&frame, &err[i], sizeof(frame));
		err[i] = frame.error;
	}
	return ret;
}

/* The same by MMAPBATCH_V2. */
static int batch(const struct xenfm_request *r, size_t at, size_t num)
{
	struct privcmd_mmapbatch_v2 batch = {
		.num = num,
		.dom = r->dom,
		.addr = (uintptr_t)r->addr + at * XENFM_PAGE_SIZE,
		/* long and long long have one size, but are two types in C */
		.arr = (const xen_pfn_t *)(r->frames + at),
		.err = r->err + at,
	};

	return xenfm_ioctl(r->h->fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch);
}

/*
 * Does the request need X_MAP, and does the driver have X_MAP? Other requests are
 * MMAPBATCH_V2, which each driver has.
 */
static bool uses_x_map(const struct xenfm_request *r)
{
	return xenfm_can_x_map(r->h) &&
	       (r->source == XENFM_IN_RANGE ||
		(r->flags & (XENFM_MAP_STRICT | XENFM_MAP_LAZY)));
}

/* Returns 0, -ENOENT if a frame is paged out, or the error of the whole call. */
static int map_part(const struct xenfm_request *r, size_t at, size_t num)
{
	return uses_x_map(r) ? x_map(r, at, num) : batch(r, at, num);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* Retry each run of paged-out frames once. Results as map_part(). */
static int map_paged_once(const struct xenfm_request *r)
{
	size_t first, end;
	int ret = 0, run;

	for (first = 0; first < r->num; first = end + 1) {
		for (end = first; end < r->num && r->err[end] == -ENOENT; end++)
			;
		if (end == first)
			continue;
		run = map_part(r, first, end - first);
		if (run == -ENOENT)
			ret = run;
		else if (run < 0)
			return run;
	}
	return ret;
}

/*
 * Retry paged-out frames until the time is over. Returns 0 then, too: the error
 * of each frame that is still paged out remains -ENOENT.
 */
static int map_paged(const struct xenfm_request *r)
{
	int64_t end = now_ns() + r->timeout_ms * INT64_C(1000000);
	int64_t pause = PAUSE_MIN_NS, left;
	struct timespec t = { 0 };
	int ret;

	while ((left = end - now_ns()) > 0) {
		t.tv_nsec = pause < left ? pause : left;
		nanosleep(&t, NULL);
		ret = map_paged_once(r);
		if (ret != -ENOENT)
			return ret;
		if (pause < PAUSE_MAX_NS)
			pause *= 2;
	}
	return 0;
}

/* @mapped: some frames may be mapped, even if the call fails. */
static int map_frames(const struct xenfm_request *r, bool all_or_nothing,
		      bool *mapped)
{
	int ret = map_part(r, 0, r->num);

	*mapped = !ret || ret == -ENOENT;
	if (ret == -ENOENT && r->err)
		ret = map_paged(r);
	for (size_t i = 0; !ret && all_or_nothing && i < r->num; i++)
		ret = r->err[i];
	return ret;
}

/* Arrays that the driver needs and the caller of the library did not pass. */
struct arrays {
	uint64_t *frames;
	int *err;
};

static int make_arrays(struct arrays *own, struct xenfm_request *r)
{
	*own = (struct arrays){ 0 };
	/* X_MAP of lazy frames reports no frame as failed: it needs no array. */
	if (!r->err && !(uses_x_map(r) && (r->flags & XENFM_MAP_LAZY))) {
		own->err = calloc(r->num, sizeof(*own->err));
		if (!own->err)
			return -ENOMEM;
		r->err = own->err;
	}
	if (r->source == XENFM_IN_RANGE && !uses_x_map(r)) {
		own->frames = calloc(r->num, sizeof(*own->frames));
		if (!own->frames) {
			free(own->err);
			return -ENOMEM;
		}
		for (size_t i = 0; i < r->num; i++)
			own->frames[i] = r->first + i;
		r->frames = own->frames;
		r->source = XENFM_IN_ARRAY;
	}
	return 0;
}

static void free_arrays(struct arrays *own)
{
	free(own->frames);
	free(own->err);
}

int xenfm_fill(struct xenfm_request *r, bool *mapped)
{
	bool all_or_nothing = !r->err;
	struct arrays own;
	int ret = make_arrays(&own, r);

	*mapped = false;
	if (ret)
		return ret;
	ret = map_frames(r, all_or_nothing && r->err, mapped);
	free_arrays(&own);
	return ret;
}
