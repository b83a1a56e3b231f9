// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What each kind of device shows to the guest and wants of its back end.
 */
#include "registers.h"

/* ---- fs ---- */

/* A tag of 36 bytes has no zero at its end. */
TAP_CASE(fs_config)
{
	struct guest g;

	guest_start(
		&g,
		"fs,socket=/s,tag=abcdefghijklmnopqrstuvwxyz0123456789,queues=3",
		FEATURES);
	check_eq(get(&g, num_queues), 4);
	check_eq(bar_get(&g, g.config.offset, 1), 'a');
	check_eq(bar_get(&g, g.config.offset + 35, 1), '9');
	check_eq(bar_get(&g, g.config.offset + 36, 4), 3);
	guest_end(&g);
	guest_start(&g, "fs,socket=/s,tag=x", FEATURES);
	check_eq(bar_get(&g, g.config.offset, 8), 'x');
	check_eq(bar_get(&g, g.config.offset + 28, 8), 0);
	check_eq(bar_get(&g, g.config.offset + 36, 4), 1);
	check(!g.d.virtio.config_theirs);
	guest_end(&g);
}

TAP_CASE(fs_notification_hidden)
{
	struct guest g;

	guest_start(&g, "fs,socket=/s,tag=x", UINT64_MAX);
	check(!(guest_offered(&g) & 1));
	check(guest_offered(&g) & 2);
	guest_end(&g);
}

TAP_CASE(fs_queues)
{
	struct guest g;

	guest_make(&g, "fs,socket=/s,tag=x,queues=3", SLOT);
	check(guest_connect(&g, FEATURES, 3));
	check_eq(g.d.virtio.offered, 0);
	check(!guest_connect(&g, FEATURES, 4));
	check(!guest_connect(&g, FEATURES, 0));
	check_eq(g.d.virtio.queues, 4);
	guest_end(&g);
}

/* ---- net ---- */

#define NET_BACKEND                                                 \
	(BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_NET_F_MRG_RXBUF) |    \
	 BIT(VIRTIO_NET_F_CSUM) | BIT(VIRTIO_NET_F_CTRL_VQ) |       \
	 BIT(VIRTIO_NET_F_MQ) | BIT(VIRTIO_NET_F_CTRL_RX) |         \
	 BIT(VIRTIO_NET_F_GUEST_ANNOUNCE) | BIT(VIRTIO_NET_F_MTU) | \
	 BIT(VIRTIO_NET_F_CTRL_MAC_ADDR) | BIT(VIRTIO_NET_F_RSS) |  \
	 BIT(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) | BIT(VIRTIO_NET_F_STATUS))

#define NET_PLAIN                                                \
	(BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_NET_F_MRG_RXBUF) | \
	 BIT(VIRTIO_NET_F_CSUM) | BIT(VIRTIO_NET_F_STATUS))

/* One pair, and nothing that needs the control queue, whatever the back end has. */
TAP_CASE(net_without_control)
{
	struct guest g;

	guest_start(&g, "net,socket=/s", NET_BACKEND);
	check_eq(guest_offered(&g), NET_PLAIN);
	check_eq(get(&g, num_queues), 2);
	check_eq(bar_get(&g, g.config.offset + 6, 2), 1); /* the link is up */
	check_eq(bar_get(&g, g.config.offset + 8, 2), 1); /* pair */
	guest_end(&g);
}

