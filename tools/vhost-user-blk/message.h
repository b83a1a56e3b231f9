/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * vhost-user messages.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol.h"

struct device;

#define FDS_MAX		VU_REGIONS_MAX

struct message {
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
	/*
	 * A handler that keeps a descriptor replaces it by -1. The caller closes
	 * the others.
	 */
	int fds[FDS_MAX];
	unsigned int nr_fds;
	int over;	/* 0, or -errno if the message does not fit in here */
};

const char *message_name(uint32_t request);
void message_close_fds(struct message *message);
/*
 * Execute @message. @reply: the front end gets a reply, which is in @message
 * then. Returns a negative errno if the message was refused, the front end has
 * to know, and no reply tells it.
 *
 * A refused message has changed nothing, with two exceptions. A message may be
 * right in itself, but a ring cannot run with it, for instance a memory table
 * that does not contain the ring. Such a message takes effect, and the ring
 * stays stopped until a later message suits it. The second exception: the first
 * domain whose memory is announced stays the domain of the connection.
 */
int message_handle(struct device *device, struct message *message, bool *reply);

#endif /* MESSAGE_H */
