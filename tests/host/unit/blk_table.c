// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Tests the back end's messages about memory, with foreign regions and grants,
 * on the fake devices of tests/lib/fake: to which domain the memory must belong,
 * and that the front end's descriptor is restricted to this domain.
 */
#include <fcntl.h>

#include <xenfm.h>

#include "tap.h"
#include "../../../tools/vhost-user-blk/device.h"
#include "../../../tools/vhost-user-blk/message.h"
#include "../../../tools/vhost-user-blk/table.h"
#include "fake/driver.h"

static bool queues_run = true;
static unsigned int stops;
/* Was this guest address in the table when the queues stopped, and started? */
static uint64_t probe;
static bool at_stop, at_start;

static bool has_probe(const struct device *device)
{
	struct xenfm_mem_info info;

	return !xenfm_mem_info(device->mem, probe, &info);
}

void device_stop_queues(struct device *device)
{
	check(queues_run);
	queues_run = false;
	at_stop = has_probe(device);
	stops++;
}

int device_start_queues(struct device *device)
{
	check(!queues_run);
	queues_run = true;
	at_start = has_probe(device);
	return 0;
}

#define PRIVCMD "/dev/null"
#define GNTDEV	"/dev/zero"
#define FOREIGN XENFM_MEM_FOREIGN
#define GRANTS	(XENFM_MEM_GRANT | XENFM_MEM_NO_ADVANCE)

static int open_device(const char *path)
{
	int fd;

	fake.on = false;
	fd = open(path, O_RDWR | O_CLOEXEC);
	fake.on = true;
	must(fd >= 0);
	return fd;
}

static void start(struct device *device, bool restrict_access)
{
	fake_start();
	*device = (struct device){
		.restrict_access = restrict_access,
		.protocol = VU_PROTOCOL_F_XEN_MMAP,
	};
	must(!xenfm_mem_new(&device->mem, 0));
}

/* One page; those of grants have an address of their own. */
static struct vu_xen_region region(uint64_t page, uint32_t flags,
				   uint32_t domid)
{
	uint64_t at = flags & XENFM_MEM_FOREIGN ? 0 : XENFM_MEM_GRANT_BIT;

	at += page * 4096;
	return (struct vu_xen_region){ { at, 4096, at, 0 }, flags, domid };
}

static int add(struct device *device, uint64_t page, uint32_t flags,
	       uint32_t domid)
{
	struct message m = {
		.header.size = 8 + sizeof(struct vu_xen_region),
		.slot.xen = region(page, flags, domid),
		.fds[0] = open_device(flags & FOREIGN ? PRIVCMD : GNTDEV),
		.nr_fds = 1,
	};
	int ret = table_add(device, &m);

	close(m.fds[0]);
	return ret;
}

static int remove_page(struct device *device, uint64_t page)
{
	struct message m = {
		.header.size = 8 + sizeof(struct vu_xen_region),
		.slot.xen = region(page, FOREIGN, 7),
	};

	return table_remove(device, &m);
}

/* A table of this page alone. */
static int set(struct device *device, uint64_t page)
{
	struct message m = {
		.header.size = 8 + sizeof(struct vu_xen_region),
		.table.num = 1,
		.table.xen[0] = region(page, FOREIGN, 7),
		.fds[0] = open_device(PRIVCMD),
		.nr_fds = 1,
	};
	int ret = table_set(device, &m);

	close(m.fds[0]);
	return ret;
}

/* How often a descriptor was restricted; each time to @domid. */
static unsigned int restricted_to(domid_t domid)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < fake.nr_calls; i++) {
		if (fake.calls[i].request != IOCTL_PRIVCMD_RESTRICT)
			continue;
		check_eq(fake.calls[i].restrict_to, domid);
		nr++;
	}
	return nr;
}

TAP_CASE(blk_table_restricts_privcmd)
{
	struct device device;

	start(&device, true);
	check_eq(add(&device, 1, FOREIGN, 7), 0);
	check_eq(restricted_to(7), 1);
	/* Each descriptor, as it may be of another open file. */
	check_eq(add(&device, 2, FOREIGN, 7), 0);
	check_eq(restricted_to(7), 2);
	/* Grants have another device. */
	check_eq(add(&device, 3, GRANTS, 7), 0);
	check_eq(restricted_to(7), 2);
	xenfm_mem_free(device.mem);
}

