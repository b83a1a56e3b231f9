// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Further calls of the unit tests: those that open and close a device, the clock,
 * the file system of a file, and the lock of a mutex.
 *
 * A program without a test of its own, xenfm-fake, selects the device by the
 * environment variable XENFM_FAKE: xen-privcmd, in-tree, none or refused. It may
 * also be a xen-privcmd that is old (without X_MEMORY), or restricted (without
 * hypercalls).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <linux/magic.h>

#include "driver.h"

extern __typeof__(open) __real_open, __wrap_open;
extern __typeof__(fcntl) __real_fcntl, __wrap_fcntl;
extern __typeof__(close) __real_close, __wrap_close;
extern __typeof__(clock_gettime) __real_clock_gettime, __wrap_clock_gettime;
extern __typeof__(nanosleep) __real_nanosleep, __wrap_nanosleep;
extern __typeof__(fstatfs) __real_fstatfs, __wrap_fstatfs;
extern __typeof__(pthread_mutex_lock) __real_pthread_mutex_lock,
	__wrap_pthread_mutex_lock;

static void __attribute__((constructor)) start_from_environment(void)
{
	const char *which = getenv("XENFM_FAKE");

	if (!which)
		return;
	fake_start();
	fake.intree = !strcmp(which, "in-tree");
	if (!strcmp(which, "none"))
		fake.open_errno = ENOENT;
	else if (!strcmp(which, "refused"))
		fake.open_errno = EACCES;
	else if (!strcmp(which, "old"))
		fake.info.features &= ~PRIVCMD_X_FEATURE_MEMORY;
	else if (!strcmp(which, "restricted"))
		fake.hypercall_errno = EPERM;
}

/* The device that has memory for hypercalls. */
static int open_arguments(void)
{
	int fd = memfd_create("hypercall", MFD_CLOEXEC);

	return fd < 0 || ftruncate(fd, FAKE_PAGE) ? -1 : fd;
}

static bool is_hypercall(const char *path)
{
	static const char name[] = "hypercall";
	size_t len = strlen(path);

	return len >= strlen(name) && !strcmp(path + len - strlen(name), name);
}

/* While the fake is on, only the two devices are opened. */
int __wrap_open(const char *path, int flags, ...)
{
	if (!fake.on)
		return __real_open(path, flags, 0600);
	if (is_hypercall(path))
		return open_arguments();
	snprintf(fake.path, sizeof(fake.path), "%s", path);
	fake.open_flags = flags;
	if (fake.open_errno)
		return fake_fail(fake.open_errno);
	fake.opens++;
	return __real_open("/dev/null", O_RDWR | O_CLOEXEC);
}

/* Commands with a number only. */
int __wrap_fcntl(int fd, int command, ...)
{
	va_list ap;
	int arg;

	va_start(ap, command);
	arg = va_arg(ap, int);
	va_end(ap);
	fake.dup_command = command;
	fake.opens += fake_kind(fd) != FAKE_OTHER_FILE;
	return __real_fcntl(fd, command, arg);
}

int __wrap_close(int fd)
{
	if (fake_kind(fd) != FAKE_OTHER_FILE) {
		fake.closes++;
		errno = EINTR; /* the program's caller must not see it */
	}
	return __real_close(fd);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
	if (!fake.on)
		return __real_clock_gettime(clock, t);
	t->tv_sec = fake.now_ns / 1000000000;
	t->tv_nsec = fake.now_ns % 1000000000;
	return 0;
}

int __wrap_nanosleep(const struct timespec *t, struct timespec *left)
{
	if (!fake.on)
		return __real_nanosleep(t, left);
	fake.sleeps++;
	fake.now_ns += t->tv_sec * INT64_C(1000000000) + t->tv_nsec;
	return fake_fail(EINTR); /* as if interrupted just at its end */
}

int __wrap_fstatfs(int fd, struct statfs *fs)
{
	int ret = __real_fstatfs(fd, fs);

	if (fake.huge_page) {
		fs->f_type = HUGETLBFS_MAGIC;
		fs->f_bsize = fake.huge_page;
	}
	return ret;
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
	void (*before)(void) = fake.before_lock;

	if (before && mutex != &fake_lock) {
		fake.before_lock = NULL;
		before();
	}
	return __real_pthread_mutex_lock(mutex);
}
