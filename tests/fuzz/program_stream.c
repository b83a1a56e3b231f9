// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Takes libFuzzer's bytes as streams on a front end's socket, one connection
 * after the other, for connection_serve(). input.h says which bytes mean what.
 * The answers are not read.
 */
#include <assert.h>
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../tools/vhost-user-blk/connection.h"
#include "../../tools/vhost-user-blk/device.h"
#include "../../tools/vhost-user-blk/message.h"
#include "input.h"
#include "program.h"

/* Not more than so much that all answers fit into the socket. */
#define STREAM_MAX 2048
#define FDS	   (FDS_MAX + 8)

struct piece {
	uint8_t nr_fds, kind, len;
	uint8_t bytes[255];
};

static void send_piece(int socket, const struct piece *piece)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(FDS * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)piece->bytes, piece->len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fds[FDS], n = piece->nr_fds % (FDS + 1);

	for (int i = 0; i < n; i++)
		fds[i] = a_file(piece->kind);
	if (n) {
		control.align = (struct cmsghdr){ CMSG_LEN(n * sizeof(int)),
						  SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.align), fds, n * sizeof(int));
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
	}
	sendmsg(socket, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	for (int i = 0; i < n; i++)
		close(fds[i]);
}

/* Sends what one front end sends. Returns how it ends. */
static unsigned int send_all(int socket, struct bytes *in)
{
	struct piece piece;

	while (in->left) {
		piece.nr_fds = byte(in);
		piece.kind = byte(in);
		piece.len = byte(in);
		if (!piece.len)
			return piece.nr_fds % END_KINDS;
		piece.len = take(in, piece.bytes, piece.len);
		if (piece.len)
			send_piece(socket, &piece);
	}
	return END_SHUT;
}

static void one_connection(struct device *device, struct bytes *in, int signals)
{
	unsigned int end;
	int ends[2], ret;
	eventfd_t count;

	assert(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	end = send_all(ends[1], in);
	if (end == END_SIGNAL)
		assert(!eventfd_write(signals, 1));
	if (end == END_GONE)
		close(ends[1]);
	else
		assert(!shutdown(ends[1], SHUT_WR));
	ret = connection_serve(ends[0], signals, device);
	assert(ret == (end == END_SIGNAL ? -EINTR : 0));
	if (end == END_SIGNAL)
		assert(!eventfd_read(signals, &count));
	if (end != END_GONE)
		close(ends[1]);
	close(ends[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, size };
	struct device *device;
	int first, signals;

	device = device_begins(&in, &first);
	if (in.left > STREAM_MAX)
		in.left = STREAM_MAX;
	signals = eventfd(0, EFD_CLOEXEC);
	do
		one_connection(device, &in, signals);
	while (in.left);
	close(signals);
	device_ends(first);
	return 0;
}
