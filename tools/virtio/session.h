/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What a front end says to a back end from the connection to its end: which messages, and
 * in which order. The functions that return a text follow the rules of channel.h.
 */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "channel.h"
#include "frontend.h"
#include "virtio.h"

struct session {
	struct channel channel;
	const struct region_table *memory;
	uint64_t features;   /* of virtio and of vhost, that the back end offers */
	uint64_t protocol;   /* protocol features that were negotiated */
	unsigned int queues; /* that the back end has; 0: it does not say */
	uint64_t slots;	     /* the most regions of memory that it takes */
	bool has_memory;     /* it has got them one by one */
	uint64_t started;    /* bit i: the back end may use queue i */
	unsigned int config_size;
	uint8_t config[VIRTIO_CONFIG_MAX];
};

/*
 * The session of a connected channel: asks the back end what it is. @config_size: bytes of
 * configuration that are wanted.
 */
const char *session_hello(struct session *s, unsigned int config_size);
/* Asks for the configuration again. */
const char *session_get_config(struct session *s, unsigned int config_size);
/* Features for the driver: those of virtio. */
uint64_t session_features(const struct session *s);
/* True if the back end keeps a record of the requests in flight. */
bool session_has_inflight(const struct session *s);

/* ---- start.c ---- */

/*
 * Gives the back end all that it needs, and starts all enabled queues at these bases.
 * @area: the record, for a back end that keeps one. Without a descriptor, the back end
 * makes a new one, which is stored here.
 */
const char *session_start(struct session *s, const struct virtio *v, const uint16_t *base,
			  struct frontend_inflight *area);
/* Entries of the largest enabled queue. */
uint16_t session_queue_size(const struct virtio *v);

/* ---- session.c ---- */

/* When this has succeeded, the back end uses no queue. */
const char *session_stop(struct session *s);

#endif /* SESSION_H */
