// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The messages after a connection is made, and those that stop the rings. Those that start
 * them are in start.c. See session.h.
 */
#include <stddef.h>
#include <string.h>

#include <linux/vhost_types.h>

#include "session.h"

/* Protocol features that are used if a back end offers them. */
#define SESSION_PROTOCOL                                                     \
	(VU_PROTOCOL_F_MQ | VU_PROTOCOL_F_REPLY_ACK | VU_PROTOCOL_F_CONFIG | \
	 VU_PROTOCOL_F_INFLIGHT | VU_PROTOCOL_F_RESET |                      \
	 VU_PROTOCOL_F_MEM_SLOTS)

/* ---- hello ---- */

uint64_t session_features(const struct session *s)
{
	return s->features &
	       ~(VU_F_PROTOCOL_FEATURES | (UINT64_C(1) << VHOST_F_LOG_ALL));
}

bool session_has_inflight(const struct session *s)
{
	return s->protocol & VU_PROTOCOL_F_INFLIGHT;
}

const char *session_get_config(struct session *s, unsigned int config_size)
{
	const uint32_t head = offsetof(struct vu_config, bytes);
	const struct vu_config want = { .size = config_size };
	struct message m = message_new(VU_GET_CONFIG, &want, head + want.size);
	const char *why;

	why = channel_get(&s->channel, &m, 0, head + want.size, 0);
	if (why)
		return why;
	/* An empty answer says that the back end does not have so many bytes. */
	if (m.header.size && (m.header.size <= head || m.config.offset ||
			      m.config.size != m.header.size - head))
		return channel_fail(&s->channel,
				    "its answer to GET_CONFIG is not the "
				    "configuration");
	s->config_size = m.header.size ? m.config.size : 0;
	memcpy(s->config, m.config.bytes, s->config_size);
	return NULL;
}

static const char *session_negotiate(struct session *s, bool config)
{
	const bool xen = s->memory->way != REGION_FILE;
	uint64_t offered, use = SESSION_PROTOCOL;
	struct message m;
	const char *why;

	why = channel_get_u64(&s->channel, VU_GET_FEATURES, &s->features);
	if (why)
		return why;
	/* A back end without protocol features enables its queues by itself. */
	if (!(s->features & VU_F_PROTOCOL_FEATURES))
		return xen ? "it cannot map memory of Xen" : NULL;
	why = channel_get_u64(&s->channel, VU_GET_PROTOCOL_FEATURES, &offered);
	if (why)
		return why;
	if (xen && !(offered & VU_PROTOCOL_F_XEN_MMAP))
		return "it cannot map memory of Xen";
	if (xen)
		use |= VU_PROTOCOL_F_XEN_MMAP;
	/* The only request of the back end is about its configuration. */
	if (config && offered & VU_PROTOCOL_F_CONFIG)
		use |= VU_PROTOCOL_F_BACKEND_REQ;
	s->protocol = offered & use;
	m = message_u64(VU_SET_PROTOCOL_FEATURES, s->protocol);
	return channel_tell(&s->channel, &m);
}

/* The questions that the negotiated features allow. */
static const char *session_ask(struct session *s, unsigned int config_size)
{
	uint64_t queues;
	const char *why = NULL;

	if (s->protocol & VU_PROTOCOL_F_MQ) {
		why = channel_get_u64(&s->channel, VU_GET_QUEUE_NUM, &queues);
		if (!why && (!queues || queues > UINT16_MAX))
			why = channel_fail(&s->channel,
					   "it says that it has %llu queues",
					   (unsigned long long)queues);
		if (!why)
			s->queues = queues;
	}
	if (!why && s->protocol & VU_PROTOCOL_F_MEM_SLOTS)
		why = channel_get_u64(&s->channel, VU_GET_MAX_MEM_SLOTS,
				      &s->slots);
	if (!why && s->slots < s->memory->nr)
		why = channel_fail(&s->channel,
				   "it takes %llu regions of memory, and the "
				   "guest has %u",
				   (unsigned long long)s->slots, s->memory->nr);
	if (!why && s->protocol & VU_PROTOCOL_F_BACKEND_REQ)
		why = channel_offer(&s->channel);
	if (!why && config_size && s->protocol & VU_PROTOCOL_F_CONFIG)
		why = session_get_config(s, config_size);
	return why;
}

const char *session_hello(struct session *s, unsigned int config_size)
{
	const struct message owner = message_new(VU_SET_OWNER, NULL, 0);
	const char *why;

	s->features = s->protocol = 0;
	s->started = 0;
	s->queues = 0;
	s->slots = REGIONS_MAX;
	s->has_memory = false;
	s->config_size = 0;
	why = session_negotiate(s, config_size);
	if (!why)
		why = channel_tell(&s->channel, &owner);
	return why ? why : session_ask(s, config_size);
}

/* ---- stop ---- */

static const char *session_stop_ring(struct session *s, unsigned int i)
{
	struct message m = message_state(VU_GET_VRING_BASE, i, 0);
	const char *why = channel_get(&s->channel, &m, sizeof(m.state),
				      sizeof(m.state), 0);

	if (!why && m.state.index != i)
		why = channel_fail(&s->channel,
				   "its answer to GET_VRING_BASE is about "
				   "another queue");
	return why;
}

/* Never RESET_OWNER: to some back ends this is the end of the connection. */
const char *session_stop(struct session *s)
{
	const char *why = NULL;
	unsigned int i;

	if (!s->started)
		return NULL;
	for (i = 0; !why && i < VIRTIO_QUEUES_MAX; i++)
		if (s->started & UINT64_C(1) << i)
			why = session_stop_ring(s, i);
	if (!why && s->protocol & VU_PROTOCOL_F_RESET)
		why = channel_ask(&s->channel,
				  message_new(VU_RESET_DEVICE, NULL, 0));
	if (!why)
		why = channel_settle(&s->channel);
	if (!why)
		s->started = 0;
	return why;
}
