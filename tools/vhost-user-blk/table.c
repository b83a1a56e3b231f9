// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The messages that announce the guest's memory. The table of libxenfm maps the
 * regions and checks addresses.
 *
 * Regions may have Xen's fields if VU_PROTOCOL_F_XEN_MMAP was negotiated. The
 * size of the message says whether they have: QEMU 8.2 and later acknowledges each
 * feature whose number it knows, and sends plain regions.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <xenfm.h>

#include "backend.h"
#include "device.h"
#include "message.h"
#include "table.h"

/* The size of each of @num regions of @len bytes in all, or 0 if @len is wrong. */
static size_t region_size(const struct device *device, size_t len, uint32_t num)
{
	if (len == num * sizeof(struct vu_region))
		return sizeof(struct vu_region);
	if (device->protocol & VU_PROTOCOL_F_XEN_MMAP &&
	    len == num * sizeof(struct vu_xen_region))
		return sizeof(struct vu_xen_region);
	return 0;
}

static void region_from(const void *from, size_t size,
			struct xenfm_mem_region *region)
{
	struct vu_xen_region said = { 0 };

	memcpy(&said, from, size);
	*region = (struct xenfm_mem_region){
		.guest_addr = said.region.guest_addr,
		.size = said.region.size,
		.user_addr = said.region.user_addr,
		.mmap_offset = said.region.mmap_offset,
		.xen_flags = said.flags,
		.domid = said.domid,
	};
}

/*
 * Restrict the privcmd descriptor of a foreign region to the domain of the region.
 * The descriptor shares its open file with the front end, so the front end is
 * restricted, too: see xenfm-vhost-user-blk(8).
 */
static int restrict_fd(const struct xenfm_mem_region *region, int fd)
{
	struct xenfm *handle;
	int ret;

	ret = xenfm_open_fd(&handle, fd, 0);
	if (ret)
		return ret;
	ret = xenfm_restrict(handle, region->domid);
	xenfm_close(handle);
	return ret;
}

/*
 * All memory of a connection is of one domain. An ordinary file belongs to no
 * domain.
 */
static int check_domain(struct device *device,
			const struct xenfm_mem_region *region, int fd)
{
	if (!region->xen_flags)
		return 0;
	if (device->has_domid && device->domid != region->domid)
		return -EPERM;
	if (device->restrict_access && region->xen_flags & XENFM_MEM_FOREIGN) {
		int ret = restrict_fd(region, fd);

		if (ret)
			return ret;
	}
	device->domid = region->domid;
	device->has_domid = true;
	return 0;
}

int table_set(struct device *device, struct message *m)
{
	struct xenfm_mem_region regions[VU_REGIONS_MAX];
	const size_t len = m->header.size - offsetof(struct vu_table, plain);
	const char *at = (const char *)m->table.plain;
	uint32_t num = m->table.num;
	size_t size;
	int ret = 0;

	if (num > VU_REGIONS_MAX || m->nr_fds != num)
		return -EINVAL;
	size = region_size(device, len, num);
	if (!size)
		return -EINVAL;
	for (unsigned int i = 0; !ret && i < num; i++) {
		region_from(at + i * size, size, &regions[i]);
		ret = check_domain(device, &regions[i], m->fds[i]);
	}
	if (ret)
		return ret;
	device_stop_queues(device);
	ret = xenfm_mem_set(device->mem, regions, m->fds, num);
	if (!ret)
		device->nr_regions = num;
	if (ret) {
		device_start_queues(device);
		return ret;
	}
	return device_start_queues(device);
}

static int slot_from(const struct device *device, const struct message *m,
		     struct xenfm_mem_region *region)
{
	size_t size = region_size(
		device, m->header.size - offsetof(struct vu_slot, plain), 1);

	if (!size)
		return -EINVAL;
	region_from(&m->slot.plain, size, region);
	return 0;
}

int table_add(struct device *device, struct message *m)
{
	struct xenfm_mem_region region;
	int ret;

	ret = slot_from(device, m, &region);
	if (!ret && device->nr_regions >= SLOTS_MAX)
		ret = -ENOSPC;
	if (!ret)
		ret = check_domain(device, &region, m->fds[0]);
	if (ret)
		return ret;
	device_stop_queues(device);
	ret = xenfm_mem_add(device->mem, &region, m->fds[0]);
	if (!ret)
		device->nr_regions++;
	device_start_queues(device);
	return ret;
}

int table_remove(struct device *device, struct message *m)
{
	struct xenfm_mem_region region;
	int ret;

	ret = slot_from(device, m, &region);
	if (ret)
		return ret;
	device_stop_queues(device);
	ret = xenfm_mem_remove(device->mem, region.guest_addr, region.size,
			       region.user_addr);
	if (!ret)
		device->nr_regions--;
	device_start_queues(device);
	return ret;
}
