// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The status of a device, reset, and accesses to the common configuration at every offset
 * and width.
 */
#include "registers.h"

#define ACK	    VIRTIO_CONFIG_S_ACKNOWLEDGE
#define DRIVER	    VIRTIO_CONFIG_S_DRIVER
#define DRIVER_OK   VIRTIO_CONFIG_S_DRIVER_OK
#define FEATURES_OK VIRTIO_CONFIG_S_FEATURES_OK
#define NEEDS_RESET VIRTIO_CONFIG_S_NEEDS_RESET
#define FAILED	    VIRTIO_CONFIG_S_FAILED

/* ---- accesses ---- */

/* The width of the field that begins there, or 0. */
static unsigned int width_at(unsigned int at)
{
	static const uint8_t widths[56] = {
		[0] = 4,  [4] = 4,  [8] = 4,  [12] = 4, [16] = 2,
		[18] = 2, [20] = 1, [21] = 1, [22] = 2, [24] = 2,
		[26] = 2, [28] = 2, [30] = 2, [32] = 4, [36] = 4,
		[40] = 4, [44] = 4, [48] = 4, [52] = 4,
	};

	return widths[at];
}

/* Every offset and width below the tables: only fields by their own width answer. */
TAP_CASE(common_every_access)
{
	struct guest g;

	guest_start_blk(&g);
	for (unsigned int size = 1; size <= 8; size *= 2)
		for (unsigned int at = 0; at < 0x1000; at++) {
			bool wide = at == 32 || at == 40 || at == 48;
			bool field = at < 56 && (size == width_at(at) ||
						 (size == 8 && wide));
			bool in_config = at >= g.config.offset &&
					 at < g.config.offset + 60;

			if (field || in_config ||
			    (at == g.isr.offset && size == 1))
				continue;
			must(bar_get(&g, at, size) == ONES(size));
			if (at != g.notify.offset)
				bar_set(&g, at, size, 0x0101010101010101);
		}
	check_eq(get(&g, device_status), 0);
	check_eq(get(&g, queue_select), 0);
	check_eq(get(&g, queue_enable), 0);
	check_eq(get(&g, queue_desc_lo), 0);
	check_eq(get(&g, guest_feature_select), 0);
	check_eq(g.f->starts, 0);
	guest_end(&g);
}

TAP_CASE(common_fields)
{
	struct guest g;

	guest_start_blk(&g);
	check_eq(get(&g, num_queues), 2);
	check_eq(get(&g, config_generation), 0);
	check_eq(get(&g, msix_config), 0xffff);
	for (unsigned int i = 0; i < 2; i++) {
		set(&g, queue_select, i);
		check_eq(get(&g, queue_select), i);
		check_eq(get(&g, queue_size), 256);
		check_eq(get(&g, queue_enable), 0);
		check_eq(get(&g, queue_notify_off), 0);
		check_eq(get(&g, queue_msix_vector), 0xffff);
		bar_set(&g, FIELD(queue_desc_lo), 8,
			0x1111111122222220 + i * 16);
		bar_set(&g, FIELD(queue_avail_lo), 8, 0x3333333344444440 + i);
		bar_set(&g, FIELD(queue_used_lo), 8, 0x5555555566666660 + i);
	}
	set(&g, queue_select, 0);
	check_eq(get(&g, queue_desc_lo), 0x22222220);
	check_eq(get(&g, queue_desc_hi), 0x11111111);
	set(&g, queue_select, 1);
	check_eq(bar_get(&g, FIELD(queue_desc_lo), 8), 0x1111111122222230);
	check_eq(bar_get(&g, FIELD(queue_avail_lo), 8), 0x3333333344444441);
	check_eq(get(&g, queue_avail_hi), 0x33333333);
	check_eq(get(&g, queue_used_lo), 0x66666661);
	check_eq(get(&g, queue_used_hi), 0x55555555);
	/* what is to be read only */
	set(&g, num_queues, 7);
	set(&g, device_feature, 7);
	set(&g, config_generation, 7);
	set(&g, queue_notify_off, 7);
	check_eq(get(&g, num_queues), 2);
	check_eq(get(&g, config_generation), 0);
	check_eq(get(&g, queue_notify_off), 0);
	check_eq(guest_offered(&g), FEATURES);
	guest_end(&g);
}

