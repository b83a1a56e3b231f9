// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The registers of a virtio-mmio device, version 2 (virtio 1.3, section 4.2.2). All but
 * the configuration are 32 bits wide; other accesses read 0 and change nothing.
 *
 * The interrupt is edge-triggered. A back end's call becomes an interrupt without this
 * program, which so does not know why the guest was interrupted. InterruptStatus always
 * tells the driver to look at its queues.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include <linux/virtio_mmio.h>

#include "device.h"
#include "platform.h"
#include "../vhost-user-blk/say.h"

#define MMIO_SIZE    0x200
#define MMIO_MAGIC   0x74726976 /* "virt" */
#define MMIO_VERSION 2
#define MMIO_VENDOR  0x1af4

struct mmio {
	struct device *device;
	uint64_t addr;
	uint32_t irq;
	uint64_t kicks, calls; /* a bit for each queue that has a binding */
	bool config_changed;   /* the driver has not acknowledged it */
};

/* ---- reads ---- */

static uint32_t mmio_read_queue(struct virtio *v, uint32_t offset)
{
	const struct virtio_queue *q = virtio_selected(v);

	if (!q)
		return 0;
	return offset == VIRTIO_MMIO_QUEUE_NUM_MAX ? v->queue_size_max :
						     q->enabled;
}

/* There is no shared memory, so its length and base are ~0. */
static uint32_t mmio_read_register(struct mmio *m, uint32_t offset)
{
	struct virtio *v = &m->device->virtio;

	switch (offset) {
	case VIRTIO_MMIO_MAGIC_VALUE:
		return MMIO_MAGIC;
	case VIRTIO_MMIO_VERSION:
		return MMIO_VERSION;
	case VIRTIO_MMIO_DEVICE_ID:
		return v->id;
	case VIRTIO_MMIO_VENDOR_ID:
		return MMIO_VENDOR;
	case VIRTIO_MMIO_DEVICE_FEATURES:
		return virtio_offered(v);
	case VIRTIO_MMIO_QUEUE_NUM_MAX:
	case VIRTIO_MMIO_QUEUE_READY:
		return mmio_read_queue(v, offset);
	case VIRTIO_MMIO_INTERRUPT_STATUS:
		return VIRTIO_MMIO_INT_VRING |
		       (m->config_changed ? VIRTIO_MMIO_INT_CONFIG : 0);
	case VIRTIO_MMIO_STATUS:
		return virtio_status(v);
	case VIRTIO_MMIO_SHM_LEN_LOW:
	case VIRTIO_MMIO_SHM_LEN_HIGH:
	case VIRTIO_MMIO_SHM_BASE_LOW:
	case VIRTIO_MMIO_SHM_BASE_HIGH:
		return ~0U;
	case VIRTIO_MMIO_CONFIG_GENERATION:
		return virtio_generation(v);
	default:
		return 0;
	}
}

static uint64_t mmio_read(struct mmio *m, uint32_t offset, unsigned int size)
{
	if (offset >= VIRTIO_MMIO_CONFIG)
		return virtio_read_config(&m->device->virtio,
					  offset - VIRTIO_MMIO_CONFIG, size);
	return size == 4 ? mmio_read_register(m, offset) : 0;
}

/* ---- writes ---- */

static void mmio_write_queue(struct virtio *v, uint32_t offset, uint32_t value)
{
	switch (offset) {
	case VIRTIO_MMIO_QUEUE_NUM:
		virtio_set_queue_size(v, value > UINT16_MAX ? 0 : value);
		break;
	case VIRTIO_MMIO_QUEUE_READY:
		if (value & 1)
			virtio_enable_queue(v);
		else
			virtio_disable_queue(v);
		break;
	case VIRTIO_MMIO_QUEUE_DESC_LOW:
	case VIRTIO_MMIO_QUEUE_DESC_HIGH:
		virtio_set_queue_addr(v, VIRTIO_DESC,
				      offset == VIRTIO_MMIO_QUEUE_DESC_HIGH,
				      value);
		break;
	case VIRTIO_MMIO_QUEUE_AVAIL_LOW:
	case VIRTIO_MMIO_QUEUE_AVAIL_HIGH:
		virtio_set_queue_addr(v, VIRTIO_DRIVER,
				      offset == VIRTIO_MMIO_QUEUE_AVAIL_HIGH,
				      value);
		break;
	case VIRTIO_MMIO_QUEUE_USED_LOW:
	case VIRTIO_MMIO_QUEUE_USED_HIGH:
		virtio_set_queue_addr(v, VIRTIO_DEVICE,
				      offset == VIRTIO_MMIO_QUEUE_USED_HIGH,
				      value);
		break;
	}
}

