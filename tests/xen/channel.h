/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 the xen-privcmd authors */
/*
 * The result channel: what init sends to collect while a virtual machine runs.
 * The records are the same on every platform. They use a line that neither the
 * kernel nor the hypervisor writes to. Both sides are little endian.
 */
#ifndef RIG_CHANNEL_H
#define RIG_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#define CHANNEL_MAGIC 0x31474952u /* "RIG1" */
#define CHANNEL_MAX   4096	  /* bytes of payload of one record */

enum channel_type {
	CHANNEL_HELLO = 'H',  /* init is up; no payload */
	CHANNEL_ALIVE = 'A',  /* sent every second; no payload */
	CHANNEL_OUT = 'O',    /* the command's standard output */
	CHANNEL_ERR = 'E',    /* the command's standard error */
	CHANNEL_FAIL = 'F',   /* the last record: the rig failed, and why */
	CHANNEL_STATUS = 'S', /* the last record: one byte, exit status */
};

/*
 * A record: this header, then @len bytes. @seq counts from 0. @sum covers the
 * header (with @sum 0) and the payload, so a lost, repeated or damaged record
 * is noticed. @nonce belongs to the run, so a record of another run is noticed.
 */
struct channel_header {
	uint32_t magic;
	uint32_t nonce;
	uint32_t seq;
	uint16_t type;
	uint16_t len;
	uint32_t sum;
};

/* FNV-1a over @len bytes, continued from @sum. */
static inline uint32_t channel_add(uint32_t sum, const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len--)
		sum = (sum ^ *p++) * 16777619u;
	return sum;
}

static inline uint32_t channel_sum(const struct channel_header *h,
				   const void *payload)
{
	struct channel_header copy = *h;

	copy.sum = 0;
	return channel_add(channel_add(2166136261u, &copy, sizeof(copy)),
			   payload, h->len);
}

#endif /* RIG_CHANNEL_H */
