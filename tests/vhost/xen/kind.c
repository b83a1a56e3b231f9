// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The two kinds of device. A disk has its configuration from the backend. The
 * configuration of a shared directory (virtio-fs) is the front end's: the tag by
 * which the guest mounts it, and the number of its request queues.
 */
#include <endian.h>
#include <string.h>
#include <linux/vhost_types.h>
#include <linux/virtio_config.h>
#include <linux/virtio_fs.h>
#include <linux/virtio_ids.h>

#include "shim.h"
#include "vhost/message.h"

/*
 * Features that are hidden from the driver: packed rings, access by grants or
 * through an IOMMU, and those that are of vhost and not of virtio.
 */
#define HIDDEN                                                        \
	(VU_F_PROTOCOL_FEATURES | FEATURE(VIRTIO_F_ACCESS_PLATFORM) | \
	 FEATURE(VIRTIO_F_RING_PACKED) | FEATURE(VHOST_F_LOG_ALL))

/* Bytes of struct virtio_blk_config up to the fields of zoned devices. */
#define BLOCK_CONFIG 60

/* A queue of high priority, and one of requests. */
#define SHARE_QUEUES 2

void kind_init(const char *tag)
{
	struct virtio_fs_config config = {
		.num_request_queues = htole32(SHARE_QUEUES - 1),
	};

	if (!tag) {
		device.id = VIRTIO_ID_BLOCK;
		device.config_size = BLOCK_CONFIG;
		return;
	}
	if (!*tag || strlen(tag) > sizeof(config.tag))
		die("a tag has 1 to %zu bytes", sizeof(config.tag));
	memcpy(config.tag, tag, strlen(tag));
	device.id = VIRTIO_ID_FS;
	device.config_size = sizeof(config);
	memcpy(device.config, &config, sizeof(config));
}

static bool is_disk(void)
{
	return device.id == VIRTIO_ID_BLOCK;
}

uint64_t kind_protocol(void)
{
	return is_disk() ? VU_PROTOCOL_F_CONFIG : 0;
}

unsigned int kind_config_size(void)
{
	return is_disk() ? BLOCK_CONFIG : 0;
}

void kind_set(uint64_t features, uint64_t queues, const uint8_t *config)
{
	features &= ~HIDDEN;
	if (!(features & FEATURE(VIRTIO_F_VERSION_1)))
		die("the backend knows legacy drivers only");
	if (!is_disk() && queues < SHARE_QUEUES)
		die("the backend has %llu queues, but a shared directory needs %d",
		    (unsigned long long)queues, SHARE_QUEUES);
	if (!device.queues) {
		device.features = features;
		device.queues = queues < QUEUES_MAX ? queues : QUEUES_MAX;
		if (!is_disk())
			device.queues = SHARE_QUEUES;
		memcpy(device.config, config, kind_config_size());
		tell("ready queues=%u features=%#llx", device.queues,
		     (unsigned long long)features);
	} else if (device.accepted & ~features || queues < device.queues ||
		   memcmp(device.config, config, kind_config_size())) {
		die("the new backend is another device");
	}
}
