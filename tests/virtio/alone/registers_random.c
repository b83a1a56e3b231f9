// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A guest that accesses everything at random, and a back end that does what it can at the
 * same time. After each step the machine has the bindings, the pin and the ranges that the
 * registers ask for. The numbers are the same in each run.
 */
#include <sys/eventfd.h>

#include <linux/virtio_mmio.h>

#include "registers.h"
#include "pci.h"

#define STEPS 200000

static uint64_t seed = 1;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * UINT64_C(0x2545f4914f6cdd1d);
}

static uint64_t below(uint64_t n)
{
	return (rnd() >> 16) % n;
}

/* Values that mean something more often than others. */
static uint64_t value(void)
{
	static const uint64_t some[] = {
		0,	    1,
		2,	    3,
		4,	    7,
		8,	    0xb,
		0xf,	    0x10,
		0x40,	    0x80,
		0x100,	    0x2000,
		0x8000,	    0xc000,
		0xffff,	    0x700,
		0x4031,	    0x4300,
		0xfee01000, 0xf2000000,
		0xf2004000, 0xffffffff,
		FEATURES,   FEATURES >> 32,
		UINT64_MAX,
	};

	return below(4) ? some[below(sizeof(some) / sizeof(some[0]))] : rnd();
}

static unsigned int width(void)
{
	return 1U << below(4);
}

/* Where the machine has the BAR now, or 0. */
static uint64_t where(void)
{
	for (unsigned int i = 0; i < machine.ranges; i++)
		if (machine.range[i].space == SPACE_MEMORY)
			return machine.range[i].addr;
	return 0;
}

/* ---- what must be true after each step ---- */

static bool should_bind(const struct pci *p, const struct virtio_queue *q)
{
	const struct msix_entry *e;
	uint64_t pirq;

	if (q->vector >= p->msix.vectors || !p->msix.enabled || p->msix.masked)
		return false;
	e = &p->msix.entry[q->vector];
	pirq = (e->msi.addr >> 12 & 0xff) + (e->msi.addr >> 40 << 8);
	return !e->masked ||
	       (e->msi.data % 256 == 0 && e->msi.data != 0 && pirq != 0);
}

static bool is_right(const struct guest *g, const struct pci *p, unsigned int i,
		     bool failing)
{
	const struct virtio_queue *q = &g->d.virtio.queue[i];
	const struct machine_binding *b = machine_bound(q->call);

	if (!b)
		return failing || !should_bind(p, q);
	return should_bind(p, q) &&
	       b->msi.addr == p->msix.entry[q->vector].msi.addr &&
	       b->msi.data == p->msix.entry[q->vector].msi.data;
}

static void look(const struct guest *g, bool failing)
{
	const struct pci *p = g->d.private;
	const struct virtio *v = &g->d.virtio;
	uint32_t bar = cfg_read(g, PCI_BASE_ADDRESS_0, 4);
	uint32_t command = cfg_read(g, PCI_COMMAND, 2);
	bool wants = cfg_read(g, PCI_STATUS, 2) & 8;
	uint64_t at = where();

	must(!machine.faults);
	must(machine.ranges == (at ? 2 : 1));
	must(machine.kicks == (at ? v->queues : 0) || failing);
	must(!at || bar == at || bar == 0xffffc000);
	must(at || !bar || bar == 0xffffc000 || !(command & 2));
	must(machine.intx[g->devfn] == (wants && !(command & 0x400)));
	for (unsigned int i = 0; i < v->queues; i++)
		must(is_right(g, p, i, failing));
	must(v->started || !g->f->running);
	must(!virtio_driver_ok(v) || g->f->running);
	must(g->f->starts >= g->f->stops);
}

/* ---- steps ---- */

/* Registers of the common configuration and the tables are met more often. */
static uint64_t bar_offset(const struct guest *g)
{
	switch (below(8)) {
	case 0:
		return below(BAR_LEN);
	case 1:
		return g->table + below(16 * g->vectors) / 4 * 4;
	case 2:
		return g->notify.offset + below(8);
	case 3:
		return g->config.offset + below(64);
	case 4:
		return below(2) ? g->isr.offset : g->pba + below(16);
	default:
		return g->common.offset + below(56) / 2 * 2;
	}
}

