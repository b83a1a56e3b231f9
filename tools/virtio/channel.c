// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Sends messages to a back end, receives its answers, and answers its requests: see
 * channel.h. The sockets do not block. A back end may send and receive in pieces of any
 * size.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "channel.h"
#include "../vhost-user-blk/say.h"

/* So many requests of a back end are answered at once. */
#define CHANNEL_REQUESTS 16

int64_t channel_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void channel_init(struct channel *c)
{
	*c = (struct channel){ .socket = -1, .requests = -1 };
}

int channel_connect(struct channel *c, const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	memcpy(to.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* If too many others wait to be accepted, this fails and does not wait. */
	if (connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		int err = -errno;

		close(fd);
		return err;
	}
	channel_init(c);
	c->socket = fd;
	return 0;
}

static void channel_close_requests(struct channel *c)
{
	if (c->requests >= 0)
		close(c->requests);
	c->requests = -1;
}

void channel_close(struct channel *c)
{
	channel_close_requests(c);
	if (c->socket >= 0)
		close(c->socket);
	c->socket = -1;
}

void channel_begin(struct channel *c)
{
	c->limit = channel_now() + FRONTEND_SECONDS * 1000;
}

const char *channel_fail(struct channel *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->why, sizeof(c->why), fmt, ap);
	va_end(ap);
	return c->why;
}

/* @ret: of message_read() or message_write(). */
static const char *channel_broken(struct channel *c, ssize_t ret)
{
	if (!ret || ret == -EPIPE || ret == -ECONNRESET)
		return channel_fail(c, "it has closed the connection");
	return channel_fail(c, "the socket: %s", errno_name(ret));
}

/* ---- requests of the back end ---- */

const char *channel_offer(struct channel *c)
{
	const char *why;
	struct message m;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return channel_fail(c, "socketpair: %s", errno_name(-errno));
	c->requests = pair[0];
	c->got = 0;
	m = message_new(VU_SET_BACKEND_REQ_FD, NULL, 0);
	m.nr_fds = 1;
	m.fds[0] = pair[1];
	why = channel_tell(c, &m);
	close(pair[1]);
	return why;
}

/* The only request that is negotiated is CONFIG_CHANGE, which has no payload. */
static const char *channel_answer(struct channel *c)
{
	const struct vu_header *r = &c->request;
	struct message m;

	if (r->request != VU_BACKEND_CONFIG_CHANGE || r->size ||
	    (r->flags & ~VU_NEED_REPLY) != VU_VERSION)
		return channel_fail(
			c, "its request %u (flags %#x, size %u) is unknown",
			r->request, r->flags, r->size);
	c->config_changed = true;
	if (!(r->flags & VU_NEED_REPLY))
		return NULL;
	m = message_u64(r->request, 0);
	m.header.flags |= VU_REPLY;
	/* There is room, unless the back end does not read the answers. */
	if (message_write(c->requests, &m, 0) != (ssize_t)message_length(&m))
		return channel_fail(
			c, "it does not read the answers to its requests");
	return NULL;
}

const char *channel_serve(struct channel *c)
{
	struct message m = { .nr_fds = 0 };
	const char *why;
	ssize_t n;
	int i;

	for (i = 0; i < CHANNEL_REQUESTS && c->requests >= 0; i++) {
		n = message_read(c->requests, &m, (char *)&c->request + c->got,
				 sizeof(c->request) - c->got);
		if (n == -EAGAIN)
			return NULL;
		if (m.nr_fds) {
			message_drop_fds(&m);
			return channel_fail(c, "its request has a descriptor");
		}
		/* A back end may do without. */
		if (n <= 0) {
			channel_close_requests(c);
			return NULL;
		}
		c->got += n;
		if (c->got < sizeof(c->request))
			continue;
		c->got = 0;
		why = channel_answer(c);
		if (why)
			return why;
	}
	return NULL;
}

/* ---- messages and their answers ---- */

