// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Takes libFuzzer's bytes as messages of a front end to xenfm-vhost-user-blk,
 * and as what a guest does meanwhile. Runs message_handle() and everything
 * below it, including queues with their threads. input.h says which bytes mean
 * what.
 */
#include <assert.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../../tools/vhost-user-blk/device.h"
#include "../../tools/vhost-user-blk/message.h"
#include "../../tools/vhost-user-blk/queue.h"
#include "input.h"
#include "program.h"

/* How often an input may give the queues time, so that it comes to its end. */
#define RESTS 8

/* Kicks each queue, so that its thread works, and gives it time for that. */
static void rest(struct device *device, unsigned int *rests)
{
	const uint64_t one = 1;
	bool running = false;

	if ((*rests)++ >= RESTS)
		return;
	for (unsigned int i = 0; i < device->nr_queues; i++) {
		struct queue *q = &device->queues[i];

		running |= q->running;
		if (q->running && write(q->kick, &one, sizeof(one)) < 0)
			/*
			 * an eventfd is full, or the descriptor cannot be
			 * written
			 */
			continue;
	}
	if (running)
		usleep(200);
}

/* An event that is not a message. */
static void happens(struct device *device, struct bytes *in, uint8_t what,
		    unsigned int *rests)
{
	switch (what) {
	case DO_WRITE:
		write_memory(in);
		break;
	case DO_AREA:
		write_area(in);
		break;
	case DO_RESIZE:
		resize_memory(in);
		break;
	case DO_REST:
		rest(device, rests);
		break;
	case DO_RECONNECT:
		device_end(device);
		assert(!device_begin(device));
		break;
	}
}

static void one_message(struct device *device, struct message *m)
{
	uint32_t request = m->header.request;
	bool reply;
	int ret;

	ret = message_handle(device, m, &reply);
	assert(m->header.size <= sizeof(m->bytes));
	assert(m->nr_fds <= FDS_MAX);
	if (!ret && reply && request == VU_GET_INFLIGHT_FD)
		keep_area(m->fds[0]);
}

static void one(struct device *device, struct bytes *in, unsigned int *rests)
{
	struct message m = { .header.request = byte(in) };
	struct bytes payload;
	uint8_t nr, kind;
	size_t len;

	m.header.flags = VU_VERSION | (byte(in) & VU_NEED_REPLY);
	nr = byte(in) % (FDS_MAX + 1);
	kind = byte(in);
	len = byte(in);
	len |= byte(in) << 8;
	if (m.header.request >= DO_FIRST && m.header.request < DO_END) {
		payload = (struct bytes){ in->at,
					  len < in->left ? len : in->left };
		in->at += payload.left;
		in->left -= payload.left;
		happens(device, &payload, m.header.request, rests);
		return;
	}
	m.header.size = take(in, m.bytes,
			     len < sizeof(m.bytes) ? len : sizeof(m.bytes));
	while (m.nr_fds < nr)
		m.fds[m.nr_fds++] = a_file(kind);
	one_message(device, &m);
	message_close_fds(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, size };
	unsigned int rests = 0, last = 0;
	struct device *device;
	int first;

	device = device_begins(&in, &first);
	assert(!device_begin(device));
	while (in.left)
		one(device, &in, &rests);
	rest(device, &last);
	device_end(device);
	device_ends(first);
	return 0;
}
