// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * libFuzzer's bytes as the stream that a front end's socket is: connection_serve().
 * The first byte is how many 16 bytes go into the guest's memory, then come pieces
 * as they are sent: descriptors, length, bytes. Nobody reads the answers.
 */
#include <assert.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "program.h"

/* So much that the answers to it have room in the socket. */
#define STREAM_MAX 2048
#define FDS	   12

static void send_piece(int socket, struct bytes *in)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(FDS * sizeof(int))];
	} control = { 0 };
	uint8_t how = byte(in), bytes[256];
	struct iovec iov = { bytes, 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fds[FDS], n = (how & 15) % (FDS + 1);

	iov.iov_len = take(in, bytes, byte(in));
	if (!iov.iov_len)
		return;
	for (int i = 0; i < n; i++)
		fds[i] = a_file(how >> 4 & 3, (how >> 6 & 3) * PAGE);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, size < STREAM_MAX ? size : STREAM_MAX };
	int first = device_begins(&in), ends[2], signals;

	assert(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	signals = eventfd(0, EFD_CLOEXEC);
	while (in.left)
		send_piece(ends[1], &in);
	assert(!shutdown(ends[1], SHUT_WR));
	assert(!connection_serve(ends[0], signals, &device));
	close(ends[0]);
	close(ends[1]);
	close(signals);
	device_ends(first);
	return 0;
}
