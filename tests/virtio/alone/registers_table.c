// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The table of MSI-X and its pending bits, at every offset and width.
 */
#include "registers.h"

static bool bound_to(const struct guest *g, unsigned int queue, uint32_t data)
{
	const struct machine_binding *b =
		machine_bound(g->d.virtio.queue[queue].call);

	return b && b->msi.addr == MSI_ADDR && b->msi.data == data;
}

static void start(struct guest *g)
{
	guest_start_blk(g);
	guest_use_msix(g);
	guest_drive(g, FEATURES);
	check(bound_to(g, 0, MSI_DATA + 1) && bound_to(g, 1, MSI_DATA + 2));
}

/* At a width or an offset that no register has, ones are read and nothing is written. */
TAP_CASE(msix_table_odd)
{
	struct guest g;

	start(&g);
	for (unsigned int size = 1; size <= 8; size *= 2)
		for (uint64_t at = g.table; at + size <= BAR_LEN; at++) {
			bool good = size >= 4 && at % size == 0 &&
				    (at < g.table + 48 ||
				     (at >= g.pba && at < g.pba + 8));

			if (good)
				continue;
			must(bar_get(&g, at, size) == ONES(size));
			bar_set(&g, at, size, 0x1122334455667788);
		}
	for (unsigned int i = 0; i < 3; i++) {
		check_eq(bar_get(&g, g.table + 16 * i, 8), MSI_ADDR);
		check_eq(bar_get(&g, g.table + 16 * i + 8, 8), MSI_DATA + i);
	}
	check_eq(machine.binds, 2);
	/* the PBA is for reading */
	bar_set(&g, g.pba, 8, UINT64_MAX);
	bar_set(&g, g.pba, 4, UINT32_MAX);
	check_eq(bar_get(&g, g.pba, 8), 0);
	guest_end(&g);
}

TAP_CASE(msix_table_fields)
{
	struct guest g;
	uint64_t at;

	guest_start(&g, "blk,socket=/s,queues=64", FEATURES);
	check_eq(g.vectors, 65);
	for (unsigned int i = 0; i < g.vectors; i++) {
		at = g.table + 16 * i;
		check_eq(bar_get(&g, at, 8), 0);
		check_eq(bar_get(&g, at + 8, 8), BIT(32)); /* masked */
		bar_set(&g, at, 8, UINT64_MAX);
		bar_set(&g, at + 8, 8, UINT64_MAX);
		check_eq(bar_get(&g, at, 4), 0xfffffffc);
		check_eq(bar_get(&g, at + 4, 4), 0xffffffff);
		check_eq(bar_get(&g, at + 8, 4), 0xffffffff);
		check_eq(bar_get(&g, at + 12, 4), 1);
		bar_set(&g, at + 12, 4, 0xfffffffe);
		check_eq(bar_get(&g, at + 12, 4), 0);
		bar_set(&g, at + 8, 4, i);
	}
	for (unsigned int i = 0; i < g.vectors; i++)
		check_eq(bar_get(&g, g.table + 16 * i + 8, 4), i);
	guest_end(&g);
}

/* 65 vectors have two quadwords of pending bits. */
TAP_CASE(msix_pending_beyond_64)
{
	struct guest g;

	guest_start(&g, "blk,socket=/s,queues=64", FEATURES);
	guest_use_msix(&g);
	guest_drive(&g, FEATURES);
	guest_control(&g, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	call(&g, 63);
	call(&g, 62);
	call(&g, 30);
	check_eq(bar_get(&g, g.pba, 8), BIT(63) | BIT(31));
	check_eq(bar_get(&g, g.pba, 4), BIT(31));
	check_eq(bar_get(&g, g.pba + 4, 4), BIT(31));
	check_eq(bar_get(&g, g.pba + 8, 8), 1);
	check_eq(bar_get(&g, g.pba + 8, 4), 1);
	check_eq(bar_get(&g, g.pba + 12, 4), 0);
	check_eq(bar_get(&g, g.pba + 16, 4), 0xffffffff);
	guest_control(&g, PCI_MSIX_FLAGS_ENABLE);
	machine_run(&g.d);
	check_eq(guest_came(&g, 64), 1);
	check_eq(guest_came(&g, 63), 1);
	check_eq(guest_came(&g, 31), 1);
	check_eq(machine.interrupts, 3);
	guest_end(&g);
}