static void step_bar(const struct guest *g)
{
	uint64_t at = where(), v;

	if (!at)
		return;
	at += bar_offset(g);
	if (below(3))
		machine_write(SPACE_MEMORY, at, width(), value());
	else
		machine_read(SPACE_MEMORY, at, width(), &v);
}

/* A field by its own width, as a driver accesses it. */
static void step_field(void)
{
	static const uint8_t fields[][2] = {
		{ 0, 4 },  { 8, 4 },  { 12, 4 }, { 16, 2 }, { 20, 1 },
		{ 22, 2 }, { 24, 2 }, { 26, 2 }, { 28, 2 }, { 32, 4 },
	};
	const uint8_t *f = fields[below(10)];

	if (where())
		machine_write(SPACE_MEMORY, where() + f[0], f[1], value());
}

static void step_space(const struct guest *g)
{
	static const uint8_t some[] = { PCI_COMMAND, PCI_BASE_ADDRESS_0,
					PCI_COMMAND + 1, PCI_STATUS };
	unsigned int at = below(3) ? below(256) : some[below(4)];

	if (!below(4))
		at = below(2) ? g->msix + 2 : g->access.at + 4 * below(5);
	if (below(3))
		cfg_write(g, at, width(), value());
	else
		cfg_read(g, at, width());
}

/* What firmware does: the device is usable after it. */
static void step_firmware(const struct guest *g)
{
	cfg_write(g, PCI_BASE_ADDRESS_0, 4, BAR_ADDR + BAR_LEN * below(4));
	cfg_write(g, PCI_COMMAND, 2, 6 | (below(4) ? 0 : 0x400));
}

static void step_driver(struct guest *g)
{
	cfg_write(g, PCI_COMMAND, 2, 6);
	g->bar = where();
	if (!g->bar)
		return;
	if (below(2))
		guest_use_msix(g);
	guest_drive(g, g->d.virtio.offered);
}

static void step_backend(struct guest *g)
{
	uint8_t bytes[300];

	switch (below(5)) {
	case 0:
		for (unsigned int i = 0; i < sizeof(bytes); i++)
			bytes[i] = rnd();
		virtio_set_config(&g->d.virtio, bytes, below(256) + 1);
		break;
	case 1:
		virtio_backend(&g->d.virtio, below(2) ? FEATURES : rnd(),
			       below(5), blk_config(), below(61));
		break;
	case 2:
		virtio_break(&g->d.virtio, "by chance");
		break;
	default:
		eventfd_write(g->d.virtio.queue[below(3)].call, 1);
		if (below(2))
			machine_run(&g->d);
	}
}

static void step(struct guest *g)
{
	switch (below(40)) {
	case 0:
		step_firmware(g);
		break;
	case 1:
		step_driver(g);
		break;
	case 2:
	case 3:
	case 4:
	case 5:
		step_backend(g);
		break;
	case 6:
	case 7:
	case 8:
	case 9:
	case 10:
	case 11:
	case 12:
	case 13:
		step_space(g);
		break;
	case 14:
	case 15:
	case 16:
	case 17:
	case 18:
	case 19:
		step_field();
		break;
	default:
		step_bar(g);
	}
}

