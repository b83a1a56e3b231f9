// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Mappings: foreign frames in, per-frame results out, waiting for frames that
 * are paged out. It never falls back to an older ioctl.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
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

/* 0, -ENOENT if any frame is paged out, or what failed the whole call. */
static int map_batch(struct xenfm *h, domid_t dom, char *addr,
		     const uint64_t *frames, size_t num, int *err)
{
	struct privcmd_mmapbatch_v2 batch = {
		.num = num,
		.dom = dom,
		.addr = (uintptr_t)addr,
		/* long long and long: same size, but not the same to C */
		.arr = (const xen_pfn_t *)frames,
		.err = err,
	};

	return xenfm_ioctl(h->fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* Asks again for each run of paged-out frames. Results as map_batch(). */
static int map_paged_once(struct xenfm *h, domid_t dom, char *addr,
			  const uint64_t *frames, size_t num, int *err)
{
	size_t first, end;
	int ret = 0, run;

	for (first = 0; first < num; first = end + 1) {
		for (end = first; end < num && err[end] == -ENOENT; end++)
			;
		if (end == first)
			continue;
		run = map_batch(h, dom, addr + first * XENFM_PAGE_SIZE,
				frames + first, end - first, err + first);
		if (run == -ENOENT)
			ret = run;
		else if (run < 0)
			return run;
	}
	return ret;
}

/* Returns 0 when the time is over, too: the frames concerned keep -ENOENT. */
static int map_paged(struct xenfm *h, domid_t dom, char *addr,
		     const uint64_t *frames, size_t num, int *err,
		     unsigned int timeout_ms)
{
	int64_t end = now_ns() + timeout_ms * INT64_C(1000000);
	int64_t pause = PAUSE_MIN_NS, left;
	struct timespec t = { 0 };
	int ret;

	while ((left = end - now_ns()) > 0) {
		t.tv_nsec = pause < left ? pause : left;
		nanosleep(&t, NULL);
		ret = map_paged_once(h, dom, addr, frames, num, err);
		if (ret != -ENOENT)
			return ret;
		if (pause < PAUSE_MAX_NS)
			pause *= 2;
	}
	return 0;
}

static int map_frames(struct xenfm *h, domid_t dom, char *addr,
		      const uint64_t *frames, size_t num,
		      unsigned int timeout_ms, int *err, bool all_or_nothing)
{
	int ret;

	ret = map_batch(h, dom, addr, frames, num, err);
	if (ret == -ENOENT)
		ret = map_paged(h, dom, addr, frames, num, err, timeout_ms);
	for (size_t i = 0; !ret && all_or_nothing && i < num; i++)
		ret = err[i];
	return ret;
}

XENFM_API int xenfm_map(struct xenfm *handle, uint32_t domid,
			const uint64_t *frames, size_t num, unsigned int flags,
			unsigned int timeout_ms, int *err, void **addr)
{
	int prot = PROT_READ | (flags & XENFM_MAP_WRITE ? PROT_WRITE : 0);
	size_t size = area_size(num);
	int *own_err = NULL;
	int saved = errno;
	domid_t dom = domid;
	void *area;
	int ret;

	if (!size || domid != dom || (flags & ~XENFM_MAP_WRITE))
		return -EINVAL;

	if (!err) {
		own_err = calloc(num, sizeof(*own_err));
		if (!own_err) {
			ret = -ENOMEM;
			goto out;
		}
	}
	area = mmap(NULL, size, prot, MAP_SHARED, handle->fd, 0);
	if (area == MAP_FAILED) {
		ret = -errno;
		goto free_err;
	}
	ret = map_frames(handle, dom, area, frames, num, timeout_ms,
			 err ? err : own_err, !err);
	if (ret)
		munmap(area, size);
	else
		*addr = area;

free_err:
	free(own_err);
out:
	errno = saved;
	return ret;
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
