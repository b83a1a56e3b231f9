// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The functions that map, unmap, release and populate, and the status of a
 * mapping. fill.c maps the frames.
 */
#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>

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
	       "the driver fills the program's array of states");

/* Bytes of an area of @num pages, or 0 if there is no such area. */
static size_t area_size(size_t num)
{
	if (num > UINT32_MAX || num > SIZE_MAX / XENFM_PAGE_SIZE)
		return 0;
	return num * XENFM_PAGE_SIZE;
}

/*
 * Is the array of frame numbers NULL? Checked before the area is made, so that no
 * driver reads at address 0.
 */
static bool lacks_array(const struct xenfm_request *r)
{
	return r->source == XENFM_IN_ARRAY && !r->frames;
}

/*
 * @known: the flags that the function takes. A driver without X_MAP cannot be
 * strict if it is xen-privcmd; every other driver is strict without the flag.
 */
static int check_flags(const struct xenfm *h, unsigned int flags,
		       unsigned int known)
{
	if (flags & ~known)
		return -EINVAL;
	if (flags & XENFM_MAP_STRICT && !xenfm_can_x_map(h) &&
	    h->info.driver == XENFM_DRIVER_XEN_PRIVCMD)
		return -EOPNOTSUPP;
	return 0;
}

static int map_new(struct xenfm_request *r, uint32_t domid, void **addr)
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
	ret = xenfm_fill(r, &mapped);
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
	struct xenfm_request r = {
		.h = handle,
		.source = XENFM_IN_ARRAY,
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
	struct xenfm_request r = {
		.h = handle,
		.source = XENFM_IN_RANGE,
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

	if (!xenfm_can_x_map(handle))
		return -EOPNOTSUPP;
	return xenfm_ioctl(handle->fd, PRIVCMD_X_UNMAP, &x);
}

XENFM_API int xenfm_populate(struct xenfm *handle, uint32_t domid, void *addr,
			     const uint64_t *frames, size_t num,
			     unsigned int flags, unsigned int timeout_ms,
			     int *err)
{
	struct xenfm_request r = {
		.h = handle,
		.dom = domid,
		.addr = addr,
		.source = XENFM_IN_ARRAY,
		.frames = frames,
		.num = num,
		.flags = flags,
		.err = err,
		.timeout_ms = timeout_ms,
	};
	int saved = errno;
	bool mapped = false;
	int ret;

	if (!xenfm_can_x_map(handle))
		return -EOPNOTSUPP;
	if (!area_size(num) || domid != r.dom)
		return -EINVAL;
	ret = check_flags(handle, flags, XENFM_MAP_STRICT | XENFM_MAP_LAZY);
	if (!ret && lacks_array(&r))
		ret = -EFAULT;
	if (!ret)
		ret = xenfm_fill(&r, &mapped);
	/* The pages were empty before: otherwise the driver maps nothing. */
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
