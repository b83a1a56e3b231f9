// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * /proc/PID/fdinfo of an open device: its restriction, and the counts of its
 * frames.
 */
#include "suite.h"

TAP_CASE(fdinfo_domid)
{
	int fd = privcmd_open(), other = privcmd_open();

	need_ours();
	check_eq(fdinfo(fd, "xen-privcmd-domid"), -1);
	check_eq(restrict_to(fd, 0x1234), 0);
	check_eq(fdinfo(fd, "xen-privcmd-domid"), 0x1234);
	check_eq(fdinfo(other, "xen-privcmd-domid"), -1);
}

static void counts(int fd, long frames, long readonly, long failed)
{
	check_eq(fdinfo(fd, "xen-privcmd-frames"), frames);
	check_eq(fdinfo(fd, "xen-privcmd-readonly"), readonly);
	check_eq(fdinfo(fd, "xen-privcmd-failed"), failed);
}

TAP_CASE(fdinfo_counts)
{
	struct domain *d = domain_new(DOMAIN_ANY, 10);
	int fd = privcmd_open(), other = privcmd_open(), err[6];
	struct area a, b;
	__u64 frame[6];
	size_t i;

	need_ours();
	counts(fd, 0, 0, 0);
	a = area_new(fd, 10);
	b = area_new(fd, 6);
	counts(fd, 0, 0, 0); /* an area without frames */
	must(map_frames(&a, d, 0));
	counts(fd, 10, 0, 0);
	for (i = 0; i < 6; i++)
		frame[i] = i < 4 ? BAD_FRAME : d->frame[i];
	must(check_eq(v2(fd, d->id, b.va, frame, err, 6), 0));
	counts(fd, 12, 0, 4);
	must(check_eq(v2(fd, d->id, b.va, d->frame, err, 3), 0));
	counts(fd, 15, 0, 1);
	counts(other, 0, 0, 0);
	check_eq(munmap(a.va, 10 * PAGE), 0);
	counts(fd, 5, 0, 1);
	check_eq(munmap(b.va, 6 * PAGE), 0);
	counts(fd, 0, 0, 0);
}

/*
 * The frames are counted for the file, in whichever process it is read. A fork
 * does not change the counts.
 */
TAP_CASE(fdinfo_after_fork)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = area_new(privcmd_open(), 3);

	need_ours();
	must(map_frames(&a, d, 0));
	if (fork() == 0) {
		counts(a.fd, 3, 0, 0);
		_exit(0);
	}
	wait(NULL);
	counts(a.fd, 3, 0, 0);
	area_done(&a);
}
