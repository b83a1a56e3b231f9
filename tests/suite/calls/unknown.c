// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Ioctls that the device does not have fail with ENOTTY, so that a library can
 * distinguish a missing ioctl from a wrong argument.
 */
#include "suite.h"

static void all_enotty(int fd)
{
	/* 1 and 11 to 13 are numbers of other drivers. The rest is unused. */
	static const int nr[] = { 1, 11, 12, 13, 0x20, 0x3f, 0x7f, 0xfe };
	struct privcmd_mmapbatch_v2 arg = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(nr); i++) {
		check_errno(ioctl(fd, _IO('P', nr[i]), &arg), ENOTTY);
		check_errno(ioctl(fd, _IO('P', nr[i]), NULL), ENOTTY);
	}
}

TAP_CASE(unknown_number, .rows = "A4")
{
	all_enotty(privcmd_open());
}

TAP_CASE(unknown_unimplemented, .rows = "A4")
{
	int fd = privcmd_open();

	check_errno(ioctl(fd, IOCTL_PRIVCMD_UNIMPLEMENTED, NULL), ENOTTY);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_UNIMPLEMENTED, &fd), ENOTTY);
}

TAP_CASE(unknown_number_restricted, .rows = "A4")
{
	int fd = privcmd_open();

	must(check_eq(restrict_to(fd, NO_DOMAIN), 0));
	all_enotty(fd);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_UNIMPLEMENTED, NULL), ENOTTY);
}

/* A known number with another size, direction or type is another ioctl. */
TAP_CASE(unknown_size_or_direction)
{
	static const unsigned long known[] = {
		IOCTL_PRIVCMD_HYPERCALL, IOCTL_PRIVCMD_MMAP,
		IOCTL_PRIVCMD_MMAPBATCH, IOCTL_PRIVCMD_MMAPBATCH_V2,
		IOCTL_PRIVCMD_DM_OP,	 IOCTL_PRIVCMD_MMAP_RESOURCE,
		IOCTL_PRIVCMD_RESTRICT,	 IOCTL_PRIVCMD_IRQFD,
		IOCTL_PRIVCMD_IOEVENTFD, IOCTL_PRIVCMD_PCIDEV_GET_GSI,
		PRIVCMD_X_INFO,		 PRIVCMD_X_STATUS,
		PRIVCMD_X_HYPERCALL,	 PRIVCMD_X_MEMORY,
	};
	int fd = privcmd_open();
	__u64 arg[16] = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		unsigned int nr = _IOC_NR(known[i]), size = _IOC_SIZE(known[i]);
		unsigned int dir;

		check_errno(ioctl(fd, known[i] + (8 << _IOC_SIZESHIFT), arg),
			    ENOTTY);
		if (size)
			check_errno(ioctl(fd, known[i] - (1 << _IOC_SIZESHIFT),
					  arg),
				    ENOTTY);
		for (dir = 0; dir < 4; dir++)
			if (dir != _IOC_DIR(known[i]))
				check_errno(ioctl(fd, _IOC(dir, 'P', nr, size),
						  arg),
					    ENOTTY);
		check_errno(ioctl(fd, _IOC(_IOC_DIR(known[i]), 'Q', nr, size),
				  arg),
			    ENOTTY);
	}
}

TAP_CASE(unknown_on_hypercall_device)
{
	int fd = open(hypercall_device(), O_RDWR | O_CLOEXEC);
	__u64 arg[8] = { 0 };

	must(fd >= 0);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, arg), ENOTTY);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, arg), ENOTTY);
	check_errno(ioctl(fd, PRIVCMD_X_INFO, arg), ENOTTY);
}
