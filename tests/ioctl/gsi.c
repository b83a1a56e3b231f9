// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * PCIDEV_GET_GSI, on machines where pciback holds no device: the rig's.
 */
#include <sys/syscall.h>

#include "suite.h"

static int get_gsi(int fd, struct privcmd_pcidev_get_gsi *g)
{
	return ioctl(fd, IOCTL_PRIVCMD_PCIDEV_GET_GSI, g);
}

/* Wants this errno for any device, and nothing written. */
static void all_fail(int fd, int want)
{
	static const __u32 sbdf[] = {
		0, 8, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sbdf); i++) {
		struct privcmd_pcidev_get_gsi g = { sbdf[i], 0x5555 };

		check_errno(get_gsi(fd, &g), want);
		check_eq(g.sbdf, sbdf[i]);
		check_eq(g.gsi, 0x5555);
	}
}

/* Old kernels cannot tell, nor can new ones without pciback. */
TAP_CASE(gsi_not_known)
{
	all_fail(privcmd_open(), EOPNOTSUPP);
}

TAP_CASE(gsi_struct_unreadable)
{
	int fd = privcmd_open();
	unsigned char *p = buffer(1);

	check_errno(get_gsi(fd, NULL), EFAULT);
	check_errno(get_gsi(fd, KERNEL_POINTER), EFAULT);
	check_errno(get_gsi(fd, aside(1)), EFAULT);
	check_errno(get_gsi(fd, (void *)(p + PAGE - 7)), EFAULT);
	check_errno(get_gsi(fd, (void *)(p + PAGE - 8)), EOPNOTSUPP);
}

TAP_CASE(gsi_restricted)
{
	struct privcmd_pcidev_get_gsi g = { 0, 0x5555 };
	int fd = privcmd_open();

	check_eq(restrict_to(fd, 7), 0);
	check_errno(get_gsi(fd, &g), EPERM);
	check_eq(g.gsi, 0x5555);
	check_errno(get_gsi(fd, NULL), EFAULT);
}

static bool kernel_can_tell(void)
{
#ifdef __x86_64__
	return kernel_since(6, 12);
#else
	return false;
#endif
}

TAP_CASE(gsi_no_such_device, .rows = "A16")
{
	int fd = privcmd_open();
	int pciback = open("/modules/xen-pciback.ko", O_RDONLY | O_CLOEXEC);

	if (!kernel_can_tell())
		skip("kernels before 6.12, and Arm's, cannot tell");
	if (pciback < 0)
		bail("xen-pciback.ko: %s", strerror(errno));
	if (syscall(SYS_finit_module, pciback, "", 0))
		bail("finit_module: %s", strerror(errno));
	all_fail(fd, ENODEV);
	check_eq(syscall(SYS_delete_module, "xen_pciback", 0), 0);
	all_fail(fd, EOPNOTSUPP);
}
