// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * An io_uring for one file, by its three system calls: reading, writing,
 * flushing and punching is all that it takes, in a program that is linked
 * statically for any architecture.
 *
 * What an io_uring does is seen by no seccomp filter. So the ring itself is
 * restricted, for good, to these operations on this file; and the filter lets
 * nobody make another.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/io_uring.h>

#include "backend.h"

static int uring_register(int fd, unsigned int op, void *arg, unsigned int nr)
{
	return syscall(SYS_io_uring_register, fd, op, arg, nr) < 0 ? -errno : 0;
}

/* Kernels before 5.10 do not know restrictions, nor rings that start disabled. */
static int restrict_to_file(int fd)
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

	ret = uring_register(fd, IORING_REGISTER_RESTRICTIONS, only,
			     sizeof(only) / sizeof(only[0]));
	return ret ? ret :
		     uring_register(fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

static void *map(int fd, size_t len, off_t what)
{
	void *addr = mmap(NULL, len, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_POPULATE, fd, what);

	return addr == MAP_FAILED ? NULL : addr;
}

static int map_rings(struct uring *u, const struct io_uring_params *p)
{
	size_t sq = p->sq_off.array + p->sq_entries * sizeof(unsigned int);
	size_t cq =
		p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
	char *rings;

	u->rings_len = sq > cq ? sq : cq;
	u->entries_len = p->sq_entries * sizeof(struct io_uring_sqe);
	u->rings = rings = map(u->fd, u->rings_len, IORING_OFF_SQ_RING);
	u->entries = map(u->fd, u->entries_len, IORING_OFF_SQES);
	if (!u->rings || !u->entries)
		return -ENOMEM;
	u->sq_tail = (unsigned int *)(rings + p->sq_off.tail);
	u->sq_array = (unsigned int *)(rings + p->sq_off.array);
	u->sq_mask = p->sq_entries - 1;
	u->cq_head = (unsigned int *)(rings + p->cq_off.head);
	u->cq_tail = (unsigned int *)(rings + p->cq_off.tail);
	u->cq_mask = p->cq_entries - 1;
	u->cqes = rings + p->cq_off.cqes;
	return 0;
}

int uring_open(struct uring *u, unsigned int entries, int file)
{
	struct io_uring_params p = { .flags = IORING_SETUP_R_DISABLED };
	int ret;

	memset(u, 0, sizeof(*u));
	u->fd = syscall(SYS_io_uring_setup, entries, &p);
	if (u->fd < 0)
		return -errno;
	ret = p.features & IORING_FEAT_SINGLE_MMAP ? map_rings(u, &p) : -ENOSYS;
	if (!ret)
		ret = uring_register(u->fd, IORING_REGISTER_FILES, &file, 1);
	if (!ret)
		ret = restrict_to_file(u->fd);
	if (ret)
		uring_close(u);
	return ret;
}

void uring_close(struct uring *u)
{
	if (u->rings)
		munmap(u->rings, u->rings_len);
	if (u->entries)
		munmap(u->entries, u->entries_len);
	close(u->fd);
}

struct io_uring_sqe *uring_entry(struct uring *u)
{
	unsigned int tail = *u->sq_tail, at = tail & u->sq_mask;
	struct io_uring_sqe *entry = (struct io_uring_sqe *)u->entries + at;

	memset(entry, 0, sizeof(*entry));
	entry->flags = IOSQE_FIXED_FILE;
	u->sq_array[at] = at;
	/* The kernel looks when it is told to, in this very thread. */
	*u->sq_tail = tail + 1;
	u->queued++;
	return entry;
}

/*
 * One call may take a part: it stops behind an entry that it refuses, which
 * then completes with an error. -EAGAIN or -EBUSY: try again later.
 */
int uring_submit(struct uring *u)
{
	while (u->queued) {
		long n = syscall(SYS_io_uring_enter, u->fd, u->queued, 0, 0,
				 NULL, 0);

		if (n > 0)
			u->queued -= n;
		else if (n == 0)
			return -EAGAIN;
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

bool uring_reap(struct uring *u, uint64_t *data, int *result)
{
	const struct io_uring_cqe *cqe = u->cqes;
	unsigned int head = *u->cq_head;

	if (head == __atomic_load_n(u->cq_tail, __ATOMIC_ACQUIRE))
		return false;
	cqe += head & u->cq_mask;
	*data = cqe->user_data;
	*result = cqe->res;
	__atomic_store_n(u->cq_head, head + 1, __ATOMIC_RELEASE);
	return true;
}
