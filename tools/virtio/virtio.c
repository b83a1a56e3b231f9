// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The core of a virtio device: features, status, queues, configuration and reset. Numbers
 * and rules are those of virtio 1.3, sections 2 and 3. The program looks at no ring: only
 * the back end does.
 */
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <linux/virtio_config.h>

#include "frontend.h"
#include "kind.h"
#include "../vhost-user-blk/say.h"
#include "spec.h"
#include "virtio.h"

/* The bits of the status that a driver sets. */
#define VIRTIO_DRIVER_BITS                                         \
	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |    \
	 VIRTIO_CONFIG_S_DRIVER_OK | VIRTIO_CONFIG_S_FEATURES_OK | \
	 VIRTIO_CONFIG_S_FAILED)

static uint32_t virtio_half(uint64_t value, uint32_t select)
{
	return select > 1 ? 0 : value >> (32 * select);
}

static void virtio_set_half(uint64_t *value, bool high, uint32_t to)
{
	unsigned int shift = high ? 32 : 0;

	*value = (*value & ~(UINT64_C(0xffffffff) << shift)) | (uint64_t)to
								       << shift;
}

/* ---- making a device ---- */

static void virtio_clear_queue(struct virtio *v, struct virtio_queue *q)
{
	q->size = v->queue_size_max;
	q->vector = VIRTIO_NO_VECTOR;
	q->enabled = false;
	q->desc = q->driver = q->device = 0;
}

int virtio_init(struct virtio *v, const char *name, const struct spec *spec,
		unsigned int vcpus, bool grants)
{
	unsigned int i;

	memset(v, 0, sizeof(*v));
	v->name = name;
	v->queue_size_max = spec->queue_size;
	for (i = 0; i < VIRTIO_QUEUES_MAX; i++)
		v->queue[i].kick = v->queue[i].call = -1;
	kind_init(v, spec, vcpus, grants);
	for (i = 0; i < v->queues; i++) {
		virtio_clear_queue(v, &v->queue[i]);
		v->queue[i].kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		v->queue[i].call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (v->queue[i].kick < 0 || v->queue[i].call < 0)
			break;
	}
	if (i == v->queues)
		return 0;
	i = errno;
	virtio_free(v);
	return -(int)i;
}

void virtio_free(struct virtio *v)
{
	unsigned int i;

	for (i = 0; i < VIRTIO_QUEUES_MAX; i++) {
		if (v->queue[i].kick >= 0)
			close(v->queue[i].kick);
		if (v->queue[i].call >= 0)
			close(v->queue[i].call);
		v->queue[i].kick = v->queue[i].call = -1;
	}
}

/* ---- features ---- */

uint32_t virtio_offered(const struct virtio *v)
{
	return virtio_half(v->offered, v->offered_select);
}

uint32_t virtio_accepted(const struct virtio *v)
{
	return virtio_half(v->accepted, v->accepted_select);
}

void virtio_accept(struct virtio *v, uint32_t half)
{
	if (v->accepted_select < 2 &&
	    !(v->status & VIRTIO_CONFIG_S_FEATURES_OK))
		virtio_set_half(&v->accepted, v->accepted_select, half);
}

uint64_t virtio_backend_features(const struct virtio *v)
{
	return v->accepted & ~v->own;
}

/* A driver without ACCESS_PLATFORM would give addresses where grants are wanted. */
static bool virtio_features_are_ok(const struct virtio *v)
{
	const uint64_t must =
		UINT64_C(1) << VIRTIO_F_VERSION_1 |
		(v->offered & UINT64_C(1) << VIRTIO_F_ACCESS_PLATFORM);

	return !(must & ~v->accepted) && !(v->accepted & ~v->offered);
}

/* ---- status ---- */

uint8_t virtio_status(const struct virtio *v)
{
	return v->status | (v->broken ? VIRTIO_CONFIG_S_NEEDS_RESET : 0);
}

