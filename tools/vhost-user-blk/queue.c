// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * A queue and its thread. The thread takes what the ring has, hands it to the
 * file in one go, gives back what is done in one go, and sleeps only when there
 * is neither; kicks are asked for only then.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "backend.h"
#include "block.h"
#include "device.h"
#include "inflight.h"
#include "io.h"
#include "queue.h"
#include "ring.h"
#include "say.h"
#include "watch.h"

/* From this many kicks without a request on, there is a pause of 1 ms. */
#define VAIN_MAX 64

/*
 * Whether the thread was nudged meanwhile: the front end can make a descriptor
 * block again after we have changed that. If it is full or gone that is not our
 * trouble.
 */
static bool signal_event(int fd)
{
	const uint64_t one = 1;

	return fd >= 0 && write(fd, &one, sizeof(one)) < 0 && errno == EINTR;
}

/* The next start signals it again. */
static void signal_call(struct queue *q)
{
	if (!q->deaf)
		q->deaf = signal_event(q->call);
}

static void set_in_file(struct queue *q, bool in_file)
{
	__atomic_store_n(&q->in_file, in_file, __ATOMIC_RELAXED);
}

static void release(struct queue *q, struct request *r)
{
	r->next = q->free;
	q->free = r;
}

/* Shows the guest all that was given since the last time. */
static const char *publish(struct queue *q)
{
	const char *why;
	bool notify;

	why = ring_publish(&q->ring, &notify);
	if (!why && q->part && q->given_nr)
		why = inflight_end(q->part, q->given, q->given_nr,
				   q->ring.next_used);
	q->given_nr = 0;
	if (!why && notify)
		signal_call(q);
	return why;
}

static const char *finish(struct queue *q, struct request *r)
{
	uint16_t head = r->head;
	const char *why;

	why = block_end(&q->block, r);
	if (!why)
		why = ring_give(&q->ring, head, r->written);
	release(q, r);
	/* It stays in flight if the guest cannot be told of it. */
	if (!why && q->part)
		why = inflight_give(q->part, head);
	if (why)
		return why;
	q->given[q->given_nr++] = head;
	return q->given_nr == DEPTH ? publish(q) : NULL;
}

static const char *begin(struct queue *q, uint16_t head)
{
	struct request *r = q->free;
	struct chain chain;
	const char *why = NULL;
	bool io;

	if (q->part)
		why = inflight_begin(q->part, head, q->counter++);
	if (!why)
		why = ring_chain(&q->ring, head, &chain);
	if (why)
		return why;
	q->free = r->next;
	r->head = head;
	why = block_begin(&q->block, &chain, r, &io);
	if (why) {
		block_drop(&q->block, r);
		release(q, r);
		return why;
	}
	if (!io)
		return finish(q, r);
	set_in_file(q, true);
	io_queue(&q->io, r);
	set_in_file(q, false);
	return NULL;
}

/* Room for another: system calls do one at a time, so that none waits long. */
static bool has_room(const struct queue *q)
{
	return q->free && (q->io.async || !q->io.busy);
}

static bool is_stopping(const struct queue *q)
{
	return __atomic_load_n(&q->stopping, __ATOMIC_ACQUIRE);
}

/* Takes what there is; @ring: from the ring too, else only what is to resume. */
static const char *take(struct queue *q, bool ring, bool *worked)
{
	const char *why = NULL;
	bool found = true;
	uint16_t head;

	for (unsigned int n = 0; !why && n < DEPTH && has_room(q); n++) {
		if (q->resume_at < q->resume_nr)
			head = q->resume[q->resume_at++];
		else if (ring && !is_stopping(q))
			why = ring_next(&q->ring, &found, &head);
		else
			break;
		if (why || !found)
			break;
		why = begin(q, head);
		*worked = true;
	}
	return why;
}

/* What was done in part only is done to its end here, by system calls. */
static struct request *reap_one(struct queue *q)
{
	struct request *r;

	set_in_file(q, true);
	r = io_reap(&q->io);
	set_in_file(q, false);
	return r;
}

static const char *reap(struct queue *q, bool *worked)
{
	const char *why = NULL;
	struct request *r;

	while (!why && (r = reap_one(q))) {
		why = finish(q, r);
		*worked = true;
	}
	return why;
}

/* io_submit() may wait for the file, and for memory. */
static const char *submit(struct queue *q)
{
	int ret;

	set_in_file(q, true);
	ret = io_submit(&q->io);
	set_in_file(q, false);
	return ret && ret != -EAGAIN && ret != -EBUSY ?
		       "its io_uring does not work" :
		       NULL;
}

/* Everything that can be done without waiting. */
static const char *pass(struct queue *q, bool ring, bool *worked)
{
	const char *why, *also;

	*worked = false;
	why = take(q, ring, worked);
	if (!why)
		why = submit(q);
	if (!why)
		why = reap(q, worked);
	also = publish(q);
	return why ? why : also;
}

/*
 * Reads the kick. A descriptor on which the other end has hung up is always ready
 * and never has anything again.
 */
static const char *take_kick(struct queue *q, short ready)
{
	uint64_t count;
	ssize_t n = read(q->kick, &count, sizeof(count));

	q->vain++;
	if (n > 0 || (n < 0 && errno == EINTR))
		return NULL;
	if (n < 0 && errno == EAGAIN && ready == POLLIN)
		return NULL;
	return "its kick descriptor does not work";
}

