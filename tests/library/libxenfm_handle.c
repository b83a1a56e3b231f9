// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * libxenfm on a real device: opening, restriction, limits, wrong arguments, and
 * handles in other processes and threads.
 */
#include <pthread.h>
#include <sys/mount.h>

#include "libxenfm.h"

TAP_CASE(library_info)
{
	struct xenfm *fm = opened();
	const struct xenfm_info *i = xenfm_info(fm);
	const struct privcmd_x_info *x = driver();

	must(i != NULL);
	check_eq(i->reserved, 0);
	if (x) {
		check_eq(i->driver, XENFM_DRIVER_XEN_PRIVCMD);
		check_eq(i->abi, PRIVCMD_X_ABI);
		check_eq(i->backend,
			 xlate() ? XENFM_BACKEND_XLATE : XENFM_BACKEND_PV);
		check_eq(i->features, x->features);
		check(i->features & XENFM_FEATURE_STATUS);
		check_eq(i->max_frames, x->max_frames);
		check(*i->version && !strcmp(i->version, x->version));
	} else {
		static const struct xenfm_info other;

		check(!memcmp(i, &other, sizeof(other)));
	}
	xenfm_close(fm);
	xenfm_close(NULL);
}

TAP_CASE(library_restrict)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct domain *e = domain_new(DOMAIN_ANY, 1);
	struct xenfm *fm = opened(), *free = opened();
	unsigned char *old = map_all(fm, e, 1, 0), *a;
	void *addr = fm;
	int err = 0;

	check_eq(xenfm_restrict(fm, 0x10000 | d->id), -EINVAL);
	check_eq(xenfm_restrict(fm, d->id), 0);
	check_eq(xenfm_restrict(fm, d->id), 0);
	check_eq(xenfm_restrict(fm, e->id), -EINVAL);
	check_eq(xenfm_map(fm, e->id, frames_of(e), 1, 0, 0, &err, &addr),
		 -EPERM);
	check_eq(xenfm_map(fm, 0, frames_of(e), 1, 0, 0, NULL, &addr), -EPERM);
	check(addr == fm);
	check_eq(areas(), 1);
	check(page_has(old, domain_seed(e, 0)));
	a = map_all(fm, d, 2, XENFM_MAP_WRITE);
	check(page_has(a + PAGE, domain_seed(d, 2)));
	check_eq(xenfm_unmap(fm, a, 3), 0);
	check_eq(xenfm_unmap(fm, old, 1), 0);
	/* Only that handle is restricted. */
	a = map_all(free, e, 1, 0);
	check_eq(xenfm_unmap(free, a, 1), 0);
	finish(fm, d);
}

TAP_CASE(library_no_such_domain)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct xenfm *fm = opened();
	int err[2] = { 0, 0 }, ret;
	void *addr = NULL;

	ret = xenfm_map(fm, NO_DOMAIN, frames_of(d), 2, 0, 0, err, &addr);
	if (!ret) {
		check_eq(err[0], -ESRCH);
		check_eq(err[1], -ESRCH);
		check_eq(xenfm_unmap(fm, addr, 2), 0);
	} else {
		check_eq(ret, -ESRCH);
	}
	check_eq(xenfm_map(fm, NO_DOMAIN, frames_of(d), 2, 0, 0, NULL, &addr),
		 -ESRCH);
	finish(fm, d);
}

TAP_CASE(library_wrong_arguments)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct xenfm *fm = opened(), *none = fm;
	void *addr = fm;

	check_eq(xenfm_open(&none, 1), -EINVAL);
	check(none == fm);
	check_eq(xenfm_map(fm, d->id, frames_of(d), 0, 0, 0, NULL, &addr),
		 -EINVAL);
	check_eq(xenfm_map(fm, d->id, frames_of(d), (size_t)1 << 32, 0, 0, NULL,
			   &addr),
		 -EINVAL);
	check_eq(xenfm_map(fm, d->id, frames_of(d), SIZE_MAX, 0, 0, NULL,
			   &addr),
		 -EINVAL);
	check_eq(xenfm_map(fm, d->id, frames_of(d), 1, 8, 0, NULL, &addr),
		 -EINVAL);
	check_eq(xenfm_map(fm, 0x10000 | d->id, frames_of(d), 1, 0, 0, NULL,
			   &addr),
		 -EINVAL);
	check(addr == fm);
	finish(fm, d);
}

