// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The registers of virtio-mmio.
 */
#include <sys/eventfd.h>

#include <linux/virtio_mmio.h>

#include "registers.h"

#define ADDR UINT64_C(0x2000000)
#define IRQ  33

static void start(struct guest *g, const char *text)
{
	char why[SPEC_WHY];

	memset(g, 0, sizeof(*g));
	must(!spec_parse(text, &g->spec, why));
	must(!virtio_init(&g->d.virtio, "device", &g->spec, 2, false));
	g->f = g->d.virtio.frontend =
		frontend_new(&g->d.virtio, g->spec.socket, NULL);
	must(!mmio_attach(&g->d, ADDR, IRQ));
	must(!guest_connect(g, FEATURES, 64));
	g->bar = ADDR;
}

static uint32_t rd(const struct guest *g, unsigned int reg)
{
	return bar_get(g, reg, 4);
}

static void wr(const struct guest *g, unsigned int reg, uint32_t value)
{
	bar_set(g, reg, 4, value);
}

static void negotiate(const struct guest *g, uint64_t features)
{
	wr(g, VIRTIO_MMIO_STATUS, 1);
	wr(g, VIRTIO_MMIO_STATUS, 3);
	wr(g, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	wr(g, VIRTIO_MMIO_DRIVER_FEATURES, features >> 32);
	wr(g, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	wr(g, VIRTIO_MMIO_DRIVER_FEATURES, features);
	wr(g, VIRTIO_MMIO_STATUS, 11);
}

static void set_queue(const struct guest *g, uint32_t queue, uint32_t size)
{
	wr(g, VIRTIO_MMIO_QUEUE_SEL, queue);
	wr(g, VIRTIO_MMIO_QUEUE_NUM, size);
	wr(g, VIRTIO_MMIO_QUEUE_DESC_LOW, 0x1000);
	wr(g, VIRTIO_MMIO_QUEUE_DESC_HIGH, 1);
	wr(g, VIRTIO_MMIO_QUEUE_AVAIL_LOW, 0x2000);
	wr(g, VIRTIO_MMIO_QUEUE_AVAIL_HIGH, 2);
	wr(g, VIRTIO_MMIO_QUEUE_USED_LOW, 0x3000);
	wr(g, VIRTIO_MMIO_QUEUE_USED_HIGH, 3);
	wr(g, VIRTIO_MMIO_QUEUE_READY, 1);
}

static void drive(const struct guest *g)
{
	wr(g, VIRTIO_MMIO_STATUS, 0);
	negotiate(g, FEATURES);
	set_queue(g, 0, 64);
	set_queue(g, 1, 256);
	wr(g, VIRTIO_MMIO_STATUS, 15);
}

static unsigned int interrupts(void)
{
	for (unsigned int i = 0; i < machine.interrupts; i++)
		check_eq(machine.came[i].irq, IRQ);
	return machine.interrupts;
}

TAP_CASE(mmio_identity)
{
	struct guest g;

	start(&g, "blk,socket=/s,queues=2,addr=0x2000000,irq=33");
	check_eq(rd(&g, VIRTIO_MMIO_MAGIC_VALUE), 0x74726976);
	check_eq(rd(&g, VIRTIO_MMIO_VERSION), 2);
	check_eq(rd(&g, VIRTIO_MMIO_DEVICE_ID), 2);
	wr(&g, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	check_eq(rd(&g, VIRTIO_MMIO_DEVICE_FEATURES), FEATURES & 0xffffffff);
	wr(&g, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	check_eq(rd(&g, VIRTIO_MMIO_DEVICE_FEATURES), FEATURES >> 32);
	wr(&g, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 2);
	check_eq(rd(&g, VIRTIO_MMIO_DEVICE_FEATURES), 0);
	for (unsigned int i = 0xb0; i < 0xc0; i += 4)
		check_eq(rd(&g, i), 0xffffffff);
	check_eq(machine.kicks, 2);
	check_eq(machine.bindings, 2);
	guest_end(&g);
}

TAP_CASE(mmio_driver)
{
	struct guest g;

	start(&g, "blk,socket=/s,queues=2");
	drive(&g);
	check_eq(rd(&g, VIRTIO_MMIO_STATUS), 15);
	check_eq(g.f->starts, 1);
	check_eq(g.f->features, FEATURES);
	check_eq(g.f->enabled, 2);
	check_eq(g.f->queue[0].size, 64);
	check_eq(g.f->queue[1].size, 256);
	check_eq(g.f->queue[1].desc, 0x100001000);
	check_eq(g.f->queue[1].driver, 0x200002000);
	check_eq(g.f->queue[1].device, 0x300003000);
	check_eq(rd(&g, VIRTIO_MMIO_QUEUE_READY), 1);
	wr(&g, VIRTIO_MMIO_QUEUE_READY, 0);
	check_eq(rd(&g, VIRTIO_MMIO_QUEUE_READY), 1);
	wr(&g, VIRTIO_MMIO_STATUS, 0);
	check_eq(g.f->stops, 1);
	check_eq(rd(&g, VIRTIO_MMIO_QUEUE_READY), 0);
	check_eq(rd(&g, VIRTIO_MMIO_QUEUE_NUM_MAX), 256);
	check_eq(machine.bindings, 2);
	guest_end(&g);
}

/* A driver that fails to set up a queue disables it before DRIVER_OK. */
TAP_CASE(mmio_queue_disabled)
{
	struct guest g;

	start(&g, "blk,socket=/s,queues=2");
	negotiate(&g, FEATURES);
	set_queue(&g, 0, 64);
	check_eq(rd(&g, VIRTIO_MMIO_QUEUE_READY), 1);
	wr(&g, VIRTIO_MMIO_QUEUE_READY, 0);
	check_eq(rd(&g, VIRTIO_MMIO_QUEUE_READY), 0);
	wr(&g, VIRTIO_MMIO_QUEUE_NUM, 128);
	wr(&g, VIRTIO_MMIO_QUEUE_READY, 1);
	wr(&g, VIRTIO_MMIO_STATUS, 15);
	check_eq(g.f->queue[0].size, 128);
	guest_end(&g);
}

/* Numbers whose low 16 bits are those of a queue, or of a good size. */
TAP_CASE(mmio_large_numbers)
{
	struct guest g;

	start(&g, "blk,socket=/s,queues=2");
	negotiate(&g, FEATURES);
	wr(&g, VIRTIO_MMIO_QUEUE_SEL, 0x10000);
	check_eq(rd(&g, VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
	wr(&g, VIRTIO_MMIO_QUEUE_SEL, 2);
	check_eq(rd(&g, VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
	set_queue(&g, 0, 0x10040);
	wr(&g, VIRTIO_MMIO_STATUS, 15);
	check_eq(g.f->queue[0].size, 256);
	wr(&g, VIRTIO_MMIO_QUEUE_NOTIFY, 0x10000);
	check_eq(kicks(&g, 0), 0);
	guest_end(&g);
}

TAP_CASE(mmio_kick)
{
	struct guest g;

	start(&g, "blk,socket=/s,queues=2");
	machine.fail_irq = 0;
	drive(&g);
	wr(&g, VIRTIO_MMIO_QUEUE_NOTIFY, 1);
	check_eq(kicks(&g, 1), 1);
	check_eq(kicks(&g, 0), 0);
	/* other widths are no kicks of virtio-mmio */
	for (unsigned int size = 1; size <= 8; size *= 2)
		if (size != 4)
			bar_set(&g, VIRTIO_MMIO_QUEUE_NOTIFY, size, 0);
	check_eq(kicks(&g, 0), 0);
	check_eq(rd(&g, VIRTIO_MMIO_QUEUE_NOTIFY), 0);
	guest_end(&g);
}

/* Nothing can be bound: kicks and calls pass through the program. */
TAP_CASE(mmio_not_bound)
{
	struct guest g;

	machine.fail_irq = machine.fail_kick = -ENOMEM;
	start(&g, "blk,socket=/s,queues=2");
	check_eq(machine_said("slower: ENOMEM"), 1);
	drive(&g);
	wr(&g, VIRTIO_MMIO_QUEUE_NOTIFY, 1);
	check_eq(kicks(&g, 1), 1);
	call(&g, 0);
	check_eq(interrupts(), 1);
	guest_end(&g);
}

TAP_CASE(mmio_interrupts)
{
	uint8_t bytes[60] = { 0 };
	struct guest g;

	start(&g, "blk,socket=/s,queues=2");
	drive(&g);
	check_eq(rd(&g, VIRTIO_MMIO_INTERRUPT_STATUS), 1);
	call(&g, 1);
	check_eq(interrupts(), 1);
	wr(&g, VIRTIO_MMIO_INTERRUPT_ACK, 1);
	check_eq(rd(&g, VIRTIO_MMIO_INTERRUPT_STATUS), 1);
	virtio_set_config(&g.d.virtio, bytes, sizeof(bytes));
	check_eq(interrupts(), 2);
	check_eq(rd(&g, VIRTIO_MMIO_INTERRUPT_STATUS), 3);
	wr(&g, VIRTIO_MMIO_INTERRUPT_ACK, 1);
	check_eq(rd(&g, VIRTIO_MMIO_INTERRUPT_STATUS), 3);
	wr(&g, VIRTIO_MMIO_INTERRUPT_ACK, 2);
	check_eq(rd(&g, VIRTIO_MMIO_INTERRUPT_STATUS), 1);
	bytes[0]++;
	virtio_set_config(&g.d.virtio, bytes, sizeof(bytes));
	wr(&g, VIRTIO_MMIO_STATUS, 0);
	check_eq(rd(&g, VIRTIO_MMIO_INTERRUPT_STATUS), 1);
	guest_end(&g);
}

TAP_CASE(mmio_config)
{
	uint8_t bytes[60] = { 7 };
	struct guest g;
	uint32_t first;

	start(&g, "blk,socket=/s,queues=2");
	check_eq(bar_get(&g, 0x100, 8), 0x0807060504030201);
	check_eq(bar_get(&g, 0x13b, 1), 60);
	check_eq(bar_get(&g, 0x13b, 4), 60);
	check_eq(bar_get(&g, 0x13c, 4), 0);
	check_eq(bar_get(&g, 0x1f8, 8), 0);
	first = rd(&g, VIRTIO_MMIO_CONFIG_GENERATION);
	check_eq(bar_get(&g, 0x100, 1), 1);
	check_eq(rd(&g, VIRTIO_MMIO_CONFIG_GENERATION), first);
	virtio_set_config(&g.d.virtio, bytes, sizeof(bytes));
	check_eq(bar_get(&g, 0x100, 1), 7);
	check_eq(rd(&g, VIRTIO_MMIO_CONFIG_GENERATION), first + 1);
	wr(&g, 0x100, 9);
	check_eq(bar_get(&g, 0x100, 4), 7);
	guest_end(&g);
}

/* Every offset and width: only aligned words are registers. */
TAP_CASE(mmio_every_access)
{
	struct guest g;
	uint64_t v;

	start(&g, "blk,socket=/s,queues=2");
	for (unsigned int size = 1; size <= 8; size *= 2)
		for (unsigned int at = 0; at < 0x100; at++)
			if (size != 4 || at % 4) {
				must(bar_get(&g, at, size) == 0);
				bar_set(&g, at, size, 0x0f0f0f0f0f0f0f0f);
			}
	check_eq(rd(&g, VIRTIO_MMIO_STATUS), 0);
	check_eq(g.f->starts, 0);
	check_eq(bar_get(&g, 0x1fc, 8), 0);
	check(!machine_read(SPACE_MEMORY, ADDR + 0x200, 4, &v));
	check(!machine_read(SPACE_MEMORY, ADDR - 1, 1, &v));
	guest_end(&g);
}

TAP_CASE(mmio_address_taken)
{
	struct guest g, other;

	start(&g, "blk,socket=/s,queues=2");
	memset(&other, 0, sizeof(other));
	must(!virtio_init(&other.d.virtio, "other", &g.spec, 1, false));
	check_eq(mmio_attach(&other.d, ADDR + 0x1ff, IRQ + 1), -EEXIST);
	check(!other.d.private);
	virtio_free(&other.d.virtio);
	guest_end(&g);
}
