// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The messages that start the rings: features, memory, the area for requests in flight,
 * and the rings themselves. See session.h.
 */
#include <stddef.h>
#include <sys/stat.h>

#include <linux/virtio_ring.h>

#include "regions.h"
#include "session.h"

/* True if the ring's three parts are in memory. Some back ends end if they are not. */
static bool session_ring_is_in_memory(const struct virtio_queue *q,
				      const struct region_table *memory)
{
	return regions_have(memory, q->desc,
			    q->size * sizeof(struct vring_desc)) &&
	       regions_have(memory, q->driver,
			    sizeof(struct vring_avail) +
				    (q->size + 1) * sizeof(uint16_t)) &&
	       regions_have(memory, q->device,
			    sizeof(struct vring_used) + sizeof(uint16_t) +
				    q->size * sizeof(struct vring_used_elem));
}

static const char *session_check_rings(struct session *s,
				       const struct virtio *v)
{
	unsigned int i;

	for (i = 0; i < v->queues; i++) {
		if (!v->queue[i].enabled ||
		    session_ring_is_in_memory(&v->queue[i], s->memory))
			continue;
		s->channel.refused = true;
		return channel_fail(
			&s->channel,
			"the driver has put queue %u where the guest "
			"has no memory",
			i);
	}
	return NULL;
}

static struct vu_xen_region session_region(const struct region_table *memory,
					   unsigned int i)
{
	const struct region *r = &memory->region[i];

	return (struct vu_xen_region){
		.region = { .guest_addr = r->guest_addr,
			    .size = r->size,
			    .user_addr = r->guest_addr + REGIONS_OUR_ADDRESS,
			    .mmap_offset = r->offset },
		.flags = memory->way == REGION_GRANT ?
				 VU_XEN_GRANT | VU_XEN_NO_ADVANCE_MAP :
				 VU_XEN_FOREIGN,
		.domid = memory->domid,
	};
}

static const char *session_add_regions(struct session *s)
{
	const struct region_table *memory = s->memory;
	const uint32_t size = memory->way == REGION_FILE ?
				      offsetof(struct vu_slot, plain) +
					      sizeof(struct vu_region) :
				      sizeof(struct vu_slot);
	struct vu_slot slot = { 0 };
	struct message m;
	const char *why = NULL;
	unsigned int i;

	for (i = 0; !why && i < memory->nr; i++) {
		slot.xen = session_region(memory, i);
		m = message_new(VU_ADD_MEM_REG, &slot, size);
		m.nr_fds = 1;
		m.fds[0] = memory->region[i].fd;
		why = channel_ask(&s->channel, m);
	}
	s->has_memory = !why;
	return why;
}

static const char *session_set_table(struct session *s)
{
	const struct region_table *memory = s->memory;
	const bool xen = memory->way != REGION_FILE;
	struct vu_table table = { .num = memory->nr };
	struct message m;
	unsigned int i;

	for (i = 0; i < memory->nr; i++) {
		if (xen)
			table.xen[i] = session_region(memory, i);
		else
			table.plain[i] = session_region(memory, i).region;
	}
	m = message_new(VU_SET_MEM_TABLE, &table,
			xen ? offsetof(struct vu_table, xen[memory->nr]) :
			      offsetof(struct vu_table, plain[memory->nr]));
	for (i = 0; i < memory->nr; i++)
		m.fds[i] = memory->region[i].fd;
	m.nr_fds = memory->nr;
	return channel_ask(&s->channel, m);
}

/*
 * The table replaces the one before, so it is sent at each start. Regions cannot be added
 * twice: a back end keeps them to the end of the connection.
 */
static const char *session_set_memory(struct session *s)
{
	const char *why = NULL;

	if (!(s->protocol & VU_PROTOCOL_F_MEM_SLOTS))
		why = session_set_table(s);
	else if (!s->has_memory)
		why = session_add_regions(s);
	return why ? why : channel_settle(&s->channel);
}

uint16_t session_queue_size(const struct virtio *v)
{
	uint16_t size = 0;
	unsigned int i;

	for (i = 0; i < v->queues; i++)
		if (v->queue[i].enabled && v->queue[i].size > size)
			size = v->queue[i].size;
	return size;
}

/* A file that is shorter than it is said to be would end the next back end by SIGBUS. */
static bool session_area_is_whole(const struct message *m)
{
	const struct vu_inflight *said = &m->inflight;
	struct stat st;

	return said->mmap_size && !fstat(m->fds[0], &st) &&
	       said->mmap_offset <= (uint64_t)st.st_size &&
	       said->mmap_size <= (uint64_t)st.st_size - said->mmap_offset;
}

