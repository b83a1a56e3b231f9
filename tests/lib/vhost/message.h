/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Messages of the vhost-user protocol, as a front end sends and receives them.
 * Both front ends use them: tests/vhost/alone (without Xen) and
 * tests/vhost/xen (for a guest). These functions print nothing and never end
 * the program: the caller decides what a failure means.
 */
#ifndef VHOST_MESSAGE_H
#define VHOST_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../../tools/vhost-user-blk/protocol.h"

#define FEATURE(bit)	(UINT64_C(1) << (bit))

/* The most descriptors that the kernel passes in a message. */
#define FDS_MOST	253

struct message {
	int fd;		/* the descriptor that belongs to the message, or -1 */
	struct vu_header header;
	union {
		uint64_t u64;
		struct vu_state state;
		struct vu_addr addr;
		struct vu_table table;
		struct vu_slot slot;
		struct vu_config config;
		struct vu_inflight inflight;
		uint8_t bytes[4096];
	};
};

/* Connects to a back end. -1: no back end listens there. */
int message_connect(const char *path);
/*
 * Sends a message with these descriptors, and not with m->fd. False: the
 * connection cannot be used any more.
 */
bool message_send(int socket, const struct message *m, const int *fds,
		  unsigned int nr_fds);
/*
 * Receives an answer. The caller closes m->fd. False: the connection cannot be
 * used any more, or the message is no answer, or it is too long.
 */
bool message_receive(int socket, struct message *m);

/*
 * These make a message that asks for no acknowledgement. @fd is its descriptor,
 * or -1.
 */
struct message message_new(uint32_t request, const void *payload, uint32_t size,
			   int fd);
struct message message_u64(uint32_t request, uint64_t value, int fd);
struct message message_state(uint32_t request, uint32_t index, uint32_t num);
struct message message_addr(const struct vu_addr *addr);

#endif /* VHOST_MESSAGE_H */
