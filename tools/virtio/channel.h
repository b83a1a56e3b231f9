/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The connection to a back end: messages with their answers, and the requests that the
 * back end makes by itself, for which it gets a socket of its own.
 *
 * Functions return NULL, or why the connection cannot be used any more. Then the caller
 * closes it. There is one exception: c->refused says that the back end has refused a
 * message, and that the connection is fine. The text is valid until the next call.
 *
 * No function waits beyond the time limit, which channel_begin() sets. While a function
 * waits for an answer, it answers the requests of the back end: some back ends answer
 * nothing before they have that.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "message.h"

struct channel {
	int socket;	     /* -1: closed */
	int requests;	     /* our end of the socket for the back end's requests, or -1 */
	bool acks;	     /* REPLY_ACK was negotiated, and may be used */
	bool refused;	     /* what the last call returned is a refusal */
	bool config_changed; /* the back end has said so */
	int64_t limit;	     /* milliseconds of the monotonic clock */
	size_t got;	     /* bytes of @request that have been received */
	struct vu_header request;
	char why[120];
};

/* Milliseconds of the monotonic clock. */
int64_t channel_now(void);

/* Of a channel that is not connected yet. */
void channel_init(struct channel *c);
/* 0 or -errno. */
int channel_connect(struct channel *c, const char *path);
void channel_close(struct channel *c);

/* All calls from now on, together, may take FRONTEND_SECONDS. */
void channel_begin(struct channel *c);

/* Formats the reason for a caller. Returns it. */
const char *channel_fail(struct channel *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Sends a message that has no answer. */
const char *channel_tell(struct channel *c, const struct message *m);
/* The back end must accept the message. Without acknowledgements nobody knows. */
const char *channel_ask(struct channel *c, struct message m);
/*
 * After this the back end has handled all messages before: with acknowledgements it has
 * anyway, without them it is asked for its features.
 */
const char *channel_settle(struct channel *c);
/*
 * Sends a message, and receives its answer in its place. The answer's payload has @least
 * to @most bytes, and the answer has as many descriptors as @nr_fds says: 0 or 1.
 */
const char *channel_get(struct channel *c, struct message *m, uint32_t least, uint32_t most,
			unsigned int nr_fds);
const char *channel_get_u64(struct channel *c, uint32_t request, uint64_t *value);

/* Gives the back end a socket for its requests. */
const char *channel_offer(struct channel *c);
/* Answers the requests that are there. It does not wait. */
const char *channel_serve(struct channel *c);
/* The socket is readable, and no answer is awaited. NULL: it was a false alarm. */
const char *channel_look(struct channel *c);

#endif /* CHANNEL_H */
