// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The file of a domain's memory: makes one, and recognises one.
 */
#include <errno.h>

#include <xen/privcmd.h>
#include <xen/privcmd_x.h>

#include "internal.h"

_Static_assert(XENFM_MEMORY_READ_ONLY == PRIVCMD_X_MEMORY_READ_ONLY &&
		       XENFM_MEMORY_ZERO_HOLES == PRIVCMD_X_MEMORY_ZERO_HOLES,
	       "the library does not translate flags");

#define ALL_FLAGS (XENFM_MEMORY_READ_ONLY | XENFM_MEMORY_ZERO_HOLES)

XENFM_API int xenfm_memory(struct xenfm *handle, uint32_t domid,
			   uint64_t first_frame, uint64_t num,
			   unsigned int flags, int *fd)
{
	struct privcmd_x_memory x = {
		.size = sizeof(x),
		.flags = flags,
		.dom = domid,
		.first = first_frame,
		.num = num,
	};
	int ret;

	if (!(handle->info.features & XENFM_FEATURE_MEMORY))
		return -EOPNOTSUPP;
	if (domid != x.dom || flags & ~ALL_FLAGS)
		return -EINVAL;
	ret = xenfm_ioctl(handle->fd, PRIVCMD_X_MEMORY, &x);
	if (ret < 0)
		return ret;
	*fd = ret;
	return 0;
}

/*
 * Of all regular files only these have X_INFO. A file system whose server answers
 * every ioctl (FUSE) cannot write into the struct, so @features tells them apart.
 */
bool xenfm_is_memory(int fd)
{
	struct privcmd_x_info x = { .size = sizeof(x) };

	return !xenfm_ioctl(fd, PRIVCMD_X_INFO, &x) &&
	       x.features & PRIVCMD_X_FEATURE_MEMORY;
}
