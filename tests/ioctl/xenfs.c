// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * /proc/xen/privcmd: the same device by xenfs, which is built on a symbol that
 * the driver exports.
 */
#include <sys/mount.h>

#include "suite.h"

static int xenfs_open(void)
{
	int fd;

	if (beside())
		skip("xenfs is on the in-tree driver");
	if (access("/proc/xen/privcmd", F_OK) &&
	    mount("none", "/proc/xen", "xenfs", 0, NULL) && errno == ENODEV)
		skip("xenfs is not loaded");
	fd = open("/proc/xen/privcmd", O_RDWR | O_CLOEXEC);
	must(fd >= 0);
	return fd;
}

TAP_CASE(xenfs_maps)
{
	struct domain *d = domain_new(DOMAIN_ANY, 5);
	struct area a = area_new(xenfs_open(), 5);

	area_works(&a, d);
}

TAP_CASE(xenfs_ioctls)
{
	struct privcmd_x_info i = { .size = sizeof(i) };
	int fd = xenfs_open();

	check_errno(ioctl(fd, IOCTL_PRIVCMD_UNIMPLEMENTED, NULL), ENOTTY);
	check(hypercall(fd, 17 /* xen_version */, 0, 0, 0, 0, 0) > 0);
	if (driver()) {
		check_eq(ioctl(fd, PRIVCMD_X_INFO, &i), 0);
		check_eq(fdinfo(fd, "xen-privcmd-domid"), -1);
	}
	check_eq(restrict_to(fd, 3), 0);
	check_errno(hypercall(fd, 17, 0, 0, 0, 0, 0), EPERM);
	/* A restriction of that file, not of the device. */
	check(hypercall(privcmd_open(), 17, 0, 0, 0, 0, 0) > 0);
}

/* One driver behind two names: a mapping of one is populated through the other. */
TAP_CASE(xenfs_area_of_another_file, .rows = "A24")
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	int fd = xenfs_open(), other = privcmd_open();
	struct area a = area_new(other, 2), b = area_new(fd, 2);

	a.fd = fd;
	area_works(&a, d);
	close(fd);
	b.fd = other;
	area_works(&b, d);
}