TAP_CASE(net_with_control)
{
	struct guest g;

	guest_start(&g, "net,socket=/s,queues=4,control=on", NET_BACKEND);
	check_eq(guest_offered(&g), NET_BACKEND & ~(BIT(VIRTIO_NET_F_MTU) |
						    BIT(VIRTIO_NET_F_RSS)));
	check_eq(get(&g, num_queues), 9);
	check_eq(bar_get(&g, g.config.offset + 8, 2), 4);
	check(guest_connect(&g, NET_BACKEND & ~BIT(VIRTIO_NET_F_MQ), 64));
	check(guest_connect(&g, NET_BACKEND & ~BIT(VIRTIO_NET_F_CTRL_VQ), 64));
	guest_end(&g);
	/* one pair needs the queue, but not MQ */
	guest_start(&g, "net,socket=/s,control=on", NET_BACKEND);
	check(!(guest_offered(&g) & BIT(VIRTIO_NET_F_MQ)));
	check(guest_offered(&g) & BIT(VIRTIO_NET_F_CTRL_VQ));
	check_eq(get(&g, num_queues), 3);
	guest_end(&g);
}

/* Some back ends count queues, some count pairs. */
TAP_CASE(net_queues)
{
	struct guest g;

	guest_make(&g, "net,socket=/s,queues=4,control=on", SLOT);
	check(guest_connect(&g, NET_BACKEND, 3));
	check(!guest_connect(&g, NET_BACKEND, 4));
	check(!guest_connect(&g, NET_BACKEND, 9));
	guest_end(&g);
}

/* The guest sees the address and the MTU. The back end hears nothing of them. */
TAP_CASE(net_mac_and_mtu)
{
	const uint64_t own = BIT(VIRTIO_NET_F_MAC) | BIT(VIRTIO_NET_F_MTU);
	struct guest g;

	guest_start(&g, "net,socket=/s,mac=52:54:00:12:34:56,mtu=1400",
		    NET_PLAIN);
	check_eq(guest_offered(&g), NET_PLAIN | own);
	check_eq(bar_get(&g, g.config.offset, 4), 0x12005452);
	check_eq(bar_get(&g, g.config.offset + 4, 2), 0x5634);
	check_eq(bar_get(&g, g.config.offset + 10, 2), 1400);
	guest_drive(&g, NET_PLAIN | own);
	check_eq(get(&g, device_status), 0xf);
	check_eq(g.f->features, NET_PLAIN);
	/* the next back end need not have them either */
	check(!guest_connect(&g, NET_PLAIN, 0));
	check(guest_connect(&g, NET_PLAIN & ~BIT(VIRTIO_NET_F_CSUM), 0));
	guest_end(&g);
}

/* ---- blk ---- */

/* One queue for each vCPU (the test's guest has two), or fewer. */
TAP_CASE(blk_queues)
{
	const uint64_t no_mq = FEATURES & ~BIT(VIRTIO_BLK_F_MQ);
	struct guest g;

	guest_start(&g, "blk,socket=/s", FEATURES);
	check_eq(get(&g, num_queues), 2);
	check_eq(bar_get(&g, g.config.offset + 34, 2), 2);
	check(guest_connect(&g, FEATURES, 1));
	check(guest_connect(&g, no_mq, 64));
	guest_end(&g);

	guest_make(&g, "blk,socket=/s", SLOT);
	check(!guest_connect(&g, FEATURES, 1));
	check_eq(g.d.virtio.queues, 1);
	check_eq(g.d.virtio.config[34], 1);
	check(!guest_connect(&g, FEATURES, 64));
	check_eq(g.d.virtio.queues, 1);
	guest_end(&g);

	guest_make(&g, "blk,socket=/s", SLOT);
	check(!guest_connect(&g, no_mq, 64));
	check_eq(g.d.virtio.queues, 1);
	guest_end(&g);

	guest_make(&g, "blk,socket=/s", SLOT);
	check(!guest_connect(&g, FEATURES, 0));
	check_eq(g.d.virtio.queues, 1);
	guest_end(&g);

	/* what the user has said is not lowered */
	guest_make(&g, "blk,socket=/s,queues=4", SLOT);
	check(guest_connect(&g, FEATURES, 3));
	check(guest_connect(&g, no_mq, 4));
	check(!guest_connect(&g, FEATURES, 4));
	check_eq(g.d.virtio.queues, 4);
	guest_end(&g);
}

/* ---- any other, and back ends ---- */

