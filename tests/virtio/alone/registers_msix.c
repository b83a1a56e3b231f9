// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Interrupts by MSI-X: what is bound to what, masks, and what comes at an unmask.
 */
#include "registers.h"

static unsigned int isr(const struct guest *g)
{
	return bar_get(g, g->isr.offset, 1);
}

static bool pin(const struct guest *g)
{
	return machine.intx[g->devfn];
}

static bool bound_to(const struct guest *g, unsigned int queue, uint32_t data)
{
	const struct machine_binding *b =
		machine_bound(g->d.virtio.queue[queue].call);

	return b && b->msi.addr == MSI_ADDR && b->msi.data == data;
}

static bool is_bound(const struct guest *g, unsigned int queue)
{
	return machine_bound(g->d.virtio.queue[queue].call) != NULL;
}

static void change_config(struct guest *g)
{
	static uint8_t bytes[60];

	bytes[0]++;
	virtio_set_config(&g->d.virtio, bytes, sizeof(bytes));
	machine_run(&g->d);
}

static void start(struct guest *g)
{
	guest_start_blk(g);
	guest_use_msix(g);
	guest_drive(g, FEATURES);
	check(bound_to(g, 0, MSI_DATA + 1) && bound_to(g, 1, MSI_DATA + 2));
}

TAP_CASE(msix_call)
{
	struct guest g;

	start(&g);
	check(!g.d.transport->wants_calls(&g.d, 0));
	call(&g, 1);
	check_eq(guest_came(&g, 2), 1);
	check_eq(machine.interrupts, 1);
	check(!pin(&g));
	check_eq(isr(&g), 0);
	guest_end(&g);
}

/* The ISR register has the reason with MSI-X, too. */
TAP_CASE(msix_config_changed)
{
	struct guest g;

	start(&g);
	change_config(&g);
	check_eq(guest_came(&g, 0), 1);
	check_eq(machine.interrupts, 1);
	check(!pin(&g));
	check_eq(isr(&g), 2);
	set(&g, msix_config, VIRTIO_MSI_NO_VECTOR);
	change_config(&g);
	check_eq(machine.interrupts, 1);
	check_eq(isr(&g), 2);
	guest_end(&g);
}

TAP_CASE(msix_vector_beyond)
{
	struct guest g;

	start(&g);
	check_eq(g.vectors, 3);
	/* a queue that does not exist */
	guest_set_vector(&g, 0xffff, 1);
	check_eq(get(&g, queue_msix_vector), VIRTIO_MSI_NO_VECTOR);
	check_eq(get(&g, queue_size), 0);
	check_eq(get(&g, queue_enable), 0);
	guest_set_vector(&g, 2, 1);
	check_eq(get(&g, queue_msix_vector), VIRTIO_MSI_NO_VECTOR);
	/* vectors that do not exist */
	for (unsigned int vector = 3; vector < 0x10000; vector += 997) {
		guest_set_vector(&g, 1, 2);
		guest_set_vector(&g, 1, vector);
		check_eq(get(&g, queue_msix_vector), VIRTIO_MSI_NO_VECTOR);
		check(!is_bound(&g, 1));
		set(&g, msix_config, vector);
		check_eq(get(&g, msix_config), VIRTIO_MSI_NO_VECTOR);
	}
	call(&g, 1);
	change_config(&g);
	check_eq(machine.interrupts, 0);
	check(!pin(&g));
	/* queue 0 was not touched */
	call(&g, 0);
	check_eq(guest_came(&g, 1), 1);
	guest_end(&g);
}

TAP_CASE(msix_masked_call)
{
	struct guest g;

	start(&g);
	guest_mask(&g, 2, true);
	check(!is_bound(&g, 1));
	check(!guest_pending(&g, 2));
	call(&g, 1);
	call(&g, 1);
	check_eq(machine.interrupts, 0);
	check(guest_pending(&g, 2));
	check(!guest_pending(&g, 1));
	check(!guest_pending(&g, 0));
	guest_mask(&g, 2, false);
	machine_run(&g.d);
	check_eq(guest_came(&g, 2), 1);
	check_eq(machine.interrupts, 1);
	check(!guest_pending(&g, 2));
	call(&g, 1);
	check_eq(guest_came(&g, 2), 2);
	guest_end(&g);
}

