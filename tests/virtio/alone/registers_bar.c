// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Where the BAR of a function is mapped, as firmware and kernels size and move it.
 */
#include "registers.h"

#define BAR_SIZING 0xffffc000

/* hvmloader sizes and writes it with COMMAND 0. Nothing is mapped until COMMAND is 6. */
TAP_CASE(bar_of_firmware)
{
	struct guest g;
	uint64_t v;

	guest_make(&g, "blk,socket=/s,queues=2", SLOT);
	must(!guest_connect(&g, FEATURES, 2));
	cfg_write(&g, PCI_COMMAND, 2, 0);
	cfg_write(&g, PCI_BASE_ADDRESS_0, 4, 0xffffffff);
	check_eq(cfg_read(&g, PCI_BASE_ADDRESS_0, 4), BAR_SIZING);
	cfg_write(&g, PCI_BASE_ADDRESS_0, 4, BAR_ADDR);
	check(!machine_read(SPACE_MEMORY, BAR_ADDR, 4, &v));
	check_eq(machine.maps, 1); /* the configuration space */
	cfg_write(&g, PCI_COMMAND, 2, 6);
	check_eq(machine.maps, 2);
	check_eq(machine.kicks, 2);
	g.bar = BAR_ADDR;
	check_eq(get(&g, num_queues), 2);
	check(machine_read(SPACE_MEMORY, BAR_ADDR + BAR_LEN - 1, 1, &v));
	check(!machine_read(SPACE_MEMORY, BAR_ADDR + BAR_LEN, 1, &v));
	check(!machine_read(SPACE_MEMORY, BAR_ADDR - 1, 1, &v));
	guest_end(&g);
}

/* As Linux sizes it: MEMORY goes off and on. No binding is undone. */
TAP_CASE(bar_sized_by_linux)
{
	struct guest g;

	guest_start_blk(&g);
	guest_drive(&g, FEATURES);
	for (unsigned int memory = 0; memory < 2; memory++) {
		if (!memory)
			cfg_write(&g, PCI_COMMAND, 2, 4);
		cfg_write(&g, PCI_BASE_ADDRESS_0, 4, 0xffffffff);
		check_eq(cfg_read(&g, PCI_BASE_ADDRESS_0, 4), BAR_SIZING);
		cfg_write(&g, PCI_BASE_ADDRESS_0, 4, BAR_ADDR);
		cfg_write(&g, PCI_COMMAND, 2, 6);
	}
	check_eq(machine.maps, 2);
	check_eq(machine.kick_binds, 2);
	check_eq(machine.kicks, 2);
	bar_set(&g, g.notify.offset, 2, 1);
	check_eq(kicks(&g, 1), 1);
	check(g.f->running);
	guest_end(&g);
}

/* With MEMORY off the registers do not answer, but the BAR stays where it is. */
TAP_CASE(bar_memory_off)
{
	struct guest g;

	guest_start_blk(&g);
	cfg_write(&g, PCI_COMMAND, 2, 4);
	check_eq(get(&g, num_queues), 0xffff);
	set(&g, queue_select, 1);
	cfg_write(&g, PCI_COMMAND, 2, 6);
	check_eq(get(&g, queue_select), 0);
	check_eq(get(&g, num_queues), 2);
	check_eq(machine.maps, 2);
	guest_end(&g);
}

TAP_CASE(bar_moved)
{
	const uint64_t other = 0xe0000000;
	struct guest g;
	uint64_t v;

	guest_start_blk(&g);
	guest_drive(&g, FEATURES);
	cfg_write(&g, PCI_BASE_ADDRESS_0, 4, other);
	check(!machine_read(SPACE_MEMORY, BAR_ADDR, 4, &v));
	check(!machine_write(SPACE_MEMORY, BAR_ADDR + g.notify.offset, 2, 1));
	g.bar = other;
	check_eq(get(&g, device_status), 0xf);
	check_eq(machine.kicks, 2);
	bar_set(&g, g.notify.offset, 2, 1);
	check_eq(kicks(&g, 1), 1);
	/* with MEMORY off it leaves the old address at once */
	cfg_write(&g, PCI_COMMAND, 2, 4);
	cfg_write(&g, PCI_BASE_ADDRESS_0, 4, BAR_ADDR);
	check(!machine_read(SPACE_MEMORY, other, 4, &v));
	check_eq(machine.kicks, 0);
	cfg_write(&g, PCI_COMMAND, 2, 6);
	g.bar = BAR_ADDR;
	check_eq(get(&g, device_status), 0xf);
	bar_set(&g, g.notify.offset, 2, 0);
	check_eq(kicks(&g, 0), 1);
	/* address 0 is none */
	cfg_write(&g, PCI_BASE_ADDRESS_0, 4, 0);
	check(!machine_read(SPACE_MEMORY, BAR_ADDR, 4, &v));
	check(!machine_read(SPACE_MEMORY, 0, 4, &v));
	guest_end(&g);
}

