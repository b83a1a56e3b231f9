// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A queue's thread. In a loop it takes the requests that the ring has, passes them
 * to the file together, and returns all completed ones together. If there is
 * neither a request nor a completion, it asks the guest for kicks and sleeps.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "backend.h"
#include "block.h"
#include "inflight.h"
#include "io.h"
#include "queue.h"
#include "ring.h"
#include "say.h"
#include "serve.h"

/* After this many kicks without a request, each one costs a pause of 1 ms. */
#define EMPTY_KICKS_MAX 64

/*
 * Signal an eventfd or pipe of the front end. Returns true if SIGUSR1 has
 * interrupted the write: the front end can make a descriptor block again after
 * vring.c has set O_NONBLOCK. Other errors are ignored: if the descriptor is full
 * or closed, only the front end suffers.
 */
static bool signal_event(int fd)
{
	const uint64_t one = 1;

	return fd >= 0 && write(fd, &one, sizeof(one)) < 0 && errno == EINTR;
}

/*
 * A descriptor that blocks is not written again until the next start, which
 * signals it.
 */
static void signal_call(struct queue *q)
{
	if (!q->call_blocks)
		q->call_blocks = signal_event(q->call);
}

/* Tell watch.c that this thread may wait for the file. */
static void set_in_file(struct queue *q, bool in_file)
{
	__atomic_store_n(&q->in_file, in_file, __ATOMIC_RELAXED);
}

/* Show the guest all requests that were given since the last call. */
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

/* Give a completed request back to the ring. */
static const char *finish(struct queue *q, struct request *r)
{
	uint16_t head = r->head;
	const char *why;

	why = block_end(&q->block, r);
	if (!why)
		why = ring_give(&q->ring, head, r->written);
	request_push(&q->free, r);
	/* If the ring failed, the request stays in flight in the area. */
	if (!why && q->part)
		why = inflight_give(q->part, head);
	if (why)
		return why;
	q->given[q->given_nr++] = head;
	return q->given_nr == DEPTH ? publish(q) : NULL;
}

/* Start the request whose chain begins at @head. */
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
		request_push(&q->free, r);
		return why;
	}
	if (!io)
		return finish(q, r);
	set_in_file(q, true);
	io_queue(&q->io, r);
	set_in_file(q, false);
	return NULL;
}

/*
 * Can the queue start another request? Without an io_uring it has one at a time,
 * so that no completed request waits for others.
 */
static bool has_room(const struct queue *q)
{
	return q->free && (q->io.async || !q->io.busy);
}

static bool is_stopping(const struct queue *q)
{
	return __atomic_load_n(&q->stopping, __ATOMIC_ACQUIRE);
}

/*
 * Start the requests to resume, then, if @ring, those that the ring has. @worked:
 * a request was started.
 */
static const char *start_requests(struct queue *q, bool ring, bool *worked)
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

/* If the io_uring has done a part of a request, io_reap() does the rest. */
static struct request *reap_one(struct queue *q)
{
	struct request *r;

	set_in_file(q, true);
	r = io_reap(&q->io);
	set_in_file(q, false);
	return r;
}

/* Give all completed requests back. */
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

/* io_submit() may wait for the file and for memory. */
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

/* Do everything that is possible without waiting. */
static const char *serve_once(struct queue *q, bool ring, bool *worked)
{
	const char *why, *also;

	*worked = false;
	why = start_requests(q, ring, worked);
	if (!why)
		why = submit(q);
	if (!why)
		why = reap(q, worked);
	also = publish(q);
	return why ? why : also;
}

/*
 * Read the kick descriptor. If the other end is closed, poll() always reports the
 * descriptor as ready, but no kick comes any more: that breaks the queue.
 */
static const char *read_kick(struct queue *q, short ready)
{
	uint64_t count;
	ssize_t n = read(q->kick, &count, sizeof(count));

	q->empty_kicks++;
	if (n > 0 || (n < 0 && errno == EINTR))
		return NULL;
	if (n < 0 && errno == EAGAIN && ready == POLLIN)
		return NULL;
	return "its kick descriptor does not work";
}

/* A front end that kicks without requests must not keep a CPU busy. */
static void pause_after_empty_kicks(const struct queue *q)
{
	struct pollfd on = { .fd = q->stop, .events = POLLIN };

	if (q->empty_kicks >= EMPTY_KICKS_MAX)
		poll(&on, 1, 1);
}

/* Wait for a kick, for a completion, or for queue_stop(). */
static const char *wait(struct queue *q, bool kicks)
{
	struct pollfd on[] = {
		{ .fd = q->stop, .events = POLLIN },
		{ .fd = kicks ? q->kick : -1, .events = POLLIN },
		{ .fd = q->io.async && q->io.busy ? q->io.uring.fd : -1,
		  .events = POLLIN },
	};

	pause_after_empty_kicks(q);
	/* If entries could not be submitted, try again after 1 ms. */
	if (poll(on, 3, q->io.async && q->io.uring.queued ? 1 : -1) <= 0)
		return NULL;
	return on[1].revents ? read_kick(q, on[1].revents) : NULL;
}

/* Ask for kicks and wait, unless a request has come at the same time. */
static const char *ask_and_wait(struct queue *q)
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

/* Serve the ring until queue_stop(). */
static const char *serve(struct queue *q)
{
	const char *why = NULL;
	bool worked, more;

	why = ring_want_kicks(&q->ring, false, &more);
	while (!why && !is_stopping(q)) {
		why = serve_once(q, true, &worked);
		if (worked)
			q->empty_kicks = 0;
		if (!why && !worked)
			why = ask_and_wait(q);
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

/* Complete all requests that were started, and those to resume. */
static const char *complete(struct queue *q)
{
	const char *why = NULL;
	bool worked, more;

	while (!why && (q->io.busy || q->resume_at < q->resume_nr)) {
		why = serve_once(q, false, &worked);
		if (!why && !worked && q->io.busy)
			wait_io(q);
	}
	/* The next back end of this ring may need a kick. */
	return why ? why : ring_want_kicks(&q->ring, true, &more);
}

/*
 * The ring is broken. Wait until the file has completed all requests, and write
 * no status.
 */
static void abandon(struct queue *q)
{
	struct request *r;

	while (q->io.busy) {
		submit(q);
		while ((r = reap_one(q))) {
			block_drop(&q->block, r);
			request_push(&q->free, r);
		}
		if (q->io.busy)
			wait_io(q);
	}
}

void *serve_queue(void *queue)
{
	struct queue *q = queue;
	const char *why;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	/*
	 * Entries used before this start may have been signalled to an earlier
	 * call descriptor that no process reads any more, or not at all if the
	 * last back end was killed. So signal once more. Each new call
	 * descriptor restarts the ring, so this covers all of them.
	 */
	if (q->signal_first)
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