/* ---- status ---- */

TAP_CASE(status_in_order)
{
	struct guest g;

	guest_start_blk(&g);
	check_eq(get(&g, device_status), 0);
	guest_negotiate(&g, FEATURES);
	check_eq(get(&g, device_status), ACK | DRIVER | FEATURES_OK);
	guest_set_queue(&g, 0, 256);
	check_eq(g.f->starts, 0);
	set(&g, device_status, ACK | DRIVER | FEATURES_OK | DRIVER_OK);
	check_eq(get(&g, device_status),
		 ACK | DRIVER | FEATURES_OK | DRIVER_OK);
	check_eq(g.f->starts, 1);
	check_eq(g.f->enabled, 1);
	check_eq(g.f->features, FEATURES);
	check_eq(g.f->queue[0].desc, 0x112340000);
	check_eq(g.f->queue[0].driver, 0x112344000);
	check_eq(g.f->queue[0].device, 0x112345000);
	guest_end(&g);
}

/* Bits that are cleared stay, and those that are set again do not act again. */
TAP_CASE(status_rewritten)
{
	struct guest g;

	guest_start_blk(&g);
	guest_drive(&g, FEATURES);
	check_eq(g.f->starts, 1);
	for (unsigned int status = 1; status < 256; status++) {
		set(&g, device_status, status);
		check_eq(get(&g, device_status) & ~FAILED, 0xf);
	}
	check_eq(get(&g, device_status), 0xf | FAILED);
	check_eq(g.f->starts, 1);
	check_eq(g.f->stops, 0);
	guest_accept(&g, 0);
	set(&g, guest_feature_select, 0);
	check_eq(get(&g, guest_feature), FEATURES & 0xffffffff);
	set(&g, device_status, 0);
	check_eq(g.f->stops, 1);
	check_eq(get(&g, device_status), 0);
	guest_drive(&g, FEATURES);
	check_eq(g.f->starts, 2);
	guest_end(&g);
}

TAP_CASE(status_features_refused)
{
	static const uint64_t wrong[] = {
		0,
		FEATURES & ~BIT(VIRTIO_F_VERSION_1),
		FEATURES | BIT(VIRTIO_F_RING_PACKED),
		FEATURES | BIT(63),
		FEATURES | BIT(0),
	};
	struct guest g;

	guest_start_blk(&g);
	for (unsigned int i = 0; i < 5; i++) {
		set(&g, device_status, 0);
		guest_negotiate(&g, wrong[i]);
		check_eq(get(&g, device_status), ACK | DRIVER);
		/* DRIVER_OK without FEATURES_OK does nothing */
		set(&g, device_status, ACK | DRIVER | DRIVER_OK);
		check_eq(get(&g, device_status), ACK | DRIVER);
	}
	check_eq(g.f->starts, 0);
	/* the driver tries again with less, without a reset */
	guest_accept(&g, FEATURES);
	set(&g, device_status, ACK | DRIVER | FEATURES_OK);
	check_eq(get(&g, device_status), ACK | DRIVER | FEATURES_OK);
	guest_end(&g);
}

TAP_CASE(status_without_queue)
{
	struct guest g;

	guest_start_blk(&g);
	guest_negotiate(&g, FEATURES);
	set(&g, device_status, DRIVER_OK);
	check_eq(get(&g, device_status), 0xf);
	check_eq(g.f->starts, 1);
	check_eq(g.f->enabled, 0);
	/* too late */
	guest_set_queue(&g, 0, 256);
	check_eq(get(&g, queue_enable), 0);
	set(&g, device_status, 0);
	check_eq(g.f->stops, 1);
	guest_drive(&g, FEATURES);
	check_eq(g.f->enabled, 2);
	guest_end(&g);
}

/* All in one write, as a driver must not do it. */
TAP_CASE(status_at_once)
{
	struct guest g;

	guest_start_blk(&g);
	guest_accept(&g, FEATURES);
	set(&g, device_status, 0xff);
	check_eq(get(&g, device_status), 0xf | FAILED);
	check_eq(g.f->starts, 1);
	guest_end(&g);
}