/* Byte by byte, the address is another one after each write. */
TAP_CASE(bar_moved_by_bytes)
{
	struct guest g;

	guest_start_blk(&g);
	for (unsigned int i = 0; i < 4; i++)
		cfg_write(&g, PCI_BASE_ADDRESS_0 + i, 1,
			  0xe1238000 >> (8 * i) & 0xff);
	g.bar = 0xe1238000;
	check_eq(get(&g, num_queues), 2);
	check_eq(machine.ranges, 2);
	guest_end(&g);
}

/* The addresses of two functions are exchanged. */
TAP_CASE(bar_swapped)
{
	const uint64_t other = BAR_ADDR + BAR_LEN;
	struct guest a, b;

	guest_start_blk(&a);
	guest_start_at(&b, "rng,socket=/s", FEATURES, SLOT + 1, other);
	cfg_write(&a, PCI_COMMAND, 2, 4);
	cfg_write(&b, PCI_COMMAND, 2, 4);
	cfg_write(&a, PCI_BASE_ADDRESS_0, 4, other);
	cfg_write(&b, PCI_BASE_ADDRESS_0, 4, BAR_ADDR);
	cfg_write(&a, PCI_COMMAND, 2, 6);
	cfg_write(&b, PCI_COMMAND, 2, 6);
	a.bar = other;
	b.bar = BAR_ADDR;
	check_eq(get(&a, num_queues), 2);
	check_eq(get(&b, num_queues), 1);
	check_eq(machine_said("BAR"), 0);
	guest_end(&a);
	guest_end(&b);
}

/* The register shows where the BAR is, and a later good address works. */
TAP_CASE(bar_refused)
{
	const uint64_t other = BAR_ADDR + BAR_LEN, good = 0xe0000000;
	struct guest a, b;

	guest_start_blk(&a);
	guest_start_at(&b, "rng,socket=/s", FEATURES, SLOT + 1, other);
	cfg_write(&a, PCI_BASE_ADDRESS_0, 4, other);
	check_eq(cfg_read(&a, PCI_BASE_ADDRESS_0, 4), BAR_ADDR);
	check_eq(machine_said(
			 "device: its BAR cannot be at 0xf2004000: EEXIST\n"),
		 1);
	check_eq(get(&a, num_queues), 2);
	check_eq(machine.kicks, 3);
	cfg_write(&a, PCI_BASE_ADDRESS_0, 4, good);
	a.bar = good;
	check_eq(get(&a, num_queues), 2);
	/* the same with MEMORY off: it has no address then */
	cfg_write(&a, PCI_COMMAND, 2, 4);
	cfg_write(&a, PCI_BASE_ADDRESS_0, 4, other);
	check_eq(cfg_read(&a, PCI_BASE_ADDRESS_0, 4), other);
	cfg_write(&a, PCI_COMMAND, 2, 6);
	check_eq(cfg_read(&a, PCI_BASE_ADDRESS_0, 4), 0);
	check_eq(machine.ranges, 3);
	cfg_write(&a, PCI_BASE_ADDRESS_0, 4, BAR_ADDR);
	a.bar = BAR_ADDR;
	check_eq(get(&a, num_queues), 2);
	check_eq(get(&b, num_queues), 1);
	guest_end(&a);
	guest_end(&b);
}

/* The hypervisor takes no more ranges. */
TAP_CASE(bar_without_ranges)
{
	struct guest g;

	guest_start_blk(&g);
	machine.fail_range = -ENOMEM;
	cfg_write(&g, PCI_BASE_ADDRESS_0, 4, 0xe0000000);
	check_eq(cfg_read(&g, PCI_BASE_ADDRESS_0, 4), BAR_ADDR);
	check_eq(get(&g, num_queues), 2);
	check_eq(machine_said("ENOMEM"), 1);
	machine.fail_range = 0;
	cfg_write(&g, PCI_BASE_ADDRESS_0, 4, 0xe0000000);
	g.bar = 0xe0000000;
	check_eq(get(&g, num_queues), 2);
	guest_end(&g);
}
