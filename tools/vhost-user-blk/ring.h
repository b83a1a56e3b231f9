/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A split ring and its descriptor chains.
 */
#ifndef RING_H
#define RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/virtio_ring.h>

#include <xenfm.h>

#include "backend.h"
#include "protocol.h"

/* A range of guest memory. */
struct segment {
	uint64_t addr;
	uint32_t len;
};

/*
 * The descriptors of a request: @nr_out that the device reads, then @nr_in that
 * the device writes.
 */
struct chain {
	unsigned int nr_out, nr_in;
	struct segment seg[CHAIN_MAX];
};

struct ring {
	struct xenfm_mem *mem;
	unsigned int num;	/* entries */
	bool indirect, event_idx;
	uint64_t protocol;	/* protocol features that were negotiated */
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	uint16_t avail_idx;	/* the guest's index, as last read and checked */
	uint16_t next_avail;	/* index of the next available entry */
	uint16_t next_used;	/* index of the next used entry */
	uint16_t published;	/* the used index that the guest sees */
};

/* Read @len bytes of guest memory, all of them, or return -EFAULT. */
int mem_read(struct xenfm_mem *mem, void *to, uint64_t addr, size_t len);

/*
 * Map the three parts of the ring. The caller has set @mem, @num, @indirect,
 * @event_idx and @protocol.
 */
int ring_map(struct ring *ring, const struct vu_addr *addr);
void ring_unmap(struct ring *ring);

/*
 * Take the next available entry. @found: there was one. @head: its first
 * descriptor, less than @num.
 */
const char *ring_next(struct ring *ring, bool *found, uint16_t *head);
const char *ring_chain(struct ring *ring, uint16_t head, struct chain *chain);

/* Has the device ever used an entry of this ring? */
bool ring_has_used(const struct ring *ring);
/* Write a used entry. ring_publish() shows it to the guest. */
const char *ring_give(struct ring *ring, uint16_t head, uint32_t written);
/*
 * Show all used entries to the guest. @notify: the guest wants a notification
 * for them.
 */
const char *ring_publish(struct ring *ring, bool *notify);
/*
 * Ask the guest for kicks, or tell it not to kick. @more, if @want: an entry is
 * available already; else it is true.
 */
const char *ring_want_kicks(struct ring *ring, bool want, bool *more);

#endif /* RING_H */
