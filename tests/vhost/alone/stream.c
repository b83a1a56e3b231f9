// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The stream of messages: what ends it, messages in pieces, descriptors.
 */
#include <sys/socket.h>

#include "frontend.h"

/* Without need_reply, hanging up is the only way to refuse a message. */
TAP_CASE(message_refused_without_reply)
{
	struct vm vm;

	vm_start(&vm, "");
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	vm_send(&vm, message_state(VU_SET_VRING_NUM, 0, 24), 0);
	check(vm_gone(&vm));
	check(vm_said(&vm, "message 8 (SET_VRING_NUM): EINVAL\n"));
	check(vm_said(&vm, "connection closed: EINVAL\n"));
	vm_end(&vm);
}

/* Sends bytes as they are. */
static void send_bytes(struct vm *vm, const void *bytes, size_t len)
{
	must(send(vm->socket, bytes, len, MSG_NOSIGNAL) == (ssize_t)len);
}

static void broken_stream(const void *bytes, size_t len, bool hang_up,
			  const char *said)
{
	struct vm vm;

	vm_start(&vm, "");
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	send_bytes(&vm, bytes, len);
	if (hang_up)
		shutdown(vm.socket, SHUT_WR);
	check(vm_gone(&vm));
	check(vm_said(&vm, said));
	vm_end(&vm);
}

TAP_CASE(message_framing)
{
	struct vu_header header = { VU_GET_FEATURES, VU_VERSION, 0 };

	header.flags = 2;
	broken_stream(&header, sizeof(header), false,
		      "connection closed: EPROTO\n");
	header.flags = VU_VERSION | VU_REPLY;
	broken_stream(&header, sizeof(header), false,
		      "connection closed: EPROTO\n");
	header.flags = VU_VERSION;
	header.size = 1 << 20;
	broken_stream(&header, sizeof(header), false,
		      "connection closed: EMSGSIZE\n");
	header.size = UINT32_MAX;
	broken_stream(&header, sizeof(header), false,
		      "connection closed: EMSGSIZE\n");
	/* Truncated in the header, after it, and in the payload. */
	header.size = 8;
	broken_stream(&header, 5, true, "connection closed: ECONNRESET\n");
	broken_stream(&header, sizeof(header), true,
		      "connection closed: ECONNRESET\n");
}

/* A stream has no boundaries, so a message may come byte by byte. */
TAP_CASE(message_in_pieces)
{
	struct vu_header header = { VU_GET_FEATURES, VU_VERSION, 0 };
	struct message m;
	struct vm vm;

	vm_start(&vm, "");
	for (unsigned int i = 0; i < sizeof(header); i++) {
		send_bytes(&vm, (char *)&header + i, 1);
		usleep(1000);
	}
	must(message_receive(vm.socket, &m));
	check_eq(m.header.request, VU_GET_FEATURES);
	vm_end(&vm);
}

/*
 * Descriptors that do not belong to a message are closed, whether the message
 * is refused or not.
 */
TAP_CASE(message_descriptors_do_not_leak)
{
	struct vu_state state = { 0, RING };
	uint64_t bad = QUEUES;
	unsigned int before;
	struct vm vm;
	int fds[8];

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	for (unsigned int i = 0; i < 8; i++)
		fds[i] = vm.mem_fd;
	before = vm_open_files(&vm);
	for (unsigned int i = 0; i < 20; i++) {
		check_eq(vm_ack(&vm, VU_SET_VRING_NUM, &state, sizeof(state),
				fds, 8),
			 1);
		check_eq(vm_ack(&vm, VU_SET_VRING_CALL, &bad, 8, fds, 1), 1);
		check_eq(vm_ack(&vm, 99, &bad, 8, fds, 3), 1);
		check_eq(vm_set(&vm, message_u64(VU_SET_VRING_CALL, 0,
						 vm.ring[0].call)),
			 0);
		check_eq(vm_set(&vm, message_u64(VU_SET_VRING_KICK, 0,
						 vm.ring[0].kick)),
			 0);
	}
	check_eq(vm_open_files(&vm), before);
	vm_end(&vm);
}

/*
 * More descriptors than a message may have, and more than the program can take.
 * The message is refused, and the connection goes on.
 */
TAP_CASE(message_too_many_descriptors)
{
	static const unsigned int nr[] = { 9, 32, 33, FDS_MOST };
	const uint64_t features = FEATURES;
	struct message m = message_u64(VU_SET_FEATURES, features, -1);
	unsigned int before;
	int fds[FDS_MOST];
	struct vm vm;

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	for (unsigned int i = 0; i < FDS_MOST; i++)
		fds[i] = vm.mem_fd;
	before = vm_open_files(&vm);
	for (unsigned int i = 0; i < 4; i++) {
		check_eq(vm_ack(&vm, VU_SET_FEATURES, &features, 8, fds, nr[i]),
			 1);
		check_eq(vm_open_files(&vm), before);
	}
	check(vm_said(&vm, "message 2 (SET_FEATURES): EMFILE\n"));
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 1, 512, true), 0);
	must(message_send(vm.socket, &m, fds, 33));
	check(vm_gone(&vm));
	check(vm_said(&vm, "connection closed: EMFILE\n"));
	vm_end(&vm);
}

/* A payload longer than that of any message. The next message is understood. */
TAP_CASE(message_too_long)
{
	static const uint32_t sizes[] = { 1289, 2568, 4096, 1 << 16 };
	static uint8_t bytes[sizeof(struct vu_header) + (1 << 16)];
	struct message m;
	struct vm vm;

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	for (unsigned int i = 0; i < 4; i++) {
		struct vu_header header = { VU_SET_MEM_TABLE,
					    VU_VERSION | VU_NEED_REPLY,
					    sizes[i] };

		memcpy(bytes, &header, sizeof(header));
		send_bytes(&vm, bytes, sizeof(header) + sizes[i]);
		must(message_receive(vm.socket, &m));
		check_eq(m.u64, 1);
	}
	check(vm_said(&vm, "message 5 (SET_MEM_TABLE): EMSGSIZE\n"));
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 1, 512, true), 0);
	vm_end(&vm);
}