TAP_CASE(library_unreadable_arrays)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct xenfm *fm = opened();
	unsigned char *p = buffer(1);
	void *addr = fm;
	int err[2];

	memcpy(p + PAGE - 8, d->frame, 8);
	check_eq(xenfm_map(fm, d->id, (uint64_t *)(p + PAGE - 8), 2, 0, 0, err,
			   &addr),
		 -EFAULT);
	check_eq(xenfm_map(fm, d->id, frames_of(d), 2, 0, 0,
			   (int *)(p + PAGE - 4), &addr),
		 -EFAULT);
	check(addr == fm);
	finish(fm, d);
}

/*
 * More frames than the driver allows, the largest number that the library's
 * argument can hold, and more than max_frames after it was changed.
 */
TAP_CASE(library_too_many_frames)
{
	struct domain *d = domain_new(DOMAIN_ANY, 9);
	struct xenfm *fm = opened();
	int *none = aside(1), ret;
	unsigned char *a;
	void *addr = fm;

	need_ours();
	check_eq(xenfm_map(fm, d->id, frames_of(d),
			   xenfm_info(fm)->max_frames + 1, 0, 0, none, &addr),
		 -ENOMEM);
	ret = xenfm_map(fm, d->id, frames_of(d), UINT32_MAX, 0, 0, none, &addr);
	check(ret == -ENOMEM || ret == -EINVAL);
	ret = xenfm_map(fm, d->id, frames_of(d), UINT32_MAX, 0, 0, NULL, &addr);
	check(ret == -ENOMEM || ret == -EINVAL);
	must(param_set("max_frames", "9"));
	a = map_all(fm, d, 1, XENFM_MAP_WRITE);
	check_eq(xenfm_map(fm, d->id, frames_of(d), 1, 0, 0, NULL, &addr),
		 -ENOMEM);
	check_eq(xenfm_unmap(fm, a, 9), 0);
	must(param_set("max_frames", "8"));
	check_eq(xenfm_map(fm, d->id, frames_of(d), 9, 0, 0, NULL, &addr),
		 -ENOMEM);
	check(addr == fm);
	check_eq(xenfm_map(fm, d->id, frames_of(d), 8, 0, 0, NULL, &addr), 0);
	check_eq(xenfm_unmap(fm, addr, 8), 0);
	/* as it was when the handle was opened */
	check(xenfm_info(fm)->max_frames > 9);
	xenfm_close(fm);
	fm = opened();
	check_eq(xenfm_info(fm)->max_frames, 8);
	finish(fm, d);
}

static int open_at(const char *path)
{
	struct xenfm *fm = NULL;
	int ret;

	setenv("XENFM_DEVICE", path, 1);
	ret = xenfm_open(&fm, 0);
	check(!!fm == !ret);
	xenfm_close(fm);
	return ret;
}

TAP_CASE(library_device)
{
	check(!strcmp(xenfm_device(), "/dev/xen/privcmd"));
	check_eq(open_at("/dev/null"), -ENOTTY);
	check(!strcmp(xenfm_device(), "/dev/null"));
	check_eq(open_at("/dev/xen/no-such-device"), -ENOENT);
	check_eq(open_at("/dev"), -EISDIR);
	check_eq(open_at(""), 0);
	check(!strcmp(xenfm_device(), "/dev/xen/privcmd"));
	if (fork() == 0) {
		must(!setgid(65534) && !setuid(65534));
		check_eq(open_at("/dev/xen/privcmd"), -EACCES);
		_exit(0);
	}
	wait(NULL);
}

TAP_CASE(library_device_of_xenfs)
{
	struct domain *d = domain_new(DOMAIN_ANY, 5);
	struct xenfm *fm;
	unsigned char *a;

	if (access("/proc/xen/privcmd", F_OK) &&
	    mount("none", "/proc/xen", "xenfs", 0, NULL) && errno == ENODEV)
		skip("xenfs is not loaded");
	setenv("XENFM_DEVICE", "/proc/xen/privcmd", 1);
	fm = opened();
	check_eq(xenfm_info(fm)->driver,
		 driver() ? XENFM_DRIVER_XEN_PRIVCMD : XENFM_DRIVER_OTHER);
	a = map_all(fm, d, 2, XENFM_MAP_WRITE);
	check(page_has(a + 3 * PAGE, domain_seed(d, 1)));
	check_eq(xenfm_unmap(fm, a, 5), 0);
	finish(fm, d);
}

