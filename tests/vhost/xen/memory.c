// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The guest's memory, as the backend gets it.
 *
 * A memory file (PRIVCMD_X_MEMORY) is mapped like any file, so the backend needs
 * to know nothing of Xen. The files are made once, and this program keeps their
 * descriptors: the counts in their fdinfo are those of all mappings that backends
 * have of them.
 *
 * Or the backend knows XEN_MMAP. Then it gets a descriptor of the driver, which is
 * restricted to this guest. Only the backend keeps it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xen/privcmd.h>
#include <xen/privcmd_x.h>

#include "shim.h"
#include "vhost/message.h"

#define PAGE	    4096
#define XEN_FOREIGN 1 /* xen_mmap_flags */

static const struct guest *guest;
static const char *node;
static enum memory_way way;

/* The regions, and the memory file of each. */
static struct vu_region region[REGIONS_MAX];
static int file[REGIONS_MAX];
static unsigned int regions;

int memory_way(const char *name)
{
	static const char *const names[] = {
		[MEMORY_FOREIGN] = "foreign",
		[MEMORY_FILE] = "file",
		[MEMORY_FILES] = "files",
		[MEMORY_OFFSET] = "offset",
	};
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return i;
	return -1;
}

static int open_node(void)
{
	int fd = open(node, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("%s: %s", node, strerror(errno));
	return fd;
}

/* A file of the guest's memory from @addr on. */
static int memory_file(uint64_t addr, uint64_t size)
{
	struct privcmd_x_memory op = {
		.size = sizeof(op),
		.dom = guest->domid,
		.first = addr / PAGE,
		.num = size / PAGE,
	};
	int driver = open_node();
	int fd = ioctl(driver, PRIVCMD_X_MEMORY, &op);

	if (fd < 0)
		die("PRIVCMD_X_MEMORY: %s", strerror(errno));
	close(driver);
	return fd;
}

static void add_region(uint64_t addr, uint64_t size)
{
	region[regions++] = (struct vu_region){
		.guest_addr = addr,
		.size = size,
		.user_addr = addr + OUR_ADDRESS,
	};
}

static void make_files(void)
{
	unsigned int i;

	for (i = 0; i < regions; i++)
		file[i] = memory_file(region[i].guest_addr, region[i].size);
}

static void make_one_file(void)
{
	unsigned int i;

	file[0] = memory_file(0, GUEST_RAM + guest->ram);
	for (i = 0; i < regions; i++) {
		file[i] = file[0];
		region[i].mmap_offset = region[i].guest_addr;
	}
}

void memory_init(enum memory_way as, const char *device, const struct guest *of)
{
	uint64_t half = of->ram / 2;

	guest = of;
	node = device;
	way = as;
	switch (way) {
	case MEMORY_FOREIGN:
		add_region(GUEST_RAM, guest->ram);
		break;
	case MEMORY_FILE:
		add_region(GUEST_RAM, guest->ram);
		make_files();
		break;
	case MEMORY_FILES:
		add_region(GUEST_RAM, half);
		add_region(GUEST_RAM + half, guest->ram - half);
		make_files();
		break;
	case MEMORY_OFFSET:
		add_region(GUEST_RAM, half);
		add_region(GUEST_RAM + half, guest->ram - half);
		make_one_file();
		break;
	}
}

uint64_t memory_protocol(void)
{
	return way == MEMORY_FOREIGN ? VU_PROTOCOL_F_XEN_MMAP : 0;
}

/* A descriptor that can only map this guest's memory. */
static int restricted_fd(void)
{
	domid_t domid = guest->domid;
	int fd = open_node();

	if (ioctl(fd, IOCTL_PRIVCMD_RESTRICT, &domid))
		die("RESTRICT: %s", strerror(errno));
	return fd;
}

unsigned int memory_table(struct message *m, int fds[REGIONS_MAX])
{
	struct vu_table table = { .num = regions };
	size_t size;

	if (way == MEMORY_FOREIGN) {
		table.xen[0] = (struct vu_xen_region){
			.region = region[0],
			.flags = XEN_FOREIGN,
			.domid = guest->domid,
		};
		size = offsetof(struct vu_table, xen[1]);
		fds[0] = restricted_fd();
	} else {
		memcpy(table.plain, region, sizeof(region));
		size = offsetof(struct vu_table, plain[regions]);
		memcpy(fds, file, sizeof(file));
	}
	*m = message_new(VU_SET_MEM_TABLE, &table, size, -1);
	return regions;
}

void memory_sent(const int fds[REGIONS_MAX])
{
	if (way == MEMORY_FOREIGN)
		close(fds[0]);
}
