/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A guest for tests of the registers of tools/virtio's devices. It finds all registers of
 * a function by its capabilities, as a driver does, and accesses them through the machine
 * (machine.h). The front end is a stand-in: it only notes what the core asks of it.
 */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <endian.h>
#include <stddef.h>

#include <linux/pci_regs.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include "tap.h"
#include "frontend.h"
#include "kind.h"
#include "machine.h"
#include "spec.h"

#define BIT(n)	   (UINT64_C(1) << (n))
#define ONES(size) ((size) == 8 ? UINT64_MAX : BIT(8 * (size)) - 1)

#define SLOT	 5
#define BAR_ADDR UINT64_C(0xf2000000)
#define BAR_LEN	 UINT64_C(0x4000)
#define MSI_ADDR UINT64_C(0xfee01000)
#define MSI_DATA 0x4031 /* of vector 0; the others follow */

#define FEATURES                                                      \
	(BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_RING_F_INDIRECT_DESC) | \
	 BIT(VIRTIO_RING_F_EVENT_IDX) | BIT(VIRTIO_BLK_F_SEG_MAX) |   \
	 BIT(VIRTIO_BLK_F_FLUSH) | BIT(VIRTIO_BLK_F_MQ))

/* ---- the stand-in for the front end: registers_frontend.c ---- */

struct frontend {
	struct virtio *v;
	bool refuses; /* frontend_start() fails */
	bool running;
	unsigned int starts, stops;
	/* as they were at the last start */
	uint64_t features;
	struct virtio_queue queue[VIRTIO_QUEUES_MAX];
	unsigned int enabled; /* queues */
};

/* ---- the guest ---- */

/* A structure that a capability of virtio describes. */
struct structure {
	unsigned int at; /* of the capability; 0: there is none */
	uint8_t bar;
	uint32_t offset, length;
};

struct guest {
	struct device d;
	struct spec spec;
	struct frontend *f;
	unsigned int devfn;
	uint64_t bar;
	struct structure common, notify, isr, config, access;
	unsigned int msix; /* the capability */
	unsigned int vectors;
	uint64_t table, pba; /* offsets in the BAR */
};

/*
 * Makes a device of this description, in a guest of two vCPUs, and reads its
 * capabilities.
 */
void guest_make(struct guest *g, const char *text, unsigned int slot);
/* The same, with a back end of these features; the BAR is at @bar. */
void guest_start_at(struct guest *g, const char *text, uint64_t features,
		    unsigned int slot, uint64_t bar);
/* The same, in SLOT at BAR_ADDR. */
void guest_start(struct guest *g, const char *text, uint64_t features);
#define guest_start_blk(g) guest_start(g, "blk,socket=/s,queues=2", FEATURES)
/* Frees the device. Nothing of it is left in the machine. */
void guest_end(struct guest *g);

/* A configuration of 60 bytes, whose bytes are 1, 2, 3... */
const uint8_t *blk_config(void);
const char *guest_connect(struct guest *g, uint64_t features,
			  unsigned int queues);

uint64_t cfg_read(const struct guest *g, unsigned int reg, unsigned int size);
void cfg_write(const struct guest *g, unsigned int reg, unsigned int size,
	       uint64_t value);
uint64_t bar_get(const struct guest *g, uint64_t offset, unsigned int size);
void bar_set(const struct guest *g, uint64_t offset, unsigned int size,
	     uint64_t value);

/* Fields of the common configuration, by their own width. */
#define FIELD(field) offsetof(struct virtio_pci_common_cfg, field)
#define WIDTH(field) sizeof(((struct virtio_pci_common_cfg *)0)->field)
#define get(g, field) \
	bar_get(g, (g)->common.offset + FIELD(field), WIDTH(field))
#define set(g, field, value) \
	bar_set(g, (g)->common.offset + FIELD(field), WIDTH(field), value)

uint64_t guest_offered(const struct guest *g);
void guest_accept(const struct guest *g, uint64_t features);
/* Sets the features and FEATURES_OK. */
void guest_negotiate(const struct guest *g, uint64_t features);
/* Sets the addresses and the size of a queue, and enables it. */
void guest_set_queue(const struct guest *g, uint16_t queue, uint16_t size);
void guest_set_vector(const struct guest *g, uint16_t queue, uint16_t vector);
/* All from the reset to DRIVER_OK, with all queues that the device has. */
void guest_drive(const struct guest *g, uint64_t features);
/* Writes all messages of the table, clears the masks, and enables MSI-X. */
void guest_use_msix(const struct guest *g);
void guest_set_message(const struct guest *g, unsigned int vector,
		       uint64_t addr, uint32_t data);
void guest_mask(const struct guest *g, unsigned int vector, bool masked);
void guest_control(const struct guest *g, uint16_t flags);
bool guest_pending(const struct guest *g, unsigned int vector);
/* Interrupts by this vector that have come and were not forgotten. */
unsigned int guest_came(const struct guest *g, unsigned int vector);

/* The back end calls, and the machine delivers what there is to deliver. */
void call(struct guest *g, unsigned int queue);
/* Kicks that have come to the back end since the last time. */
uint64_t kicks(const struct guest *g, unsigned int queue);

#endif /* REGISTERS_H */
