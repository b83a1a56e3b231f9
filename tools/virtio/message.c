// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Messages of the vhost-user protocol on a socket: see message.h.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "message.h"

/* The payload follows the header, so both are sent as one piece. */
static_assert(offsetof(struct message, bytes) ==
		      offsetof(struct message, header) +
			      sizeof(struct vu_header),
	      "a gap before the payload");

struct message message_new(uint32_t request, const void *payload, uint32_t size)
{
	struct message m = { .header = { request, VU_VERSION, size },
			     .fds = { -1 } };

	if (size)
		memcpy(m.bytes, payload, size);
	return m;
}

struct message message_u64(uint32_t request, uint64_t value)
{
	return message_new(request, &value, sizeof(value));
}

struct message message_state(uint32_t request, uint32_t index, uint32_t num)
{
	const struct vu_state state = { index, num };

	return message_new(request, &state, sizeof(state));
}

struct message message_fd(uint32_t request, uint64_t value, int fd)
{
	struct message m = message_u64(request, value);

	m.nr_fds = 1;
	m.fds[0] = fd;
	return m;
}

const char *message_name(uint32_t request)
{
	static const char *const names[] = {
		[VU_GET_FEATURES] = "GET_FEATURES",
		[VU_SET_FEATURES] = "SET_FEATURES",
		[VU_SET_OWNER] = "SET_OWNER",
		[VU_SET_MEM_TABLE] = "SET_MEM_TABLE",
		[VU_SET_VRING_NUM] = "SET_VRING_NUM",
		[VU_SET_VRING_ADDR] = "SET_VRING_ADDR",
		[VU_SET_VRING_BASE] = "SET_VRING_BASE",
		[VU_GET_VRING_BASE] = "GET_VRING_BASE",
		[VU_SET_VRING_KICK] = "SET_VRING_KICK",
		[VU_SET_VRING_CALL] = "SET_VRING_CALL",
		[VU_GET_PROTOCOL_FEATURES] = "GET_PROTOCOL_FEATURES",
		[VU_SET_PROTOCOL_FEATURES] = "SET_PROTOCOL_FEATURES",
		[VU_GET_QUEUE_NUM] = "GET_QUEUE_NUM",
		[VU_SET_VRING_ENABLE] = "SET_VRING_ENABLE",
		[VU_SET_BACKEND_REQ_FD] = "SET_BACKEND_REQ_FD",
		[VU_GET_CONFIG] = "GET_CONFIG",
		[VU_GET_INFLIGHT_FD] = "GET_INFLIGHT_FD",
		[VU_SET_INFLIGHT_FD] = "SET_INFLIGHT_FD",
		[VU_RESET_DEVICE] = "RESET_DEVICE",
		[VU_GET_MAX_MEM_SLOTS] = "GET_MAX_MEM_SLOTS",
		[VU_ADD_MEM_REG] = "ADD_MEM_REG",
	};

	if (request < sizeof(names) / sizeof(names[0]) && names[request])
		return names[request];
	return "a message";
}

size_t message_length(const struct message *m)
{
	return sizeof(m->header) + m->header.size;
}

ssize_t message_write(int socket, const struct message *m, size_t from)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(REGIONS_MAX * sizeof(int))];
	} control = { 0 };
	struct iovec part = { (char *)&m->header + from,
			      message_length(m) - from };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *c = &control.align;
	ssize_t n;

	if (m->nr_fds && !from) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(m->nr_fds * sizeof(int));
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(m->nr_fds * sizeof(int));
		memcpy(CMSG_DATA(c), m->fds, m->nr_fds * sizeof(int));
	}
	n = sendmsg(socket, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	return n < 0 ? -errno : n;
}

/* Keeps the first descriptor of a message. */
static void message_add_fd(struct message *m, int fd)
{
	if (m->nr_fds)
		close(fd);
	else
		m->fds[0] = fd;
	m->nr_fds++;
}

ssize_t message_read(int socket, struct message *m, void *to, size_t len)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec part = { to, len };
	struct msghdr msg = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		/* Room for one: the kernel closes the others. */
		.msg_controllen = CMSG_LEN(sizeof(int)),
	};
	const struct cmsghdr *c = &control.align;
	ssize_t n;
	int fd;

	n = recvmsg(socket, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return -errno;
	if (msg.msg_controllen >= CMSG_LEN(sizeof(int)) &&
	    c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
		message_add_fd(m, fd);
	}
	/* There were more, or this process may open no more. */
	if (msg.msg_flags & MSG_CTRUNC)
		m->nr_fds++;
	return n;
}

void message_drop_fds(struct message *m)
{
	if (m->nr_fds && m->fds[0] >= 0)
		close(m->fds[0]);
	m->nr_fds = 0;
	m->fds[0] = -1;
}