/* Numbers of 32 bits that are too large for a queue must not become those of another. */
static uint16_t mmio_queue_number(uint32_t value)
{
	return value < VIRTIO_QUEUES_MAX ? value : UINT16_MAX;
}

static void mmio_write_register(struct mmio *m, uint32_t offset, uint32_t value)
{
	struct virtio *v = &m->device->virtio;

	switch (offset) {
	case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
		v->offered_select = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
		v->accepted_select = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES:
		virtio_accept(v, value);
		break;
	case VIRTIO_MMIO_QUEUE_SEL:
		v->queue_select = mmio_queue_number(value);
		break;
	case VIRTIO_MMIO_QUEUE_NOTIFY:
		virtio_kick(v, mmio_queue_number(value));
		break;
	case VIRTIO_MMIO_INTERRUPT_ACK:
		if (value & VIRTIO_MMIO_INT_CONFIG)
			m->config_changed = false;
		break;
	case VIRTIO_MMIO_STATUS:
		virtio_set_status(v, value);
		break;
	default:
		mmio_write_queue(v, offset, value);
	}
}

/* ---- the transport ---- */

static void mmio_access(struct device *d, struct access *a)
{
	struct mmio *m = d->private;
	uint64_t offset = a->addr - m->addr;

	if (!a->write)
		a->value = 0;
	if (a->space != SPACE_MEMORY || offset >= MMIO_SIZE)
		return;
	if (!a->write)
		a->value = mmio_read(m, offset, a->size);
	else if (offset < VIRTIO_MMIO_CONFIG && a->size == 4)
		mmio_write_register(m, offset, a->value);
}

static bool mmio_wants_calls(struct device *d, unsigned int queue)
{
	struct mmio *m = d->private;

	return !(m->calls >> queue & 1);
}

static void mmio_called(struct device *d,
			unsigned int queue __attribute__((unused)))
{
	struct mmio *m = d->private;

	platform_send_irq(m->irq);
}

static void mmio_free(struct device *d)
{
	struct mmio *m = d->private;
	struct virtio *v = &d->virtio;

	for (unsigned int i = 0; i < VIRTIO_QUEUES_MAX; i++) {
		if (m->kicks >> i & 1)
			platform_unbind_kick(d,
					     m->addr + VIRTIO_MMIO_QUEUE_NOTIFY,
					     4, i, v->queue[i].kick);
		if (m->calls >> i & 1)
			platform_unbind_irq(m->irq, v->queue[i].call);
	}
	platform_unmap_range(d, m->addr, MMIO_SIZE);
	d->private = NULL;
	free(m);
}

static struct mmio *mmio_of(struct virtio *v)
{
	struct device *d =
		(void *)((char *)v - offsetof(struct device, virtio));

	return d->private;
}

static void mmio_config_changed(struct virtio *v)
{
	struct mmio *m = mmio_of(v);

	m->config_changed = true;
	platform_send_irq(m->irq);
}

/* There is no level to lower. The bindings are the same for each driver. */
static void mmio_was_reset(struct virtio *v)
{
	mmio_of(v)->config_changed = false;
}

static const struct transport mmio_transport = {
	.access = mmio_access,
	.called = mmio_called,
	.wants_calls = mmio_wants_calls,
	.free = mmio_free,
};

static const struct virtio_transport mmio_virtio_transport = {
	.config_changed = mmio_config_changed,
	.was_reset = mmio_was_reset,
};

/* What cannot be bound passes through this program. */
static void mmio_bind(struct mmio *m)
{
	struct virtio *v = &m->device->virtio;
	int err, failed = 0;

	for (unsigned int i = 0; i < v->queues; i++) {
		err = platform_bind_kick(m->device,
					 m->addr + VIRTIO_MMIO_QUEUE_NOTIFY, 4,
					 i, v->queue[i].kick);
		if (!err)
			m->kicks |= UINT64_C(1) << i;
		failed = err ? err : failed;
		err = platform_bind_irq(m->irq, v->queue[i].call);
		if (!err)
			m->calls |= UINT64_C(1) << i;
		failed = err ? err : failed;
	}
	if (failed)
		say("%s: kicks or interrupts go through this program, which is slower: %s",
		    v->name, errno_name(failed));
}

int mmio_attach(struct device *d, uint64_t addr, uint32_t irq)
{
	struct mmio *m = calloc(1, sizeof(*m));
	int err;

	if (!m)
		return -ENOMEM;
	m->device = d;
	m->addr = addr;
	m->irq = irq;
	err = platform_map_range(d, addr, MMIO_SIZE);
	if (err) {
		free(m);
		return err;
	}
	mmio_bind(m);
	d->private = m;
	d->transport = &mmio_transport;
	d->virtio.transport = &mmio_virtio_transport;
	return 0;
}
