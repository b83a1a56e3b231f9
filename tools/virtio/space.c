// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What the configuration space of a virtio-pci function has at its start: the header and
 * the list of capabilities. pci.c changes it as the guest writes.
 */
#include <endian.h>
#include <stddef.h>
#include <string.h>

#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>

#include "kind.h"
#include "pci.h"

#define PCI_VENDOR    0x1af4
#define PCI_MODERN    0x1040 /* plus the virtio id */
#define PCI_REVISION  1
#define PCI_SUBSYSTEM 0x1100 /* drivers for Windows look for it */
#define PCI_FIRST_CAP 0x40
#define PCI_COMMAND_BITS                                                \
	(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY | \
	 PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE)

uint32_t pci_get(const struct pci *p, unsigned int offset, unsigned int size)
{
	uint32_t value = 0;

	memcpy(&value, p->config + offset, size);
	return le32toh(value);
}

void pci_set(struct pci *p, unsigned int offset, unsigned int size,
	     uint32_t value)
{
	value = htole32(value);
	memcpy(p->config + offset, &value, size);
}

static void pci_let_write(struct pci *p, unsigned int offset, unsigned int size,
			  uint32_t bits)
{
	bits = htole32(bits);
	memcpy(p->writable + offset, &bits, size);
}

/* ---- making the space ---- */

static unsigned int pci_add_cap(struct pci *p, uint8_t id, unsigned int size)
{
	unsigned int at = p->caps_end;

	p->config[p->last_cap] = at;
	p->config[at] = id;
	p->last_cap = at + PCI_CAP_LIST_NEXT;
	p->caps_end += size;
	return at;
}

/* A capability of virtio: it says where in the BAR a structure is. */
static unsigned int pci_add_virtio(struct pci *p, uint8_t type,
				   unsigned int size, uint32_t offset,
				   uint32_t length)
{
	unsigned int at = pci_add_cap(p, PCI_CAP_ID_VNDR, size);

	p->config[at + VIRTIO_PCI_CAP_LEN] = size;
	p->config[at + VIRTIO_PCI_CAP_CFG_TYPE] = type;
	p->config[at + VIRTIO_PCI_CAP_BAR] = PCI_BAR;
	pci_set(p, at + VIRTIO_PCI_CAP_OFFSET, 4, offset);
	pci_set(p, at + VIRTIO_PCI_CAP_LENGTH, 4, length);
	return at;
}

/* The guest sets where and how wide an access is, and accesses the last four bytes. */
static void pci_add_access(struct pci *p)
{
	p->access_cap = pci_add_virtio(p, VIRTIO_PCI_CAP_PCI_CFG,
				       sizeof(struct virtio_pci_cfg_cap), 0, 0);
	p->writable[p->access_cap + VIRTIO_PCI_CAP_BAR] = 0xff;
	pci_let_write(p, p->access_cap + VIRTIO_PCI_CAP_OFFSET, 4, ~0U);
	pci_let_write(p, p->access_cap + VIRTIO_PCI_CAP_LENGTH, 4, ~0U);
	pci_let_write(p,
		      p->access_cap +
			      offsetof(struct virtio_pci_cfg_cap, pci_cfg_data),
		      4, ~0U);
}

static void pci_add_msix(struct pci *p)
{
	p->msix_cap = pci_add_cap(p, PCI_CAP_ID_MSIX, PCI_CAP_MSIX_SIZEOF);
	pci_set(p, p->msix_cap + PCI_MSIX_FLAGS, 2, p->msix.vectors - 1);
	pci_set(p, p->msix_cap + PCI_MSIX_TABLE, 4, BAR_TABLE | PCI_BAR);
	pci_set(p, p->msix_cap + PCI_MSIX_PBA, 4, BAR_PBA | PCI_BAR);
	pci_let_write(p, p->msix_cap + PCI_MSIX_FLAGS, 2,
		      PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
}

/* A device without configuration has no capability for it: its length would be 0. */
static void pci_add_caps(struct pci *p)
{
	const struct virtio *v = &p->device->virtio;
	const unsigned int size = sizeof(struct virtio_pci_cap);

	p->last_cap = PCI_CAPABILITY_LIST;
	p->caps_end = PCI_FIRST_CAP;
	pci_add_virtio(p, VIRTIO_PCI_CAP_COMMON_CFG, size, BAR_COMMON,
		       BAR_COMMON_SIZE);
	pci_add_virtio(p, VIRTIO_PCI_CAP_ISR_CFG, size, BAR_ISR, 1);
	if (v->config_size)
		pci_add_virtio(p, VIRTIO_PCI_CAP_DEVICE_CFG, size, BAR_CONFIG,
			       v->config_size);
	/* The multiplier of the queues' addresses, its last field, is 0. */
	pci_add_virtio(p, VIRTIO_PCI_CAP_NOTIFY_CFG,
		       sizeof(struct virtio_pci_notify_cap), BAR_NOTIFY,
		       BAR_NOTIFY_SIZE);
	pci_add_access(p);
	pci_add_msix(p);
}

void pci_make_space(struct pci *p)
{
	const struct virtio *v = &p->device->virtio;

	pci_set(p, PCI_VENDOR_ID, 2, PCI_VENDOR);
	pci_set(p, PCI_DEVICE_ID, 2, PCI_MODERN + v->id);
	pci_set(p, PCI_STATUS, 2, PCI_STATUS_CAP_LIST);
	pci_set(p, PCI_CLASS_REVISION, 4, v->kind->class << 8 | PCI_REVISION);
	pci_set(p, PCI_SUBSYSTEM_VENDOR_ID, 2, PCI_VENDOR);
	pci_set(p, PCI_SUBSYSTEM_ID, 2, PCI_SUBSYSTEM);
	p->config[PCI_INTERRUPT_PIN] = PCI_PIN + 1;
	pci_let_write(p, PCI_COMMAND, 2, PCI_COMMAND_BITS);
	pci_let_write(p, PCI_BASE_ADDRESS_0, 4, PCI_BAR_SIZING);
	p->writable[PCI_CACHE_LINE_SIZE] = 0xff;
	p->writable[PCI_LATENCY_TIMER] = 0xff;
	p->writable[PCI_INTERRUPT_LINE] = 0xff;
	pci_add_caps(p);
}
