// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Loading and unloading the module under test.
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

/* A case that ended early may have left it. */
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
	unload_at_exit(); /* of a case that was killed */
	must(check_eq(syscall(SYS_finit_module, fd, parameters, 0), 0));
	close(fd);
	must(access(DEVICE, F_OK) == 0);
}

int module_unload(void)
{
	int tries;

	for (tries = 0; tries < 100; tries++) {
		if (syscall(SYS_delete_module, NAME, O_NONBLOCK) == 0)
			return 0;
		if (errno != EAGAIN && errno != EBUSY)
			break;
		usleep(20000);
	}
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
