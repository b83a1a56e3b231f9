// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Mappings: foreign frames in, per-frame results out, waiting for frames that
 * are paged out. Plain requests are MMAPBATCH_V2 on every driver; what that
 * cannot say is X_MAP.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <xen/privcmd.h>
#include <xen/privcmd_x.h>

#include "internal.h"

_Static_assert(sizeof(struct xenfm_frame) == sizeof(struct privcmd_x_frame) &&
		       offsetof(struct xenfm_frame, error) ==
			       offsetof(struct privcmd_x_frame, error) &&
		       XENFM_FRAME_NONE == PRIVCMD_X_NONE &&
		       XENFM_FRAME_LAZY == PRIVCMD_X_LAZY &&
		       XENFM_FRAME_RW == PRIVCMD_X_RW &&
		       XENFM_FRAME_RO == PRIVCMD_X_RO,
	       "the driver fills the program's array itself");
_Static_assert(sizeof(uint64_t) == sizeof(xen_pfn_t),
	       "the driver reads the program's array itself");

/* Between two rounds for paged-out frames, doubling from one to the other. */
#define PAUSE_MIN_NS 1000000
#define PAUSE_MAX_NS 64000000

/* Pages of an area as bytes, 0 if there is no such area. */
static size_t area_size(size_t num)
{
	if (num > UINT32_MAX || num > SIZE_MAX / XENFM_PAGE_SIZE)
		return 0;
	return num * XENFM_PAGE_SIZE;
}

enum source {
	IN_ARRAY, /* their numbers are @frames */
	IN_RANGE, /* they follow each other, from @first on */
};

/* What is mapped where, and how. */
struct request {
	struct xenfm *h;
	domid_t dom;
	char *addr;
	enum source source;
	const uint64_t *frames;
	uint64_t first;
	size_t num;
	unsigned int flags; /* XENFM_MAP_* */
	int *err;	    /* NULL: nobody wants to know, and no X_MAP fails */
	unsigned int timeout_ms;
};

_Static_assert(sizeof(int) == sizeof(struct privcmd_x_frame),
	       "the driver's answers become errnos where they are");