bool virtio_driver_ok(const struct virtio *v)
{
	return v->status & VIRTIO_CONFIG_S_DRIVER_OK && !v->broken;
}

/*
 * The driver finds the device as at its start, but with the configuration that it has now.
 * A call of the old back end must not interrupt the next driver, so those that nothing has
 * read are dropped, when nothing can send them any more.
 */
static void virtio_reset(struct virtio *v)
{
	unsigned int i;

	if (v->started)
		frontend_stop(v->frontend);
	v->started = false;
	v->broken = false;
	v->status = 0;
	v->accepted = 0;
	v->offered_select = v->accepted_select = 0;
	v->queue_select = 0;
	for (i = 0; i < v->queues; i++)
		virtio_clear_queue(v, &v->queue[i]);
	v->transport->was_reset(v);
	for (i = 0; i < v->queues; i++)
		virtio_take_call(&v->queue[i]);
}

static void virtio_start(struct virtio *v)
{
	v->started = true;
	if (!frontend_start(v->frontend) && !v->broken)
		virtio_break(v, "the back end cannot serve what the driver has "
				"set up");
}

/*
 * A driver adds bits one by one, and clears all of them to reset the device. So a bit that
 * is set stays, and acts when it is set for the first time.
 */
void virtio_set_status(struct virtio *v, uint8_t status)
{
	uint8_t added = status & VIRTIO_DRIVER_BITS & ~v->status;

	if (!status) {
		virtio_reset(v);
		return;
	}
	if (!virtio_features_are_ok(v))
		added &= ~VIRTIO_CONFIG_S_FEATURES_OK;
	if (!((v->status | added) & VIRTIO_CONFIG_S_FEATURES_OK) || v->broken)
		added &= ~VIRTIO_CONFIG_S_DRIVER_OK;
	v->status |= added;
	if (added & VIRTIO_CONFIG_S_DRIVER_OK)
		virtio_start(v);
}

/* The transport tells a driver only if it is there: before, the driver reads the status. */
void virtio_break(struct virtio *v, const char *why)
{
	if (v->broken)
		return;
	v->broken = true;
	say_guest("%s: needs a reset: %s", v->name, why);
	if (v->status & VIRTIO_CONFIG_S_DRIVER_OK)
		v->transport->config_changed(v);
}

void virtio_halt(struct virtio *v, const char *why)
{
	if (!v->started)
		return;
	frontend_stop(v->frontend);
	v->started = false;
	virtio_break(v, why);
}

/* ---- queues ---- */

struct virtio_queue *virtio_selected(struct virtio *v)
{
	return v->queue_select < v->queues ? &v->queue[v->queue_select] : NULL;
}

/* The selected queue if the driver may set it up now, else NULL. */
static struct virtio_queue *virtio_idle_queue(struct virtio *v)
{
	struct virtio_queue *q = virtio_selected(v);

	return q && !q->enabled ? q : NULL;
}

void virtio_set_queue_size(struct virtio *v, uint16_t size)
{
	struct virtio_queue *q = virtio_idle_queue(v);

	if (q && size && size <= v->queue_size_max && !(size & (size - 1)))
		q->size = size;
}

void virtio_set_queue_addr(struct virtio *v, enum virtio_part part, bool high,
			   uint32_t value)
{
	struct virtio_queue *q = virtio_idle_queue(v);

	if (!q)
		return;
	switch (part) {
	case VIRTIO_DESC:
		virtio_set_half(&q->desc, high, value);
		break;
	case VIRTIO_DRIVER:
		virtio_set_half(&q->driver, high, value);
		break;
	case VIRTIO_DEVICE:
		virtio_set_half(&q->device, high, value);
		break;
	}
}

/* The back end gets the queues with DRIVER_OK. Those that are enabled later, it never gets. */
void virtio_enable_queue(struct virtio *v)
{
	struct virtio_queue *q = virtio_idle_queue(v);

	if (!q || v->status & VIRTIO_CONFIG_S_DRIVER_OK)
		return;
	if (q->desc % 16 || q->driver % 2 || q->device % 4)
		virtio_break(v, "the driver has not aligned a queue");
	else
		q->enabled = true;
}

