// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A split ring of virtio 1.2 (2.7). The guest can write to all three parts at any
 * time. So this file reads each field once, and checks the copy.
 */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "guard.h"
#include "ring.h"

#define GONE "a page of the ring cannot be accessed"

int mem_read(struct xenfm_mem *mem, void *to, uint64_t addr, size_t len)
{
	while (len) {
		size_t piece = len;
		void *from;
		int ret;

		ret = xenfm_mem_get(mem, addr, &piece, 0, &from);
		if (ret)
			return ret;
		ret = guard_read(to, from, piece);
		xenfm_mem_put(mem, from, piece);
		if (ret)
			return ret;
		to = (char *)to + piece;
		addr += piece;
		len -= piece;
	}
	return 0;
}

/*
 * Find the guest's address of @len bytes. The front end has sent the address
 * @said. With VU_PROTOCOL_F_GPA @said is the guest's address, otherwise the front
 * end's. Some front ends do not follow that. A front end with XEN_MMAP may not
 * have mapped the guest's memory: it has only the guest's address. Other front
 * ends acknowledge VU_PROTOCOL_F_GPA because its number once had another meaning.
 * So if no region has the address of one kind, this function tries the other.
 */
static int guest_addr(const struct ring *ring, uint64_t said, size_t len,
		      uint64_t *addr)
{
	struct xenfm_mem_info info;
	int ret;

	*addr = said;
	if (ring->protocol & VU_PROTOCOL_F_GPA &&
	    !xenfm_mem_info(ring->mem, said, &info))
		return 0;
	ret = xenfm_mem_guest_addr(ring->mem, said, len, addr);
	return ret && ring->protocol & VU_PROTOCOL_F_XEN_MMAP ? 0 : ret;
}

/* Map a part of the ring: @len bytes at @said, in one piece and aligned. */
static int map_part(const struct ring *ring, uint64_t said, size_t len,
		    size_t align, void **part)
{
	struct xenfm_mem *mem = ring->mem;
	size_t piece = len;
	uint64_t addr;
	void *ptr;
	int ret;

	ret = guest_addr(ring, said, len, &addr);
	if (!ret)
		ret = xenfm_mem_get(mem, addr, &piece, XENFM_MAP_WRITE, &ptr);
	if (ret)
		return ret;
	if (piece != len || (uintptr_t)ptr % align) {
		xenfm_mem_put(mem, ptr, piece);
		return piece != len ? -EFAULT : -EINVAL;
	}
	*part = ptr;
	return 0;
}

static size_t desc_len(const struct ring *ring)
{
	return sizeof(struct vring_desc) * ring->num;
}

/*
 * The lengths of the available and the used part include used_event and
 * avail_event, which exist without VIRTIO_RING_F_EVENT_IDX, too.
 */
static size_t avail_len(const struct ring *ring)
{
	return sizeof(struct vring_avail) + 2 * ring->num + 2;
}

static size_t used_len(const struct ring *ring)
{
	return sizeof(struct vring_used) +
	       sizeof(struct vring_used_elem) * ring->num + 2;
}

int ring_map(struct ring *ring, const struct vu_addr *addr)
{
	uint16_t used_idx;
	void *part;
	int ret;

	ring->desc = NULL;
	ring->avail = NULL;
	ring->used = NULL;
	ret = map_part(ring, addr->desc, desc_len(ring), 16, &part);
	if (ret)
		return ret;
	ring->desc = part;
	ret = map_part(ring, addr->avail, avail_len(ring), 2, &part);
	if (ret)
		goto err;
	ring->avail = part;
	ret = map_part(ring, addr->used, used_len(ring), 4, &part);
	if (ret)
		goto err;
	ring->used = part;
	ret = guard_load(&used_idx, &ring->used->idx);
	if (ret)
		goto err;
	ring->next_used = ring->published = used_idx;
	return 0;
err:
	ring_unmap(ring);
	return ret;
}

void ring_unmap(struct ring *ring)
{
	if (ring->desc)
		xenfm_mem_put(ring->mem, ring->desc, desc_len(ring));
	if (ring->avail)
		xenfm_mem_put(ring->mem, ring->avail, avail_len(ring));
	if (ring->used)
		xenfm_mem_put(ring->mem, ring->used, used_len(ring));
	ring->desc = NULL;
	ring->avail = NULL;
	ring->used = NULL;
}

/* Reads the guest's index only when all entries that it showed are taken. */
const char *ring_next(struct ring *ring, bool *found, uint16_t *head)
{
	uint16_t idx;

	*found = false;
	if (ring->next_avail == ring->avail_idx) {
		if (guard_load(&idx, &ring->avail->idx))
			return GONE;
		if ((uint16_t)(idx - ring->next_avail) > ring->num)
			return "the available index runs ahead of the ring";
		ring->avail_idx = idx;
		if (ring->next_avail == idx)
			return NULL;
	}
	if (guard_load(head, &ring->avail->ring[ring->next_avail % ring->num]))
		return GONE;
	if (*head >= ring->num)
		return "an available descriptor is beyond the ring";
	ring->next_avail++;
	*found = true;
	return NULL;
}

/* A table of descriptors: that of the ring, or a copy of an indirect table. */
struct table {
	const struct vring_desc *desc;
	unsigned int num;
	bool indirect;
};