TAP_CASE(library_descriptor_ends_at_exec)
{
	char command[64];
	struct xenfm *fm;
	int fd = dup(0);

	/* The handle's file gets the lowest free descriptor. */
	close(fd);
	fm = opened();
	must(check_eq(fcntl(fd, F_GETFD), FD_CLOEXEC));
	snprintf(command, sizeof(command), "test ! -e /proc/self/fd/%d", fd);
	check_eq(system(command), 0);
	fcntl(fd, F_SETFD, 0);
	/* this is what an inherited one looks like */
	check(system(command) != 0);
	xenfm_close(fm);
	check_errno(fcntl(fd, F_GETFD), EBADF);
}

#define LEFT 4711

#define untouched(expr)                \
	do {                           \
		errno = LEFT;          \
		(void)(expr);          \
		check_eq(errno, LEFT); \
	} while (0)

TAP_CASE(library_leaves_errno_alone)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	uint64_t frame[2] = { d->frame[0], BAD_FRAME };
	struct xenfm_frame f[2];
	struct xenfm *fm;
	void *addr;
	int err[2];

	untouched(xenfm_open(&fm, 0));
	untouched(xenfm_open(&fm, 1));
	untouched(xenfm_map(fm, d->id, frame, 2, 0, 0, NULL, &addr));
	untouched(xenfm_map(fm, d->id, NULL, 2, 0, 0, err, &addr));
	untouched(xenfm_map(fm, d->id, frame, SIZE_MAX, 0, 0, err, &addr));
	untouched(xenfm_map(fm, d->id, frame, 2, 0, 10, err, &addr));
	untouched(xenfm_status(fm, addr, 2, f));
	untouched(xenfm_status(fm, addr, 3, f));
	untouched(xenfm_unmap(fm, (char *)addr + 1, 2));
	untouched(xenfm_unmap(fm, addr, 2));
	untouched(xenfm_restrict(fm, 1));
	untouched(xenfm_restrict(fm, 2));
	untouched(xenfm_info(fm));
	untouched(xenfm_device());
	untouched(xenfm_close(fm));
	untouched(open_at("/dev/null"));
	untouched(open_at("/dev/xen/no-such-device"));
	domain_destroy(d);
	check(domain_gone(d));
}

/* A child has the handle, but none of its mappings. */
TAP_CASE(library_fork)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct xenfm *fm = opened();
	unsigned char *a = map_all(fm, d, 1, XENFM_MAP_WRITE), *b;

	if (fork() == 0) {
		check_eq(areas(), 0);
		check_eq(touch(a), SIGSEGV);
		check_eq(poke(a + 2 * PAGE, 1), SIGSEGV);
		b = map_all(fm, d, 2, XENFM_MAP_WRITE);
		check(page_has(b + PAGE, domain_seed(d, 2)));
		page_fill(b + PAGE, 99);
		check_eq(xenfm_restrict(fm, d->id), 0);
		_exit(0);
	}
	wait(NULL);
	check(page_has(a, domain_seed(d, 0)));
	check(page_has(a + 2 * PAGE, 99));
	check_eq(xenfm_restrict(fm, d->id + 1), -EINVAL);
	check_eq(xenfm_unmap(fm, a, 3), 0);
	finish(fm, d);
}

TAP_CASE(library_close_keeps_mappings)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct xenfm *fm = opened();
	unsigned char *a = map_all(fm, d, 1, XENFM_MAP_WRITE);

	xenfm_close(fm);
	domain_destroy(d);
	check(page_has(a + PAGE, domain_seed(d, 1)));
	page_fill(a + 2 * PAGE, 3);
	check(page_has(a + 2 * PAGE, 3));
	check(domain_held(d));
	check_eq(munmap(a, 3 * PAGE), 0);
	check(domain_gone(d));
}

struct worker {
	struct xenfm *fm;
	const struct domain *d;
};

static void *map_often(void *arg)
{
	const struct worker *w = arg;

	for (size_t step = 1; step <= 30; step++) {
		unsigned char *a = map_all(w->fm, w->d, step, 0);

		check(page_has(a + PAGE, domain_seed(w->d, step)));
		check_eq(xenfm_unmap(w->fm, a, w->d->n), 0);
	}
	return NULL;
}

/* Several threads use one handle without a lock. */
TAP_CASE(library_threads)
{
	struct domain *d = domain_new(DOMAIN_ANY, 31);
	struct worker w = { opened(), d };
	pthread_t t[4];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		must(!pthread_create(&t[i], NULL, map_often, &w));
	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		pthread_join(t[i], NULL);
	finish(w.fm, d);
}
