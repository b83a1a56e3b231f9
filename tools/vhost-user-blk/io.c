// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Requests to the file and back: through an io_uring, or each at once by system
 * calls where the kernel has none or the administrator forbids it.
 *
 * The file is read and written through the page cache. Foreign memory has no
 * struct page that a device could be given (VM_PFNMAP), so O_DIRECT and
 * registered buffers are impossible, and what fails to be copied is EFAULT.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <linux/falloc.h>
#include <linux/io_uring.h>

#include "backend.h"

#define KEEP_PUNCH (FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)
#define KEEP_ZERO  (FALLOC_FL_KEEP_SIZE | FALLOC_FL_ZERO_RANGE)

int io_open(struct io *io, int fd, bool async)
{
	*io = (struct io){ .fd = fd, .async = async };
	return async ? uring_open(&io->uring, DEPTH, fd) : 0;
}

void io_close(struct io *io)
{
	if (io->async)
		uring_close(&io->uring);
}

static int fallocate_mode(enum io_op op)
{
	return op == IO_ZERO ? KEEP_ZERO : KEEP_PUNCH;
}

/* What is left of the pieces after @done bytes, in @rest. */
static unsigned int rest_of(const struct request *r, uint64_t done,
			    struct iovec *rest)
{
	unsigned int i = 0, nr;

	while (done >= r->iov[i].iov_len)
		done -= r->iov[i++].iov_len;
	nr = r->nr - i;
	memcpy(rest, r->iov + i, nr * sizeof(*rest));
	rest[0].iov_base = (char *)rest[0].iov_base + done;
	rest[0].iov_len -= done;
	return nr;
}

/* Reads or writes from byte @done of the request on. */
static int transfer(const struct io *io, const struct request *r, uint64_t done)
{
	struct iovec rest[PIECES_MAX];

	while (done < r->len) {
		unsigned int nr = rest_of(r, done, rest);
		off_t at = r->offset + done;
		ssize_t n = r->op == IO_READ ?
				    preadv(io->fd, rest, nr, at) :
				    pwritev2(io->fd, rest, nr, at,
					     r->sync ? RWF_DSYNC : 0);

		if (n > 0)
			done += n;
		else if (n == 0) /* the file is shorter than it was */
			return -EIO;
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

/* Zeroes by hand, for files that cannot do it by themselves. */
static int write_zeroes(const struct io *io, const struct request *r)
{
	static const char zeroes[1 << 16];
	uint64_t done = 0;

	while (done < r->len) {
		size_t len = r->len - done < sizeof(zeroes) ? r->len - done :
							      sizeof(zeroes);
		ssize_t n = pwrite(io->fd, zeroes, len, r->offset + done);

		if (n > 0)
			done += n;
		else if (n == 0)
			return -EIO;
		else if (errno != EINTR)
			return -errno;
	}
	return r->sync && fdatasync(io->fd) ? -errno : 0;
}

/* From what the system call said to the outcome of the request. */
static int outcome(const struct io *io, const struct request *r, int result)
{
	switch (r->op) {
	case IO_READ:
	case IO_WRITE:
		if (result == -EINTR || result == -EAGAIN)
			result = 0;
		return result < 0 ? result : transfer(io, r, result);
	case IO_ZERO:
	case IO_UNMAP:
		if (result == -EOPNOTSUPP || result == -EINVAL)
			return write_zeroes(io, r);
		break;
	default:
		break;
	}
	return result;
}

static int at_once(const struct io *io, const struct request *r)
{
	int ret;

	switch (r->op) {
	case IO_READ:
	case IO_WRITE:
		return transfer(io, r, 0);
	case IO_FLUSH:
		ret = fdatasync(io->fd);
		break;
	default:
		ret = fallocate(io->fd, fallocate_mode(r->op), r->offset,
				r->len);
		break;
	}
	return outcome(io, r, ret ? -errno : 0);
}

static void queue_async(struct io *io, struct request *r)
{
	struct io_uring_sqe *sqe = uring_entry(&io->uring);

	sqe->user_data = (uintptr_t)r;
	switch (r->op) {
	case IO_READ:
	case IO_WRITE:
		sqe->opcode = r->op == IO_READ ? IORING_OP_READV :
						 IORING_OP_WRITEV;
		sqe->off = r->offset;
		sqe->addr = (uintptr_t)r->iov;
		sqe->len = r->nr;
		sqe->rw_flags = r->sync ? RWF_DSYNC : 0;
		break;
	case IO_FLUSH:
		sqe->opcode = IORING_OP_FSYNC;
		sqe->fsync_flags = IORING_FSYNC_DATASYNC;
		break;
	default:
		sqe->opcode = IORING_OP_FALLOCATE;
		sqe->off = r->offset;
		sqe->addr = r->len;
		sqe->len = fallocate_mode(r->op);
		break;
	}
}

void io_queue(struct io *io, struct request *r)
{
	io->busy++;
	if (io->async) {
		queue_async(io, r);
		return;
	}
	r->result = at_once(io, r);
	r->next = io->done;
	io->done = r;
}

int io_submit(struct io *io)
{
	return io->async ? uring_submit(&io->uring) : 0;
}

struct request *io_reap(struct io *io)
{
	struct request *r = io->done;
	uint64_t data;
	int result;

	if (io->async) {
		if (!uring_reap(&io->uring, &data, &result))
			return NULL;
		r = (struct request *)(uintptr_t)data;
		r->result = outcome(io, r, result);
	} else if (r) {
		io->done = r->next;
	}
	if (r)
		io->busy--;
	return r;
}
