// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Messages of the vhost-user protocol on a socket: see message.h.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "vhost/message.h"

/* The payload follows the header, so both are sent as one piece. */
static_assert(offsetof(struct message, bytes) ==
		      sizeof(int) + sizeof(struct vu_header),
	      "a gap before the payload");

union control {
	struct cmsghdr align;
	char space[CMSG_SPACE(FDS_MOST * sizeof(int))];
};

int message_connect(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	if (fd < 0 || !connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return fd;
	close(fd);
	return -1;
}

bool message_send(int socket, const struct message *m, const int *fds,
		  unsigned int nr_fds)
{
	const size_t len = sizeof(m->header) + m->header.size;
	struct iovec part = { (void *)&m->header, len };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 };
	union control control = { 0 };
	struct cmsghdr *c;

	if (nr_fds) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(nr_fds * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nr_fds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, nr_fds * sizeof(int));
	}
	/* So short a message is sent completely or not at all. */
	return sendmsg(socket, &msg, MSG_NOSIGNAL) == (ssize_t)len;
}

/* @fd: where to store the descriptor that comes with these bytes, or NULL. */
static bool receive(int socket, void *to, size_t len, int *fd)
{
	struct iovec part = { to, len };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 };
	union control control = { 0 };
	struct cmsghdr *c;

	if (fd) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int));
	}
	if (recvmsg(socket, &msg, MSG_WAITALL | MSG_CMSG_CLOEXEC) !=
	    (ssize_t)len)
		return false;
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return true;
}

bool message_receive(int socket, struct message *m)
{
	const struct vu_header *header = &m->header;

	m->fd = -1;
	if (receive(socket, &m->header, sizeof(*header), &m->fd) &&
	    header->flags == (VU_VERSION | VU_REPLY) &&
	    header->size <= sizeof(m->bytes) &&
	    (!header->size || receive(socket, m->bytes, header->size, NULL)))
		return true;
	if (m->fd >= 0)
		close(m->fd);
	return false;
}

struct message message_new(uint32_t request, const void *payload, uint32_t size,
			   int fd)
{
	struct message m = { fd, { request, VU_VERSION, size }, { 0 } };

	if (size)
		memcpy(m.bytes, payload, size);
	return m;
}

struct message message_state(uint32_t request, uint32_t index, uint32_t num)
{
	const struct vu_state state = { index, num };

	return message_new(request, &state, sizeof(state), -1);
}

struct message message_addr(const struct vu_addr *addr)
{
	return message_new(VU_SET_VRING_ADDR, addr, sizeof(*addr), -1);
}

struct message message_u64(uint32_t request, uint64_t value, int fd)
{
	return message_new(request, &value, sizeof(value), fd);
}
