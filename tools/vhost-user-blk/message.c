// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * vhost-user messages. A table says which form each message must have. A handler
 * gets only messages that have this form.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <linux/virtio_blk.h>

#include "backend.h"
#include "block.h"
#include "device.h"
#include "inflight.h"
#include "message.h"
#include "queue.h"
#include "say.h"
#include "table.h"
#include "vring.h"

#define PROTOCOL_FEATURES                                                    \
	(VU_PROTOCOL_F_MQ | VU_PROTOCOL_F_REPLY_ACK | VU_PROTOCOL_F_CONFIG | \
	 VU_PROTOCOL_F_INFLIGHT | VU_PROTOCOL_F_RESET |                      \
	 VU_PROTOCOL_F_MEM_SLOTS | VU_PROTOCOL_F_XEN_MMAP | VU_PROTOCOL_F_GPA)

#define CONFIG_HEAD offsetof(struct vu_config, bytes)

static uint64_t features(const struct device *device)
{
	return block_features(device->disk, device->nr_queues) |
	       VU_F_PROTOCOL_FEATURES;
}

static int answer_u64(struct message *m, uint64_t value)
{
	m->u64 = value;
	m->header.size = sizeof(m->u64);
	return 0;
}

static int get_features(struct device *device, struct message *m)
{
	return answer_u64(m, features(device));
}

/* Applies to rings that run, and to rings that are set up afterwards. */
static int set_features(struct device *device, struct message *m)
{
	if (m->u64 & ~features(device))
		return -EINVAL;
	device_stop_queues(device);
	device->features = m->u64;
	return device_start_queues(device);
}

static int set_owner(struct device *device, struct message *m)
{
	(void)device;
	(void)m;
	return 0;
}

static int reset(struct device *device, struct message *m)
{
	(void)m;
	for (unsigned int i = 0; i < device->nr_queues; i++)
		queue_reset(&device->queues[i]);
	device->features = 0;
	return 0;
}

static int get_protocol_features(struct device *device, struct message *m)
{
	(void)device;
	return answer_u64(m, PROTOCOL_FEATURES);
}

static int set_protocol_features(struct device *device, struct message *m)
{
	if (m->u64 & ~PROTOCOL_FEATURES)
		return -EINVAL;
	device->protocol = m->u64;
	return 0;
}

static int get_queue_num(struct device *device, struct message *m)
{
	return answer_u64(m, device->nr_queues);
}

static int get_max_mem_slots(struct device *device, struct message *m)
{
	(void)device;
	return answer_u64(m, SLOTS_MAX);
}

/* Zeroes follow the bytes of the device's configuration. */
static int get_config(struct device *device, struct message *m)
{
	uint8_t space[VU_CONFIG_MAX] = { 0 };
	struct virtio_blk_config config;

	_Static_assert(sizeof(config) <= sizeof(space), "no room");
	/* An answer without a payload refuses this message. */
	if (m->header.size < CONFIG_HEAD || m->config.size > VU_CONFIG_MAX ||
	    m->config.offset > VU_CONFIG_MAX - m->config.size) {
		m->header.size = 0;
		return 0;
	}
	block_config(device->disk, device->nr_queues, &config);
	memcpy(space, &config, sizeof(config));
	memcpy(m->config.bytes, space + m->config.offset, m->config.size);
	m->header.size = CONFIG_HEAD + m->config.size;
	return 0;
}

/*
 * Accept the message and do nothing: no field can be written. A guest may try at
 * any time, and some front ends end if the device refuses.
 */
static int set_config(struct device *device, struct message *m)
{
	(void)device;
	(void)m;
	return 0;
}

static int get_inflight_fd(struct device *device, struct message *m)
{
	int fd, ret;

	(void)device;
	ret = inflight_create(&m->inflight, &fd);
	if (ret)
		return ret;
	/* The answer has the size of the request, with or without padding. */
	m->fds[0] = fd;
	m->nr_fds = 1;
	return 0;
}

static int set_inflight_fd(struct device *device, struct message *m)
{
	int ret;

	device_stop_queues(device);
	ret = inflight_map(&device->inflight, &m->inflight, m->fds[0]);
	for (unsigned int i = 0; !ret && i < device->nr_queues; i++)
		queue_new_inflight(&device->queues[i]);
	if (ret) {
		device_start_queues(device);
		return ret;
	}
	return device_start_queues(device);
}

/* The form of a message. */
struct kind {
	const char *name;
	int (*handle)(struct device *device, struct message *message);
	uint32_t min, max; /* bytes of payload */
	uint8_t min_fds, max_fds;
	bool answers;	/* the message has an answer of its own */
	bool harmless;	/* the front end need not know of a refusal */
	uint64_t needs; /* protocol feature */
};

