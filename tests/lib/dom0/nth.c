// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Implements nth.h; see fault-injection.rst of the kernel.
 */
#include <sys/mount.h>

#include "dom0/nth.h"
#include "dom0/area.h"

#define NTH "/proc/thread-self/fail-nth"

/* The number of failures that nth_starve() allows: more than there can be. */
#define TIMES 1000000000

static int space = -1, times = -1;

static bool put(const char *dir, const char *file, const char *text)
{
	return put_text(text, "%s/%s", dir, file);
}

/* The kernel does not log the failures, as there will be thousands. */
static bool configure(const char *dir, enum nth_points points)
{
	bool all = points == NTH_ALL;

	return put(dir, "failslab/ignore-gfp-wait", "N") &&
	       put(dir, "failslab/cache-filter",
		   !all && nth_exact() ? "Y" : "N") &&
	       put(dir, "failslab/task-filter", "Y") &&
	       put(dir, "failslab/probability",
		   points == NTH_STARVING ? "100" : "0") &&
	       put(dir, "failslab/verbose", "0") &&
	       put(dir, "fail_page_alloc/ignore-gfp-wait", "N") &&
	       put(dir, "fail_page_alloc/ignore-gfp-highmem", "N") &&
	       put(dir, "fail_page_alloc/min-order", all ? "0" : "99") &&
	       put(dir, "fail_page_alloc/verbose", "0") &&
	       put(dir, "fail_usercopy/verbose", "0");
}

static int keep_open(const char *dir, const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	return open(path, O_RDWR | O_CLOEXEC);
}

/*
 * Mounts debugfs at a place of its own, so that the system's mounts do not
 * change.
 */
static bool set(enum nth_points points)
{
	char dir[] = "/tmp/privcmd-test-XXXXXX";
	bool ok;

	if (!mkdtemp(dir))
		return false;
	ok = !mount("none", dir, "debugfs", 0, NULL);
	if (ok) {
		ok = configure(dir, points);
		if (space < 0)
			space = keep_open(dir, "failslab/space");
		if (times < 0)
			times = keep_open(dir, "failslab/times");
		umount2(dir, MNT_DETACH);
	}
	rmdir(dir);
	return ok;
}

bool nth_here(void)
{
	return !access(NTH, W_OK) && set(NTH_ALL);
}

void nth_points(enum nth_points points)
{
	must(set(points));
}

bool nth_exact(void)
{
	char flag = '0';
	int fd = open("/sys/kernel/slab/kmalloc-64/failslab",
		      O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (read(fd, &flag, 1) != 1)
		flag = '0';
	close(fd);
	return flag == '1';
}

/* Files of this thread. The files of a process do not work in its children. */
static __thread struct {
	int nth, fails;
	pid_t owner;
} own;

static void open_own(void)
{
	if (own.owner == gettid())
		return;
	if (own.owner) {
		close(own.nth);
		close(own.fails);
	}
	own.nth = open(NTH, O_RDWR | O_CLOEXEC);
	own.fails = open("/proc/thread-self/make-it-fail", O_RDWR | O_CLOEXEC);
	if (own.nth < 0 || own.fails < 0)
		bail(NTH ": %s", strerror(errno));
	own.owner = gettid();
}

static void put_number(int fd, unsigned int value)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", value);

	if (write(fd, text, len) != len)
		bail("fault injection: %s", strerror(errno));
}

void nth_arm(unsigned int n)
{
	open_own();
	put_number(own.nth, n);
}

/*
 * If the file reads 0, the n-th point was passed. Otherwise the read is itself
 * a point, which may be the n-th and fail. So is the write that disarms it.
 */
bool nth_fired(void)
{
	char text[16] = "";
	int fd = own.nth, e = errno;
	bool fired;

	if (pread(fd, text, sizeof(text) - 1, 0) < 0) {
		must(errno == EFAULT);
		errno = e;
		return false;
	}
	fired = text[0] == '0';
	if (!fired && write(fd, "0", 1) != 1)
		must(errno == EFAULT);
	errno = e;
	return fired;
}

void nth_starve(unsigned int bytes)
{
	open_own();
	put_number(times, TIMES);
	put_number(space, bytes);
	put_number(own.fails, 1);
}

/* A file of debugfs can be read once each time that it is opened. */
bool nth_starved(void)
{
	char text[32];
	int e = errno, fd;

	put_number(own.fails, 0);
	snprintf(text, sizeof(text), "/proc/self/fd/%d", times);
	fd = open(text, O_RDONLY | O_CLOEXEC);
	memset(text, 0, sizeof(text));
	must(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	errno = e;
	return strtol(text, NULL, 10) < TIMES;
}
