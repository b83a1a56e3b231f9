// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Loads and unloads the module under test.
 */
#include <sys/syscall.h>

#include "guest.h"

#define FILE_NAME "/xen-privcmd.ko"
#define NAME	  "xen_privcmd"

#define HYPERVISOR_xen_version 17

bool module_loaded(void)
{
	char line[256];
	bool found = false;
	FILE *f = fopen("/proc/modules", "r");

	while (f && fgets(line, sizeof(line), f))
		found |= !strncmp(line, NAME " ", strlen(NAME) + 1);
	if (!f)
		bail("/proc/modules: %s", strerror(errno));
	fclose(f);
	return found;
}

long module_uses(void)
{
	FILE *f = fopen("/sys/module/" NAME "/refcnt", "r");
	long n = 0;

	must(f && fscanf(f, "%ld", &n) == 1);
	fclose(f);
	return n;
}

/* A case that ended early may have left the module loaded. */
static void unload_at_exit(void)
{
	if (module_loaded())
		module_unload();
}

void module_load(const char *parameters)
{
	int fd = open(FILE_NAME, O_RDONLY | O_CLOEXEC);
	static bool registered;

	if (fd < 0)
		bail(FILE_NAME ": %s", strerror(errno));
	if (!registered)
		atexit(unload_at_exit);
	registered = true;
	unload_at_exit(); /* left by a case that was killed */
	must(check_eq(syscall(SYS_finit_module, fd, parameters, 0), 0));
	close(fd);
	must(access(DEVICE, F_OK) == 0);
}

/*
 * Prints the files and mappings of the device that this process has, as they
 * keep the module.
 */
static void note_own_uses(void)
{
	char path[64], line[256];
	FILE *f = fopen("/proc/self/maps", "r");
	ssize_t n;
	int fd;

	for (fd = 0; fd < 256; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, line, sizeof(line) - 1);
		line[n > 0 ? n : 0] = 0;
		if (strstr(line, "/xen/"))
			tap_note("descriptor %d is still %s", fd, line);
	}
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, DEVICE))
			tap_note("still mapped: %.*s", (int)strcspn(line, "\n"),
				 line);
	if (f)
		fclose(f);
}

int module_try_unload(void)
{
	control_close();
	return syscall(SYS_delete_module, NAME, O_NONBLOCK);
}

int module_unload(void)
{
	int ret, why;

	if (tap_soon(!(ret = module_try_unload()) ||
			     (errno != EAGAIN && errno != EBUSY),
		     0) &&
	    !ret)
		return 0;
	why = errno;
	note_own_uses();
	errno = why;
	return -1;
}

int device_open(void)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	must(fd >= 0);
	return fd;
}

long born(void)
{
	int fd = device_open();
	long domid = fdinfo(fd, "xen-privcmd-domid");

	close(fd);
	return domid;
}

void area_gone(struct area *a)
{
	check_eq(munmap(a->va, a->n * PAGE), 0);
	check_eq(fdinfo(a->fd, "xen-privcmd-frames"), 0);
}

long version(int fd)
{
	return hypercall(fd, HYPERVISOR_xen_version, 0, 0, 0, 0, 0);
}
