// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The handle: opens the device, finds out which driver it is, restricts and
 * closes it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <xen/privcmd.h>
#include <xen/privcmd_x.h>

#include "internal.h"

_Static_assert(XENFM_BACKEND_PV == PRIVCMD_X_BACKEND_PV &&
		       XENFM_BACKEND_XLATE == PRIVCMD_X_BACKEND_XLATE,
	       "the library does not translate backends");
_Static_assert(XENFM_FEATURE_STATUS == PRIVCMD_X_FEATURE_STATUS &&
		       XENFM_FEATURE_HYPERCALL == PRIVCMD_X_FEATURE_HYPERCALL &&
		       XENFM_FEATURE_RO_RETRY == PRIVCMD_X_FEATURE_RO_RETRY &&
		       XENFM_FEATURE_MAP == PRIVCMD_X_FEATURE_MAP &&
		       XENFM_FEATURE_COPY == PRIVCMD_X_FEATURE_COPY &&
		       XENFM_FEATURE_MEMORY == PRIVCMD_X_FEATURE_MEMORY,
	       "the library does not translate features");

int xenfm_ioctl(int fd, unsigned long request, void *arg)
{
	int saved = errno;
	int ret = ioctl(fd, request, arg);

	if (ret < 0) {
		ret = -errno;
		errno = saved;
	}
	return ret;
}

/*
 * Find out which driver it is. A driver without X_INFO is a privcmd driver if it
 * has MMAPBATCH_V2. The probe calls that with NULL: a driver that has it fails
 * with EFAULT and does nothing.
 */
static int probe(int fd, struct xenfm_info *info)
{
	struct privcmd_x_info x = { .size = sizeof(x) };
	int ret;

	ret = xenfm_ioctl(fd, PRIVCMD_X_INFO, &x);
	if (ret == -ENOTTY) {
		ret = xenfm_ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, NULL);
		return ret == -ENOTTY ? -ENOTTY : 0;
	}
	if (ret < 0)
		return ret;

	info->driver = XENFM_DRIVER_XEN_PRIVCMD;
	info->abi = x.abi;
	info->backend = x.backend;
	info->features = x.features;
	info->max_frames = x.max_frames;
	memcpy(info->version, x.version, sizeof(info->version) - 1);
	return 0;
}

XENFM_API const char *xenfm_device(void)
{
	const char *path = secure_getenv("XENFM_DEVICE");

	return path && *path ? path : "/dev/xen/privcmd";
}

/*
 * The handle owns @fd; on failure this function closes it. @fd may be negative:
 * then open(2) or fcntl(2) has failed, and errno says why.
 */
static int new_handle(struct xenfm **handle, int fd)
{
	struct xenfm *h;
	int ret;

	if (fd < 0)
		return -errno;
	h = calloc(1, sizeof(*h));
	if (!h) {
		ret = -ENOMEM;
		goto close_fd;
	}
	h->fd = fd;
	ret = probe(fd, &h->info);
	if (ret < 0)
		goto free_handle;

	*handle = h;
	return 0;

free_handle:
	free(h);
close_fd:
	close(fd);
	return ret;
}

XENFM_API int xenfm_open(struct xenfm **handle, unsigned int flags)
{
	int saved = errno;
	int ret;

	if (flags)
		return -EINVAL;
	ret = new_handle(handle, open(xenfm_device(), O_RDWR | O_CLOEXEC));
	errno = saved;
	return ret;
}

XENFM_API int xenfm_open_fd(struct xenfm **handle, int fd, unsigned int flags)
{
	int saved = errno;
	int ret;

	if (flags)
		return -EINVAL;
	ret = new_handle(handle, fcntl(fd, F_DUPFD_CLOEXEC, 0));
	errno = saved;
	return ret;
}

XENFM_API void xenfm_close(struct xenfm *handle)
{
	int saved = errno;

	if (!handle)
		return;
	close(handle->fd);
	free(handle);
	errno = saved;
}

XENFM_API const struct xenfm_info *xenfm_info(const struct xenfm *handle)
{
	return &handle->info;
}

XENFM_API int xenfm_restrict(struct xenfm *handle, uint32_t domid)
{
	domid_t dom = domid;

	if (domid != dom)
		return -EINVAL;
	return xenfm_ioctl(handle->fd, IOCTL_PRIVCMD_RESTRICT, &dom);
}