/* Waits until the socket can be read (POLLIN) or written (POLLOUT). */
static const char *channel_wait(struct channel *c, short events,
				uint32_t request)
{
	struct pollfd on[2];
	const char *why;
	int64_t left;

	for (;;) {
		left = c->limit - channel_now();
		if (left <= 0)
			return channel_fail(
				c, "it has not answered %s within %d seconds",
				message_name(request), FRONTEND_SECONDS);
		on[0] = (struct pollfd){ c->socket, events, 0 };
		on[1] = (struct pollfd){ c->requests, POLLIN, 0 };
		if (poll(on, 2, left) < 0)
			continue; /* a signal */
		if (on[1].revents) {
			why = channel_serve(c);
			if (why)
				return why;
		}
		if (on[0].revents)
			return NULL;
	}
}

const char *channel_tell(struct channel *c, const struct message *m)
{
	const char *why;
	size_t sent = 0;
	ssize_t n;

	c->refused = false;
	while (sent < message_length(m)) {
		n = message_write(c->socket, m, sent);
		if (n > 0) {
			sent += n;
			continue;
		}
		if (n != -EAGAIN && n != -EINTR)
			return channel_broken(c, n);
		why = channel_wait(c, POLLOUT, m->header.request);
		if (why)
			return why;
	}
	return NULL;
}

static const char *channel_read(struct channel *c, struct message *m, void *to,
				size_t len, uint32_t request)
{
	const char *why;
	ssize_t n;

	while (len) {
		why = channel_wait(c, POLLIN, request);
		if (why)
			return why;
		n = message_read(c->socket, m, to, len);
		if (n == -EAGAIN || n == -EINTR)
			continue;
		if (n <= 0)
			return channel_broken(c, n);
		to = (char *)to + n;
		len -= n;
	}
	return NULL;
}

/* Receives an answer to @request. The caller drops the descriptors if this fails. */
static const char *channel_receive(struct channel *c, struct message *m,
				   uint32_t request, uint32_t least,
				   uint32_t most, unsigned int nr_fds)
{
	const struct vu_header *h = &m->header;
	const char *why;

	m->nr_fds = 0;
	m->fds[0] = -1;
	why = channel_read(c, m, &m->header, sizeof(m->header), request);
	if (why)
		return why;
	if (h->request != request)
		return channel_fail(c, "it has answered %s with message %u",
				    message_name(request), h->request);
	if (h->flags != (VU_VERSION | VU_REPLY))
		return channel_fail(c, "its answer to %s has flags %#x",
				    message_name(request), h->flags);
	if (h->size < least || h->size > most || h->size > sizeof(m->bytes))
		return channel_fail(c, "its answer to %s has %u bytes",
				    message_name(request), h->size);
	why = channel_read(c, m, m->bytes, h->size, request);
	if (why)
		return why;
	if (m->nr_fds != nr_fds || (nr_fds && m->fds[0] < 0))
		return channel_fail(c, "its answer to %s has %u descriptors",
				    message_name(request), m->nr_fds);
	return NULL;
}

const char *channel_get(struct channel *c, struct message *m, uint32_t least,
			uint32_t most, unsigned int nr_fds)
{
	const uint32_t request = m->header.request;
	const char *why = channel_tell(c, m);

	if (why)
		return why;
	why = channel_receive(c, m, request, least, most, nr_fds);
	if (why)
		message_drop_fds(m);
	return why;
}

const char *channel_get_u64(struct channel *c, uint32_t request,
			    uint64_t *value)
{
	struct message m = message_new(request, NULL, 0);
	const char *why = channel_get(c, &m, sizeof(m.u64), sizeof(m.u64), 0);

	if (!why)
		*value = m.u64;
	return why;
}

const char *channel_ask(struct channel *c, struct message m)
{
	const char *why;

	if (!c->acks)
		return channel_tell(c, &m);
	m.header.flags |= VU_NEED_REPLY;
	why = channel_get(c, &m, sizeof(m.u64), sizeof(m.u64), 0);
	if (why || !m.u64)
		return why;
	c->refused = true;
	return channel_fail(c, "it has refused %s",
			    message_name(m.header.request));
}

const char *channel_settle(struct channel *c)
{
	uint64_t features;

	return c->acks ? NULL : channel_get_u64(c, VU_GET_FEATURES, &features);
}

const char *channel_look(struct channel *c)
{
	char byte;
	ssize_t n = recv(c->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return NULL;
	if (n > 0)
		return channel_fail(c, "it has sent what nobody asked for");
	return channel_broken(c, n < 0 ? -errno : 0);
}
