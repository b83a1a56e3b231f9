// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The kinds of device. Disks have their configuration from the back end, as only it knows
 * the disk. The configuration of a shared directory and of a network is the front end's.
 *
 * Features come from the back end, but not all of them are for the guest. Some are of
 * vhost and not of virtio; some need registers, queues or configuration that this program
 * does not have. So of the features that are the same for all kinds, only those in a list
 * are offered.
 */
#include <endian.h>
#include <stddef.h>
#include <string.h>

#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_fs.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <linux/virtio_vsock.h>

#include "kind.h"
#include "spec.h"
#include "virtio.h"

#define BIT64(bit) (UINT64_C(1) << (bit))

/* Bits 24 to 49 are the same for all kinds. The others depend on the kind. */
#define KIND_COMMON ((BIT64(26) - 1) << 24)

/*
 * Not in the list, and so not offered: packed rings, until they are proved; what needs
 * registers (NOTIFICATION_DATA, NOTIF_CONFIG_DATA, RING_RESET, ADMIN_VQ, SUSPEND, SR_IOV);
 * features of vhost-user's own (VHOST_F_LOG_ALL, VHOST_USER_F_PROTOCOL_FEATURES); what
 * only legacy drivers know. ACCESS_PLATFORM depends on how the guest gives its memory.
 */
#define KIND_OFFERED                                                           \
	(BIT64(VIRTIO_RING_F_INDIRECT_DESC) | BIT64(VIRTIO_RING_F_EVENT_IDX) | \
	 BIT64(VIRTIO_F_VERSION_1) | BIT64(VIRTIO_F_IN_ORDER) |                \
	 BIT64(VIRTIO_F_ORDER_PLATFORM))

/*
 * The bytes of the configuration that every back end has: struct virtio_blk_config up to
 * the fields of SECURE_ERASE. Some back ends refuse to answer if they are asked for more.
 */
#define BLK_CONFIG 60
#define BLK_ZONED  17 /* VIRTIO_BLK_F_ZONED; the kernel's header may be older */

/* Bit 0 of virtio-fs: queue 1 is for notifications. Linux puts requests there. */
#define FS_NOTIFICATION 0

/* Newer than the kernel's header may be. */
#define NET_DEVICE_STATS 50
#define NET_VQ_NOTF_COAL 52

/* Features that the guest can use only through the control queue. */
#define NET_CONTROL                                                          \
	(BIT64(VIRTIO_NET_F_CTRL_VQ) | BIT64(VIRTIO_NET_F_CTRL_RX) |         \
	 BIT64(VIRTIO_NET_F_CTRL_VLAN) | BIT64(VIRTIO_NET_F_CTRL_RX_EXTRA) | \
	 BIT64(VIRTIO_NET_F_GUEST_ANNOUNCE) | BIT64(VIRTIO_NET_F_MQ) |       \
	 BIT64(VIRTIO_NET_F_CTRL_MAC_ADDR) |                                 \
	 BIT64(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) |                           \
	 BIT64(VIRTIO_NET_F_NOTF_COAL) | BIT64(NET_VQ_NOTF_COAL) |           \
	 BIT64(NET_DEVICE_STATS))

/* Features whose configuration the front end would have to know. */
#define NET_UNKNOWN                                                  \
	(BIT64(VIRTIO_NET_F_HASH_REPORT) | BIT64(VIRTIO_NET_F_RSS) | \
	 BIT64(VIRTIO_NET_F_STANDBY) | BIT64(VIRTIO_NET_F_SPEED_DUPLEX))

static void kind_set_config(struct virtio *v, const void *config,
			    unsigned int size)
{
	memcpy(v->config, config, size);
	v->config_size = size;
}

/* ---- blk ---- */

static void kind_init_blk(struct virtio *v, const struct spec *spec)
{
	if (spec->queues)
		v->queues = spec->queues;
	v->queues_fixed = spec->queues > 0;
	v->config_theirs = true;
	v->config_size = BLK_CONFIG;
}

/* The back end says how many queues it has. The device may have fewer. */
static void kind_fit_blk(struct virtio *v)
{
	const uint16_t queues = htole16(v->queues);

	memcpy(v->config + offsetof(struct virtio_blk_config, num_queues),
	       &queues, sizeof(queues));
}

/* ---- fs ---- */

/* A queue of high priority, and those of requests. The tag ends with its 36th byte or a 0. */
static void kind_init_fs(struct virtio *v, const struct spec *spec)
{
	unsigned int requests = spec->queues ? spec->queues : 1;
	struct virtio_fs_config config = {
		.num_request_queues = htole32(requests),
	};

	_Static_assert(sizeof(config.tag) == SPEC_TAG_MAX, "tag");
	memcpy(config.tag, spec->tag, sizeof(config.tag));
	v->queues = 1 + requests;
	v->queues_fixed = true;
	kind_set_config(v, &config, sizeof(config));
}

/* ---- net ---- */

