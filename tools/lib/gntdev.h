/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The ioctls of /dev/xen/gntdev that map grants. The kernel's own header needs
 * types of Xen that programs do not have.
 */
#ifndef XENFM_GNTDEV_H
#define XENFM_GNTDEV_H

#include <stdint.h>
#include <sys/ioctl.h>

/**
 * struct gntdev_ref - a grant
 * @domid: the domain that grants
 * @ref: its grant reference
 */
struct gntdev_ref {
	uint32_t domid;
	uint32_t ref;
};

/**
 * struct gntdev_map - GNTDEV_MAP: announce grants that will be mapped
 * @count: in: number of grants
 * @pad: 0
 * @index: out: offset for the mmap(2) of the grants
 * @refs: in: @count grants
 */
struct gntdev_map {
	uint32_t count;
	uint32_t pad;
	uint64_t index;
	struct gntdev_ref refs[1];
};

/**
 * struct gntdev_unmap - GNTDEV_UNMAP: withdraw an announcement, after munmap(2)
 * @index: from GNTDEV_MAP
 * @count: as for GNTDEV_MAP
 * @pad: 0
 */
struct gntdev_unmap {
	uint64_t index;
	uint32_t count;
	uint32_t pad;
};

#define GNTDEV_MAP	_IOC(_IOC_NONE, 'G', 0, sizeof(struct gntdev_map))
#define GNTDEV_UNMAP	_IOC(_IOC_NONE, 'G', 1, sizeof(struct gntdev_unmap))

#endif /* XENFM_GNTDEV_H */