static const char *session_get_area(struct session *s, const struct virtio *v,
				    struct frontend_inflight *area)
{
	const struct vu_inflight want = { .num_queues = v->queues,
					  .queue_size = session_queue_size(v) };
	struct message m = message_new(VU_GET_INFLIGHT_FD, &want, sizeof(want));
	const char *why;

	why = channel_get(&s->channel, &m, VU_INFLIGHT_SIZE, sizeof(want), 1);
	if (why)
		return why;
	if (!session_area_is_whole(&m)) {
		message_drop_fds(&m);
		return channel_fail(&s->channel,
				    "its area for requests in flight is wrong");
	}
	*area = (struct frontend_inflight){
		.fd = m.fds[0],
		.size = m.inflight.mmap_size,
		.offset = m.inflight.mmap_offset,
		.queues = want.num_queues,
		.queue_size = want.queue_size,
	};
	return NULL;
}

static const char *session_set_area(struct session *s, const struct virtio *v,
				    struct frontend_inflight *area)
{
	struct vu_inflight set;
	struct message m;
	const char *why;

	if (!session_has_inflight(s) || !session_queue_size(v))
		return NULL;
	if (area->fd < 0) {
		why = session_get_area(s, v, area);
		if (why)
			return why;
	}
	set = (struct vu_inflight){
		.mmap_size = area->size,
		.mmap_offset = area->offset,
		.num_queues = area->queues,
		.queue_size = area->queue_size,
	};
	m = message_new(VU_SET_INFLIGHT_FD, &set, sizeof(set));
	m.nr_fds = 1;
	m.fds[0] = area->fd;
	return channel_ask(&s->channel, m);
}

/* From the kick descriptor on, a back end may use the ring. */
static const char *session_set_ring(struct session *s,
				    const struct virtio_queue *q,
				    unsigned int i, uint16_t base)
{
	const struct vu_addr addr = {
		.index = i,
		.desc = q->desc + REGIONS_OUR_ADDRESS,
		.avail = q->driver + REGIONS_OUR_ADDRESS,
		.used = q->device + REGIONS_OUR_ADDRESS,
	};
	struct channel *c = &s->channel;
	const char *why;

	why = channel_ask(c, message_state(VU_SET_VRING_BASE, i, base));
	if (!why)
		why = channel_ask(c, message_new(VU_SET_VRING_ADDR, &addr,
						 sizeof(addr)));
	if (!why)
		why = channel_ask(c, message_fd(VU_SET_VRING_CALL, i, q->call));
	if (why)
		return why;
	s->started |= UINT64_C(1) << i;
	return channel_ask(c, message_fd(VU_SET_VRING_KICK, i, q->kick));
}

/*
 * Kicks do not come in order with messages. So when the driver is told that the device is
 * ready, the back end must have handled the message that enables the last queue.
 */
static const char *session_set_rings(struct session *s, const struct virtio *v,
				     const uint16_t *base)
{
	const char *why = NULL;
	unsigned int i;

	for (i = 0; !why && i < v->queues; i++)
		if (v->queue[i].enabled)
			why = session_set_ring(s, &v->queue[i], i, base[i]);
	for (i = 0; !why && i < v->queues; i++)
		if (v->queue[i].enabled && s->features & VU_F_PROTOCOL_FEATURES)
			why = channel_ask(&s->channel,
					  message_state(VU_SET_VRING_ENABLE, i,
							1));
	return why ? why : channel_settle(&s->channel);
}

static const char *session_set_sizes(struct session *s, const struct virtio *v)
{
	const char *why = NULL;
	unsigned int i;

	for (i = 0; !why && i < v->queues; i++)
		if (v->queue[i].enabled)
			why = channel_ask(&s->channel,
					  message_state(VU_SET_VRING_NUM, i,
							v->queue[i].size));
	return why;
}

/*
 * Acknowledgements are asked for from SET_FEATURES on. Before, some back ends do not send
 * them, though they have agreed to.
 */
const char *session_start(struct session *s, const struct virtio *v,
			  const uint16_t *base, struct frontend_inflight *area)
{
	uint64_t features = (virtio_backend_features(v) & session_features(s)) |
			    (s->features & VU_F_PROTOCOL_FEATURES);
	const char *why;

	why = session_check_rings(s, v);
	if (why)
		return why;
	s->channel.acks = s->protocol & VU_PROTOCOL_F_REPLY_ACK;
	why = channel_ask(&s->channel, message_u64(VU_SET_FEATURES, features));
	if (!why)
		why = session_set_memory(s);
	if (!why)
		why = session_set_sizes(s, v);
	if (!why)
		why = session_set_area(s, v, area);
	return why ? why : session_set_rings(s, v, base);
}
