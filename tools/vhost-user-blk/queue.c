// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A queue: opens, starts and stops it. serve.c is its thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "backend.h"
#include "device.h"
#include "inflight.h"
#include "queue.h"
#include "say.h"
#include "serve.h"
#include "watch.h"

int queue_open(struct queue *q, unsigned int index, struct disk *disk,
	       bool async)
{
	int ret;

	*q = (struct queue){
		.index = index, .kick = -1, .call = -1, .err = -1, .stop = -1
	};
	ret = io_open(&q->io, disk, async);
	if (ret)
		return ret;
	q->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (q->stop < 0) {
		ret = -errno;
		queue_close(q);
	}
	return ret;
}

/* Half a megabyte. Made at the first start, as most queues never start. */
static int make_requests(struct queue *q)
{
	if (q->requests)
		return 0;
	q->requests = calloc(DEPTH, sizeof(*q->requests));
	if (!q->requests)
		return -ENOMEM;
	for (unsigned int i = 0; i < DEPTH; i++)
		request_push(&q->free, &q->requests[i]);
	return 0;
}

void queue_close(struct queue *q)
{
	queue_reset(q);
	io_close(&q->io);
	if (q->stop >= 0)
		close(q->stop);
	free(q->requests);
}

/*
 * Find the next available entry. All requests up to the used index were answered.
 * The requests in flight come after these. So the ring and the area tell the index
 * even if the front end is wrong: after a kill of the last back end some front
 * ends send the base of a new ring.
 */
static const char *resume(struct queue *q)
{
	struct ring *ring = &q->ring;
	const char *why = NULL;
	bool fresh = true;

	q->resume_nr = q->resume_at = 0;
	q->given_nr = 0;
	ring->next_avail = q->base;
	if (q->part)
		why = inflight_resume(q->part, ring->num, ring->next_used,
				      &fresh, q->resume, &q->resume_nr,
				      &q->counter);
	if (!fresh)
		ring->next_avail = ring->next_used + q->resume_nr;
	ring->avail_idx = ring->next_avail;
	q->empty_kicks = 0;
	q->call_blocks = false;
	q->signal_first = q->resume_nr || ring_has_used(ring);
	return why;
}

/* Has the front end made all settings that the queue needs to run? */
static bool is_set_up(const struct queue *q, const struct device *device)
{
	bool enabled = q->enabled ||
		       !(device->features & VU_F_PROTOCOL_FEATURES);

	return enabled && q->kick >= 0 && q->num && q->has_addr;
}

/* Print this once, until the front end resets the ring or sends another area. */
static void say_no_room(struct queue *q)
{
	if (!q->no_room)
		say_guest(
			"queue %u: the inflight area has no room for a ring of %u "
			"entries: a kill of this program can lose requests",
			q->index, q->num);
	q->no_room = true;
}

void queue_new_inflight(struct queue *q)
{
	q->no_room = false;
}

/* Map the ring, and read the indexes of the ring and of the inflight area. */
static int map_and_resume(struct queue *q, struct device *device)
{
	const char *why;
	int ret;

	ret = ring_map(&q->ring, &q->addr);
	if (ret) {
		say_guest("queue %u not started: its ring cannot be mapped: %s",
			  q->index, errno_name(ret));
		return ret;
	}
	q->part = inflight_queue(&device->inflight, q->index, q->num);
	if (!q->part && device->inflight.addr)
		say_no_room(q);
	why = resume(q);
	if (!why)
		return 0;
	say_guest("queue %u not started: %s", q->index, why);
	ring_unmap(&q->ring);
	return -EINVAL;
}

/* watch.c reads device->running: if it is 0, no request is under way. */
static void set_running(struct queue *q, bool running)
{
	q->running = running;
	__atomic_add_fetch(&q->device->running, running ? 1 : -1,
			   __ATOMIC_RELEASE);
}

int queue_start(struct queue *q, struct device *device)
{
	uint64_t features = device->features;
	int ret;

	if (q->running || q->broken || !is_set_up(q, device))
		return 0;
	ret = make_requests(q);
	if (ret)
		return ret;
	q->device = device;
	q->block = (struct block){ device->disk, device->mem, features,
				   &q->faulted };
	q->ring = (struct ring){
		.mem = device->mem,
		.num = q->num,
		.indirect = features >> VIRTIO_RING_F_INDIRECT_DESC & 1,
		.event_idx = features >> VIRTIO_RING_F_EVENT_IDX & 1,
		.protocol = device->protocol,
	};
	watch_main(device, AT_MEMORY);
	ret = map_and_resume(q, device);
	watch_main(device, AT_ELSE);
	if (ret)
		return ret;
	q->stopping = false;
	/* Set before the thread can start its first request. */
	set_running(q, true);
	ret = -pthread_create(&q->thread, NULL, serve_queue, q);
	if (ret) {
		set_running(q, false);
		ring_unmap(&q->ring);
	}
	return ret;
}

void queue_stop(struct queue *q)
{
	uint64_t count;

	if (!q->running)
		return;
	__atomic_store_n(&q->stopping, true, __ATOMIC_RELEASE);
	eventfd_write(q->stop, 1);
	watch_join(q);
	if (read(q->stop, &count, sizeof(count)) < 0)
		say("eventfd: %s", errno_name(-errno));
	q->base = q->ring.next_avail;
	ring_unmap(&q->ring);
	set_running(q, false);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void queue_reset(struct queue *q)
{
	queue_stop(q);
	close_fd(&q->kick);
	close_fd(&q->call);
	close_fd(&q->err);
	q->enabled = q->has_addr = q->broken = q->no_room = false;
	q->num = 0;
	q->base = 0;
}
