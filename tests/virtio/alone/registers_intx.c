// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Interrupts by the pin, with the ISR register.
 */
#include <sys/eventfd.h>

#include "registers.h"

static unsigned int isr(const struct guest *g)
{
	return bar_get(g, g->isr.offset, 1);
}

static bool pin(const struct guest *g)
{
	return machine.intx[g->devfn];
}

static void change_config(struct guest *g)
{
	static uint8_t bytes[60];

	bytes[0]++;
	virtio_set_config(&g->d.virtio, bytes, sizeof(bytes));
	machine_run(&g->d);
}

TAP_CASE(intx_call)
{
	struct guest g;

	guest_start_blk(&g);
	guest_drive(&g, FEATURES);
	check(!pin(&g));
	call(&g, 1);
	check(pin(&g));
	check_eq(cfg_read(&g, PCI_STATUS, 2), 0x18);
	call(&g, 0);
	check_eq(machine.intx_changes, 1);
	/* only a read of the one byte takes it */
	check_eq(bar_get(&g, g.isr.offset, 2), 0xffff);
	check(pin(&g));
	check_eq(isr(&g), 1);
	check(!pin(&g));
	check_eq(cfg_read(&g, PCI_STATUS, 2), 0x10);
	check_eq(isr(&g), 0);
	change_config(&g);
	check(pin(&g));
	call(&g, 0);
	check_eq(isr(&g), 3);
	check(!pin(&g));
	check_eq(machine.interrupts, 0);
	guest_end(&g);
}

/* COMMAND hides the pin, but not the reason for it. */
TAP_CASE(intx_disabled)
{
	struct guest g;

	guest_start_blk(&g);
	guest_drive(&g, FEATURES);
	cfg_write(&g, PCI_COMMAND, 2, 6 | PCI_COMMAND_INTX_DISABLE);
	call(&g, 0);
	check(!pin(&g));
	check_eq(cfg_read(&g, PCI_STATUS, 2), 0x18);
	cfg_write(&g, PCI_COMMAND, 2, 6);
	check(pin(&g));
	cfg_write(&g, PCI_COMMAND, 2, 6 | PCI_COMMAND_INTX_DISABLE);
	check(!pin(&g));
	check_eq(isr(&g), 1);
	cfg_write(&g, PCI_COMMAND, 2, 6);
	check(!pin(&g));
	guest_end(&g);
}

TAP_CASE(intx_reset)
{
	struct guest g;

	guest_start_blk(&g);
	guest_drive(&g, FEATURES);
	call(&g, 0);
	change_config(&g);
	check(pin(&g));
	set(&g, device_status, 0);
	check(!pin(&g));
	check_eq(isr(&g), 0);
	check_eq(cfg_read(&g, PCI_STATUS, 2), 0x10);
	guest_end(&g);
}

/* A call of before the reset does not interrupt the driver of after it. */
TAP_CASE(intx_reset_drops_calls)
{
	struct guest g;

	guest_start_blk(&g);
	guest_drive(&g, FEATURES);
	must(!eventfd_write(g.d.virtio.queue[1].call, 1));
	set(&g, device_status, 0);
	machine_run(&g.d);
	check(!pin(&g));
	check_eq(isr(&g), 0);
	guest_use_msix(&g);
	guest_drive(&g, FEATURES);
	machine_run(&g.d);
	check_eq(machine.interrupts, 0);
	guest_end(&g);
}

/* MSI-X replaces the pin. The reason for it stays until it is read. */
TAP_CASE(intx_before_msix)
{
	struct guest g;

	guest_start_blk(&g);
	guest_drive(&g, FEATURES);
	call(&g, 0);
	check(pin(&g));
	guest_control(&g, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	check(!pin(&g));
	check_eq(cfg_read(&g, PCI_STATUS, 2), 0x10);
	guest_control(&g, 0);
	check(pin(&g));
	guest_end(&g);
}