TAP_CASE(status_backend_refuses)
{
	struct guest g;

	guest_start_blk(&g);
	g.f->refuses = true;
	guest_use_msix(&g);
	guest_drive(&g, FEATURES);
	check_eq(get(&g, device_status), 0xf | NEEDS_RESET);
	check_eq(machine_said("device: needs a reset: "), 1);
	check_eq(guest_came(&g, 0), 1);
	bar_set(&g, g.notify.offset, 4, 0);
	check_eq(kicks(&g, 0), 0);
	g.f->refuses = false;
	guest_drive(&g, FEATURES);
	check_eq(get(&g, device_status), 0xf);
	check_eq(g.f->stops, 1);
	check_eq(g.f->starts, 2);
	guest_end(&g);
}

/* The front end breaks the device. One line, one interrupt, and a reset repairs it. */
TAP_CASE(status_broken)
{
	struct guest g;

	guest_start_blk(&g);
	virtio_break(&g.d.virtio, "nobody looks");
	check_eq(get(&g, device_status), NEEDS_RESET);
	check_eq(machine.intx_changes, 0);
	guest_negotiate(&g, FEATURES);
	set(&g, device_status, DRIVER_OK);
	check_eq(g.f->starts, 0);
	guest_drive(&g, FEATURES);
	check_eq(g.f->starts, 1);
	virtio_break(&g.d.virtio, "the back end has ended");
	virtio_break(&g.d.virtio, "again");
	check_eq(machine.intx_changes, 1);
	check_eq(machine_said("needs a reset"), 2);
	check_eq(machine_said("again"), 0);
	check_eq(get(&g, device_status), 0xf | NEEDS_RESET);
	check(!virtio_driver_ok(&g.d.virtio));
	set(&g, device_status, 0);
	check_eq(get(&g, device_status), 0);
	check_eq(g.f->stops, 1);
	guest_end(&g);
}

/* A kernel that is about to start another one switches bus mastering off. */
TAP_CASE(status_without_bus_master)
{
	struct guest g;

	guest_start_blk(&g);
	cfg_write(&g, PCI_COMMAND, 2, 2);
	check_eq(get(&g, device_status), 0);
	cfg_write(&g, PCI_COMMAND, 2, 6);
	guest_drive(&g, FEATURES);
	cfg_write(&g, PCI_COMMAND, 2, 6);
	check(g.f->running);
	cfg_write(&g, PCI_COMMAND, 2, 2);
	check(!g.f->running);
	check_eq(g.f->stops, 1);
	check_eq(get(&g, device_status), 0xf | NEEDS_RESET);
	cfg_write(&g, PCI_COMMAND, 2, 6);
	check(!g.f->running);
	guest_drive(&g, FEATURES);
	check(g.f->running);
	check_eq(g.f->stops, 1);
	/* a driver that never had it loses nothing */
	set(&g, device_status, 0);
	cfg_write(&g, PCI_COMMAND, 2, 2);
	guest_drive(&g, FEATURES);
	cfg_write(&g, PCI_COMMAND, 2, 2 | PCI_COMMAND_INTX_DISABLE);
	check(g.f->running);
	guest_end(&g);
}

/* ---- reset ---- */

/* SeaBIOS writes 0 and does not poll. PCI's own registers stay. */
TAP_CASE(reset_at_once)
{
	struct guest g;

	guest_start_blk(&g);
	guest_drive(&g, FEATURES);
	set(&g, queue_select, 1);
	set(&g, device_status, 0);
	check(!g.f->running);
	check_eq(g.f->stops, 1);
	check_eq(get(&g, queue_select), 0);
	check_eq(get(&g, device_feature_select), 0);
	check_eq(get(&g, guest_feature_select), 0);
	check_eq(get(&g, guest_feature), 0);
	for (unsigned int i = 0; i < 2; i++) {
		set(&g, queue_select, i);
		check_eq(get(&g, queue_enable), 0);
		check_eq(get(&g, queue_size), 256);
		check_eq(get(&g, queue_desc_lo), 0);
		check_eq(get(&g, queue_avail_hi), 0);
		check_eq(get(&g, queue_used_lo), 0);
	}
	check_eq(cfg_read(&g, PCI_COMMAND, 2), 6);
	check_eq(cfg_read(&g, PCI_BASE_ADDRESS_0, 4), BAR_ADDR);
	check_eq(machine.kicks, 2);
	/* what was not started is not stopped */
	set(&g, device_status, 0);
	check_eq(g.f->stops, 1);
	guest_end(&g);
}
