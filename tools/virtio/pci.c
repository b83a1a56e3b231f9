// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A virtio-pci function: see pci.h. Its configuration space is an array of bytes, and
 * another that says which of their bits the guest can change. Only a few registers act when
 * they are written: COMMAND, the BAR, the control of MSI-X, and the capability through which
 * firmware accesses a BAR that it cannot reach.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>

#include "pci.h"
#include "platform.h"

#define PCI_INTX_BIT 0x8 /* of STATUS: the function wants an interrupt */

/* ---- the pin ---- */

void pci_update_intx(struct pci *p)
{
	uint32_t command = pci_get(p, PCI_COMMAND, 2);
	bool wanted = p->isr && !p->msix.enabled;
	bool level = wanted && !(command & PCI_COMMAND_INTX_DISABLE);

	pci_set(p, PCI_STATUS, 2,
		PCI_STATUS_CAP_LIST | (wanted ? PCI_INTX_BIT : 0));
	if (level != p->intx && !platform_set_intx(p->devfn, PCI_PIN, level))
		p->intx = level;
}

/* ---- accesses to the space ---- */

static bool pci_touches(unsigned int offset, unsigned int size, unsigned int at,
			unsigned int len)
{
	return offset < at + len && at < offset + size;
}

static unsigned int pci_access_data(const struct pci *p)
{
	return p->access_cap +
	       offsetof(struct virtio_pci_cfg_cap, pci_cfg_data);
}

/* Makes the access that the guest has described. A wrong description makes none. */
static void pci_access_bar(struct pci *p, bool write)
{
	uint32_t offset = pci_get(p, p->access_cap + VIRTIO_PCI_CAP_OFFSET, 4);
	uint32_t size = pci_get(p, p->access_cap + VIRTIO_PCI_CAP_LENGTH, 4);
	unsigned int data = pci_access_data(p);

	if (p->config[p->access_cap + VIRTIO_PCI_CAP_BAR] != PCI_BAR ||
	    (size != 1 && size != 2 && size != 4) || offset % size ||
	    offset >= PCI_BAR_SIZE)
		return;
	if (write)
		bar_write(p, offset, size, pci_get(p, data, size));
	else
		pci_set(p, data, size, bar_read(p, offset, size));
}

static uint64_t pci_read(struct pci *p, unsigned int offset, unsigned int size)
{
	uint64_t value = 0;

	if (pci_touches(offset, size, pci_access_data(p), 4))
		pci_access_bar(p, false);
	for (unsigned int i = 0; i < size; i++)
		value |= (uint64_t)p->config[offset + i] << (8 * i);
	return value;
}

/* Without the right to access memory, a back end must not do it for the device. */
static void pci_command_written(struct pci *p, uint32_t before)
{
	uint32_t now = pci_get(p, PCI_COMMAND, 2);

	if (before & ~now & PCI_COMMAND_MASTER)
		virtio_halt(&p->device->virtio,
			    "the driver has switched bus mastering off");
	pci_update_intx(p);
}

static void pci_write(struct pci *p, unsigned int offset, unsigned int size,
		      uint64_t value)
{
	uint32_t command = pci_get(p, PCI_COMMAND, 2);
	uint32_t flags;

	for (unsigned int i = 0; i < size; i++, value >>= 8) {
		uint8_t bits = p->writable[offset + i];

		p->config[offset + i] = (p->config[offset + i] & ~bits) |
					(value & bits);
	}
	if (pci_touches(offset, size, PCI_COMMAND, 2))
		pci_command_written(p, command);
	if (pci_touches(offset, size, PCI_COMMAND, 2) ||
	    pci_touches(offset, size, PCI_BASE_ADDRESS_0, 4))
		bar_update(p);
	if (pci_touches(offset, size, p->msix_cap + PCI_MSIX_FLAGS, 2)) {
		flags = pci_get(p, p->msix_cap + PCI_MSIX_FLAGS, 2);
		msix_set_control(&p->msix, flags & PCI_MSIX_FLAGS_ENABLE,
				 flags & PCI_MSIX_FLAGS_MASKALL);
		pci_update_intx(p);
	}
	if (pci_touches(offset, size, pci_access_data(p), 4))
		pci_access_bar(p, true);
}

/* ---- the transport ---- */

static bool pci_decodes(const struct pci *p)
{
	return p->mapped && pci_get(p, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY;
}

static bool pci_is_inside(uint64_t offset, unsigned int size, uint64_t len)
{
	return offset < len && size <= len - offset;
}

/* Accesses that nothing answers read all ones, as on a bus. */
static void pci_access(struct device *d, struct access *a)
{
	struct pci *p = d->private;
	bool memory = a->space == SPACE_MEMORY;
	uint64_t offset = memory ? a->addr - p->mapped : a->addr;
	uint64_t len = memory ? PCI_BAR_SIZE : PCI_SPACE;

	if ((memory && !pci_decodes(p)) ||
	    !pci_is_inside(offset, a->size, len)) {
		if (!a->write)
			a->value = BAR_NOTHING;
	} else if (memory && a->write) {
		bar_write(p, offset, a->size, a->value);
	} else if (memory) {
		a->value = bar_read(p, offset, a->size);
	} else if (a->write) {
		pci_write(p, offset, a->size, a->value);
	} else {
		a->value = pci_read(p, offset, a->size);
	}
	if (!a->write && a->size < 8)
		a->value &= (UINT64_C(1) << (8 * a->size)) - 1;
}

static bool pci_wants_calls(struct device *d, unsigned int queue)
{
	struct pci *p = d->private;

	return !p->msix.enabled || msix_wants_calls(&p->msix, queue);
}

static void pci_called(struct device *d, unsigned int queue)
{
	struct pci *p = d->private;

	if (p->msix.enabled) {
		msix_called(&p->msix, queue);
		return;
	}
	p->isr |= PCI_ISR_QUEUE;
	pci_update_intx(p);
}

static void pci_free(struct device *d)
{
	struct pci *p = d->private;

	p->isr = 0;
	pci_update_intx(p);
	msix_free(&p->msix);
	bar_unmap(p);
	platform_unmap_pci(d, p->devfn);
	d->private = NULL;
	free(p);
}

static struct pci *pci_of(struct virtio *v)
{
	struct device *d =
		(void *)((char *)v - offsetof(struct device, virtio));

	return d->private;
}

/* The ISR register has the reason also with MSI-X. */
static void pci_config_changed(struct virtio *v)
{
	struct pci *p = pci_of(v);

	p->isr |= PCI_ISR_CONFIG;
	pci_update_intx(p);
	msix_send_config(&p->msix);
}

/* COMMAND, the BAR, and MSI-X's table and control belong to PCI, and stay. */
static void pci_was_reset(struct virtio *v)
{
	struct pci *p = pci_of(v);

	p->isr = 0;
	pci_update_intx(p);
	msix_reset(&p->msix);
}

static const struct transport pci_transport = {
	.access = pci_access,
	.called = pci_called,
	.wants_calls = pci_wants_calls,
	.free = pci_free,
};

static const struct virtio_transport pci_virtio_transport = {
	.config_changed = pci_config_changed,
	.was_reset = pci_was_reset,
};

int pci_attach(struct device *d, unsigned int devfn)
{
	struct pci *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	p->device = d;
	p->devfn = devfn;
	msix_init(&p->msix, &d->virtio);
	pci_make_space(p);
	err = platform_map_pci(d, devfn);
	if (err) {
		free(p);
		return err;
	}
	d->private = p;
	d->transport = &pci_transport;
	d->virtio.transport = &pci_virtio_transport;
	return 0;
}
