// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Open files of the devices hold the module: it cannot be unloaded while the kernel may
 * call it.
 */
#include "suite.h"

/* The references on the module; -1: the kernel does not count them. */
static int references(void)
{
	char path[128];
	int n = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", module_name());
	f = fopen(path, "r");
	if (!f)
		return -1;
	must(fscanf(f, "%d", &n) == 1);
	fclose(f);
	return n;
}

static void holds_the_module(const char *device_file)
{
	int before = references(), fd, other;
	void *p;

	fd = open(device_file, O_RDWR | O_CLOEXEC);
	must(fd >= 0);
	check_eq(references(), before + 1);
	other = dup(fd);
	check_eq(references(), before + 1);
	close(fd);
	check_eq(references(), before + 1);
	/* A mapping holds the open file. */
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, other, 0);
	must(p != MAP_FAILED);
	close(other);
	check_eq(references(), before + 1);
	munmap(p, PAGE);
	check_eq(references(), before);
}

TAP_CASE(open_holds_the_module)
{
	/* The suite's own file is open from now on. */
	(void)driver();
	if (references() < 0)
		skip("the driver is not a module");
	holds_the_module(device());
	holds_the_module(hypercall_device());
}
