// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Receives and sends messages and descriptors on the socket of a front end. The
 * socket is a stream: a message may arrive in any number of pieces, and each
 * piece may have descriptors with it.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"
#include "device.h"
#include "message.h"
#include "say.h"
#include "watch.h"

/*
 * Room for as many descriptors as the kernel passes at once, so that the program
 * gets all of them. It closes those that a message has no room for.
 */
#define FDS_ROOM 253

/*
 * A message that is longer than struct message is refused, and the connection goes
 * on. If the header says that the message is longer than this, the stream is not
 * vhost-user any more, and the connection ends.
 */
#define PAYLOAD_MAX (1U << 16)

/*
 * Milliseconds that a front end has to read an answer, or to send the rest of a
 * message. There is no limit between two messages.
 */
#define TIMEOUT 10000

/*
 * Wait until the socket is ready. Returns 0, -ETIMEDOUT, or -EINTR if a signal
 * has come and the program has to end.
 */
static int wait_for(int socket, int signals, short events, int timeout)
{
	struct pollfd on[] = {
		{ .fd = socket, .events = events },
		{ .fd = signals, .events = POLLIN },
	};

	for (;;) {
		int n = poll(on, 2, timeout);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -ETIMEDOUT;
		if (n > 0 && on[1].revents)
			return -EINTR;
		if (n > 0)
			return 0;
	}
}

/* Put received descriptors into the message. Close those that do not fit. */
static void keep_fds(struct msghdr *msg, struct message *m)
{
	struct cmsghdr *c;

	/* The process has reached its limit of descriptors. */
	if (msg->msg_flags & MSG_CTRUNC)
		m->over = -EMFILE;
	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		unsigned int nr = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (unsigned int i = 0; i < nr; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			if (m->nr_fds < FDS_MAX) {
				m->fds[m->nr_fds++] = fd;
			} else {
				close(fd);
				m->over = -EMFILE;
			}
		}
	}
}

/* Receive some bytes. Returns their number, or 0 at the end of the stream. */
static ssize_t receive_some(int socket, struct message *m, void *to, size_t len)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(FDS_ROOM * sizeof(int))];
	} control;
	struct iovec iov = { to, len };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;

	n = recvmsg(socket, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return -errno;
	keep_fds(&msg, m);
	return n;
}

/* Receive @len bytes. -ECONNRESET: the stream has ended before that. */
static int receive(int socket, int signals, struct message *m, void *to,
		   size_t len, int timeout)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n;
		int ret;

		ret = wait_for(socket, signals, POLLIN, timeout);
		if (ret)
			return ret;
		n = receive_some(socket, m, (char *)to + done, len - done);
		if (n == -EAGAIN || n == -EINTR)
			continue;
		if (n <= 0)
			return n ? (int)n : -ECONNRESET;
		done += n;
	}
	return 0;
}

/* If the payload does not fit, read all of it and set m->over. */
static int receive_payload(int socket, int signals, struct message *m)
{
	size_t left = m->header.size;
	int ret;

	memset(m->bytes, 0, sizeof(m->bytes));
	if (left <= sizeof(m->bytes))
		return receive(socket, signals, m, m->bytes, left, TIMEOUT);
	if (left > PAYLOAD_MAX)
		return -EMSGSIZE;
	m->over = -EMSGSIZE;
	for (size_t len; left; left -= len) {
		len = left < sizeof(m->bytes) ? left : sizeof(m->bytes);
		ret = receive(socket, signals, m, m->bytes, len, TIMEOUT);
		if (ret)
			return ret;
	}
	return 0;
}

/* Returns -ENODATA if the front end has closed the socket between messages. */
static int receive_message(int socket, int signals, struct message *m)
{
	char *header = (char *)&m->header;
	int ret;

	m->nr_fds = 0;
	m->over = 0;
	ret = receive(socket, signals, m, header, 1, -1);
	if (ret)
		return ret == -ECONNRESET ? -ENODATA : ret;
	ret = receive(socket, signals, m, header + 1, sizeof(m->header) - 1,
		      TIMEOUT);
	if (ret)
		return ret;
	if ((m->header.flags & VU_VERSION_MASK) != VU_VERSION ||
	    m->header.flags & VU_REPLY)
		return -EPROTO;
	return receive_payload(socket, signals, m);
}

static int send_message(int socket, int signals, struct message *m)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov[] = {
		{ &m->header, sizeof(m->header) },
		{ m->bytes, m->header.size },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	size_t len = sizeof(m->header) + m->header.size;
	ssize_t n;
	int ret;

	m->header.flags = VU_VERSION | VU_REPLY;
	if (m->nr_fds) {
		control.align = (struct cmsghdr){ CMSG_LEN(sizeof(int)),
						  SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.align), m->fds, sizeof(int));
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
	}
	ret = wait_for(socket, signals, POLLOUT, TIMEOUT);
	if (ret)
		return ret;
	/*
	 * An answer has a few hundred bytes. A socket that is ready for writing
	 * has room for all of them.
	 */
	n = sendmsg(socket, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EMSGSIZE;
}

/* Serve one message. Returns 0, or the reason to end the connection. */
static int serve_one(int socket, int signals, struct device *device)
{
	struct message m;
	bool reply;
	int ret;

	ret = receive_message(socket, signals, &m);
	if (ret) {
		message_close_fds(&m);
		return ret;
	}
	ret = message_handle(device, &m, &reply);
	if (!ret && reply) {
		/* Only the answer to GET_INFLIGHT_FD has a descriptor. */
		if (m.header.request != VU_GET_INFLIGHT_FD)
			message_close_fds(&m);
		ret = send_message(socket, signals, &m);
	}
	message_close_fds(&m);
	return ret;
}

static int serve(int socket, int signals, struct device *device)
{
	int ret;

	ret = device_begin(device);
	while (!ret)
		ret = serve_one(socket, signals, device);
	if (ret != -ENODATA && ret != -EINTR)
		say_guest("connection closed: %s", errno_name(ret));
	device->over = true;
	device_end(device);
	device->over = false;
	return ret == -EINTR ? ret : 0;
}

int connection_serve(int socket, int signals, struct device *device)
{
	int ret;

	device->socket = socket;
	device->signals = signals;
	ret = watch_start(device);
	if (ret) {
		say_guest("connection closed: %s", errno_name(ret));
		return 0;
	}
	ret = serve(socket, signals, device);
	watch_end(device);
	return ret;
}