TAP_CASE(other_config)
{
	struct guest g;

	guest_start(&g, "id=16,socket=/s,config=01020304ff,queues=2", FEATURES);
	check_eq(cfg_read(&g, PCI_DEVICE_ID, 2), 0x1050);
	check_eq(bar_get(&g, g.config.offset, 8), 0xff04030201);
	check_eq(get(&g, num_queues), 2);
	guest_end(&g);
}

/* The longest configuration. What is read behind its end is 0. */
TAP_CASE(other_config_longest)
{
	char text[600] = "id=16,socket=/s,config=";
	struct guest g;

	memset(text + strlen(text), 'e', 512);
	guest_start(&g, text, FEATURES);
	g.d.virtio.generation = ~0U;
	check_eq(g.config.length, 256);
	check_eq(bar_get(&g, g.config.offset + 252, 8), 0xeeeeeeee);
	check_eq(bar_get(&g, g.config.offset + 255, 8), 0xee);
	check_eq(bar_get(&g, g.config.offset + 256, 1), 0xff);
	guest_end(&g);
}

TAP_CASE(vsock_config)
{
	struct guest g;

	guest_start(&g, "vsock,socket=/s,cid=4294967294", FEATURES);
	check_eq(bar_get(&g, g.config.offset, 8), 0xfffffffe);
	check_eq(get(&g, num_queues), 3);
	guest_end(&g);
	/* without cid= it is the back end's */
	guest_start(&g, "vsock,socket=/s", FEATURES);
	check(g.d.virtio.config_theirs);
	check_eq(bar_get(&g, g.config.offset, 8), 0x0807060504030201);
	guest_end(&g);
}

TAP_CASE(backend_refused)
{
	struct guest g;

	guest_make(&g, "blk,socket=/s,queues=2", SLOT);
	check(guest_connect(&g, FEATURES & ~BIT(VIRTIO_F_VERSION_1), 64));
	check_eq(g.d.virtio.offered, 0);
	check(!guest_connect(&g, FEATURES, 64));
	guest_end(&g);
	/* a feature that the driver has not accepted may go */
	guest_start_blk(&g);
	guest_drive(&g, FEATURES & ~BIT(VIRTIO_BLK_F_FLUSH));
	check(!guest_connect(&g, FEATURES & ~BIT(VIRTIO_BLK_F_FLUSH), 64));
	check(guest_connect(&g, FEATURES & ~BIT(VIRTIO_BLK_F_SEG_MAX), 64));
	check_eq(g.d.virtio.offered, FEATURES & ~BIT(VIRTIO_BLK_F_FLUSH));
	guest_end(&g);
}

/* With grants, a driver must use them, and the back end hears nothing of an IOMMU. */
TAP_CASE(platform_grants)
{
	const uint64_t platform = BIT(VIRTIO_F_ACCESS_PLATFORM);
	struct guest g;

	guest_start(&g, "rng,socket=/s", FEATURES | platform);
	check(!(guest_offered(&g) & platform));
	guest_end(&g);
	guest_make(&g, "rng,socket=/s", SLOT);
	virtio_free(&g.d.virtio);
	g.d.transport->free(&g.d);
	must(!virtio_init(&g.d.virtio, "device", &g.spec, 1, true));
	g.d.virtio.frontend = g.f;
	must(!pci_attach(&g.d, g.devfn));
	must(!guest_connect(&g, FEATURES, 64));
	cfg_write(&g, PCI_BASE_ADDRESS_0, 4, BAR_ADDR);
	cfg_write(&g, PCI_COMMAND, 2, 6);
	g.bar = BAR_ADDR;
	check_eq(guest_offered(&g), FEATURES | platform);
	guest_negotiate(&g, FEATURES);
	check_eq(get(&g, device_status), 3);
	guest_drive(&g, FEATURES | platform);
	check_eq(get(&g, device_status), 0xf);
	check_eq(g.f->features, FEATURES);
	guest_end(&g);
}
