// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Messages of the vhost-user protocol on a socket.
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "vhost/message.h"

bool message_send(int sock, uint32_t request, uint32_t flags,
		  const void *payload, uint32_t size, int fd)
{
	struct vu_header header = { request, VU_VERSION | flags, size };
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec part[] = { { &header, sizeof(header) },
				{ (void *)payload, size } };
	struct msghdr message = { .msg_iov = part, .msg_iovlen = 2 };
	struct cmsghdr *c;

	if (fd >= 0) {
		message.msg_control = control.space;
		message.msg_controllen = sizeof(control.space);
		c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	/* So short a message is sent completely or not at all. */
	return sendmsg(sock, &message, MSG_NOSIGNAL) ==
	       (ssize_t)(sizeof(header) + size);
}

/*
 * Receives the header of a message and the descriptor that belongs to it; -1:
 * there is none.
 */
static bool receive_header(int sock, struct vu_header *header, int *fd)
{
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = { header, sizeof(*header) };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	struct cmsghdr *c;

	*fd = -1;
	if (recvmsg(sock, &message, MSG_WAITALL | MSG_CMSG_CLOEXEC) !=
	    (ssize_t)sizeof(*header))
		return false;
	c = CMSG_FIRSTHDR(&message);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return true;
}

bool message_reply(int sock, uint32_t request, void *payload, uint32_t size,
		   int *fd)
{
	struct vu_header header;
	int got;

	if (!receive_header(sock, &header, &got))
		return false;
	if (header.request == request &&
	    header.flags == (VU_VERSION | VU_REPLY) && header.size == size &&
	    (got >= 0) == (fd != NULL) &&
	    recv(sock, payload, size, MSG_WAITALL) == (ssize_t)size) {
		if (fd)
			*fd = got;
		return true;
	}
	if (got >= 0)
		close(got);
	return false;
}
