// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Executes requests on the file: through an io_uring, or by system calls if the
 * kernel has no io_uring or the administrator forbids it.
 *
 * Reads and writes go through the page cache. Foreign memory has no struct page
 * that the kernel could pass to a device (VM_PFNMAP). So O_DIRECT and registered
 * buffers are impossible, and memory that cannot be copied is EFAULT.
 *
 * If the kernel cannot write data back, it reports this to one flush of each open
 * file, once. So each queue opens the file for itself and has at most one flush
 * under way: no other flush of that open file can get the report. Requests that
 * wait for a flush at that time share the next one. After one flush has failed, all
 * later flushes of the disk fail, as the lost data does not come back.
 *
 * To discard pages of a block device, the kernel needs an exclusive open file
 * (O_EXCL); otherwise dirty pages are EBUSY. So these requests use the open file
 * of the disk, not that of the queue.
 *
 * If the guest does not use flushes, each request that changes the disk is flushed
 * before it completes.
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

/* Open the same file again. Its path may have gone, so open it in /proc. */
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

/* Has a flush of the disk failed? */
static bool flushes_fail(const struct io *io)
{
	return __atomic_load_n(&io->disk->flush_failed, __ATOMIC_ACQUIRE);
}

/*
 * Repeat a flush that a signal has interrupted. The interrupted flush may have
 * taken the report of lost data with it. So flush the disk's open file, too: the
 * kernel reports to each open file, and the disk's has no other flushes.
 */
static int sync_again(const struct io *io)
{
	return TEMP_FAILURE_RETRY(fdatasync(io->fd)) ||
			       TEMP_FAILURE_RETRY(fdatasync(io->disk->fd)) ?
		       -errno :
		       0;
}

/* The result of a flush, from the result of the system call. */
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

/* Put the iovecs of the bytes after the first @done into @rest. */
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

/* Read or write from byte @done of the request on. */
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
		else if (n == 0) /* the file has become shorter */
			return -EIO;
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

/* Write zeroes, for file systems that cannot zero a range. */
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

/* Must the request be flushed before it completes? */
static bool wants_flush(const struct request *r)
{
	return r->sync && r->op != IO_READ && r->op != IO_FLUSH;
}

/*
 * Discard the whole blocks of the range, and leave the rest: a discard is a hint.
 * fallocate() of a block device would have to leave zeroes, which not every device
 * can.
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

/* Is there no operation of an io_uring for the request? */
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

/*
 * The result of a request, from the result of the system call. Completes a request
 * of which only a part is done.
 */
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

/* Execute a request other than a flush by system calls. */
static int by_call(const struct io *io, const struct request *r)
{
	if (r->op == IO_READ || r->op == IO_WRITE)
		return transfer(io, r, 0);
	if (wants_call(io, r))
		return discard_on_device(io, r);
	return outcome(io, r, change_range(io, r));
}

/* Execute any request by system calls. */
static int at_once(struct io *io, const struct request *r)
{
	int ret = r->op == IO_FLUSH ? 0 : by_call(io, r);

	if (ret || (r->op != IO_FLUSH && !wants_flush(r)))
		return ret;
	if (flushes_fail(io))
		return -EIO;
	return flushed(io, fdatasync(io->fd) ? -errno : 0);
}

/* Called after io_uring_prep_*(), which overwrites the flags. */
static void set_request(struct io_uring_sqe *sqe, struct request *r)
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
	set_request(sqe, r);
}

/* Start one flush for all requests that wait, unless flushes fail anyway. */
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
	set_request(sqe, NULL); /* an entry of a flush has no request */
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

/* The request is executed. If it has to be flushed, it waits for a flush. */
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

/* An entry of the io_uring has completed. */
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
			/*
			 * Submit a flush that this function has started. The
			 * next io_submit() of serve.c reports an error.
			 */
			io_submit(io);
			return NULL;
		}
		ended(io, (struct request *)(uintptr_t)data, result);
	}
	io->busy--;
	return r;
}
