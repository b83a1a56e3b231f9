// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The back end's io_uring on the running kernel: what it can be asked for, and
 * that it refuses the rest.
 */
#include <fcntl.h>
#include <sys/socket.h>

#include <linux/falloc.h>
#include <liburing.h>

#include "tap.h"
#include "../../../tools/vhost-user-blk/uring.h"

static struct uring u;
static int file;
static char data[4096];
static struct iovec iov = { data, sizeof(data) };

static void start(void)
{
	int ret;

	file = memfd_create("disk", MFD_CLOEXEC);
	must(file >= 0 && !ftruncate(file, 1 << 20));
	ret = uring_open(&u, 8, file, file);
	if (ret == -ENOSYS || ret == -EPERM)
		skip("no io_uring here");
	must(!ret);
}

/* Submits the one entry; its result. */
static int outcome(void)
{
	struct io_uring_cqe *cqe;
	uint64_t entry;
	int result = 1;

	must(!uring_submit(&u));
	must(!io_uring_wait_cqe(u.ring, &cqe));
	must(uring_reap(&u, &entry, &result));
	return result;
}

static void fixed(struct io_uring_sqe *sqe)
{
	io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
}

TAP_CASE(uring_serves_the_file)
{
	struct io_uring_sqe *sqe;

	start();
	memset(data, 0x5a, sizeof(data));
	sqe = uring_entry(&u);
	io_uring_prep_writev(sqe, URING_FILE, &iov, 1, 4096);
	fixed(sqe);
	check_eq(outcome(), 4096);
	memset(data, 0, sizeof(data));
	sqe = uring_entry(&u);
	io_uring_prep_readv(sqe, URING_ALONE, &iov, 1, 4096);
	fixed(sqe);
	check_eq(outcome(), 4096);
	check_eq(data[4095], 0x5a);
	sqe = uring_entry(&u);
	io_uring_prep_fallocate(sqe, URING_ALONE,
				FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE,
				4096, 4096);
	fixed(sqe);
	check_eq(outcome(), 0);
	sqe = uring_entry(&u);
	io_uring_prep_fsync(sqe, URING_FILE, IORING_FSYNC_DATASYNC);
	fixed(sqe);
	check_eq(outcome(), 0);
	uring_close(&u);
}

/* Any other file, by its descriptor or as a third one. */
TAP_CASE(uring_refuses_other_files)
{
	struct io_uring_sqe *sqe;

	start();
	io_uring_prep_readv(uring_entry(&u), file, &iov, 1, 0);
	check_eq(outcome(), -EACCES);
	io_uring_prep_writev(uring_entry(&u), file, &iov, 1, 0);
	check_eq(outcome(), -EACCES);
	sqe = uring_entry(&u);
	io_uring_prep_readv(sqe, 2, &iov, 1, 0);
	fixed(sqe);
	check_eq(outcome(), -EBADF);
	uring_close(&u);
}

TAP_CASE(uring_refuses_other_operations)
{
	struct io_uring_sqe *sqe;
	const int fds[] = { file };

	start();
	sqe = uring_entry(&u);
	io_uring_prep_nop(sqe);
	fixed(sqe);
	check_eq(outcome(), -EACCES);
	sqe = uring_entry(&u);
	io_uring_prep_openat(sqe, AT_FDCWD, "/etc/passwd", O_RDONLY, 0);
	fixed(sqe);
	check_eq(outcome(), -EACCES);
	sqe = uring_entry(&u);
	io_uring_prep_read(sqe, URING_FILE, data, sizeof(data), 0);
	fixed(sqe);
	check_eq(outcome(), -EACCES);
	sqe = uring_entry(&u);
	io_uring_prep_send(sqe, URING_FILE, data, sizeof(data), 0);
	fixed(sqe);
	check_eq(outcome(), -EACCES);
	/* Nor can it be given more, or set free. */
	check_eq(io_uring_register_files_update(u.ring, 0, fds, 1), -EACCES);
	check_eq(io_uring_register(u.ring->ring_fd,
				   IORING_REGISTER_ENABLE_RINGS, NULL, 0),
		 -EACCES);
	uring_close(&u);
}

TAP_MAIN
