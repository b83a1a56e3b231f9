// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Implements pass.h.
 */
#include <sys/socket.h>

#include "dom0/pass.h"
#include "tap.h"

/* A message of one byte, with room for one descriptor. */
struct message {
	char byte;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov;
	struct msghdr hdr;
};

static struct cmsghdr *message_init(struct message *m)
{
	memset(m, 0, sizeof(*m));
	m->iov = (struct iovec){ &m->byte, 1 };
	m->hdr = (struct msghdr){
		.msg_iov = &m->iov,
		.msg_iovlen = 1,
		.msg_control = m->control,
		.msg_controllen = sizeof(m->control),
	};
	return CMSG_FIRSTHDR(&m->hdr);
}

void pass_send(int sock, int fd)
{
	struct message m;
	struct cmsghdr *c = message_init(&m);

	*c = (struct cmsghdr){
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
		.cmsg_len = CMSG_LEN(sizeof(fd)),
	};
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	must(check_eq(sendmsg(sock, &m.hdr, 0), 1));
}

int pass_receive(int sock)
{
	struct cmsghdr *c;
	struct message m;
	int fd;

	message_init(&m);
	must(check_eq(recvmsg(sock, &m.hdr, MSG_CMSG_CLOEXEC), 1));
	c = CMSG_FIRSTHDR(&m.hdr);
	must(c && c->cmsg_type == SCM_RIGHTS);
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}
