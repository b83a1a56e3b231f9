// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Makes the table of regions.
 *
 *	file     a memory file for each run of the guest's memory. A back end maps it like
 *	         any file
 *	foreign  the same runs, of XEN_MMAP: the back end asks the driver for each frame,
 *	         by a descriptor that is restricted to the guest
 *	grant    all grants that the guest may give, of XEN_MMAP: the guest decides what the
 *	         back end can map
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <xen/privcmd.h>

#include "guest.h"
#include "memory.h"
#include "xen.h"

#define GNTDEV "/dev/xen/gntdev"
/* Addresses of grants have bit 63. Numbers of grants have 32 bits. */
#define MEMORY_GRANTS	   (1ULL << 63)
#define MEMORY_GRANTS_SIZE (4096ULL << 32)

static struct region_table table;

int memory_way(const char *name)
{
	static const char *const names[] = {
		[REGION_FILE] = "file",
		[REGION_FOREIGN] = "foreign",
		[REGION_GRANT] = "grant",
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return i;
	return -1;
}

/* A descriptor of the driver that can only map the guest's memory. */
static int memory_foreign(const char *node)
{
	int fd = open(node, O_RDWR | O_CLOEXEC);
	domid_t domid = xen_domid();
	int ret;

	if (fd < 0)
		return -errno;
	if (!ioctl(fd, IOCTL_PRIVCMD_RESTRICT, &domid))
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

static void memory_add(uint64_t addr, uint64_t size, int fd)
{
	table.region[table.nr++] = (struct region){
		.guest_addr = addr,
		.size = size,
		.fd = fd,
	};
}

static int memory_files(const struct guest_ram *ram)
{
	for (unsigned int i = 0; i < ram->nr; i++) {
		int fd = xen_memory_file(ram->run[i].addr, ram->run[i].size);

		if (fd < 0)
			return fd;
		memory_add(ram->run[i].addr, ram->run[i].size, fd);
	}
	return 0;
}

int memory_open(enum region_way way, const struct guest_ram *ram,
		const char *node, const char **what)
{
	int fd;

	table.way = way;
	table.domid = xen_domid();
	*what = node;
	switch (way) {
	case REGION_FILE:
		*what = "memory files of the driver";
		return memory_files(ram);
	case REGION_FOREIGN:
		fd = memory_foreign(node);
		for (unsigned int i = 0; fd >= 0 && i < ram->nr; i++)
			memory_add(ram->run[i].addr, ram->run[i].size, fd);
		return fd < 0 ? fd : 0;
	case REGION_GRANT:
		*what = GNTDEV;
		fd = open(GNTDEV, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		memory_add(MEMORY_GRANTS, MEMORY_GRANTS_SIZE, fd);
		return 0;
	}
	return -EINVAL;
}

const struct region_table *memory_table(void)
{
	return &table;
}