/* A descriptor that cannot be restricted is not used. */
TAP_CASE(blk_table_restriction_fails)
{
	struct device device;

	start(&device, true);
	fake.restrict_errno = EINVAL;
	check_eq(add(&device, 1, FOREIGN, 7), -EINVAL);
	check_eq(device.nr_regions, 0);
	check_eq(fake.mmaps, 0);
	xenfm_mem_free(device.mem);
}

TAP_CASE(blk_table_no_restrict)
{
	struct device device;

	start(&device, false);
	check_eq(add(&device, 1, FOREIGN, 7), 0);
	check_eq(restricted_to(7), 0);
	/* It is one domain's connection all the same. */
	check_eq(add(&device, 2, FOREIGN, 8), -EPERM);
	xenfm_mem_free(device.mem);
}

/* All memory is of the first region's domain, frames and grants. */
TAP_CASE(blk_table_one_domain)
{
	static const uint32_t kinds[] = { FOREIGN, GRANTS };
	struct device device;

	for (unsigned int i = 0; i < 2; i++) {
		start(&device, true);
		check_eq(add(&device, 1, kinds[i], 7), 0);
		check_eq(add(&device, 2, FOREIGN, 8), -EPERM);
		check_eq(add(&device, 3, GRANTS, 8), -EPERM);
		check_eq(add(&device, 4, FOREIGN, 7), 0);
		check_eq(add(&device, 5, GRANTS, 7), 0);
		check_eq(device.nr_regions, 3);
		restricted_to(7);
		xenfm_mem_free(device.mem);
	}
}

TAP_CASE(blk_table_one_domain_in_a_message)
{
	struct message m = {
		.header.size = 8 + 2 * sizeof(struct vu_xen_region),
		.table.num = 2,
		.nr_fds = 2,
	};
	struct device device;

	start(&device, true);
	for (unsigned int i = 0; i < 2; i++) {
		m.table.xen[i] = region(i, FOREIGN, 7 + i);
		m.fds[i] = open_device(PRIVCMD);
	}
	check_eq(table_set(&device, &m), -EPERM);
	check_eq(device.nr_regions, 0);
	/* The first descriptor is restricted by then: the manual says so. */
	check_eq(restricted_to(7), 1);
	m.table.xen[1] = region(1, FOREIGN, 7);
	check_eq(table_set(&device, &m), 0);
	check_eq(device.nr_regions, 2);
	xenfm_mem_free(device.mem);
}

/* A size of Xen's regions is wrong if the front end has not asked for them. */
TAP_CASE(blk_table_xen_regions_unasked)
{
	struct device device;

	start(&device, true);
	device.protocol = ~VU_PROTOCOL_F_XEN_MMAP;
	check_eq(add(&device, 1, FOREIGN, 7), -EINVAL);
	check_eq(set(&device, 1), -EINVAL);
	check_eq(remove_page(&device, 1), -EINVAL);
	check_eq(fake.nr_calls, 0);
	check_eq(fake.mmaps, 0);
	check_eq(stops, 0);
	check(!device.has_domid);
	device.protocol = VU_PROTOCOL_F_XEN_MMAP;
	check_eq(add(&device, 1, FOREIGN, 7), 0);
	xenfm_mem_free(device.mem);
}

/* The queues stopped once with the old table, and started with the new one. */
static void check_stop(bool before, bool after)
{
	check_eq(stops, 1);
	check_eq(at_stop, before);
	check_eq(at_start, after);
	check(queues_run);
	stops = 0;
}

/* A queue that runs would use the table while it changes. */
TAP_CASE(blk_table_changes_without_queues)
{
	struct device device;

	start(&device, true);
	probe = 1 * 4096;
	check_eq(add(&device, 1, FOREIGN, 7), 0);
	check_stop(false, true);
	check_eq(add(&device, 1, FOREIGN, 7), -EEXIST);
	check_stop(true, true);
	check_eq(remove_page(&device, 1), 0);
	check_stop(true, false);
	check_eq(remove_page(&device, 1), -ENOENT);
	check_stop(false, false);
	check_eq(set(&device, 1), 0);
	check_stop(false, true);
	fake.batch_errno = ENOMEM;
	check_eq(set(&device, 2), -ENOMEM);
	check_stop(true, true);
	xenfm_mem_free(device.mem);
}

TAP_MAIN
