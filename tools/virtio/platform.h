/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What a device needs from the machine around it. xen.c, server.c and irq.c implement
 * these functions on Xen. The tests without Xen have a machine of their own, which
 * implements them, too (tests/virtio/alone/machine.c).
 *
 * Every function returns 0 or -errno, and changes nothing if it fails. Any thread of a
 * device may call them.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

struct device;

/* ---- accesses of the guest ---- */

/*
 * The guest's accesses to these @len bytes of physical memory go to device_access() of
 * @device, as SPACE_MEMORY. -EEXIST: another range of this program has one of the bytes.
 * -ENOMEM: the hypervisor takes no more ranges.
 */
int platform_map_range(struct device *device, uint64_t addr, uint64_t len);
int platform_unmap_range(struct device *device, uint64_t addr, uint64_t len);
/* So do the accesses to the configuration space of the PCI function, as SPACE_PCI. */
int platform_map_pci(struct device *device, unsigned int devfn);
int platform_unmap_pci(struct device *device, unsigned int devfn);

/*
 * Kicks. The guest's write of @queue to @addr, with @width bytes (2 or 4), signals
 * @eventfd from now on, and no function of this program is called. The address must lie in
 * a range of @device. Other accesses to @addr go to device_access().
 */
int platform_bind_kick(struct device *device, uint64_t addr, unsigned int width,
		       uint16_t queue, int eventfd);
int platform_unbind_kick(struct device *device, uint64_t addr, unsigned int width,
			 uint16_t queue, int eventfd);

/* ---- interrupts ---- */

/* A message-signalled interrupt: what the guest has written to the table of MSI-X. */
struct msi {
	uint64_t addr;
	uint32_t data;
};

/*
 * Each signal of @eventfd sends the message from now on. A signal that came before is
 * sent, too. An eventfd has one binding at most (-EBUSY).
 */
int platform_bind_msi(const struct msi *msi, int eventfd);
/* A signal that comes later, or that comes meanwhile, stays in the eventfd. */
int platform_unbind_msi(const struct msi *msi, int eventfd);
/* Sends it once. */
int platform_send_msi(const struct msi *msi);

/* The level of interrupt pin @pin, 0 to 3 for INTA to INTD, of the PCI function. */
int platform_set_intx(unsigned int devfn, unsigned int pin, bool level);

/* Arm: the same for an edge-triggered interrupt line, a shared peripheral interrupt. */
int platform_bind_irq(uint32_t irq, int eventfd);
int platform_unbind_irq(uint32_t irq, int eventfd);
int platform_send_irq(uint32_t irq);

#endif /* PLATFORM_H */
