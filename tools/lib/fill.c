// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
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
	       "the driver reads the program's array itself");

/* Between two rounds for paged-out frames, doubling from one to the other. */
#define PAUSE_MIN_NS 1000000
#define PAUSE_MAX_NS 64000000

_Static_assert(sizeof(int) == sizeof(struct privcmd_x_frame),
	       "the driver's answers become errnos where they are");

/* The driver's next call is for frames @at to @at + @num. */
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

	/* Lazy frames have failed nothing yet, and mapped ones have error 0. */
	for (size_t i = 0; err && (!ret || ret == -ENOENT) && i < num; i++) {
		struct privcmd_x_frame frame;

		memcpy(&frame, &err[i], sizeof(frame));
		err[i] = frame.error;
	}
	return ret;
}

static int batch(const struct xenfm_request *r, size_t at, size_t num)
{
	struct privcmd_mmapbatch_v2 batch = {
		.num = num,
		.dom = r->dom,
		.addr = (uintptr_t)r->addr + at * XENFM_PAGE_SIZE,
		/* long long and long: same size, but not the same to C */
		.arr = (const xen_pfn_t *)(r->frames + at),
		.err = r->err + at,
	};

	return xenfm_ioctl(r->h->fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch);
}

/* Does the driver do it with X_MAP? Plain requests go the way they always did. */
static bool uses_x_map(const struct xenfm_request *r)
{
	return xenfm_can_x_map(r->h) &&
	       (r->source == XENFM_IN_RANGE ||
		(r->flags & (XENFM_MAP_STRICT | XENFM_MAP_LAZY)));
}

/* 0, -ENOENT if any frame is paged out, or what failed the whole call. */
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

/* Asks again for each run of paged-out frames. Results as map_part(). */
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

/* Returns 0 when the time is over, too: the frames concerned keep -ENOENT. */
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

/* @mapped: whether some frames may stand there, also if it fails. */
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

/* The arrays that the caller does not have and the driver wants. */
struct arrays {
	uint64_t *frames;
	int *err;
};

static int make_arrays(struct arrays *own, struct xenfm_request *r)
{
	*own = (struct arrays){ 0 };
	/* A lazy request that the driver takes as such cannot fail by frame. */
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

/* Maps all of @r at @r->addr, where the caller has made room. */
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
