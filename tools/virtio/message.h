/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Messages of the vhost-user protocol, as a front end sends and receives them. These
 * functions print nothing and wait for nothing: channel.h does.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../vhost-user-blk/protocol.h"
#include "frontend.h"

/* What protocol.h does not have, as the back end of this tree does not need it. */
#define VU_SET_BACKEND_REQ_FD	  21
#define VU_BACKEND_CONFIG_CHANGE  2 /* a request of the back end */
#define VU_PROTOCOL_F_BACKEND_REQ (UINT64_C(1) << 5)

/* Flags of a region with the fields of VU_PROTOCOL_F_XEN_MMAP. */
#define VU_XEN_FOREIGN	      (1U << 0)
#define VU_XEN_GRANT	      (1U << 1)
#define VU_XEN_NO_ADVANCE_MAP (1U << 8)

struct message {
	/*
	 * Descriptors. Sent: lent by the caller. Received: the caller closes fds[0]; the
	 * others are counted and already closed, as no answer has more than one.
	 */
	unsigned int nr_fds;
	struct vu_header header;
	union {
		uint64_t u64;
		struct vu_state state;
		struct vu_addr addr;
		struct vu_table table;
		struct vu_slot slot;
		struct vu_config config;
		struct vu_inflight inflight;
		uint8_t bytes[sizeof(struct vu_table)];
	};
	int fds[REGIONS_MAX];
};

/* Each makes a message without descriptors. */
struct message message_new(uint32_t request, const void *payload, uint32_t size);
struct message message_u64(uint32_t request, uint64_t value);
struct message message_state(uint32_t request, uint32_t index, uint32_t num);
/* An integer with a descriptor. */
struct message message_fd(uint32_t request, uint64_t value, int fd);

/* "SET_FEATURES", or "a message" for a number that the front end does not send. */
const char *message_name(uint32_t request);

/* Bytes of the header and the payload. */
size_t message_length(const struct message *m);
/*
 * Sends the message from byte @from on. The descriptors go with byte 0. Returns how many
 * bytes were sent, or -errno; -EAGAIN if the socket takes none now.
 */
ssize_t message_write(int socket, const struct message *m, size_t from);
/*
 * Receives up to @len bytes, and adds the descriptors that come with them to m->fds.
 * Returns how many bytes came, 0 at the end, or -errno.
 */
ssize_t message_read(int socket, struct message *m, void *to, size_t len);
/* Closes the descriptors that were received. */
void message_drop_fds(struct message *m);

#endif /* MESSAGE_H */
