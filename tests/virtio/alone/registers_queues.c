// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Queues: their size, addresses and numbers, and kicks.
 */
#include "registers.h"

#define DRIVER_OK   VIRTIO_CONFIG_S_DRIVER_OK
#define NEEDS_RESET VIRTIO_CONFIG_S_NEEDS_RESET

/* ---- queues ---- */

TAP_CASE(queue_sizes)
{
	struct guest g;

	guest_start_blk(&g);
	guest_negotiate(&g, FEATURES);
	for (unsigned int size = 0; size < 0x10000; size++) {
		set(&g, queue_size, 64);
		set(&g, queue_size, size);
		must(get(&g, queue_size) ==
		     (size && size <= 256 && !(size & (size - 1)) ? size : 64));
	}
	guest_end(&g);
	guest_start(&g, "blk,socket=/s,queue-size=1024", FEATURES);
	check_eq(get(&g, queue_size), 1024);
	set(&g, queue_size, 2048);
	check_eq(get(&g, queue_size), 1024);
	guest_end(&g);
}

/* Firmware uses 16 of 128 entries, and the kernel all of them later. */
TAP_CASE(queue_size_of_next_driver)
{
	struct guest g;

	guest_start(&g, "blk,socket=/s,queue-size=128", FEATURES);
	check_eq(get(&g, queue_size), 128);
	guest_negotiate(&g, FEATURES);
	guest_set_queue(&g, 0, 16);
	set(&g, device_status, DRIVER_OK);
	check_eq(g.f->queue[0].size, 16);
	set(&g, device_status, 0);
	check_eq(get(&g, queue_size), 128);
	guest_negotiate(&g, FEATURES);
	guest_set_queue(&g, 0, 128);
	set(&g, device_status, DRIVER_OK);
	check_eq(g.f->queue[0].size, 128);
	guest_end(&g);
}

/* A queue that is enabled does not change, and is not disabled. */
TAP_CASE(queue_enabled)
{
	struct guest g;

	guest_start_blk(&g);
	guest_negotiate(&g, FEATURES);
	for (unsigned int value = 0; value < 0x10000; value += 2) {
		set(&g, queue_enable, value);
		must(!get(&g, queue_enable));
	}
	guest_set_queue(&g, 0, 64);
	check_eq(get(&g, queue_enable), 1);
	set(&g, queue_size, 128);
	set(&g, queue_desc_lo, 0x10);
	set(&g, queue_avail_hi, 0x10);
	set(&g, queue_used_lo, 0x10);
	set(&g, queue_enable, 0);
	check_eq(get(&g, queue_enable), 1);
	check_eq(get(&g, queue_size), 64);
	set(&g, device_status, DRIVER_OK);
	check_eq(g.f->queue[0].size, 64);
	check_eq(g.f->queue[0].desc, 0x112340000);
	check_eq(g.f->queue[0].driver, 0x112344000);
	check_eq(g.f->queue[0].device, 0x112345000);
	guest_end(&g);
}

TAP_CASE(queue_not_aligned)
{
	static const unsigned int field[] = { FIELD(queue_desc_lo),
					      FIELD(queue_avail_lo),
					      FIELD(queue_used_lo) };
	static const uint32_t wrong[] = { 8, 1, 2 };
	struct guest g;

	guest_start_blk(&g);
	for (unsigned int i = 0; i < 3; i++) {
		set(&g, device_status, 0);
		guest_negotiate(&g, FEATURES);
		bar_set(&g, field[i], 4, wrong[i]);
		set(&g, queue_enable, 1);
		check_eq(get(&g, queue_enable), 0);
		check(get(&g, device_status) & NEEDS_RESET);
		set(&g, device_status, DRIVER_OK);
	}
	check_eq(g.f->starts, 0);
	check_eq(machine_said("has not aligned a queue"), 3);
	guest_end(&g);
}

/* Firmware enables request queue 1 and not queue 0: queues keep their numbers. */
TAP_CASE(queue_left_out)
{
	struct guest g;

	guest_start(&g, "fs,socket=/s,tag=home", FEATURES);
	guest_negotiate(&g, BIT(VIRTIO_F_VERSION_1));
	guest_set_queue(&g, 1, 64);
	set(&g, device_status, DRIVER_OK);
	check_eq(g.f->enabled, 1);
	check(!g.f->queue[0].enabled && g.f->queue[1].enabled);
	check_eq(g.f->queue[1].desc, 0x112350000);
	guest_end(&g);
}

TAP_CASE(queue_beyond)
{
	struct guest g;

	guest_start_blk(&g);
	guest_negotiate(&g, FEATURES);
	for (unsigned int i = 2; i < 0x10000; i += 13) {
		guest_set_queue(&g, i, 16);
		must(get(&g, queue_size) == 0 && get(&g, queue_enable) == 0 &&
		     get(&g, queue_desc_lo) == 0 &&
		     get(&g, queue_used_hi) == 0);
	}
	for (unsigned int i = 0; i < 2; i++) {
		set(&g, queue_select, i);
		check_eq(get(&g, queue_size), 256);
		check_eq(get(&g, queue_enable), 0);
	}
	guest_end(&g);
}

/* ---- kicks ---- */

/* Writes of other widths come to the program, and it kicks. */
TAP_CASE(kick_widths)
{
	struct guest g;

	guest_start_blk(&g);
	guest_drive(&g, FEATURES);
	for (unsigned int size = 1; size <= 8; size *= 2) {
		bar_set(&g, g.notify.offset, size, 1);
		check_eq(kicks(&g, 1), 1);
		check_eq(kicks(&g, 0), 0);
		bar_set(&g, g.notify.offset, size, 0);
		check_eq(kicks(&g, 0), 1);
		check_eq(kicks(&g, 1), 0);
		/* across the edges */
		bar_set(&g, g.notify.offset - 1, size, 0x01010101);
		bar_set(&g, g.notify.offset + 1, size, 0);
		bar_set(&g, g.notify.offset + 2, size, 1);
		bar_set(&g, g.notify.offset + 3, size, 1);
		check_eq(kicks(&g, 0), 0);
		check_eq(kicks(&g, 1), 0);
		check_eq(bar_get(&g, g.notify.offset, size), ONES(size));
	}
	guest_end(&g);
}

TAP_CASE(kick_of_no_queue)
{
	struct guest g;

	guest_start_blk(&g);
	/* a driver that is not ready, by a width that comes here */
	bar_set(&g, g.notify.offset, 4, 0);
	check_eq(kicks(&g, 0), 0);
	guest_negotiate(&g, FEATURES);
	guest_set_queue(&g, 0, 64);
	set(&g, device_status, DRIVER_OK);
	for (unsigned int queue = 1; queue < 0x10000; queue++)
		bar_set(&g, g.notify.offset, 4, queue);
	check_eq(kicks(&g, 0), 0);
	check_eq(kicks(&g, 1), 0);
	bar_set(&g, g.notify.offset, 4, 0);
	check_eq(kicks(&g, 0), 1);
	guest_end(&g);
}

/* No kick can be bound: each comes here, with one line. */
TAP_CASE(kick_not_bound)
{
	struct guest g;

	machine.fail_kick = -ENOMEM;
	guest_start_blk(&g);
	check_eq(machine_said("slower: ENOMEM"), 1);
	guest_drive(&g, FEATURES);
	bar_set(&g, g.notify.offset, 2, 1);
	check_eq(kicks(&g, 1), 1);
	guest_end(&g);
}
