/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A device: a core (virtio.h), a transport and a front end, in a thread of its own. So a
 * back end that does not answer holds up the vCPU that waits for this device, and nothing
 * else.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "virtio.h"

enum space {
	SPACE_PCI,	/* configuration space; the address is the register's number */
	SPACE_MEMORY,	/* guest physical address */
};

struct access {
	enum space space;
	bool write;
	unsigned int size;	/* 1, 2, 4 or 8 bytes */
	uint64_t addr;
	uint64_t value;		/* written, or the answer */
};

struct device;

/* A transport: pci.c or mmio.c. */
struct transport {
	/* Handles one access. Called by the device's thread. */
	void (*access)(struct device *d, struct access *a);
	/* A call that no interrupt is bound to: without MSI-X, for instance. */
	void (*called)(struct device *d, unsigned int queue);
	/* True if the transport wants called() for this queue now. */
	bool (*wants_calls)(struct device *d, unsigned int queue);
	void (*free)(struct device *d);
};

struct device {
	struct virtio virtio;
	const struct transport *transport;
	void *private;		/* the transport's */
	struct mailbox *mailbox; /* of the thread: device.c */
};

/* pci.c: @devfn is slot << 3 | function. 0 or -errno. */
int pci_attach(struct device *d, unsigned int devfn);
/* mmio.c: @addr is guest physical. */
int mmio_attach(struct device *d, uint64_t addr, uint32_t irq);

/* ---- device.c: the thread ---- */

struct request;

/*
 * Starts the device's thread. From now on the device belongs to it. It signals the eventfd
 * @connected once, when the first back end serves. 0 or -errno.
 */
int device_start(struct device *d, int connected);
/* True if it has. */
bool device_was_connected(const struct device *d);
/* Gives the device a request, which its thread completes. Any thread may call this. */
void device_post(struct device *d, struct request *r);

#endif /* DEVICE_H */