static void kind_init_net(struct virtio *v, const struct spec *spec)
{
	unsigned int pairs = spec->queues ? spec->queues : 1;
	struct virtio_net_config config = {
		.status = htole16(VIRTIO_NET_S_LINK_UP),
		.max_virtqueue_pairs = htole16(pairs),
		.mtu = htole16(spec->mtu),
	};

	memcpy(config.mac, spec->mac, sizeof(config.mac));
	v->queues = 2 * pairs + spec->control;
	v->queues_fixed = true;
	/* up to the fields of SPEED_DUPLEX */
	kind_set_config(v, &config, offsetof(struct virtio_net_config, speed));
	if (spec->has_mac)
		v->own |= BIT64(VIRTIO_NET_F_MAC);
	else
		v->hidden |= BIT64(VIRTIO_NET_F_MAC);
	if (spec->mtu)
		v->own |= BIT64(VIRTIO_NET_F_MTU);
	else
		v->hidden |= BIT64(VIRTIO_NET_F_MTU);
	if (!spec->control)
		v->hidden |= NET_CONTROL;
	else
		v->needed |= BIT64(VIRTIO_NET_F_CTRL_VQ);
	if (pairs > 1)
		v->needed |= BIT64(VIRTIO_NET_F_MQ);
	else
		v->hidden |= BIT64(VIRTIO_NET_F_MQ);
}

/* ---- vsock, rng, and any other ---- */

static void kind_init_vsock(struct virtio *v, const struct spec *spec)
{
	struct virtio_vsock_config config = {
		.guest_cid = htole64(spec->cid),
	};

	v->queues = 3;
	v->queues_fixed = true;
	kind_set_config(v, &config, sizeof(config));
	v->config_theirs = !spec->cid;
}

static void kind_init_rng(struct virtio *v,
			  const struct spec *spec __attribute__((unused)))
{
	v->queues = 1;
	v->queues_fixed = true;
}

static void kind_init_other(struct virtio *v, const struct spec *spec)
{
	v->id = spec->id;
	v->queues = spec->queues ? spec->queues : 1;
	v->queues_fixed = true;
	kind_set_config(v, spec->config, spec->config_size);
}

/* The classes are those that firmware and drivers know from other virtio devices. */
static const struct kind kinds[] = {
	{
		.name = "blk",
		.id = VIRTIO_ID_BLOCK,
		.class = 0x010000, /* SCSI storage */
		.queues = "queues",
		.queues_max = VIRTIO_QUEUES_MAX,
		/* CONFIG_WCE: the guest would write to the configuration */
		.hidden = BIT64(VIRTIO_BLK_F_CONFIG_WCE) |
			  BIT64(VIRTIO_BLK_F_SCSI) |
			  BIT64(VIRTIO_BLK_F_BARRIER) |
			  BIT64(VIRTIO_BLK_F_SECURE_ERASE) | BIT64(BLK_ZONED),
		.init = kind_init_blk,
		.fit = kind_fit_blk,
	},
	{
		.name = "fs",
		.id = VIRTIO_ID_FS,
		.class = 0x018000, /* other storage */
		.queues = "queues of requests",
		.queues_max = VIRTIO_QUEUES_MAX - 1,
		.hidden = BIT64(FS_NOTIFICATION),
		.init = kind_init_fs,
	},
	{
		.name = "net",
		.id = VIRTIO_ID_NET,
		.class = 0x020000, /* Ethernet */
		.queues = "pairs of queues",
		.queues_max = (VIRTIO_QUEUES_MAX - 1) / 2,
		.hidden = NET_UNKNOWN,
		.init = kind_init_net,
	},
	{
		.name = "vsock",
		.id = VIRTIO_ID_VSOCK,
		.class = 0x078000, /* other communication */
		.init = kind_init_vsock,
	},
	{
		.name = "rng",
		.id = VIRTIO_ID_RNG,
		.class = 0x00ff00, /* unclassified */
		.init = kind_init_rng,
	},
	{
		.name = "id",
		.class = 0x00ff00,
		.queues = "queues",
		.queues_max = VIRTIO_QUEUES_MAX,
		.init = kind_init_other,
	},
};

const struct kind *kind_find(const char *name, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].name) == len &&
		    !memcmp(kinds[i].name, name, len))
			return &kinds[i];
	return NULL;
}

void kind_init(struct virtio *v, const struct spec *spec, unsigned int vcpus,
	       bool grants)
{
	const uint64_t platform = BIT64(VIRTIO_F_ACCESS_PLATFORM);

	v->kind = spec->kind;
	v->id = v->kind->id;
	v->hidden = v->kind->hidden | (KIND_COMMON & ~KIND_OFFERED);
	/* Back ends with this feature would want an IOMMU's messages. */
	if (grants) {
		v->hidden &= ~platform;
		v->own |= platform;
	}
	/* One for each vCPU, unless the kind or the user wants another number. */
	v->queues = vcpus < VIRTIO_QUEUES_MAX ? vcpus : VIRTIO_QUEUES_MAX;
	if (!v->queues)
		v->queues = 1;
	v->kind->init(v, spec);
	/* The user's mask is the last word, but no modern driver works without this bit. */
	v->hidden |= spec->mask & ~BIT64(VIRTIO_F_VERSION_1);
	v->own &= ~v->hidden;
}

uint64_t kind_offered(const struct virtio *v, uint64_t features)
{
	return (features & ~v->hidden) | v->own;
}

/*
 * vhost-user does not say whether a network's back end counts queues or pairs: some count
 * the one, some the other. So the smaller number is enough. A back end that does not say
 * has as many as the kind needs at least.
 */
const char *kind_check_queues(struct virtio *v, uint64_t features,
			      unsigned int queues)
{
	unsigned int want = v->id == VIRTIO_ID_NET ? v->queues / 2 : v->queues;

	if (v->id == VIRTIO_ID_BLOCK &&
	    (!queues || !(features & BIT64(VIRTIO_BLK_F_MQ))))
		queues = 1;
	if (!queues || queues >= want)
		return NULL;
	if (v->queues_fixed || v->offered)
		return "it has fewer queues than the device";
	v->queues = queues;
	return NULL;
}
