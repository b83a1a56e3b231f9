/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Messages of the vhost-user protocol, as a front end sends and receives them.
 */
#ifndef VHOST_MESSAGE_H
#define VHOST_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "../../../tools/vhost-user-blk/protocol.h"

#define FEATURE(bit)	(UINT64_C(1) << (bit))

/*
 * Sends a message, with a descriptor unless @fd is -1. False: the connection
 * cannot be used any more.
 */
bool message_send(int sock, uint32_t request, uint32_t flags,
		  const void *payload, uint32_t size, int fd);
/*
 * Receives the reply, which must have exactly this size, and a descriptor if
 * @fd is not NULL.
 */
bool message_reply(int sock, uint32_t request, void *payload, uint32_t size,
		   int *fd);

#endif /* VHOST_MESSAGE_H */
