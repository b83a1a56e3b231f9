// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * /proc/xen/privcmd: the same device through xenfs, which uses a symbol that
 * the driver exports.
 */
#include <sys/mount.h>

#include "x/map.h"

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
	/* The restriction belongs to that file, not to the device. */
	check(hypercall(privcmd_open(), 17, 0, 0, 0, 0, 0) > 0);
}

/* One driver has two names. A mapping of one is populated through the other. */
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

#define TRUNCATED 512 /* frames: a page table */

/* A process of another user that has only the file descriptor. */
static pid_t truncate_for_ever(int fd, volatile unsigned long *count)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	must(!setgid(65534) && !setuid(65534));
	while (check_eq(ftruncate(fd, 0), 0))
		++*count;
	_exit(0);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

/*
 * /proc/xen/privcmd is a regular file. Its truncation drops the entries of all
 * mappings of it, in every process. It holds only page-table locks, and none of
 * the locks that a populating call, a fault or X_UNMAP hold. So it meets each
 * of these at any point of their work.
 *
 * Every entry that is dropped must come back: each frame is reported as mapped,
 * and each access finds it. A failure of either means that a dropped entry was
 * taken for a failed frame. An entry is only dropped while a call writes it or
 * reads it back if both run at the same time, so one CPU shows little.
 */
TAP_HAZARD(xenfs_truncated_by_another_user, .rows = "A25", .seconds = 90)
{
	double end = now() + (sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 20 : 3);
	volatile unsigned long *count = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
					     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct domain *d = domain_new(DOMAIN_ANY, TRUNCATED);
	struct area a = area_new(xenfs_open(), TRUNCATED);
	unsigned long rounds = 0;
	bool ok = true;
	pid_t pid;
	size_t i;

	need_ours();
	must(count != MAP_FAILED);
	pid = truncate_for_ever(a.fd, count);
	for (; ok && (now() < end || !rounds || !*count); rounds++) {
		ok = map_frames(&a, d, 0);
		for (i = 0; ok && i < a.n; i++)
			ok = check_eq(touch(page_at(&a, i)), 0);
		check_eq(x_unmap(a.fd, a.va, a.n), 0);
	}
	tap_note("%lu rounds of calls met %lu truncations", rounds, *count);
	must(map_frames(&a, d, 0));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (i = 0; i < a.n; i++)
		check(page_has(page_at(&a, i), domain_seed(d, i)));
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}
