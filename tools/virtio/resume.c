// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Where a ring goes on after its back end was lost: at its used index, as the back ends
 * that keep a record expect it, too.
 *
 * Without a record, that is right if the back end has used the buffers in the order in
 * which they were made available. Drivers that have negotiated IN_ORDER are promised this,
 * and back ends of networks and sockets do it. A disk may complete requests in any order.
 * If nothing was in flight, there is nothing to lose. If one request was, and all earlier
 * ones that the ring still shows were completed in order, then this request is the one at
 * the used index: the driver makes one request at a time. Only a request that has been in
 * flight for more than the whole ring, while others came and went one at a time, could be
 * taken for it. If more were in flight, nobody knows which.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>

#include "regions.h"
#include "resume.h"
#include "../vhost-user-blk/say.h"

void resume_reset(struct resume *r)
{
	*r = (struct resume){ .noted = false };
}

static const char *__attribute__((format(printf, 2, 3)))
resume_because(struct resume *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
	return r->text;
}

/* Both rings have their index in the second word. */
static int resume_read_used(const struct virtio_queue *q,
			    const struct region_table *memory, uint16_t *used)
{
	return regions_read(memory,
			    q->device + offsetof(struct vring_used, idx), used,
			    sizeof(*used));
}

/* True if back ends of this device use the buffers of each queue in order. */
static bool resume_keeps_order(const struct virtio *v)
{
	return v->accepted & (UINT64_C(1) << VIRTIO_F_IN_ORDER) ||
	       v->id == VIRTIO_ID_NET || v->id == VIRTIO_ID_VSOCK;
}

/* True if all completed requests that both rings still show have the same places in both. */
static bool resume_was_in_order(const struct virtio_queue *q,
				const struct region_table *memory,
				uint16_t avail, uint16_t used)
{
	struct vring_used_elem done[VIRTIO_QUEUE_SIZE_MAX];
	uint16_t made[VIRTIO_QUEUE_SIZE_MAX], i;

	if (regions_read(memory, q->driver + offsetof(struct vring_avail, ring),
			 made, q->size * sizeof(made[0])) ||
	    regions_read(memory, q->device + offsetof(struct vring_used, ring),
			 done, q->size * sizeof(done[0])))
		return false;
	for (i = avail - q->size; i != used; i++)
		if (made[i % q->size] != done[i % q->size].id)
			return false;
	return true;
}

static void resume_note_queue(struct resume *r, const struct virtio *v,
			      unsigned int i, const struct region_table *memory)
{
	const struct virtio_queue *q = &v->queue[i];
	uint16_t avail, used, pending;
	int err;

	err = resume_read_used(q, memory, &used);
	if (!err)
		err = regions_read(
			memory, q->driver + offsetof(struct vring_avail, idx),
			&avail, sizeof(avail));
	if (err) {
		r->never = resume_because(
			r, "the indices of queue %u cannot be read: %s", i,
			errno_name(err));
		return;
	}
	r->base[i] = used;
	pending = avail - used;
	if (!pending || resume_keeps_order(v) || r->unrecorded)
		return;
	if (pending > 1)
		r->unrecorded = resume_because(
			r,
			"the back end was lost with %u requests in queue %u, and "
			"keeps no record of those in flight",
			pending, i);
	else if (!resume_was_in_order(q, memory, avail, used))
		r->unrecorded = resume_because(
			r,
			"the back end was lost with a request in queue %u, and "
			"it is unknown which one",
			i);
}

void resume_note(struct resume *r, const struct virtio *v,
		 const struct region_table *memory)
{
	unsigned int i;

	resume_reset(r);
	r->noted = true;
	for (i = 0; i < v->queues && !r->never; i++)
		if (v->queue[i].enabled)
			resume_note_queue(r, v, i, memory);
}

/* A back end that has only been slow may still run. */
const char *resume_check(const struct resume *r, const struct virtio *v,
			 const struct region_table *memory)
{
	uint16_t used;
	unsigned int i;

	if (r->never)
		return r->never;
	for (i = 0; i < v->queues; i++)
		if (v->queue[i].enabled &&
		    (resume_read_used(&v->queue[i], memory, &used) ||
		     used != r->base[i]))
			return "the back end that was lost still uses a ring";
	return NULL;
}
