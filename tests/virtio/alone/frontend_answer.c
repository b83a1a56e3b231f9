// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The answers of the scripted back end, right and wrong: see frontend_answer.h.
 */
#include <sys/mman.h>
#include <sys/socket.h>

#include "frontend_answer.h"

static void take_fds(struct msghdr *msg, struct got *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);

	if (!c)
		return;
	m->nr_fds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(m->fds, CMSG_DATA(c), m->nr_fds * sizeof(int));
}

bool answer_take(struct got *m, void *to, size_t len)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(m->fds))];
	} control;
	ssize_t n;

	while (len) {
		struct iovec part = { to, script.slow ? 1 : len };
		struct msghdr msg = { .msg_iov = &part,
				      .msg_iovlen = 1,
				      .msg_control = &control,
				      .msg_controllen = sizeof(control) };

		n = recvmsg(script.socket, &msg, MSG_CMSG_CLOEXEC);
		if (n <= 0)
			return false;
		take_fds(&msg, m);
		to = (char *)to + n;
		len -= n;
	}
	return true;
}

static void give(const void *from, size_t len, const int *fds,
		 unsigned int nr_fds)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(8 * sizeof(int))];
	} control = { 0 };
	struct iovec part = { (void *)from, len };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 };

	if (nr_fds) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(nr_fds * sizeof(int));
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(nr_fds * sizeof(int));
		memcpy(CMSG_DATA(&control.align), fds, nr_fds * sizeof(int));
	}
	sendmsg(script.socket, &msg, MSG_NOSIGNAL);
}

/* ---- answers ---- */

bool answer_keep_fd(int *place, struct got *m)
{
	if (*place >= 0)
		close(*place);
	*place = m->nr_fds ? m->fds[0] : -1;
	m->nr_fds = 0;
	return false;
}

static int new_area(void)
{
	int fd = memfd_create("area", MFD_CLOEXEC);

	return fd >= 0 && !ftruncate(fd, 4096) ? fd : -1;
}

void answer_set_u64(struct got *m, uint64_t value)
{
	m->u64 = value;
	m->header.size = sizeof(value);
}

bool answer_make(struct got *m, int *fd)
{
	switch (m->header.request) {
	case VU_GET_FEATURES:
		answer_set_u64(m, script.features);
		return true;
	case VU_GET_PROTOCOL_FEATURES:
		answer_set_u64(m, script.protocol);
		return true;
	case VU_GET_QUEUE_NUM:
		answer_set_u64(m, script.queues);
		return true;
	case VU_GET_MAX_MEM_SLOTS:
		answer_set_u64(m, script.slots);
		return true;
	case VU_GET_CONFIG:
		if (script.config_size < m->config.size)
			m->config.size = script.config_size;
		memcpy(m->config.bytes, script.config, m->config.size);
		m->header.size = m->config.size ? 12 + m->config.size : 0;
		return true;
	case VU_GET_VRING_BASE:
		m->state.num = 77;
		return true;
	case VU_GET_INFLIGHT_FD:
		*fd = new_area();
		m->inflight.mmap_size = script.area_size;
		m->inflight.mmap_offset = 0;
		return true;
	case VU_SET_INFLIGHT_FD:
		return answer_keep_fd(&script.area, m);
	case VU_SET_BACKEND_REQ_FD:
		return answer_keep_fd(&script.requests, m);
	case VU_SET_VRING_KICK:
		return m->u64 < RINGS &&
		       answer_keep_fd(&script.kick[m->u64], m);
	case VU_SET_VRING_CALL:
		return m->u64 < RINGS &&
		       answer_keep_fd(&script.call[m->u64], m);
	default:
		return false;
	}
}

static bool send_pieces(const void *from, size_t len, int fd)
{
	size_t i;

	for (i = 0; script.pieces && i < len; i++)
		give((const char *)from + i, 1, &fd, !i && fd >= 0);
	if (!script.pieces)
		give(from, len, &fd, fd >= 0);
	return true;
}

void answer_send(struct got *m, int fd, enum answer how)
{
	int fds[] = { 2, 2, 2, 2 };
	size_t len;

	m->header.flags = VU_VERSION | VU_REPLY;
	memset(m->bytes + m->header.size, 0, 64);
	if (how == SHORT)
		m->header.size--;
	if (how == LONG)
		m->header.size += 8;
	if (how == EMPTY)
		m->header.size = 0;
	len = sizeof(m->header) + m->header.size;
	switch (how) {
	case HUGE:
		m->header.size = ~0U;
		break;
	case OTHER_REQUEST:
		m->header.request++;
		break;
	case NO_REPLY_FLAG:
		m->header.flags = VU_VERSION;
		break;
	case OTHER_VERSION:
		m->header.flags = VU_REPLY | 2;
		break;
	case MORE_FLAGS:
		m->header.flags |= 16;
		break;
	case OTHER_INDEX:
		m->state.index++;
		break;
	case REFUSED:
		m->u64 = 1;
		break;
	case HALF:
		len /= 2;
		break;
	case UNASKED:
		len += 4;
		break;
	default:
		break;
	}
	if (how == WITH_FD && fd >= 0) {
		fds[0] = fd;
		give(&m->header, len, fds, 2);
	} else if (how == WITH_FD) {
		give(&m->header, len, fds, 1);
	} else if (how == WITH_MANY_FDS) {
		give(&m->header, len, fds, 4);
	} else if (how == LATE_FD) {
		give(&m->header, len - 1, &fd, fd >= 0);
		give((char *)&m->header + len - 1, 1, fds, 1);
	} else {
		send_pieces(&m->header, len, how == WITHOUT_FD ? -1 : fd);
		if (how == TWICE)
			send_pieces(&m->header, len, -1);
	}
}

/* Like QEMU's storage daemon, which answers nothing else meanwhile. */
void answer_change_config(void)
{
	const struct vu_header change = { VU_BACKEND_CONFIG_CHANGE,
					  VU_VERSION | VU_NEED_REPLY, 0 };
	uint8_t reply[20];
	struct vu_header want = { VU_BACKEND_CONFIG_CHANGE,
				  VU_VERSION | VU_REPLY, 8 };

	if (send(script.requests, &change, sizeof(change), MSG_NOSIGNAL) !=
	    sizeof(change))
		return;
	if (recv(script.requests, reply, sizeof(reply), MSG_WAITALL) ==
		    sizeof(reply) &&
	    !memcmp(reply, &want, sizeof(want)) &&
	    !memcmp(reply + 12, "\0\0\0\0\0\0\0", 8))
		script.changes_answered++;
}
