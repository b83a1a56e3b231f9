// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Host tests of libxenfm's handle: open, the probe for the driver, restrict,
 * close. ioctl numbers are literals here: that is what they check.
 */
#include <fcntl.h>

#include <xenfm.h>

#include "tap.h"
#include "fake/driver.h"

TAP_MAIN

static struct xenfm *const untouched = (struct xenfm *)0x1234;

TAP_CASE(open_asks_which_driver)
{
	struct xenfm *h;

	fake_start();
	unsetenv("XENFM_DEVICE");
	check_ret(xenfm_open(&h, 0), 0);
	check(!strcmp(fake.path, "/dev/xen/privcmd"));
	check_eq(fake.open_flags, O_RDWR | O_CLOEXEC);
	check_eq(fake.nr_calls, 1);
	check_eq(fake.calls[0].request, 0x5040);
	check_eq(fake.calls[0].info.size, 48);
	xenfm_close(h);
}

TAP_CASE(open_keeps_the_answer)
{
	const struct xenfm_info *info;
	struct xenfm *h;

	fake_start();
	check_ret(xenfm_open(&h, 0), 0);
	fake.info.abi = 99;
	info = xenfm_info(h);
	check_eq(info->driver, XENFM_DRIVER_XEN_PRIVCMD);
	check_eq(info->abi, 1);
	check_eq(info->backend, XENFM_BACKEND_PV);
	check_eq(info->features, 63);
	check_eq(info->max_frames, 1 << 28);
	check(!strcmp(info->version, "1.2.3"));
	check_eq(fake.nr_calls, 1);
	xenfm_close(h);
}

TAP_CASE(open_terminates_the_version)
{
	struct xenfm *h;

	fake_start();
	memset(fake.info.version, 'v', sizeof(fake.info.version));
	check_ret(xenfm_open(&h, 0), 0);
	check(!strcmp(xenfm_info(h)->version, "vvvvvvvvvvvvvvv"));
	xenfm_close(h);
}

TAP_CASE(open_path_from_environment)
{
	struct xenfm *h;

	fake_start();
	setenv("XENFM_DEVICE", "/some/where", 1);
	check(!strcmp(xenfm_device(), "/some/where"));
	check_ret(xenfm_open(&h, 0), 0);
	check(!strcmp(fake.path, "/some/where"));
	xenfm_close(h);
	setenv("XENFM_DEVICE", "", 1);
	check(!strcmp(xenfm_device(), "/dev/xen/privcmd"));
}

TAP_CASE(open_unknown_flags)
{
	struct xenfm *h = untouched;

	fake_start();
	check_ret(xenfm_open(&h, 1), -EINVAL);
	check_ret(xenfm_open(&h, 0x80000000), -EINVAL);
	check(h == untouched);
	check_eq(fake.opens, 0);
}

TAP_CASE(open_other_driver)
{
	const struct xenfm_info *info;
	struct xenfm *h;

	fake_start_intree();
	check_ret(xenfm_open(&h, 0), 0);
	check_eq(fake.nr_calls, 2);
	check_eq(fake.calls[1].request, 0x00205004);
	check(!fake.calls[1].arg);
	info = xenfm_info(h);
	check_eq(info->driver, XENFM_DRIVER_OTHER);
	check_eq(info->abi, 0);
	check_eq(info->backend, XENFM_BACKEND_UNKNOWN);
	check_eq(info->features, 0);
	check_eq(info->max_frames, 0);
	check(!info->version[0]);
	xenfm_close(h);
}

TAP_CASE(open_no_privcmd_device, .rows = "A23")
{
	struct xenfm *h = untouched;

	fake_start_intree();
	fake.null_errno = ENOTTY;
	check_ret(xenfm_open(&h, 0), -ENOTTY);
	check(h == untouched);
	check_eq(fake.opens, 1);
	check_eq(fake.closes, 1);
}

TAP_CASE(open_failed_probe_closes, .rows = "A23")
{
	static const int errs[] = { EFAULT, EINVAL, EPERM, ENOMEM, EINTR };
	struct xenfm *h = untouched;

	for (unsigned int i = 0; i < sizeof(errs) / sizeof(errs[0]); i++) {
		fake_start();
		fake.info_errno = errs[i];
		check_ret(xenfm_open(&h, 0), -errs[i]);
		check(h == untouched);
		check_eq(fake.opens, 1);
		check_eq(fake.closes, 1);
	}
}

