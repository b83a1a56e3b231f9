// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The thread of a device. It waits for requests of vcpus, for the back end, and for calls
 * that no interrupt is bound to.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "device.h"
#include "frontend.h"
#include "ioreq.h"
#include "../vhost-user-blk/say.h"

/* Requests that the dispatcher has given to the device. */
struct mailbox {
	pthread_mutex_t lock;
	struct request *first, **end;
	int signal;	    /* eventfd: there are requests */
	int connected;	    /* eventfd of device_start() */
	bool was_connected; /* it has been signalled */
	bool requests_wait; /* for one turn, as the last turn was theirs */
};

/* The mailbox, the front end, and the calls of all queues. */
#define DEVICE_FDS (1 + 2 + VIRTIO_QUEUES_MAX)

void device_post(struct device *d, struct request *r)
{
	struct mailbox *m = d->mailbox;

	r->next = NULL;
	pthread_mutex_lock(&m->lock);
	*m->end = r;
	m->end = &r->next;
	pthread_mutex_unlock(&m->lock);
	eventfd_write(m->signal, 1);
}

static struct request *device_take(struct mailbox *m)
{
	struct request *r;

	pthread_mutex_lock(&m->lock);
	r = m->first;
	if (r) {
		m->first = r->next;
		if (!m->first)
			m->end = &m->first;
	}
	pthread_mutex_unlock(&m->lock);
	return r;
}

static void device_access(struct device *d, struct access *a)
{
	d->transport->access(d, a);
}

static void device_serve(struct device *d)
{
	struct request *r;
	eventfd_t value;

	eventfd_read(d->mailbox->signal, &value);
	while ((r = device_take(d->mailbox))) {
		ioreq_run(r, device_access, d);
		ioreq_complete(r);
	}
}

/* The queues whose calls this thread waits for. */
static unsigned int device_add_calls(struct device *d, struct pollfd *fds,
				     unsigned int *queue)
{
	unsigned int nr = 0;

	if (!d->transport->wants_calls)
		return 0;
	for (unsigned int q = 0; q < d->virtio.queues; q++) {
		if (!d->transport->wants_calls(d, q))
			continue;
		fds[nr] = (struct pollfd){ d->virtio.queue[q].call, POLLIN, 0 };
		queue[nr++] = q;
	}
	return nr;
}

static void device_called(struct device *d, const struct pollfd *fds,
			  const unsigned int *queue, unsigned int nr)
{
	eventfd_t value;

	for (unsigned int i = 0; i < nr; i++)
		if (fds[i].revents && d->transport->wants_calls(d, queue[i]) &&
		    !eventfd_read(fds[i].fd, &value))
			d->transport->called(d, queue[i]);
}

static void device_check_connected(struct device *d)
{
	struct mailbox *m = d->mailbox;

	if (m->was_connected || !frontend_is_connected(d->virtio.frontend))
		return;
	__atomic_store_n(&m->was_connected, true, __ATOMIC_RELEASE);
	eventfd_write(m->connected, 1);
}

bool device_was_connected(const struct device *d)
{
	return __atomic_load_n(&d->mailbox->was_connected, __ATOMIC_ACQUIRE);
}

/*
 * Handles one event. What one event causes may close the descriptors of the others, so
 * there is one for each wait. Requests come first, as vcpus wait for them, but not twice
 * in a row if there is something else.
 */
static void device_handle(struct device *d, const struct pollfd *fds,
			  unsigned int nr, const unsigned int *queue,
			  unsigned int calls)
{
	struct frontend *f = d->virtio.frontend;
	bool requests = fds[0].revents;

	if (requests && !d->mailbox->requests_wait) {
		device_serve(d);
		d->mailbox->requests_wait = true;
		return;
	}
	d->mailbox->requests_wait = false;
	if (nr > 0 && fds[1].revents)
		frontend_readable(f, fds[1].fd);
	else if (nr > 1 && fds[2].revents)
		frontend_readable(f, fds[2].fd);
	else
		device_called(d, fds + 1 + nr, queue, calls);
}

static void device_wait(struct device *d)
{
	struct pollfd fds[DEVICE_FDS] = { { d->mailbox->signal, POLLIN, 0 } };
	unsigned int queue[VIRTIO_QUEUES_MAX];
	unsigned int nr, calls;
	int of_frontend[2], ms = -1, ret;

	nr = frontend_fds(d->virtio.frontend, of_frontend, &ms);
	for (unsigned int i = 0; i < nr; i++)
		fds[1 + i] = (struct pollfd){ of_frontend[i], POLLIN, 0 };
	calls = device_add_calls(d, fds + 1 + nr, queue);
	ret = poll(fds, 1 + nr + calls, ms);
	if (ret == 0 || ms == 0)
		frontend_tick(d->virtio.frontend);
	if (ret > 0 && ms != 0)
		device_handle(d, fds, nr, queue, calls);
}

static void *device_thread(void *arg)
{
	struct device *d = arg;

	frontend_connect(d->virtio.frontend);
	for (;;) {
		device_check_connected(d);
		device_wait(d);
	}
	return NULL;
}

int device_start(struct device *d, int connected)
{
	struct mailbox *m = calloc(1, sizeof(*m));
	pthread_t thread;
	int ret;

	if (!m)
		return -ENOMEM;
	pthread_mutex_init(&m->lock, NULL);
	m->end = &m->first;
	m->connected = connected;
	m->signal = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (m->signal < 0) {
		ret = -errno;
		free(m);
		return ret;
	}
	d->mailbox = m;
	ret = pthread_create(&thread, NULL, device_thread, d);
	if (ret)
		return -ret;
	pthread_detach(thread);
	return 0;
}