#define EXACT(type) .min = sizeof(type), .max = sizeof(type)
#define KIND(id)    [VU_##id] = { .name = #id
/* clang-format off */
static const struct kind kinds[VU_REQUESTS] = {
	KIND(GET_FEATURES), .handle = get_features, .answers = true },
	KIND(SET_FEATURES), .handle = set_features, EXACT(uint64_t) },
	KIND(SET_OWNER), .handle = set_owner },
	KIND(RESET_OWNER), .handle = reset },
	KIND(SET_MEM_TABLE), .handle = table_set,
		.min = offsetof(struct vu_table, plain),
		.max = sizeof(struct vu_table), .max_fds = VU_REGIONS_MAX },
	KIND(SET_VRING_NUM), .handle = vring_num, EXACT(struct vu_state) },
	KIND(SET_VRING_ADDR), .handle = vring_addr, EXACT(struct vu_addr) },
	KIND(SET_VRING_BASE), .handle = vring_base,
		EXACT(struct vu_state) },
	KIND(GET_VRING_BASE), .handle = vring_get_base,
		EXACT(struct vu_state), .answers = true },
	KIND(SET_VRING_KICK), .handle = vring_kick, EXACT(uint64_t),
		.max_fds = 1 },
	KIND(SET_VRING_CALL), .handle = vring_call, EXACT(uint64_t),
		.max_fds = 1 },
	KIND(SET_VRING_ERR), .handle = vring_err, EXACT(uint64_t),
		.max_fds = 1 },
	KIND(GET_PROTOCOL_FEATURES), .handle = get_protocol_features,
		.answers = true },
	KIND(SET_PROTOCOL_FEATURES), .handle = set_protocol_features,
		EXACT(uint64_t) },
	KIND(GET_QUEUE_NUM), .handle = get_queue_num, .answers = true,
		.needs = VU_PROTOCOL_F_MQ },
	KIND(SET_VRING_ENABLE), .handle = vring_enable,
		EXACT(struct vu_state) },
	KIND(GET_CONFIG), .handle = get_config,
		.max = sizeof(struct vu_config), .answers = true,
		.needs = VU_PROTOCOL_F_CONFIG },
	KIND(SET_CONFIG), .handle = set_config,
		.max = sizeof(struct vu_config), .harmless = true,
		.needs = VU_PROTOCOL_F_CONFIG },
	KIND(GET_INFLIGHT_FD), .handle = get_inflight_fd,
		.min = VU_INFLIGHT_SIZE, .max = sizeof(struct vu_inflight),
		.answers = true, .needs = VU_PROTOCOL_F_INFLIGHT },
	KIND(SET_INFLIGHT_FD), .handle = set_inflight_fd,
		.min = VU_INFLIGHT_SIZE, .max = sizeof(struct vu_inflight),
		.min_fds = 1, .max_fds = 1, .needs = VU_PROTOCOL_F_INFLIGHT },
	KIND(RESET_DEVICE), .handle = reset, .needs = VU_PROTOCOL_F_RESET },
	KIND(GET_MAX_MEM_SLOTS), .handle = get_max_mem_slots, .answers = true,
		.needs = VU_PROTOCOL_F_MEM_SLOTS },
	KIND(ADD_MEM_REG), .handle = table_add,
		.min = offsetof(struct vu_slot, plain),
		.max = sizeof(struct vu_slot), .min_fds = 1, .max_fds = 1,
		.needs = VU_PROTOCOL_F_MEM_SLOTS },
	/* Some front ends send the descriptor of the region with it. */
	KIND(REM_MEM_REG), .handle = table_remove,
		.min = offsetof(struct vu_slot, plain),
		.max = sizeof(struct vu_slot), .max_fds = 1,
		.needs = VU_PROTOCOL_F_MEM_SLOTS },
};
/* clang-format on */

static const struct kind *kind_of(uint32_t request)
{
	return request < VU_REQUESTS && kinds[request].handle ?
		       &kinds[request] :
		       NULL;
}

const char *message_name(uint32_t request)
{
	const struct kind *kind = kind_of(request);

	return kind ? kind->name : "unknown";
}

void message_close_fds(struct message *m)
{
	for (unsigned int i = 0; i < m->nr_fds; i++)
		if (m->fds[i] >= 0)
			close(m->fds[i]);
	m->nr_fds = 0;
}

/* Check the form of a message, and call its handler. */
static int execute(const struct kind *kind, struct device *device,
		   struct message *m)
{
	if (!kind || (kind->needs & device->protocol) != kind->needs)
		return -EOPNOTSUPP;
	if (m->over)
		return m->over;
	if (m->header.size < kind->min || m->header.size > kind->max ||
	    m->nr_fds < kind->min_fds || m->nr_fds > kind->max_fds)
		return -EINVAL;
	return kind->handle(device, m);
}

int message_handle(struct device *device, struct message *m, bool *reply)
{
	const struct kind *kind = kind_of(m->header.request);
	bool ack = m->header.flags & VU_NEED_REPLY;
	int ret;

	*reply = false;
	ret = execute(kind, device, m);
	if (ret)
		say_guest("message %u (%s): %s", m->header.request,
			  message_name(m->header.request), errno_name(ret));
	if (kind && kind->answers) {
		*reply = !ret;
		return ret;
	}
	if (ack && device->protocol & VU_PROTOCOL_F_REPLY_ACK) {
		*reply = true;
		return answer_u64(m, ret ? 1 : 0);
	}
	return kind && kind->harmless ? 0 : ret;
}
