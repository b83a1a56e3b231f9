/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The device: its file, its queues, and the settings of a front end.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "inflight.h"

struct disk;
struct options;
struct queue;
struct xenfm_mem;

/* Where the main thread may wait: watch.c. */
enum main_at { AT_ELSE, AT_MEMORY, AT_JOIN };

struct device {
	struct disk *disk;
	struct queue *queues;
	unsigned int nr_queues, wanted;
	bool lazy, restrict_access;
	/* set by the front end */
	uint64_t features, protocol;
	bool has_features;
	struct xenfm_mem *mem;
	unsigned int nr_regions;
	bool has_domid;
	uint32_t domid;		/* the one domain that memory may be of */
	struct inflight inflight;
	/* connection.c and watch.c */
	int socket, signals;
	int ended;		/* eventfd: the watching thread may end */
	pthread_t watch;
	bool over;		/* the connection is being closed */
	unsigned int running;	/* atomic: queues that have a thread */
	enum main_at at;	/* atomic */
};

/*
 * Open the queues. Called before the sandbox, which allows neither to open the
 * file nor to make an io_uring.
 */
int device_open(struct device *device, struct disk *disk,
		const struct options *options);
void device_close(struct device *device);
/* Set up for a front end that has connected. */
int device_begin(struct device *device);
/* Stop all queues and clear the settings of a front end that has gone. */
void device_end(struct device *device);
void device_stop_queues(struct device *device);
int device_start_queues(struct device *device);

#endif /* DEVICE_H */