/* A guest that was hostile resets the device and finds it as at its start. */
static void check_usable(struct guest *g)
{
	machine.fail_irq = machine.fail_kick = machine.fail_range = 0;
	g->f->refuses = false;
	guest_control(g, 0);
	cfg_write(g, PCI_COMMAND, 2, 0);
	cfg_write(g, PCI_BASE_ADDRESS_0, 4, 0);
	cfg_write(g, PCI_BASE_ADDRESS_0, 4, BAR_ADDR);
	cfg_write(g, PCI_COMMAND, 2, 6);
	g->bar = BAR_ADDR;
	for (unsigned int i = 0; i < g->vectors; i++)
		guest_mask(g, i, true);
	set(g, device_status, 0);
	check(!guest_connect(g, FEATURES, 64));
	guest_use_msix(g);
	guest_drive(g, FEATURES);
	check_eq(get(g, device_status), 0xf);
	machine_run(&g->d);
	machine_forget();
	for (unsigned int i = 0; i < 3; i++) {
		kicks(g, i);
		bar_set(g, g->notify.offset, 2, i);
		check_eq(kicks(g, i), 1);
		call(g, i);
		check_eq(guest_came(g, i + 1), 1);
	}
	check_eq(machine.interrupts, 3);
}

static void run(bool failing)
{
	struct guest g;

	guest_start(&g, "blk,socket=/s,queues=3", FEATURES);
	for (unsigned int i = 0; i < STEPS; i++) {
		if (failing) {
			machine.fail_irq = below(8) ? 0 : -ENOMEM;
			machine.fail_kick = below(8) ? 0 : -ENOMEM;
			machine.fail_range = below(8) ? 0 : -ENOMEM;
			g.f->refuses = false;
		}
		step(&g);
		look(&g, failing);
	}
	tap_note("%u starts, %u interrupts, %u bindings, %u maps", g.f->starts,
		 machine.interrupts, machine.binds, machine.maps);
	check(g.f->starts > STEPS / 1000 && machine.binds > STEPS / 1000);
	check_usable(&g);
	guest_end(&g);
}

TAP_CASE(random_pci)
{
	run(false);
}

TAP_CASE(random_pci_failing)
{
	seed = 2;
	run(true);
}

static void step_mmio_driver(const struct guest *g)
{
	const uint64_t features = g->d.virtio.offered;
	const uint32_t writes[][2] = {
		{ VIRTIO_MMIO_STATUS, 0 },
		{ VIRTIO_MMIO_DRIVER_FEATURES, features },
		{ VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1 },
		{ VIRTIO_MMIO_DRIVER_FEATURES, features >> 32 },
		{ VIRTIO_MMIO_STATUS, 11 },
		{ VIRTIO_MMIO_QUEUE_SEL, below(4) },
		{ VIRTIO_MMIO_QUEUE_READY, 1 },
		{ VIRTIO_MMIO_STATUS, 15 },
	};

	for (unsigned int i = 0; i < 8; i++)
		machine_write(SPACE_MEMORY, BAR_ADDR + writes[i][0], 4,
			      writes[i][1]);
}

TAP_CASE(random_mmio)
{
	struct guest g;
	char why[SPEC_WHY];
	uint64_t v;

	seed = 3;
	memset(&g, 0, sizeof(g));
	must(!spec_parse("blk,socket=/s,queues=3", &g.spec, why));
	must(!virtio_init(&g.d.virtio, "device", &g.spec, 2, false));
	g.f = g.d.virtio.frontend = frontend_new(&g.d.virtio, "/s", NULL);
	must(!mmio_attach(&g.d, BAR_ADDR, 33));
	must(!guest_connect(&g, FEATURES, 64));
	for (unsigned int i = 0; i < STEPS; i++) {
		uint64_t at = BAR_ADDR + below(0x200);
		unsigned int size = width();

		if (below(2)) {
			at &= ~UINT64_C(3);
			size = 4;
		}
		if (!below(40))
			step_mmio_driver(&g);
		else if (!below(10))
			step_backend(&g);
		else if (below(3))
			machine_write(SPACE_MEMORY, at, size, value());
		else
			machine_read(SPACE_MEMORY, at, size, &v);
		must(!machine.faults);
		must(machine.kicks == 3 && machine.bindings == 3);
		must(!virtio_driver_ok(&g.d.virtio) || g.f->running);
	}
	tap_note("%u starts, %u interrupts", g.f->starts, machine.interrupts);
	check(g.f->starts > STEPS / 1000);
	guest_end(&g);
}
