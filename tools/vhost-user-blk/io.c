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
 *
 * The kernel reports data that it could not write back to one flush of each open
 * file, and then forgets it. So each queue opens the file for itself and has one
 * flush under way at a time: no other flush of that open file can take the
 * report. Requests that come meanwhile share the next flush. What has failed
 * once stays failed for the whole disk, as the lost data does not come back.
 *
 * What discards pages of a block device has to have it alone (O_EXCL), or it is EBUSY
 * where pages are dirty: that goes to the file as the disk has opened it.
 *
 * A guest without flushes has everything flushed that it changes, the same way.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/falloc.h>
#include <linux/fs.h>

#include <liburing.h>

#include "disk.h"
#include "io.h"
#include "say.h"

#define KEEP_PUNCH (FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)
#define KEEP_ZERO  (FALLOC_FL_KEEP_SIZE | FALLOC_FL_ZERO_RANGE)

/* The same file once more, as it may have no name any longer. */
static int open_again(const struct disk *disk)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", disk->fd);
	fd = open(path, (disk->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC |
				O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

int io_open(struct io *io, struct disk *disk, bool async)
{
	int ret;

	*io = (struct io){ .disk = disk, .async = async };
	io->fd = open_again(disk);
	if (io->fd < 0)
		return io->fd;
	ret = async ? uring_open(&io->uring, DEPTH, io->fd, disk->fd) : 0;
	if (ret)
		close(io->fd);
	return ret;
}

void io_close(struct io *io)
{
	if (io->async)
		uring_close(&io->uring);
	close(io->fd);
}

static void finish(struct io *io, struct request *r, int result)
{
	r->result = result;
	request_push(&io->done, r);
}

static bool flushes_fail(const struct io *io)
{
	return __atomic_load_n(&io->disk->flush_failed, __ATOMIC_ACQUIRE);
}

/*
 * Flushes again what was interrupted. A report of lost data may have gone with the
 * interruption, and the kernel makes one for each open file: the disk's own is asked,
 * too, which has no other flushes.
 */
static int sync_again(const struct io *io)
{
	return TEMP_FAILURE_RETRY(fdatasync(io->fd)) ||
			       TEMP_FAILURE_RETRY(fdatasync(io->disk->fd)) ?
		       -errno :
		       0;
}

/* The outcome of a flush, from what the system call said. */
static int flushed(struct io *io, int result)
{
	if (result == -EINTR)
		result = sync_again(io);
	if (result && !__atomic_exchange_n(&io->disk->flush_failed, true,
					   __ATOMIC_ACQ_REL))
		say("a flush failed: %s: what was written may be lost, so "
		    "every flush of this disk fails from now on",
		    errno_name(result));
	return flushes_fail(io) ? -EIO : 0;
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
		ssize_t n = r->op == IO_READ ? preadv(io->fd, rest, nr, at) :
					       pwritev(io->fd, rest, nr, at);

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
	return 0;
}

/* Whether it ends only when what it did is stable: the guest has no flushes. */
static bool wants_flush(const struct request *r)
{
	return r->sync && r->op != IO_READ && r->op != IO_FLUSH;
}

/*
 * Whole blocks alone, and the rest is left as it is: to discard is a hint. Of a
 * device fallocate() would make zeroes, which not every one can.
 */
static int discard_on_device(const struct io *io, const struct request *r)
{
	const uint64_t block = io->disk->block_size;
	uint64_t start = (r->offset + block - 1) / block * block;
	uint64_t end = (r->offset + r->len) / block * block;
	uint64_t range[2] = { start, end - start };

	if (end <= start)
		return 0;
	return TEMP_FAILURE_RETRY(ioctl(io->disk->fd, BLKDISCARD, range)) ?
		       -errno :
		       0;
}

/* Done by a system call in any case: it has no operation of an io_uring's. */
static bool wants_call(const struct io *io, const struct request *r)
{
	return r->op == IO_DISCARD && io->disk->block_device;
}

static int change_range(const struct io *io, const struct request *r)
{
	return TEMP_FAILURE_RETRY(fallocate(io->disk->fd, fallocate_mode(r->op),
					    r->offset, r->len)) ?
		       -errno :
		       0;
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
	case IO_DISCARD:
	case IO_ZERO:
	case IO_UNMAP:
		if (result == -EINTR)
			result = change_range(io, r);
		if (r->op != IO_DISCARD &&
		    (result == -EOPNOTSUPP || result == -EINVAL))
			return write_zeroes(io, r);
		return result;
	default:
		return result;
	}
}

static int by_call(const struct io *io, const struct request *r)
{
	if (r->op == IO_READ || r->op == IO_WRITE)
		return transfer(io, r, 0);
	if (wants_call(io, r))
		return discard_on_device(io, r);
	return outcome(io, r, change_range(io, r));
}

static int at_once(struct io *io, const struct request *r)
{
	int ret = r->op == IO_FLUSH ? 0 : by_call(io, r);

	if (ret || (r->op != IO_FLUSH && !wants_flush(r)))
		return ret;
	if (flushes_fail(io))
		return -EIO;
	return flushed(io, fdatasync(io->fd) ? -errno : 0);
}

/* After what makes an entry, which sets its flags. */
static void of_the_file(struct io_uring_sqe *sqe, struct request *r)
{
	io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
	io_uring_sqe_set_data64(sqe, (uintptr_t)r);
}

static void queue_async(struct io *io, struct request *r)
{
	struct io_uring_sqe *sqe = uring_entry(&io->uring);

	switch (r->op) {
	case IO_READ:
		io_uring_prep_readv(sqe, URING_FILE, r->iov, r->nr, r->offset);
		break;
	case IO_WRITE:
		io_uring_prep_writev(sqe, URING_FILE, r->iov, r->nr, r->offset);
		break;
	default:
		io_uring_prep_fallocate(sqe, URING_ALONE, fallocate_mode(r->op),
					r->offset, r->len);
		break;
	}
	of_the_file(sqe, r);
}

/* One flush for all that wait for one, unless it is known to fail. */
static void start_flush(struct io *io)
{
	struct io_uring_sqe *sqe;
	struct request *r;

	if (io->flushing || !io->waiting)
		return;
	if (flushes_fail(io)) {
		while ((r = request_pop(&io->waiting)))
			finish(io, r, -EIO);
		return;
	}
	io->flushing = io->waiting;
	io->waiting = NULL;
	sqe = uring_entry(&io->uring);
	io_uring_prep_fsync(sqe, URING_FILE, IORING_FSYNC_DATASYNC);
	of_the_file(sqe, NULL); /* not a request's */
}

static void flush_ended(struct io *io, int result)
{
	struct request *r;

	result = flushed(io, result);
	while ((r = request_pop(&io->flushing)))
		finish(io, r, result);
	start_flush(io);
}

static void flush_for(struct io *io, struct request *r)
{
	request_push(&io->waiting, r);
	start_flush(io);
}

/* What it did is done; whether it is stable is another matter. */
static void performed(struct io *io, struct request *r, int result)
{
	if (!result && wants_flush(r))
		flush_for(io, r);
	else
		finish(io, r, result);
}

void io_queue(struct io *io, struct request *r)
{
	io->busy++;
	if (!io->async)
		finish(io, r, at_once(io, r));
	else if (r->op == IO_FLUSH)
		flush_for(io, r);
	else if (wants_call(io, r))
		performed(io, r, by_call(io, r));
	else
		queue_async(io, r);
}

int io_submit(struct io *io)
{
	return io->async ? uring_submit(&io->uring) : 0;
}

static void ended(struct io *io, struct request *r, int result)
{
	if (r)
		performed(io, r, outcome(io, r, result));
	else
		flush_ended(io, result);
}

struct request *io_reap(struct io *io)
{
	struct request *r;
	uint64_t data;
	int result;

	while (!(r = request_pop(&io->done))) {
		if (!io->async || !uring_reap(&io->uring, &data, &result)) {
			/* A flush that was started here; io_submit() reports. */
			io_submit(io);
			return NULL;
		}
		ended(io, (struct request *)(uintptr_t)data, result);
	}
	io->busy--;
	return r;
}