static const char *fetch(const struct table *table, unsigned int at,
			 struct vring_desc *desc)
{
	if (at >= table->num)
		return "a descriptor's next is beyond its table";
	return guard_read(desc, &table->desc[at], sizeof(*desc)) ? GONE : NULL;
}

static const char *add(struct chain *chain, const struct vring_desc *desc)
{
	unsigned int nr = chain->nr_out + chain->nr_in;

	if (nr == CHAIN_MAX)
		return "a chain has too many descriptors";
	if (!desc->len)
		return "a descriptor of no bytes";
	if (desc->addr + (desc->len - 1) < desc->addr)
		return "a descriptor runs beyond the last address";
	if (desc->flags & VRING_DESC_F_WRITE)
		chain->nr_in++;
	else if (chain->nr_in)
		return "a descriptor to read follows one to write";
	else
		chain->nr_out++;
	chain->seg[nr] = (struct segment){ desc->addr, desc->len };
	return NULL;
}

/*
 * Follow the descriptors of a table from @at on. An indirect descriptor ends the
 * chain in this table; it is in @desc then.
 */
static const char *follow(const struct table *table, unsigned int at,
			  bool indirect, struct chain *chain,
			  struct vring_desc *desc)
{
	const char *why;

	/* A chain that is a loop ends in add(), which limits the length. */
	for (;;) {
		why = fetch(table, at, desc);
		if (why)
			return why;
		if (desc->flags & VRING_DESC_F_INDIRECT)
			break;
		why = add(chain, desc);
		if (why || !(desc->flags & VRING_DESC_F_NEXT))
			return why;
		at = desc->next;
	}
	if (table->indirect)
		return "an indirect descriptor in an indirect table";
	if (!indirect)
		return "an indirect descriptor that was not negotiated";
	if (desc->flags & VRING_DESC_F_NEXT)
		return "an indirect descriptor with a next";
	return NULL;
}

const char *ring_chain(struct ring *ring, uint16_t head, struct chain *chain)
{
	struct table table = { ring->desc, ring->num, false };
	struct vring_desc copy[CHAIN_MAX], desc;
	const char *why;

	chain->nr_out = chain->nr_in = 0;
	why = follow(&table, head, ring->indirect, chain, &desc);
	if (why || !(desc.flags & VRING_DESC_F_INDIRECT))
		return why;
	if (!desc.len || desc.len % sizeof(copy[0]) || desc.len > sizeof(copy))
		return "an indirect table of a wrong length";
	if (mem_read(ring->mem, copy, desc.addr, desc.len))
		return "an indirect table that cannot be read";
	table = (struct table){ copy, desc.len / sizeof(copy[0]), true };
	return follow(&table, 0, false, chain, &desc);
}

/*
 * The index may have wrapped to 0. Then the last entry tells: an entry that was
 * used has a length other than 0.
 */
bool ring_has_used(const struct ring *ring)
{
	struct vring_used_elem last;

	if (ring->next_used)
		return true;
	return !guard_read(&last, &ring->used->ring[ring->num - 1],
			   sizeof(last)) &&
	       last.len;
}

const char *ring_give(struct ring *ring, uint16_t head, uint32_t written)
{
	struct vring_used_elem elem = { .id = head, .len = written };

	if (guard_write(&ring->used->ring[ring->next_used % ring->num], &elem,
			sizeof(elem)))
		return GONE;
	ring->next_used++;
	return NULL;
}

static uint16_t *used_event(const struct ring *ring)
{
	return &ring->avail->ring[ring->num];
}

static uint16_t *avail_event(const struct ring *ring)
{
	return (uint16_t *)&ring->used->ring[ring->num];
}

const char *ring_publish(struct ring *ring, bool *notify)
{
	uint16_t old = ring->published, said;

	*notify = false;
	if (ring->next_used == old)
		return NULL;
	if (guard_store(&ring->used->idx, ring->next_used))
		return GONE;
	ring->published = ring->next_used;
	/*
	 * Write the index before reading whether the guest wants a
	 * notification: the guest does the two in the reverse order.
	 */
	atomic_thread_fence(memory_order_seq_cst);
	if (guard_load(&said, ring->event_idx ? used_event(ring) :
						&ring->avail->flags))
		return GONE;
	*notify = ring->event_idx ?
			  vring_need_event(said, ring->next_used, old) :
			  !(said & VRING_AVAIL_F_NO_INTERRUPT);
	return NULL;
}

/*
 * With VIRTIO_RING_F_EVENT_IDX the guest kicks when its index passes avail_event.
 * To get no kicks, the device does not move avail_event.
 */
const char *ring_want_kicks(struct ring *ring, bool want, bool *more)
{
	uint16_t idx;
	int ret = 0;

	if (!ring->event_idx)
		ret = guard_store(&ring->used->flags,
				  want ? 0 : VRING_USED_F_NO_NOTIFY);
	else if (want)
		ret = guard_store(avail_event(ring), ring->next_avail);
	if (ret)
		return GONE;
	if (!want) {
		*more = true;
		return NULL;
	}
	/*
	 * Ask for kicks before reading the index: the guest writes the index
	 * before it reads whether to kick.
	 */
	atomic_thread_fence(memory_order_seq_cst);
	if (guard_load(&idx, &ring->avail->idx))
		return GONE;
	*more = idx != ring->next_avail;
	return NULL;
}
