// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * An io_uring for one file, which is opened twice.
 *
 * What an io_uring does is seen by no seccomp filter. So the ring itself is
 * restricted, for good, to reading, writing, flushing and punching this file; and
 * the filter lets nobody make another.
 */
#include <errno.h>
#include <stdlib.h>

#include <liburing.h>

#include "uring.h"

/*
 * Kernels before 5.10 do not know restrictions, nor rings that start disabled. The
 * shared liburing 2.3, which is Debian 12's, does not export its functions of their
 * own for the two.
 */
static int restrict_to_file(struct io_uring *ring)
{
	struct io_uring_restriction only[] = {
		{ .opcode = IORING_RESTRICTION_SQE_OP,
		  .sqe_op = IORING_OP_READV },
		{ .opcode = IORING_RESTRICTION_SQE_OP,
		  .sqe_op = IORING_OP_WRITEV },
		{ .opcode = IORING_RESTRICTION_SQE_OP,
		  .sqe_op = IORING_OP_FSYNC },
		{ .opcode = IORING_RESTRICTION_SQE_OP,
		  .sqe_op = IORING_OP_FALLOCATE },
		{ .opcode = IORING_RESTRICTION_SQE_FLAGS_REQUIRED,
		  .sqe_flags = IOSQE_FIXED_FILE },
	};
	int ret;

	ret = io_uring_register(ring->ring_fd, IORING_REGISTER_RESTRICTIONS,
				only, sizeof(only) / sizeof(only[0]));
	return ret ? ret :
		     io_uring_register(ring->ring_fd,
				       IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

int uring_open(struct uring *u, unsigned int entries, int file, int alone)
{
	const int files[] = { [URING_FILE] = file, [URING_ALONE] = alone };
	int ret;

	*u = (struct uring){ .ring = malloc(sizeof(*u->ring)) };
	if (!u->ring)
		return -ENOMEM;
	ret = io_uring_queue_init(entries, u->ring, IORING_SETUP_R_DISABLED);
	if (ret) {
		free(u->ring);
		return ret;
	}
	u->fd = u->ring->ring_fd;
	ret = io_uring_register_files(u->ring, files, 2);
	if (!ret)
		ret = restrict_to_file(u->ring);
	if (ret)
		uring_close(u);
	return ret;
}

void uring_close(struct uring *u)
{
	io_uring_queue_exit(u->ring);
	free(u->ring);
}

struct io_uring_sqe *uring_entry(struct uring *u)
{
	u->queued++;
	return io_uring_get_sqe(u->ring);
}

/*
 * One call may take a part: it stops behind an entry that it refuses, which
 * then completes with an error. -EAGAIN or -EBUSY: try again later.
 */
int uring_submit(struct uring *u)
{
	while (u->queued) {
		int n = io_uring_submit(u->ring);

		if (n > 0)
			u->queued -= n;
		else if (n == 0)
			return -EAGAIN;
		else if (n != -EINTR)
			return n;
	}
	return 0;
}

bool uring_reap(struct uring *u, uint64_t *data, int *result)
{
	struct io_uring_cqe *cqe;

	/* Of an empty ring io_uring_peek_cqe() calls into the library. */
	if (!io_uring_cq_ready(u->ring) || io_uring_peek_cqe(u->ring, &cqe))
		return false;
	*data = io_uring_cqe_get_data64(cqe);
	*result = cqe->res;
	io_uring_cqe_seen(u->ring, cqe);
	return true;
}