TAP_CASE(msix_function_masked)
{
	struct guest g;

	start(&g);
	guest_control(&g, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	check_eq(machine.bindings, 0);
	call(&g, 0);
	change_config(&g);
	check_eq(machine.interrupts, 0);
	check_eq(bar_get(&g, g.pba, 4), 3);
	/* a mask of the vector remains when that of the function goes */
	guest_mask(&g, 0, true);
	guest_control(&g, PCI_MSIX_FLAGS_ENABLE);
	machine_run(&g.d);
	check_eq(guest_came(&g, 1), 1);
	check_eq(machine.interrupts, 1);
	check_eq(bar_get(&g, g.pba, 4), 1);
	guest_mask(&g, 0, false);
	check_eq(guest_came(&g, 0), 1);
	check_eq(machine.interrupts, 2);
	check_eq(bar_get(&g, g.pba, 4), 0);
	guest_end(&g);
}

/* Queues and the configuration share a vector: what came masked is one interrupt. */
TAP_CASE(msix_shared_vector)
{
	struct guest g;

	start(&g);
	set(&g, msix_config, 1);
	guest_set_vector(&g, 1, 1);
	check(bound_to(&g, 1, MSI_DATA + 1));
	guest_mask(&g, 1, true);
	call(&g, 0);
	call(&g, 1);
	change_config(&g);
	check_eq(bar_get(&g, g.pba, 8), 2);
	guest_mask(&g, 1, false);
	machine_run(&g.d);
	check_eq(guest_came(&g, 1), 1);
	check_eq(machine.interrupts, 1);
	call(&g, 0);
	call(&g, 1);
	check_eq(guest_came(&g, 1), 3);
	guest_end(&g);
}

/* The binding follows the queue to another vector, to none, and back. */
TAP_CASE(msix_vector_changed)
{
	struct guest g;

	start(&g);
	guest_set_vector(&g, 0, 2);
	check_eq(get(&g, queue_msix_vector), 2);
	check(bound_to(&g, 0, MSI_DATA + 2));
	call(&g, 0);
	check_eq(guest_came(&g, 2), 1);
	guest_set_vector(&g, 0, 0);
	check(bound_to(&g, 0, MSI_DATA));
	call(&g, 0);
	check_eq(guest_came(&g, 0), 1);
	guest_set_vector(&g, 0, VIRTIO_MSI_NO_VECTOR);
	check(!is_bound(&g, 0));
	call(&g, 0);
	check_eq(machine.interrupts, 2);
	check_eq(bar_get(&g, g.pba, 8), 0);
	/* the configuration has vector 0 still */
	change_config(&g);
	check_eq(guest_came(&g, 0), 2);
	guest_set_vector(&g, 0, 1);
	machine_run(&g.d);
	check_eq(guest_came(&g, 1), 1);
	/* no other queue was bound anew */
	check(bound_to(&g, 1, MSI_DATA + 2));
	guest_end(&g);
}

/* Vector 0 is torn down while a queue has it, and while it is masked. */
TAP_CASE(msix_vector_zero_gone)
{
	struct guest g;

	start(&g);
	guest_set_vector(&g, 0, 0);
	set(&g, msix_config, VIRTIO_MSI_NO_VECTOR);
	check(bound_to(&g, 0, MSI_DATA));
	call(&g, 0);
	check_eq(guest_came(&g, 0), 1);
	guest_mask(&g, 0, true);
	change_config(&g);
	check(!guest_pending(&g, 0));
	set(&g, msix_config, 0);
	change_config(&g);
	check(guest_pending(&g, 0));
	/* moved to another vector while it is pending, it is pending there */
	set(&g, msix_config, 1);
	check(!guest_pending(&g, 0));
	check_eq(machine.interrupts, 2);
	check_eq(guest_came(&g, 1), 1);
	guest_mask(&g, 0, false);
	check_eq(machine.interrupts, 2);
	guest_end(&g);
}

/* The message of a live vector changes: the binding follows. */
TAP_CASE(msix_message_changed)
{
	struct guest g;

	start(&g);
	guest_set_message(&g, 1, MSI_ADDR, 0x4099);
	check(bound_to(&g, 0, 0x4099));
	call(&g, 0);
	check_eq(machine_came(MSI_ADDR, 0x4099), 1);
	guest_mask(&g, 1, true);
	call(&g, 0);
	guest_set_message(&g, 1, MSI_ADDR, 0x409a);
	check_eq(machine.interrupts, 1);
	guest_mask(&g, 1, false);
	machine_run(&g.d);
	check_eq(machine_came(MSI_ADDR, 0x409a), 1);
	check_eq(machine.interrupts, 2);
	/* a write that changes nothing binds nothing */
	check_eq(machine.binds, 4);
	guest_set_message(&g, 1, MSI_ADDR, 0x409a);
	guest_mask(&g, 1, false);
	check_eq(machine.binds, 4);
	guest_end(&g);
}

/*
 * A Linux on Xen writes a pirq: vector 0 in the data, its number in the address. It never
 * clears the mask. The mask of the function counts.
 */
TAP_CASE(msix_pirq)
{
	const uint64_t pirq_55 = 0xfee37000, pirq_256 = UINT64_C(0x100fee00000);
	struct guest g;

	guest_start_blk(&g);
	guest_control(&g, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	guest_set_message(&g, 0, MSI_ADDR, 0x700);
	guest_set_message(&g, 1, pirq_55, 0x700);
	guest_set_message(&g, 2, pirq_256, 0x4300);
	guest_drive(&g, FEATURES);
	check_eq(machine.bindings, 0);
	guest_control(&g, PCI_MSIX_FLAGS_ENABLE);
	check_eq(machine.bindings, 2);
	call(&g, 0);
	call(&g, 1);
	change_config(&g);
	check_eq(machine_came(pirq_55, 0x700), 1);
	check_eq(machine_came(pirq_256, 0x4300), 1);
	check_eq(machine_came(MSI_ADDR, 0x700), 1);
	check_eq(bar_get(&g, g.pba, 8), 0);
	/* masked and cleared, it is the same */
	guest_mask(&g, 1, false);
	guest_mask(&g, 1, true);
	check_eq(machine.binds, 2);
	/* pirq 0 is none, and neither is an entry whose data is not there yet */
	guest_set_message(&g, 1, 0xfee00000, 0x700);
	check(!is_bound(&g, 0));
	guest_set_message(&g, 1, pirq_55, 0);
	check(!is_bound(&g, 0));
	/* a real vector obeys its mask */
	guest_set_message(&g, 1, pirq_55, 0x701);
	check(!is_bound(&g, 0));
	call(&g, 0);
	check(guest_pending(&g, 1));
	guest_mask(&g, 1, false);
	check_eq(machine_came(pirq_55, 0x701), 1);
	guest_end(&g);
}

/* Calls that come before MSI-X is on, and after it is off. */
TAP_CASE(msix_off)
{
	struct guest g;

	start(&g);
	guest_control(&g, 0);
	check_eq(machine.bindings, 0);
	virtio_call(&g.d.virtio, 0);
	check_eq(bar_get(&g, g.pba, 8), 0);
	machine_run(&g.d);
	check(pin(&g));
	guest_control(&g, PCI_MSIX_FLAGS_ENABLE);
	check(!pin(&g));
	check(bound_to(&g, 0, MSI_DATA + 1));
	machine_run(&g.d);
	check_eq(machine.interrupts, 0);
	/* a change that was pending is not, when MSI-X has been off */
	guest_mask(&g, 0, true);
	change_config(&g);
	check(guest_pending(&g, 0));
	guest_control(&g, 0);
	guest_control(&g, PCI_MSIX_FLAGS_ENABLE);
	check(!guest_pending(&g, 0));
	guest_end(&g);
}

/* The table belongs to PCI and survives a reset. The vectors of the queues do not. */
TAP_CASE(msix_reset)
{
	struct guest g;

	start(&g);
	guest_mask(&g, 0, true);
	change_config(&g);
	check(guest_pending(&g, 0));
	set(&g, device_status, 0);
	check_eq(machine.bindings, 0);
	check_eq(bar_get(&g, g.pba, 8), 0);
	check_eq(get(&g, msix_config), VIRTIO_MSI_NO_VECTOR);
	for (unsigned int i = 0; i < 2; i++) {
		set(&g, queue_select, i);
		check_eq(get(&g, queue_msix_vector), VIRTIO_MSI_NO_VECTOR);
	}
	check_eq(bar_get(&g, g.table + 16 + 8, 4), MSI_DATA + 1);
	check_eq(bar_get(&g, g.table + 12, 4), 1);
	check_eq(cfg_read(&g, g.msix + PCI_MSIX_FLAGS, 2) & 0xc000, 0x8000);
	guest_drive(&g, FEATURES);
	check(bound_to(&g, 0, MSI_DATA + 1));
	guest_end(&g);
}

/* No binding is to be had: the program passes the interrupts, with one line. */
TAP_CASE(msix_not_bound)
{
	struct guest g;

	guest_start_blk(&g);
	guest_use_msix(&g);
	machine.fail_irq = -ENOMEM;
	guest_drive(&g, FEATURES);
	check_eq(machine.bindings, 0);
	check_eq(machine_said("slower: ENOMEM"), 1);
	call(&g, 0);
	call(&g, 1);
	check_eq(guest_came(&g, 1), 1);
	check_eq(guest_came(&g, 2), 1);
	check_eq(machine.interrupts, 2);
	guest_mask(&g, 1, true);
	call(&g, 0);
	check(guest_pending(&g, 1));
	guest_mask(&g, 1, false);
	machine_run(&g.d);
	check_eq(guest_came(&g, 1), 2);
	check(!guest_pending(&g, 1));
	/* a later change binds again */
	machine.fail_irq = 0;
	guest_mask(&g, 1, true);
	guest_mask(&g, 1, false);
	check(bound_to(&g, 0, MSI_DATA + 1));
	guest_end(&g);
}
