// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Registers of a virtio-mmio device, version 2, as in section 4.2.2 of virtio
 * 1.2. What a guest writes here is not trusted: wrong values are ignored. Only
 * the backend reads the queues.
 */
#include <endian.h>
#include <string.h>

#include "shim.h"

enum {
	MAGIC_VALUE = 0x000,
	VERSION = 0x004,
	DEVICE_ID = 0x008,
	VENDOR_ID = 0x00c,
	DEVICE_FEATURES = 0x010,
	DEVICE_FEATURES_SEL = 0x014,
	DRIVER_FEATURES = 0x020,
	DRIVER_FEATURES_SEL = 0x024,
	QUEUE_SEL = 0x030,
	QUEUE_NUM_MAX = 0x034,
	QUEUE_NUM = 0x038,
	QUEUE_READY = 0x044,
	INTERRUPT_STATUS = 0x060,
	INTERRUPT_ACK = 0x064,
	STATUS = 0x070,
	QUEUE_DESC_LOW = 0x080,
	QUEUE_DESC_HIGH = 0x084,
	QUEUE_DRIVER_LOW = 0x090,
	QUEUE_DRIVER_HIGH = 0x094,
	QUEUE_DEVICE_LOW = 0x0a0,
	QUEUE_DEVICE_HIGH = 0x0a4,
	SHM_LEN_LOW = 0x0b0,
	SHM_BASE_HIGH = 0x0bc,
	CONFIG_GENERATION = 0x0fc,
	CONFIG = 0x100,
};

enum { STATUS_DRIVER_OK = 4, STATUS_FEATURES_OK = 8 };

#define MAGIC	    0x74726976 /* "virt" */
#define USED_BUFFER 1	       /* in InterruptStatus */

struct device device;

/* The selected queue, or NULL. */
static struct queue *selected(void)
{
	return device.queue_select < device.queues ?
		       &device.queue[device.queue_select] :
		       NULL;
}

static uint32_t half(uint64_t value, uint32_t select)
{
	return select > 1 ? 0 : value >> (32 * select);
}

static void set_half(uint64_t *value, uint32_t select, uint32_t to)
{
	uint64_t mask = 0xffffffffULL << (32 * select);

	*value = (*value & ~mask) | ((uint64_t)to << (32 * select));
}

bool mmio_driver_ok(void)
{
	return device.status & STATUS_DRIVER_OK;
}

static uint64_t read_config(uint32_t offset, unsigned int size)
{
	uint64_t value = 0;

	if (offset < device.config_size && size <= device.config_size - offset)
		memcpy(&value, device.config + offset, size);
	return le64toh(value);
}

/*
 * The kernel turns a backend's call into an interrupt without this program. So
 * the program does not know why the guest was interrupted, and always tells it
 * to look at its queues.
 */
static uint32_t read_register(uint32_t offset)
{
	const struct queue *q = selected();

	switch (offset) {
	case MAGIC_VALUE:
		return MAGIC;
	case VERSION:
		return 2;
	case DEVICE_ID:
		return device.id;
	case VENDOR_ID:
		return MAGIC;
	case DEVICE_FEATURES:
		return half(device.features, device.features_select);
	case QUEUE_NUM_MAX:
		return q ? QUEUE_SIZE_MAX : 0;
	case QUEUE_READY:
		return q && q->ready;
	case INTERRUPT_STATUS:
		return USED_BUFFER;
	case STATUS:
		return device.status;
	default:
		/* There is no shared memory, so its length and base are ~0. */
		return offset >= SHM_LEN_LOW && offset <= SHM_BASE_HIGH ? ~0U :
									  0;
	}
}

uint64_t mmio_read(uint32_t offset, unsigned int size)
{
	if (offset >= CONFIG)
		return read_config(offset - CONFIG, size);
	return size == 4 && offset % 4 == 0 ? read_register(offset) : 0;
}

static void reset(void)
{
	if (mmio_driver_ok())
		frontend_stop();
	memset(device.queue, 0, sizeof(device.queue));
	device.accepted = 0;
	device.status = 0;
	device.features_select = 0;
	device.accepted_select = 0;
	device.queue_select = 0;
}

static void set_status(uint32_t status)
{
	bool was_ok = mmio_driver_ok();

	if (!status) {
		reset();
		return;
	}
	if (device.accepted & ~device.features)
		status &= ~STATUS_FEATURES_OK;
	device.status |= status & 0xff;
	if (!was_ok && mmio_driver_ok())
		frontend_start();
}

/* For a queue that is not in use. */
static void set_queue(struct queue *q, uint32_t offset, uint32_t value)
{
	switch (offset) {
	case QUEUE_NUM:
		/* a power of 2, as for all split queues */
		if (value && value <= QUEUE_SIZE_MAX && !(value & (value - 1)))
			q->num = value;
		break;
	case QUEUE_DESC_LOW:
	case QUEUE_DESC_HIGH:
		set_half(&q->desc, offset == QUEUE_DESC_HIGH, value);
		break;
	case QUEUE_DRIVER_LOW:
	case QUEUE_DRIVER_HIGH:
		set_half(&q->driver, offset == QUEUE_DRIVER_HIGH, value);
		break;
	case QUEUE_DEVICE_LOW:
	case QUEUE_DEVICE_HIGH:
		set_half(&q->device, offset == QUEUE_DEVICE_HIGH, value);
		break;
	}
}

static void write_register(uint32_t offset, uint32_t value)
{
	struct queue *q = selected();

	switch (offset) {
	case DEVICE_FEATURES_SEL:
		device.features_select = value;
		break;
	case DRIVER_FEATURES_SEL:
		device.accepted_select = value;
		break;
	case DRIVER_FEATURES:
		if (device.accepted_select < 2 &&
		    !(device.status & STATUS_FEATURES_OK))
			set_half(&device.accepted, device.accepted_select,
				 value);
		break;
	case QUEUE_SEL:
		device.queue_select = value;
		break;
	case QUEUE_READY:
		if (q && !mmio_driver_ok())
			q->ready = (value & 1) && q->num;
		break;
	case STATUS:
		set_status(value);
		break;
	default:
		if (q && !q->ready)
			set_queue(q, offset, value);
	}
}

/* The configuration cannot be written. */
void mmio_write(uint32_t offset, unsigned int size, uint64_t value)
{
	if (offset < CONFIG && size == 4 && offset % 4 == 0)
		write_register(offset, value);
}
