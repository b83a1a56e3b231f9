// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * registers-test: the guest of registers.h. The cases are in registers_*.c.
 */
#include <sys/eventfd.h>

#include "registers.h"

TAP_MAIN

/* ---- accesses ---- */

uint64_t cfg_read(const struct guest *g, unsigned int reg, unsigned int size)
{
	uint64_t value = 0;

	must(machine_read(SPACE_PCI, ((uint64_t)g->devfn << 12) + reg, size,
			  &value));
	return value;
}

void cfg_write(const struct guest *g, unsigned int reg, unsigned int size,
	       uint64_t value)
{
	must(machine_write(SPACE_PCI, ((uint64_t)g->devfn << 12) + reg, size,
			   value));
}

uint64_t bar_get(const struct guest *g, uint64_t offset, unsigned int size)
{
	uint64_t value = 0;

	must(machine_read(SPACE_MEMORY, g->bar + offset, size, &value));
	return value;
}

void bar_set(const struct guest *g, uint64_t offset, unsigned int size,
	     uint64_t value)
{
	must(machine_write(SPACE_MEMORY, g->bar + offset, size, value));
}

/* ---- the device ---- */

static void guest_read_virtio_cap(struct guest *g, unsigned int at)
{
	struct structure s = {
		at,
		cfg_read(g, at + VIRTIO_PCI_CAP_BAR, 1),
		cfg_read(g, at + VIRTIO_PCI_CAP_OFFSET, 4),
		cfg_read(g, at + VIRTIO_PCI_CAP_LENGTH, 4),
	};

	switch (cfg_read(g, at + VIRTIO_PCI_CAP_CFG_TYPE, 1)) {
	case VIRTIO_PCI_CAP_COMMON_CFG:
		g->common = s;
		break;
	case VIRTIO_PCI_CAP_NOTIFY_CFG:
		g->notify = s;
		break;
	case VIRTIO_PCI_CAP_ISR_CFG:
		g->isr = s;
		break;
	case VIRTIO_PCI_CAP_DEVICE_CFG:
		g->config = s;
		break;
	case VIRTIO_PCI_CAP_PCI_CFG:
		g->access = s;
		break;
	}
}

static void guest_read_caps(struct guest *g)
{
	unsigned int at = cfg_read(g, PCI_CAPABILITY_LIST, 1);
	unsigned int left = 48;

	for (; at && left--; at = cfg_read(g, at + PCI_CAP_LIST_NEXT, 1)) {
		must(at >= 0x40 && at % 4 == 0);
		if (cfg_read(g, at, 1) == PCI_CAP_ID_VNDR)
			guest_read_virtio_cap(g, at);
		if (cfg_read(g, at, 1) == PCI_CAP_ID_MSIX)
			g->msix = at;
	}
	must(left && g->msix);
	g->vectors = (cfg_read(g, g->msix + PCI_MSIX_FLAGS, 2) &
		      PCI_MSIX_FLAGS_QSIZE) +
		     1;
	g->table = cfg_read(g, g->msix + PCI_MSIX_TABLE, 4);
	g->pba = cfg_read(g, g->msix + PCI_MSIX_PBA, 4);
}

void guest_make(struct guest *g, const char *text, unsigned int slot)
{
	char why[SPEC_WHY] = "";

	memset(g, 0, sizeof(*g));
	g->devfn = slot << 3;
	if (!check(!spec_parse(text, &g->spec, why))) {
		tap_note("%s: %s", text, why);
		must(false);
	}
	must(!virtio_init(&g->d.virtio, "device", &g->spec, 2, false));
	g->f = g->d.virtio.frontend =
		frontend_new(&g->d.virtio, g->spec.socket, NULL);
	must(!pci_attach(&g->d, g->devfn));
	guest_read_caps(g);
}

const uint8_t *blk_config(void)
{
	static uint8_t bytes[60];

	for (unsigned int i = 0; i < sizeof(bytes); i++)
		bytes[i] = i + 1;
	return bytes;
}

const char *guest_connect(struct guest *g, uint64_t features,
			  unsigned int queues)
{
	return virtio_backend(&g->d.virtio, features, queues, blk_config(), 60);
}

