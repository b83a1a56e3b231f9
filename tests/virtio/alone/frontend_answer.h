/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * How the scripted back end reads messages and answers them. A part of frontend_script.c.
 */
#ifndef FRONTEND_ANSWER_H
#define FRONTEND_ANSWER_H

#include <assert.h>

#include "frontend_test.h"

/* A message, and the descriptors that came with it. */
struct got {
	unsigned int nr_fds; /* keeps the payload next to the header */
	struct vu_header header;
	union {
		uint64_t u64;
		struct vu_state state;
		struct vu_addr addr;
		struct vu_table table;
		struct vu_slot slot;
		struct vu_inflight inflight;
		struct vu_config config;
		uint8_t bytes[4096];
	};
	int fds[REGIONS_MAX];
};

static_assert(offsetof(struct got, bytes) ==
		      offsetof(struct got, header) + sizeof(struct vu_header),
	      "a gap before the payload");

/* Reads @len bytes, and the descriptors that come with them. False: the end. */
bool answer_take(struct got *m, void *to, size_t len);
/* Puts the answer in place of the message. False: it has none but an acknowledgement. */
bool answer_make(struct got *m, int *fd);
/* Sends the answer in @m, with the descriptor @fd or -1. */
void answer_send(struct got *m, int fd, enum answer how);
/* Makes the integer the payload. */
void answer_set_u64(struct got *m, uint64_t value);
/* Takes the descriptor of the message, and closes the one that was kept there. */
bool answer_keep_fd(int *place, struct got *m);
/* Says CONFIG_CHANGE, and awaits the answer. */
void answer_change_config(void);

#endif /* FRONTEND_ANSWER_H */
