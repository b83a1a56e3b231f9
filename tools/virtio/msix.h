/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * MSI-X of a virtio-pci function: the table of messages, their masks, and which of them is
 * bound to which queue's calls.
 *
 * A vector is live if MSI-X is enabled and neither mask is set. A live vector's message is
 * bound to the eventfds of its queues (platform_bind_msi), so calls become interrupts
 * without this program. While a vector is not live, a call stays in its eventfd: this is
 * the vector's pending bit.
 */
#ifndef MSIX_H
#define MSIX_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/pci_regs.h>

#include "platform.h"
#include "virtio.h"

#define MSIX_VECTORS_MAX (VIRTIO_QUEUES_MAX + 1)
#define MSIX_TABLE_MAX	 (MSIX_VECTORS_MAX * PCI_MSIX_ENTRY_SIZE)

struct msix_entry {
	struct msi msi;
	bool masked;
};

struct msix_binding {
	bool bound;
	struct msi msi;
};

struct msix {
	struct virtio *v;
	unsigned int vectors;
	struct msix_entry entry[MSIX_VECTORS_MAX];
	struct msix_binding queue[VIRTIO_QUEUES_MAX];
	bool enabled, masked; /* of the whole function */
	uint16_t config_vector;
	bool config_pending; /* a change that a mask holds back */
	bool failed; /* a line has said that an interrupt is not bound */
};

/* One vector for each queue, and one for changes of the configuration. */
void msix_init(struct msix *m, struct virtio *v);
/* Unbinds all. */
void msix_free(struct msix *m);
/* The device was reset: its queues have no vectors. The table and the masks stay. */
void msix_reset(struct msix *m);

/* The control register of the capability was written. */
void msix_set_control(struct msix *m, bool enabled, bool masked);
/* @vector if there is one with this number, else VIRTIO_NO_VECTOR. */
uint16_t msix_vector(const struct msix *m, uint16_t vector);
/* Called when the vector of a queue, or of the configuration, is another. */
void msix_update(struct msix *m);

/* Dwords and quadwords that are aligned are answered. False: all others. */
bool msix_read_table(const struct msix *m, unsigned int offset,
		     unsigned int size, uint64_t *value);
bool msix_write_table(struct msix *m, unsigned int offset, unsigned int size,
		      uint64_t value);
bool msix_read_pba(const struct msix *m, unsigned int offset, unsigned int size,
		   uint64_t *value);

/* Tells the driver that the configuration has changed. */
void msix_send_config(struct msix *m);
/*
 * True if the queue's vector is live, but could not be bound. Then msix_called() is called
 * for each signal of the queue's eventfd, which the caller has read.
 */
bool msix_wants_calls(const struct msix *m, unsigned int queue);
void msix_called(struct msix *m, unsigned int queue);

#endif /* MSIX_H */
