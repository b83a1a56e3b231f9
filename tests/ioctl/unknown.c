// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Ioctls that the device does not have: ENOTTY, so that a library can tell
 * missing from wrong.
 */
#include "suite.h"

static void all_enotty(int fd)
{
	/* 1 and 11 to 13 are other people's, the rest nobody's. */
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
		IOCTL_PRIVCMD_RESTRICT,	 IOCTL_PRIVCMD_PCIDEV_GET_GSI,
		PRIVCMD_X_INFO,		 PRIVCMD_X_STATUS,
		PRIVCMD_X_HYPERCALL,
	};
	int fd = privcmd_open();
	__u64 arg[16] = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		unsigned int nr = _IOC_NR(known[i]), size = _IOC_SIZE(known[i]);

		check_errno(ioctl(fd, _IOC(_IOC_NONE, 'P', nr, size + 8), arg),
			    ENOTTY);
		if (size)
			check_errno(ioctl(fd,
					  _IOC(_IOC_NONE, 'P', nr, size - 1),
					  arg),
				    ENOTTY);
		check_errno(ioctl(fd, _IOC(_IOC_READ, 'P', nr, size), arg),
			    ENOTTY);
		check_errno(ioctl(fd, _IOC(_IOC_WRITE, 'P', nr, size), arg),
			    ENOTTY);
		check_errno(ioctl(fd, _IOC(_IOC_NONE, 'Q', nr, size), arg),
			    ENOTTY);
	}
}

TAP_CASE(unknown_on_hypercall_device)
{
	int fd = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);
	__u64 arg[8] = { 0 };

	must(fd >= 0);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, arg), ENOTTY);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, arg), ENOTTY);
	check_errno(ioctl(fd, PRIVCMD_X_INFO, arg), ENOTTY);
}

#ifdef __x86_64__
/* The 32-bit system call, from a 64-bit process; -errno. */
static int ioctl32(int fd, unsigned int cmd, unsigned int arg)
{
	int ret;

	asm volatile("int $0x80"
		     : "=a"(ret)
		     : "a"(54), "b"(fd), "c"(cmd), "d"(arg)
		     : "memory", "r8", "r9", "r10", "r11");
	return ret;
}
#endif

/* No compat_ioctl: a 32-bit program is told that there is nothing here. */
TAP_CASE(unknown_to_32_bit_programs)
{
#ifdef __x86_64__
	static const unsigned int cmd[] = {
		IOCTL_PRIVCMD_HYPERCALL, IOCTL_PRIVCMD_MMAP,
		IOCTL_PRIVCMD_MMAPBATCH, IOCTL_PRIVCMD_MMAPBATCH_V2,
		IOCTL_PRIVCMD_DM_OP,	 IOCTL_PRIVCMD_MMAP_RESOURCE,
		IOCTL_PRIVCMD_RESTRICT,	 IOCTL_PRIVCMD_PCIDEV_GET_GSI,
		PRIVCMD_X_INFO,
	};
	int fd = privcmd_open();
	size_t i;

	/* Proof that there are 32-bit system calls in this kernel. */
	if (ioctl32(-1, cmd[0], 0) != -EBADF)
		skip("this kernel has no 32-bit system calls");
	for (i = 0; i < ARRAY_SIZE(cmd); i++)
		check_eq(ioctl32(fd, cmd[i], 0), -ENOTTY);
#else
	skip("a 64-bit Arm process cannot make 32-bit system calls");
#endif
}