/* The driver's next call is for frames @at to @at + @num. */
static int x_map(const struct request *r, size_t at, size_t num)
{
	int *err = r->err ? r->err + at : NULL;
	struct privcmd_x_map map = {
		.size = sizeof(map),
		.flags = (r->flags & XENFM_MAP_STRICT ? PRIVCMD_X_MAP_STRICT :
							0) |
			 (r->flags & XENFM_MAP_LAZY ? PRIVCMD_X_MAP_LAZY : 0) |
			 (r->source == IN_RANGE ? PRIVCMD_X_MAP_CONTIGUOUS : 0),
		.dom = r->dom,
		.addr = (uintptr_t)r->addr + at * XENFM_PAGE_SIZE,
		.num = num,
		.frames = r->source == IN_RANGE ? r->first + at :
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

static int batch(const struct request *r, size_t at, size_t num)
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

static bool can_x_map(const struct xenfm *h)
{
	return h->info.features & XENFM_FEATURE_MAP;
}

/* Does the driver do it with X_MAP? Plain requests go the way they always did. */
static bool uses_x_map(const struct request *r)
{
	return can_x_map(r->h) &&
	       (r->source == IN_RANGE ||
		(r->flags & (XENFM_MAP_STRICT | XENFM_MAP_LAZY)));
}

/* 0, -ENOENT if any frame is paged out, or what failed the whole call. */
static int map_part(const struct request *r, size_t at, size_t num)
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
static int map_paged_once(const struct request *r)
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
static int map_paged(const struct request *r)
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
static int map_frames(const struct request *r, bool all_or_nothing,
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

static int make_arrays(struct arrays *own, struct request *r)
{
	*own = (struct arrays){ 0 };
	/* A lazy request that the driver takes as such cannot fail by frame. */
	if (!r->err && !(uses_x_map(r) && (r->flags & XENFM_MAP_LAZY))) {
		own->err = calloc(r->num, sizeof(*own->err));
		if (!own->err)
			return -ENOMEM;
		r->err = own->err;
	}
	if (r->source == IN_RANGE && !uses_x_map(r)) {
		own->frames = calloc(r->num, sizeof(*own->frames));
		if (!own->frames) {
			free(own->err);
			return -ENOMEM;
		}
		for (size_t i = 0; i < r->num; i++)
			own->frames[i] = r->first + i;
		r->frames = own->frames;
		r->source = IN_ARRAY;
	}
	return 0;
}

static void free_arrays(struct arrays *own)
{
	free(own->frames);
	free(own->err);
}

/* Maps all of @r at @r->addr, where the caller has made room. */
static int fill(struct request *r, bool *mapped)
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

/* Found here, before there is an area: no driver has to read at NULL. */
static bool lacks_array(const struct request *r)
{
	return r->source == IN_ARRAY && !r->frames;
}

/* Flags that this driver can serve, or would serve anyway. */
static int check_flags(const struct xenfm *h, unsigned int flags,
		       unsigned int known)
{
	if (flags & ~known)
		return -EINVAL;
	if (flags & XENFM_MAP_STRICT && !can_x_map(h) &&
	    h->info.driver == XENFM_DRIVER_XEN_PRIVCMD)
		return -EOPNOTSUPP;
	return 0;
}

static int map_new(struct request *r, uint32_t domid, void **addr)
{
	int prot = PROT_READ | (r->flags & XENFM_MAP_WRITE ? PROT_WRITE : 0);
	size_t size = area_size(r->num);
	int saved = errno;
	bool mapped;
	int ret;

	r->dom = domid;
	if (!size || domid != r->dom)
		return -EINVAL;
	ret = check_flags(r->h, r->flags,
			  XENFM_MAP_WRITE | XENFM_MAP_STRICT | XENFM_MAP_LAZY);
	if (!ret && lacks_array(r))
		ret = -EFAULT;
	if (ret)
		return ret;
	r->addr = mmap(NULL, size, prot, MAP_SHARED, r->h->fd, 0);
	if (r->addr == MAP_FAILED) {
		ret = -errno;
		goto out;
	}
	ret = fill(r, &mapped);
	if (ret)
		munmap(r->addr, size);
	else
		*addr = r->addr;
out:
	errno = saved;
	return ret;
}

XENFM_API int xenfm_map(struct xenfm *handle, uint32_t domid,
			const uint64_t *frames, size_t num, unsigned int flags,
			unsigned int timeout_ms, int *err, void **addr)
{
	struct request r = {
		.h = handle,
		.source = IN_ARRAY,
		.frames = frames,
		.num = num,
		.flags = flags,
		.err = err,
		.timeout_ms = timeout_ms,
	};

	return map_new(&r, domid, addr);
}

XENFM_API int xenfm_map_range(struct xenfm *handle, uint32_t domid,
			      uint64_t first_frame, size_t num,
			      unsigned int flags, unsigned int timeout_ms,
			      int *err, void **addr)
{
	struct request r = {
		.h = handle,
		.source = IN_RANGE,
		.first = first_frame,
		.num = num,
		.flags = flags,
		.err = err,
		.timeout_ms = timeout_ms,
	};

	if (num && num - 1 > UINT64_MAX - first_frame)
		return -EINVAL;
	return map_new(&r, domid, addr);
}

XENFM_API int xenfm_unmap(struct xenfm *handle, void *addr, size_t num)
{
	size_t size = area_size(num);
	int saved = errno;
	int ret = 0;

	(void)handle;
	if (!addr)
		return 0;
	if (!size)
		return -EINVAL;
	if (munmap(addr, size) < 0)
		ret = -errno;
	errno = saved;
	return ret;
}

XENFM_API int xenfm_release(struct xenfm *handle, void *addr, size_t num)
{
	struct privcmd_x_unmap x = {
		.size = sizeof(x),
		.addr = (uintptr_t)addr,
		.num = num,
	};

	if (!can_x_map(handle))
		return -EOPNOTSUPP;
	return xenfm_ioctl(handle->fd, PRIVCMD_X_UNMAP, &x);
}

XENFM_API int xenfm_populate(struct xenfm *handle, uint32_t domid, void *addr,
			     const uint64_t *frames, size_t num,
			     unsigned int flags, unsigned int timeout_ms,
			     int *err)
{
	struct request r = {
		.h = handle,
		.dom = domid,
		.addr = addr,
		.source = IN_ARRAY,
		.frames = frames,
		.num = num,
		.flags = flags,
		.err = err,
		.timeout_ms = timeout_ms,
	};
	int saved = errno;
	bool mapped = false;
	int ret;

	if (!can_x_map(handle))
		return -EOPNOTSUPP;
	if (!area_size(num) || domid != r.dom)
		return -EINVAL;
	ret = check_flags(handle, flags, XENFM_MAP_STRICT | XENFM_MAP_LAZY);
	if (!ret && lacks_array(&r))
		ret = -EFAULT;
	if (!ret)
		ret = fill(&r, &mapped);
	/* These pages were empty, or nothing could have been mapped there. */
	if (ret && mapped)
		xenfm_release(handle, addr, num);
	errno = saved;
	return ret;
}

XENFM_API int xenfm_status(struct xenfm *handle, const void *addr, size_t num,
			   struct xenfm_frame *status)
{
	struct privcmd_x_status x = {
		.size = sizeof(x),
		.addr = (uintptr_t)addr,
		.num = num,
		.status = (uintptr_t)status,
	};

	if (!(handle->info.features & XENFM_FEATURE_STATUS))
		return -EOPNOTSUPP;
	return xenfm_ioctl(handle->fd, PRIVCMD_X_STATUS, &x);
}
