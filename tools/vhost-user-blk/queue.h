/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A queue: its ring, its requests and its thread.
 */
#ifndef QUEUE_H
#define QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "backend.h"
#include "block.h"
#include "io.h"
#include "protocol.h"
#include "ring.h"

struct device;

struct queue {
	unsigned int index;
	struct device *device;	/* set by the last start */
	/* set by the front end */
	int kick, call, err;	/* descriptors, or -1 */
	bool enabled, has_addr;
	uint32_t num;
	struct vu_addr addr;
	uint16_t base;
	/* the thread */
	bool running;
	bool stopping;		/* atomic: the thread has to end */
	bool in_file;		/* atomic: the thread waits for the file */
	unsigned int faulted;	/* atomic: counts pages of data that were read */
	bool broken;		/* until the front end sets the ring up anew */
	int stop;		/* eventfd */
	pthread_t thread;
	struct block block;
	struct ring ring;
	struct io io;
	struct request *requests, *free;
	struct vu_inflight_queue *part;
	bool signal_first;	/* signal the call descriptor at the start */
	uint64_t counter;	/* for inflight_begin() */
	uint16_t resume[RING_MAX];	/* heads to execute again */
	unsigned int resume_nr, resume_at;
	uint16_t given[DEPTH];	/* heads used and not yet published */
	unsigned int given_nr;
	bool no_room;		/* the line about the full area was printed */
	unsigned int empty_kicks;	/* kicks since the last request */
	bool call_blocks;	/* a write to the call descriptor was interrupted */
};

int queue_open(struct queue *queue, unsigned int index, struct disk *disk,
	       bool async);
void queue_close(struct queue *queue);
/*
 * Start the thread, if it does not run and the front end has set up everything
 * that it needs.
 */
int queue_start(struct queue *queue, struct device *device);
/* The device has another inflight area now. Called while @queue is stopped. */
void queue_new_inflight(struct queue *queue);
void queue_stop(struct queue *queue);
/* Stop the queue, close its descriptors, clear the front end's settings. */
void queue_reset(struct queue *queue);

#endif /* QUEUE_H */
