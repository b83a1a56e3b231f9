// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * An io_uring for one file, which is opened twice.
 *
 * A seccomp filter does not see the operations of an io_uring. So the ring is
 * restricted to reading, writing, flushing and punching holes in this file. The
 * restriction cannot be removed, and the seccomp filter forbids to make another
 * ring.
 */
#include <errno.h>
#include <stdlib.h>

#include <liburing.h>

#include "uring.h"

/*
 * Kernels before 5.10 have neither restrictions nor rings that start disabled.
 * The shared liburing 2.3 of Debian 12 does not export its functions for the two,
 * so this function calls io_uring_register().
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
 * One call may submit a part of the entries: it stops after an entry that the
 * kernel refuses, and that entry completes with an error.
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

	/* For an empty ring io_uring_peek_cqe() would call into the library. */
	if (!io_uring_cq_ready(u->ring) || io_uring_peek_cqe(u->ring, &cqe))
		return false;
	*data = io_uring_cqe_get_data64(cqe);
	*result = cqe->res;
	io_uring_cqe_seen(u->ring, cqe);
	return true;
}
