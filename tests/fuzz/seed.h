/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What the files of fuzz-seeds share.
 *
 *	seed_main.c      the situations, and the files that are written
 *	seed_note.c      records what the front end sends, and answers it
 *	seed_requests.c  requests and questions
 *	seed_memory.c    the memory table
 *	seed_inflight.c  requests in flight, back ends that start again
 */
#ifndef SEED_H
#define SEED_H

#include "../vhost/alone/frontend.h"

#define SEED_MAX 4096 /* the limit that `programs` sets for libFuzzer */

struct seed {
	uint8_t bytes[SEED_MAX];
	size_t len;
};

/* seed_note.c */
extern struct vm vm;
/* Messages for vhost_user. Pieces for stream, which follow its memory. */
extern struct seed messages, pieces;
/* The answer to GET_INFLIGHT_FD. */
extern int area_fd;
extern size_t area_len;

void note_begin(void);
/* Records an event (DO_*), after which @len bytes follow. */
void note_event(uint8_t what, uint16_t len);
/* Records what has changed in memory since the last call. */
void note_memory(void);
void put(struct seed *seed, const void *bytes, size_t len);
void put_byte(struct seed *seed, uint8_t value);
/* Writes all contents of the guest's memory, as at the beginning of an input. */
void put_memory(struct seed *seed);

/* seed_requests.c */
void rest(void);
void reconnect(void);
void resize(uint32_t size);
/* A request in the three descriptors from @head on. */
void ask(unsigned int q, unsigned int head, uint32_t type, uint64_t sector, uint32_t len,
	 bool device_writes);
void state(uint32_t request, unsigned int q, uint32_t num);

/* Situations. Each begins with a front end that has just connected. */
void read_and_write(void);
void ranges(void);
void indirect(void);
void kick_hung_up(void);
void device_questions(void);
void plain_protocol(void);

/* seed_memory.c */
void slots(void);
void many_regions(void);
void xen_foreign(void);
void xen_grants(void);
void memory_goes(void);

/* seed_inflight.c */
void reconnecting(void);
void in_flight(void);
void batch_was_shown(void);
void area_of_another_ring(void);
void area_does_not_fit(void);
void link_beyond(void);
void area_of_an_older_ring(void);
void area_goes(void);

#endif /* SEED_H */