TAP_CASE(open_fails)
{
	static const int errs[] = { ENOENT, EACCES, ENXIO, ENODEV, EMFILE };
	struct xenfm *h = untouched;

	for (unsigned int i = 0; i < sizeof(errs) / sizeof(errs[0]); i++) {
		fake_start();
		fake.open_errno = errs[i];
		check_ret(xenfm_open(&h, 0), -errs[i]);
		check(h == untouched);
		check_eq(fake.nr_calls, 0);
		check_eq(fake.closes, 0);
	}
}

TAP_CASE(open_no_memory)
{
	struct xenfm *h = untouched;

	fake_start();
	fake.alloc_max = 0;
	check_ret(xenfm_open(&h, 0), -ENOMEM);
	check(h == untouched);
	check_eq(fake.opens, 1);
	check_eq(fake.closes, 1);
}

TAP_CASE(open_fd_keeps_a_duplicate)
{
	int fd = open("/dev/null", O_RDWR);
	struct xenfm *h;

	fake_start();
	check_ret(xenfm_open_fd(&h, fd, 0), 0);
	check_eq(fake.opens, 1);
	check_eq(fake.dup_command, F_DUPFD_CLOEXEC);
	check_eq(fake.calls[0].request, 0x5040);
	check_eq(xenfm_info(h)->abi, 1);
	close(fd);
	check_ret(xenfm_restrict(h, 7), 0);
	check_eq(fake.calls[1].restrict_to, 7);
	xenfm_close(h);
	check_eq(fake.closes, 2);
}

TAP_CASE(open_fd_of_other_files)
{
	struct xenfm *h = untouched;
	int fd = open("/dev/full", O_RDWR);

	fake_start();
	check_ret(xenfm_open_fd(&h, -1, 0), -EBADF);
	check_ret(xenfm_open_fd(&h, 1000000, 0), -EBADF);
	check_ret(xenfm_open_fd(&h, fd, 0), -ENOTTY);
	check_ret(xenfm_open_fd(&h, fd, 1), -EINVAL);
	check(h == untouched);
	check_eq(fake.opens, 0);
	check_eq(fcntl(fd + 1, F_GETFD), -1); /* nothing left open */
	close(fd);
}

TAP_CASE(close_closes_once)
{
	struct xenfm *h;

	fake_start();
	check_ret(xenfm_open(&h, 0), 0);
	errno = 4711;
	xenfm_close(h);
	check_eq(errno, 4711);
	check_eq(fake.closes, 1);
}

TAP_CASE(close_null)
{
	fake_start();
	xenfm_close(NULL);
	check_eq(fake.closes, 0);
}

TAP_CASE(restrict_passes_the_domid)
{
	struct xenfm *h;

	fake_start();
	check_ret(xenfm_open(&h, 0), 0);
	check_ret(xenfm_restrict(h, 0x1234), 0);
	check_eq(fake.nr_calls, 2);
	check_eq(fake.calls[1].request, 0x00025006);
	check_eq(fake.calls[1].restrict_to, 0x1234);
	check_ret(xenfm_restrict(h, 0xffff), 0);
	check_eq(fake.calls[2].restrict_to, 0xffff);
	xenfm_close(h);
}

TAP_CASE(restrict_passes_the_errno)
{
	struct xenfm *h;

	fake_start();
	check_ret(xenfm_open(&h, 0), 0);
	fake.restrict_errno = EINVAL;
	check_ret(xenfm_restrict(h, 1), -EINVAL);
	fake.restrict_errno = ENOTTY;
	check_ret(xenfm_restrict(h, 1), -ENOTTY);
	xenfm_close(h);
}

TAP_CASE(restrict_domid_is_never_cut)
{
	struct xenfm *h;

	fake_start();
	check_ret(xenfm_open(&h, 0), 0);
	check_ret(xenfm_restrict(h, 0x10000), -EINVAL);
	check_ret(xenfm_restrict(h, 0x10001), -EINVAL);
	check_eq(fake.nr_calls, 1);
	xenfm_close(h);
}
