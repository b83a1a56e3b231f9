/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A virtio-pci function, modern only (virtio 1.3, section 4.1): space.c makes its
 * configuration space, pci.c handles accesses to it, bar.c has the registers in its memory
 * BAR, msix.c the interrupts by messages.
 *
 * There is one BAR of 32 bits. Firmware places it below 4 GiB, as it is small, so firmware
 * of 32 bits can access it. All queues are kicked at one address.
 */
#ifndef PCI_H
#define PCI_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"
#include "msix.h"

#define PCI_SPACE    256 /* bytes of configuration space */
#define PCI_BAR	     0
#define PCI_BAR_SIZE 0x4000

/*
 * What the BAR reads as after ~0 was written to it, to learn its size. No device can have
 * this address: firmware is there.
 */
#define PCI_BAR_SIZING ((uint32_t)-PCI_BAR_SIZE)

/* What is where in the BAR. The MSI-X table and the PBA have pages of their own. */
#define BAR_COMMON 0x0000
#define BAR_ISR	   0x0100
#define BAR_NOTIFY 0x0200
#define BAR_CONFIG 0x0300
#define BAR_TABLE  0x1000
#define BAR_PBA	   0x2000

#define BAR_COMMON_SIZE 56 /* up to queue_notify_data */
#define BAR_NOTIFY_SIZE 4

/* Bits of the ISR register. */
#define PCI_PIN 0 /* INTA */

#define PCI_ISR_QUEUE  1
#define PCI_ISR_CONFIG 2

struct pci {
	struct device *device;
	unsigned int devfn;
	uint8_t config[PCI_SPACE];
	uint8_t writable[PCI_SPACE]; /* bits that the guest can change */
	unsigned int caps_end;	     /* where the next capability goes */
	unsigned int last_cap;	 /* offset of the byte that has its offset */
	unsigned int access_cap; /* PCI_CFG */
	unsigned int msix_cap;
	uint64_t mapped; /* address of the BAR for the platform, or 0 */
	uint64_t kicks;	 /* a bit for each queue whose kick is bound there */
	uint8_t isr;
	bool intx; /* the level of the pin */
	struct msix msix;
};

/* ---- space.c ---- */

void pci_make_space(struct pci *p);
/* Registers of 1, 2 or 4 bytes, without regard to what the guest can change. */
uint32_t pci_get(const struct pci *p, unsigned int offset, unsigned int size);
void pci_set(struct pci *p, unsigned int offset, unsigned int size,
	     uint32_t value);

/* ---- pci.c ---- */

/* Sets the pin and the status bit to what the ISR register and the masks say. */
void pci_update_intx(struct pci *p);

/* ---- bar.c ---- */

/* What registers read as that do not answer. */
#define BAR_NOTHING UINT64_MAX

/* @size: 1, 2, 4 or 8 bytes; they lie in the BAR. */
uint64_t bar_read(struct pci *p, unsigned int offset, unsigned int size);
void bar_write(struct pci *p, unsigned int offset, unsigned int size,
	       uint64_t value);
/* Called when COMMAND or the BAR was written: maps the BAR where they say. */
void bar_update(struct pci *p);
void bar_unmap(struct pci *p);

#endif /* PCI_H */