void guest_start_at(struct guest *g, const char *text, uint64_t features,
		    unsigned int slot, uint64_t bar)
{
	guest_make(g, text, slot);
	must(!guest_connect(g, features, 64));
	cfg_write(g, PCI_BASE_ADDRESS_0, 4, bar);
	cfg_write(g, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	g->bar = bar;
}

void guest_start(struct guest *g, const char *text, uint64_t features)
{
	guest_start_at(g, text, features, SLOT, BAR_ADDR);
}

void guest_end(struct guest *g)
{
	struct device *d = &g->d;

	if (d->virtio.started)
		frontend_stop(g->f);
	d->transport->free(d);
	for (unsigned int i = 0; i < machine.ranges; i++)
		check(machine.range[i].device != d);
	for (unsigned int i = 0; i < machine.kicks; i++)
		check(machine.kick[i].device != d);
	for (unsigned int i = 0; i < d->virtio.queues; i++)
		check(!machine_bound(d->virtio.queue[i].call));
	check(!machine.intx[g->devfn]);
	frontend_free(g->f);
	virtio_free(&d->virtio);
	check_eq(machine.faults, 0);
}

/* ---- the driver ---- */

uint64_t guest_offered(const struct guest *g)
{
	uint64_t low;

	set(g, device_feature_select, 0);
	low = get(g, device_feature);
	set(g, device_feature_select, 1);
	return low | get(g, device_feature) << 32;
}

void guest_accept(const struct guest *g, uint64_t features)
{
	set(g, guest_feature_select, 0);
	set(g, guest_feature, features);
	set(g, guest_feature_select, 1);
	set(g, guest_feature, features >> 32);
}

void guest_negotiate(const struct guest *g, uint64_t features)
{
	set(g, device_status, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	set(g, device_status,
	    VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	guest_accept(g, features);
	set(g, device_status,
	    VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
		    VIRTIO_CONFIG_S_FEATURES_OK);
}

void guest_set_queue(const struct guest *g, uint16_t queue, uint16_t size)
{
	const uint64_t at = 0x112340000 + UINT64_C(0x10000) * queue;

	set(g, queue_select, queue);
	set(g, queue_size, size);
	set(g, queue_desc_lo, at);
	set(g, queue_desc_hi, at >> 32);
	set(g, queue_avail_lo, at + 0x4000);
	set(g, queue_avail_hi, at >> 32);
	set(g, queue_used_lo, at + 0x5000);
	set(g, queue_used_hi, at >> 32);
	set(g, queue_enable, 1);
}

void guest_set_vector(const struct guest *g, uint16_t queue, uint16_t vector)
{
	set(g, queue_select, queue);
	set(g, queue_msix_vector, vector);
}

/* Vector 0 is for the configuration, the next ones for the queues. */
void guest_drive(const struct guest *g, uint64_t features)
{
	uint16_t queues = get(g, num_queues);

	set(g, device_status, 0);
	check_eq(get(g, device_status), 0);
	guest_negotiate(g, features);
	set(g, msix_config, 0);
	for (uint16_t i = 0; i < queues; i++) {
		guest_set_vector(g, i, i + 1);
		guest_set_queue(g, i, 256);
	}
	set(g, device_status,
	    VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
		    VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK);
}

void guest_set_message(const struct guest *g, unsigned int vector,
		       uint64_t addr, uint32_t data)
{
	const uint64_t at = g->table + PCI_MSIX_ENTRY_SIZE * vector;

	bar_set(g, at + PCI_MSIX_ENTRY_LOWER_ADDR, 4, addr);
	bar_set(g, at + PCI_MSIX_ENTRY_UPPER_ADDR, 4, addr >> 32);
	bar_set(g, at + PCI_MSIX_ENTRY_DATA, 4, data);
}

void guest_mask(const struct guest *g, unsigned int vector, bool masked)
{
	bar_set(g,
		g->table + PCI_MSIX_ENTRY_SIZE * vector +
			PCI_MSIX_ENTRY_VECTOR_CTRL,
		4, masked);
}

void guest_control(const struct guest *g, uint16_t flags)
{
	cfg_write(g, g->msix + PCI_MSIX_FLAGS, 2, flags);
}

void guest_use_msix(const struct guest *g)
{
	guest_control(g, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	for (unsigned int i = 0; i < g->vectors; i++) {
		guest_set_message(g, i, MSI_ADDR, MSI_DATA + i);
		guest_mask(g, i, false);
	}
	guest_control(g, PCI_MSIX_FLAGS_ENABLE);
}

bool guest_pending(const struct guest *g, unsigned int vector)
{
	return bar_get(g, g->pba + vector / 64 * 8, 8) >> vector % 64 & 1;
}

unsigned int guest_came(const struct guest *g __attribute__((unused)),
			unsigned int vector)
{
	return machine_came(MSI_ADDR, MSI_DATA + vector);
}

/* ---- the back end ---- */

void call(struct guest *g, unsigned int queue)
{
	must(!eventfd_write(g->d.virtio.queue[queue].call, 1));
	machine_run(&g->d);
}

uint64_t kicks(const struct guest *g, unsigned int queue)
{
	eventfd_t n = 0;

	return eventfd_read(g->d.virtio.queue[queue].kick, &n) ? 0 : n;
}
