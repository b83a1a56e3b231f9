/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Requests to the file. They complete in any order.
 */
#ifndef IO_H
#define IO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "backend.h"
#include "uring.h"

struct disk;

enum io_op { IO_READ, IO_WRITE, IO_FLUSH, IO_DISCARD, IO_ZERO, IO_UNMAP };

/* A request between the ring and the file. */
struct request {
	struct request *next;	/* in a list of free or completed requests */
	uint16_t head;
	enum io_op op;
	bool sync;		/* flush its changes before it completes */
	uint64_t offset, len;	/* bytes of the file */
	unsigned int nr;	/* elements of @iov */
	struct iovec iov[PIECES_MAX];
	uint8_t *status;	/* in guest memory, held until the end */
	uint8_t answer;		/* VIRTIO_BLK_S_* */
	uint32_t written;	/* bytes of guest memory, with the status */
	int result;		/* 0 or a negative errno */
};

/* Add @request to the front of @list. */
static inline void request_push(struct request **list, struct request *request)
{
	request->next = *list;
	*list = request;
}

/* Remove the first request of @list, or return NULL. */
static inline struct request *request_pop(struct request **list)
{
	struct request *request = *list;

	if (request)
		*list = request->next;
	return request;
}

struct io {
	struct disk *disk;
	int fd;			/* an open file of this queue alone */
	bool async;		/* use the io_uring, else system calls */
	unsigned int busy;	/* passed to io_queue() and not yet reaped */
	struct uring uring;
	struct request *done;
	struct request *flushing;	/* wait for the flush under way */
	struct request *waiting;	/* wait for the flush after that */
};

int io_open(struct io *io, struct disk *disk, bool async);
void io_close(struct io *io);
/* Start @request. A request for which there is no io_uring is executed here. */
void io_queue(struct io *io, struct request *request);
/* Returns -EAGAIN or -EBUSY if the caller should try again later. */
int io_submit(struct io *io);
/* Returns a completed request, or NULL. */
struct request *io_reap(struct io *io);

#endif /* IO_H */
