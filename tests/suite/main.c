// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * privcmd-test: runs all cases of the files in this directory against the
 * privcmd device of a Xen dom0. The cases register themselves.
 */
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "suite.h"

/*
 * Checks that the file is a privcmd device, as any file can be opened.
 * MMAPBATCH_V2 without an argument does nothing, and only a privcmd device
 * answers EFAULT or EPERM.
 */
static void probe(void)
{
	int fd = privcmd_open();

	if (ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, NULL) && errno != EFAULT &&
	    errno != EPERM)
		bail("%s is no privcmd device: %s", device(), strerror(errno));
	close(fd);
}

/* Describes the subject of the results, so that the output can be kept as it is. */
static void describe(void)
{
	int refused;
	long version;
	struct utsname u;

	probe();
	version = xen_version();
	refused = errno;
	uname(&u);
	tap_note("privcmd-test %s: %s, %s%s", VERSION, device(),
		 driver() ? "xen-privcmd " : "a driver without private ioctls",
		 driver() ? driver()->version : "");
	if (version > 0)
		tap_note("Linux %s %s, Xen %ld.%ld, %s", u.release, u.machine,
			 version >> 16, version & 0xffff,
			 xlate() ? "auto-translated" : "PV");
	else
		tap_note("Linux %s %s, hypercalls refused: %s", u.release,
			 u.machine, strerror(refused));
	if (!initial_domain())
		tap_note("not the initial domain: most cases cannot work");
}

static const struct tap_program program = {
	.version = VERSION,
	.about =
		"Holds the driver behind /dev/xen/privcmd to what privcmd(4) says of it. To be\n"
		"run as root in a Xen dom0 that is there for testing, see privcmd-test(8).\n"
		"XENFM_DEVICE in the environment names another device.\n",
	.begin = describe,
};

TAP_STATE;

int main(int argc, char **argv)
{
	return tap_main(argc, argv, &program);
}
