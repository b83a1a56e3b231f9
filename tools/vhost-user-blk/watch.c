// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Ends a connection within a second when the front end has gone or a signal has
 * come.
 *
 * Memory and descriptors of the front end can make a thread of this program wait
 * forever. A signal interrupts a system call that waits in a descriptor. Nothing
 * interrupts a thread that waits for a page from a file system that does not
 * answer: only the end of the process ends this wait. So the process ends after a
 * second without progress, or after ten seconds with progress.
 *
 * A wait for the file that is served has no limit. While the kernel copies between
 * the file and memory, a wait for memory cannot be told from a wait for the file,
 * so it has no limit either.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "device.h"
#include "queue.h"
#include "say.h"
#include "watch.h"

/*
 * In milliseconds: how often a stop is checked, how long it may take without
 * progress, and how long a queue may take in all. Without the last limit a front
 * end with many slow pages could delay a stop for hours.
 */
#define LOOK	     10
#define LIMIT	     1000
#define LIMIT_IN_ALL 10000

/* Has the front end gone, or has a signal come? */
static bool is_over(const struct device *device)
{
	struct pollfd on[] = {
		{ .fd = device->socket, .events = POLLRDHUP },
		{ .fd = device->signals, .events = POLLIN },
	};

	return device->over || poll(on, 2, 0) > 0;
}

static bool has_signal(const struct device *device)
{
	struct pollfd on = { .fd = device->signals, .events = POLLIN };

	return poll(&on, 1, 0) > 0;
}

void watch_main(struct device *device, enum main_at at)
{
	__atomic_store_n(&device->at, at, __ATOMIC_RELAXED);
}

static enum main_at main_is_at(struct device *device)
{
	return __atomic_load_n(&device->at, __ATOMIC_RELAXED);
}

/*
 * Does the main thread wait, and may the wait never end? In watch_join() the main
 * thread has its own limits. Any other work may take long, for instance the
 * mapping of a large guest: it counts as stuck only if a signal has come.
 */
static bool main_is_stuck(struct device *device)
{
	switch (main_is_at(device)) {
	case AT_JOIN:
		return false;
	case AT_MEMORY:
		return true;
	default:
		return has_signal(device);
	}
}

/*
 * A signal has come and no queue runs, so the process may end without a loss of
 * requests. The main thread waits for the kernel, for instance in munmap() of a
 * large guest.
 */
static bool nothing_is_lost(struct device *device)
{
	return has_signal(device) && main_is_at(device) == AT_ELSE &&
	       !__atomic_load_n(&device->running, __ATOMIC_ACQUIRE);
}

/*
 * The thread that watches one connection. It sleeps until the front end has gone
 * or a signal has come. From then on it ends the process if the main thread is
 * stuck for LIMIT.
 */
static void *watch(void *arg)
{
	struct device *device = arg;
	struct pollfd on[] = {
		{ .fd = device->ended, .events = POLLIN },
		{ .fd = device->socket, .events = POLLRDHUP },
		{ .fd = device->signals, .events = POLLIN },
	};
	unsigned int stuck = 0;

	while (poll(on, 3, -1) < 0)
		continue;
	do {
		if (poll(on, 1, LOOK) > 0)
			return NULL;
		stuck = main_is_stuck(device) ? stuck + LOOK : 0;
	} while (stuck < LIMIT || !main_is_stuck(device));
	if (nothing_is_lost(device))
		_exit(EXIT_SUCCESS);
	say("cannot stop: memory or a file of the front end does not answer");
	_exit(EXIT_FAILURE);
}

int watch_start(struct device *device)
{
	return -pthread_create(&device->watch, NULL, watch, device);
}

void watch_end(struct device *device)
{
	eventfd_t count;

	eventfd_write(device->ended, 1);
	pthread_join(device->watch, NULL);
	eventfd_read(device->ended, &count);
}

/* A handler that does nothing: the signal interrupts a system call. */
static void on_nudge(int signal)
{
	(void)signal;
}

/* Wait @ms for the end of @thread. Returns true if it has ended. */
static bool join_for(pthread_t thread, long ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += ms * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	return !pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until);
}

/* Has a page of data come since the last call? */
static bool has_progress(struct queue *q, unsigned int *last)
{
	unsigned int faulted = __atomic_load_n(&q->faulted, __ATOMIC_RELAXED);
	bool more = faulted != *last;

	*last = faulted;
	return more;
}

/* Print the reason, once, for a user who waits for the end of the program. */
static void say_in_file(const struct queue *q, unsigned int ms)
{
	if (ms == LIMIT)
		say("queue %u stops when the file has answered", q->index);
}

/*
 * Returns NULL if the thread has ended, or a text that says why the wait for it
 * was given up. The signal is sent repeatedly: a signal that comes just before the
 * system call does not interrupt it.
 */
static const char *join(struct queue *q)
{
	struct sigaction nudge = { .sa_handler = on_nudge };
	unsigned int stuck = 0, in_all = 0, in_file = 0, last = 0;
	bool over;

	sigaction(SIGUSR1, &nudge, NULL);
	while (stuck < LIMIT && in_all < LIMIT_IN_ALL) {
		if (join_for(q->thread, LOOK))
			return NULL;
		over = is_over(q->device);
		if (__atomic_load_n(&q->in_file, __ATOMIC_RELAXED)) {
			stuck = 0;
			in_file += over ? LOOK : 0;
			say_in_file(q, in_file);
			continue;
		}
		pthread_kill(q->thread, SIGUSR1);
		in_all += over ? LOOK : 0;
		if (has_progress(q, &last) || !over)
			stuck = 0;
		else
			stuck += LOOK;
	}
	return stuck < LIMIT ? "answers too slowly" : "does not answer";
}

void watch_join(struct queue *q)
{
	const char *why;

	watch_main(q->device, AT_JOIN);
	why = join(q);
	if (why) {
		say("queue %u does not stop: the guest's memory %s", q->index,
		    why);
		_exit(EXIT_FAILURE);
	}
	watch_main(q->device, AT_ELSE);
}
