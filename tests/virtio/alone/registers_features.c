// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Features that are offered, masked and accepted, and the configuration.
 */
#include "registers.h"

#define ACK	    VIRTIO_CONFIG_S_ACKNOWLEDGE
#define DRIVER	    VIRTIO_CONFIG_S_DRIVER
#define FEATURES_OK VIRTIO_CONFIG_S_FEATURES_OK

/* ---- features ---- */

TAP_CASE(features_selected)
{
	struct guest g;

	guest_start_blk(&g);
	check_eq(guest_offered(&g), FEATURES);
	guest_accept(&g, FEATURES);
	for (unsigned int i = 2; i != 0; i = i < 64 ? i + 1 : i << 1) {
		set(&g, device_feature_select, i);
		check_eq(get(&g, device_feature), 0);
		check_eq(get(&g, device_feature_select), i);
		set(&g, guest_feature_select, i);
		set(&g, guest_feature, ~0U);
		check_eq(get(&g, guest_feature), 0);
	}
	set(&g, device_status, ACK | DRIVER | FEATURES_OK);
	check_eq(get(&g, device_status), ACK | DRIVER | FEATURES_OK);
	set(&g, guest_feature_select, 1);
	check_eq(get(&g, guest_feature), FEATURES >> 32);
	guest_end(&g);
}

/* A back end with all features: the guest gets those that work. */
TAP_CASE(features_hidden)
{
	const uint64_t common = BIT(28) | BIT(29) | BIT(32) | BIT(35) | BIT(36);
	struct guest g;

	guest_start(&g, "rng,socket=/s", UINT64_MAX);
	check_eq(guest_offered(&g),
		 (UINT64_MAX & ~(((BIT(26) - 1) << 24))) | common);
	guest_end(&g);
	guest_start(&g, "blk,socket=/s", UINT64_MAX);
	check_eq(guest_offered(&g) & (BIT(24) - 1), 0xfcf77e);
	check_eq(guest_offered(&g) & ((BIT(26) - 1) << 24), common);
	guest_end(&g);
}

TAP_CASE(features_masked)
{
	struct guest g;

	guest_start(&g, "blk,socket=/s,mask=0x100000006", FEATURES | BIT(1));
	check_eq(guest_offered(&g), FEATURES & ~BIT(VIRTIO_BLK_F_SEG_MAX));
	guest_negotiate(&g, FEATURES);
	check_eq(get(&g, device_status), ACK | DRIVER);
	guest_end(&g);
	guest_start(&g, "net,socket=/s,mac=52:54:00:12:34:56,mask=0x20",
		    FEATURES);
	check(!(guest_offered(&g) & BIT(VIRTIO_NET_F_MAC)));
	guest_end(&g);
}

TAP_CASE(features_without_backend)
{
	struct guest g;

	guest_make(&g, "blk,socket=/s", SLOT);
	cfg_write(&g, PCI_BASE_ADDRESS_0, 4, BAR_ADDR);
	cfg_write(&g, PCI_COMMAND, 2, 6);
	g.bar = BAR_ADDR;
	check_eq(guest_offered(&g), 0);
	guest_negotiate(&g, BIT(VIRTIO_F_VERSION_1));
	check_eq(get(&g, device_status), ACK | DRIVER);
	guest_end(&g);
}

/* ---- configuration ---- */

TAP_CASE(config_read)
{
	struct guest g;
	uint64_t want;

	guest_start_blk(&g);
	for (unsigned int size = 1; size <= 8; size *= 2)
		for (unsigned int at = 0; at < 60; at++) {
			want = 0;
			for (unsigned int k = 0; k < size; k++) {
				uint64_t byte = at + k + 1;

				if (at + k == 34) /* num_queues */
					byte = 2;
				if (at + k == 35 || at + k >= 60)
					byte = 0;
				want |= byte << (8 * k);
			}
			must(bar_get(&g, g.config.offset + at, size) == want);
			bar_set(&g, g.config.offset + at, size, 0);
		}
	check_eq(bar_get(&g, g.config.offset, 8), 0x0807060504030201);
	check_eq(bar_get(&g, g.config.offset + 60, 4), 0xffffffff);
	guest_end(&g);
}

/* 256 changes between two reads: the generation's eight bits differ all the same. */
TAP_CASE(config_generation)
{
	uint8_t bytes[60] = { 0 };
	struct guest g;
	unsigned int first;

	guest_start_blk(&g);
	guest_drive(&g, FEATURES);
	bar_get(&g, g.config.offset, 4);
	first = get(&g, config_generation);
	check_eq(bar_get(&g, g.config.offset, 4), 0x04030201);
	for (unsigned int i = 0; i < 256; i++) {
		bytes[4] = i;
		virtio_set_config(&g.d.virtio, bytes, sizeof(bytes));
	}
	check_eq(bar_get(&g, g.config.offset + 4, 4), 255);
	check(get(&g, config_generation) != first);
	first = get(&g, config_generation);
	bar_get(&g, g.config.offset, 4);
	check_eq(get(&g, config_generation), first);
	/* the same again is no change */
	machine.intx_changes = 0;
	bar_get(&g, g.isr.offset, 1);
	virtio_set_config(&g.d.virtio, bytes, sizeof(bytes));
	bar_get(&g, g.config.offset, 4);
	check_eq(get(&g, config_generation), first);
	check_eq(bar_get(&g, g.isr.offset, 1), 0);
	guest_end(&g);
}

/* The disk is larger now: the guest is told, and reads it. */
TAP_CASE(config_resized)
{
	uint8_t bytes[60];
	struct guest g;

	guest_start_blk(&g);
	guest_use_msix(&g);
	guest_drive(&g, FEATURES);
	memcpy(bytes, blk_config(), 60);
	bytes[1] = 0xaa;
	virtio_set_config(&g.d.virtio, bytes, sizeof(bytes));
	check_eq(guest_came(&g, 0), 1);
	check_eq(bar_get(&g, g.isr.offset, 1), 2);
	check_eq(bar_get(&g, g.config.offset, 4), 0x0403aa01);
	/* the number of queues is the device's */
	check_eq(bar_get(&g, g.config.offset + 34, 2), 2);
	/* nobody is told without a driver */
	set(&g, device_status, 0);
	bytes[1] = 0xbb;
	virtio_set_config(&g.d.virtio, bytes, sizeof(bytes));
	check_eq(machine.interrupts, 1);
	check_eq(bar_get(&g, g.isr.offset, 1), 0);
	check_eq(bar_get(&g, g.config.offset, 4), 0x0403bb01);
	guest_end(&g);
}

TAP_CASE(config_short)
{
	struct guest g;

	guest_start_blk(&g);
	virtio_set_config(&g.d.virtio, (const uint8_t *)"\x11\x22\x33", 3);
	check_eq(bar_get(&g, g.config.offset, 8), 0x332211);
	check_eq(bar_get(&g, g.config.offset + 56, 4), 0);
	check_eq(bar_get(&g, g.config.offset + 34, 2), 2);
	check(virtio_backend(&g.d.virtio, FEATURES, 2, NULL, 0));
	check(virtio_backend(&g.d.virtio, FEATURES, 2, blk_config(), 0));
	check(!virtio_backend(&g.d.virtio, FEATURES, 2, blk_config(), 1));
	guest_end(&g);
	/* a configuration that is ours does not change */
	guest_start(&g, "vsock,socket=/s,cid=77", FEATURES);
	virtio_set_config(&g.d.virtio, blk_config(), 8);
	check_eq(bar_get(&g, g.config.offset, 8), 77);
	guest_end(&g);
}