void virtio_disable_queue(struct virtio *v)
{
	struct virtio_queue *q = virtio_selected(v);

	if (q && !(v->status & VIRTIO_CONFIG_S_DRIVER_OK))
		q->enabled = false;
}

/* ---- eventfds ---- */

/*
 * The back end has the same open files, and may make them block. So they are asked before
 * they are read or written. An eventfd that cannot be written is signalled already.
 */
static bool virtio_poll(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, 0) == 1 && p.revents & events;
}

static void virtio_signal(int fd)
{
	if (virtio_poll(fd, POLLOUT))
		eventfd_write(fd, 1);
}

void virtio_kick(struct virtio *v, uint16_t queue)
{
	if (virtio_driver_ok(v) && queue < v->queues && v->queue[queue].enabled)
		virtio_signal(v->queue[queue].kick);
}

bool virtio_is_called(const struct virtio_queue *q)
{
	return virtio_poll(q->call, POLLIN);
}

bool virtio_take_call(struct virtio_queue *q)
{
	eventfd_t calls;

	return virtio_is_called(q) && !eventfd_read(q->call, &calls);
}

void virtio_call(struct virtio *v, unsigned int queue)
{
	virtio_signal(v->queue[queue].call);
}

/* ---- configuration ---- */

/*
 * The generation must differ if two reads of a driver have met different configurations.
 * Its eight bits in PCI would be the same after 256 changes. So it does not count changes,
 * but reads that are the first after a change.
 */
uint64_t virtio_read_config(struct virtio *v, unsigned int offset,
			    unsigned int len)
{
	uint64_t value = 0;

	if (v->generation_moves)
		v->generation++;
	v->generation_moves = false;
	if (offset >= v->config_size)
		return 0;
	if (len > v->config_size - offset)
		len = v->config_size - offset;
	if (len > sizeof(value))
		len = sizeof(value);
	memcpy(&value, v->config + offset, len);
	return le64toh(value);
}

uint32_t virtio_generation(const struct virtio *v)
{
	return v->generation;
}

void virtio_set_config(struct virtio *v, const uint8_t *config,
		       unsigned int size)
{
	uint8_t before[VIRTIO_CONFIG_MAX];

	if (!v->config_theirs)
		return;
	memcpy(before, v->config, sizeof(before));
	if (size > v->config_size)
		size = v->config_size;
	memset(v->config, 0, sizeof(v->config));
	memcpy(v->config, config, size);
	if (v->kind->fit)
		v->kind->fit(v);
	if (!memcmp(before, v->config, sizeof(before)))
		return;
	v->generation_moves = true;
	if (virtio_driver_ok(v))
		v->transport->config_changed(v);
}

/* ---- back ends ---- */

/*
 * A driver that is there keeps what it has accepted. Before FEATURES_OK, the check of what
 * it accepts is made when it sets that bit.
 */
const char *virtio_backend(struct virtio *v, uint64_t features,
			   unsigned int queues, const uint8_t *config,
			   unsigned int config_size)
{
	const char *why;

	if (!(features & (UINT64_C(1) << VIRTIO_F_VERSION_1)))
		return "it knows legacy drivers only";
	if (v->needed & ~features)
		return "it lacks a feature that the device needs";
	if (v->status & VIRTIO_CONFIG_S_FEATURES_OK &&
	    virtio_backend_features(v) & ~features)
		return "it lacks a feature that the driver uses";
	if (v->config_theirs && (!config || !config_size))
		return "it has no configuration";
	why = kind_check_queues(v, features, queues);
	if (why)
		return why;
	v->offered = kind_offered(v, features);
	if (v->config_theirs)
		virtio_set_config(v, config, config_size);
	return NULL;
}