/* A front end that kicks and kicks shall not keep a CPU busy for nothing. */
static void pause_if_vain(const struct queue *q)
{
	struct pollfd on = { .fd = q->stop, .events = POLLIN };

	if (q->vain >= VAIN_MAX)
		poll(&on, 1, 1);
}

/* Until a kick, a completion or the order to stop. */
static const char *wait(struct queue *q, bool kicks)
{
	struct pollfd on[] = {
		{ .fd = q->stop, .events = POLLIN },
		{ .fd = kicks ? q->kick : -1, .events = POLLIN },
		{ .fd = q->io.async && q->io.busy ? q->io.uring.fd : -1,
		  .events = POLLIN },
	};

	pause_if_vain(q);
	/* What could not be submitted is tried again soon. */
	if (poll(on, 3, q->io.async && q->io.uring.queued ? 1 : -1) <= 0)
		return NULL;
	return on[1].revents ? take_kick(q, on[1].revents) : NULL;
}

static const char *rest(struct queue *q)
{
	bool kicks = has_room(q), more = false;
	const char *why = NULL;

	if (kicks)
		why = ring_want_kicks(&q->ring, true, &more);
	if (!why && !more)
		why = wait(q, kicks);
	if (!why && kicks)
		why = ring_want_kicks(&q->ring, false, &more);
	return why;
}

static const char *serve(struct queue *q)
{
	const char *why = NULL;
	bool worked, more;

	why = ring_want_kicks(&q->ring, false, &more);
	while (!why && !is_stopping(q)) {
		why = pass(q, true, &worked);
		if (worked)
			q->vain = 0;
		if (!why && !worked)
			why = rest(q);
	}
	return why;
}

static void wait_io(struct queue *q)
{
	struct pollfd on = { .fd = q->io.uring.fd, .events = POLLIN };

	set_in_file(q, true);
	poll(&on, 1, q->io.uring.queued ? 1 : -1);
	set_in_file(q, false);
}

/* What was begun ends as it would have. */
static const char *complete(struct queue *q)
{
	const char *why = NULL;
	bool worked, more;

	while (!why && (q->io.busy || q->resume_at < q->resume_nr)) {
		why = pass(q, false, &worked);
		if (!why && !worked && q->io.busy)
			wait_io(q);
	}
	/* The next one to serve this ring may need a kick. */
	return why ? why : ring_want_kicks(&q->ring, true, &more);
}

/* The ring is beyond use: the file finishes, and nobody is told. */
static void abandon(struct queue *q)
{
	struct request *r;

	while (q->io.busy) {
		submit(q);
		while ((r = reap_one(q))) {
			block_drop(&q->block, r);
			release(q, r);
		}
		if (q->io.busy)
			wait_io(q);
	}
}

static void *run(void *arg)
{
	struct queue *q = arg;
	const char *why;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	/*
	 * What was used before this start may have been signalled to an earlier
	 * call descriptor that nobody hears any more, or not at all if the last
	 * back end was killed. Each new call descriptor restarts the ring.
	 */
	if (q->tell)
		signal_call(q);
	why = serve(q);
	if (!why)
		why = complete(q);
	if (!why)
		return NULL;
	abandon(q);
	q->broken = true;
	say_guest("queue %u stopped: %s", q->index, why);
	signal_event(q->err);
	return NULL;
}

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

/* Half a megabyte, and most queues are never started. */
static int make_requests(struct queue *q)
{
	if (q->requests)
		return 0;
	q->requests = calloc(DEPTH, sizeof(*q->requests));
	if (!q->requests)
		return -ENOMEM;
	for (unsigned int i = 0; i < DEPTH; i++)
		release(q, &q->requests[i]);
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
 * Where to go on. All requests up to the used index were answered, and those in
 * flight were taken: the ring and the area know better than a front end that
 * sends the base of a new ring after a back end was killed.
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
	q->vain = 0;
	q->deaf = false;
	q->tell = q->resume_nr || ring_has_used(ring);
	return why;
}

static bool complete_setup(const struct queue *q, const struct device *device)
{
	bool enabled = q->enabled ||
		       !(device->features & VU_F_PROTOCOL_FEATURES);

	return enabled && q->kick >= 0 && q->num && q->has_addr;
}

/* Once, until the front end sets the ring up anew or has another area. */
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

/* What the start reads of the ring and of the area of requests in flight. */
static int map_and_resume(struct queue *q, struct device *device)
{
	const char *why;
	int ret;

	ret = ring_map(&q->ring, &q->addr);
	if (ret) {
		say_guest("queue %u: its ring: %s", q->index, errno_name(ret));
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

/* The device's count tells the watch whether a request may be under way. */
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

	if (q->running || q->broken || !complete_setup(q, device))
		return 0;
	ret = make_requests(q);
	if (ret)
		return ret;
	q->device = device;
	q->block = (struct block){ device->disk, device->mem, features,
				   &q->touched };
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
	/* Before the thread takes its first request. */
	set_running(q, true);
	ret = -pthread_create(&q->thread, NULL, run, q);
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
	signal_event(q->stop);
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
