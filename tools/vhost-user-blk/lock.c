// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Keeps other programs off the file: with flock(), and with the locks that QEMU's
 * programs put on an image. So this program refuses an image that QEMU uses, and
 * QEMU refuses an image that this program uses.
 *
 * QEMU locks single bytes of the file, with read locks of the open file
 * (F_OFD_SETLK). A lock of byte 100 + P says that its owner uses the image with
 * permission P. A lock of byte 200 + P says that its owner does not share
 * permission P with others. Each program first sets its own locks, then it checks
 * whether another open file has locked the opposite. The file need not have bytes
 * at these offsets.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "lock.h"

#define USED	 100
#define UNSHARED 200
#define BYTES	 100 /* of each kind, enough for all permissions of QEMU */

/* Permissions: read consistent data, write, change the size. */
#define READ   0
#define WRITE  1
#define RESIZE 3

/* Set or remove the lock of a range. -EBUSY: another open file has a lock. */
static int set(int fd, short type, off_t start, off_t len)
{
	struct flock l = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = start,
		.l_len = len,
	};

	if (!fcntl(fd, F_OFD_SETLK, &l))
		return 0;
	return errno == EACCES || errno == EAGAIN ? -EBUSY : -errno;
}

/* Returns -EBUSY if another open file has a lock of the byte. */
static int look(int fd, off_t byte)
{
	struct flock l = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = byte,
		.l_len = 1,
	};

	if (fcntl(fd, F_OFD_GETLK, &l))
		return -errno;
	return l.l_type == F_UNLCK ? 0 : -EBUSY;
}

static int lock_as_qemu(int fd, bool read_only)
{
	int ret;

	ret = set(fd, F_RDLCK, USED + READ, 1);
	if (!ret && !read_only)
		ret = set(fd, F_RDLCK, USED + WRITE, 1);
	if (!ret)
		ret = set(fd, F_RDLCK, UNSHARED + WRITE, 1);
	if (!ret)
		ret = set(fd, F_RDLCK, UNSHARED + RESIZE, 1);
	if (!ret)
		ret = look(fd, UNSHARED + READ);
	if (!ret && !read_only)
		ret = look(fd, UNSHARED + WRITE);
	if (!ret)
		ret = look(fd, USED + WRITE);
	if (!ret)
		ret = look(fd, USED + RESIZE);
	return ret;
}

void unlock_file(int fd)
{
	set(fd, F_UNLCK, USED, 2 * BYTES);
	flock(fd, LOCK_UN);
}

int lock_file(int fd, bool read_only, const char **why)
{
	int ret;

	if (flock(fd, (read_only ? LOCK_SH : LOCK_EX) | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		*why = "in use: another program has locked it (flock)";
		return -EBUSY;
	}
	ret = lock_as_qemu(fd, read_only);
	if (ret == -EBUSY)
		*why = "in use: a QEMU, or a program with its locks, has it";
	if (ret)
		unlock_file(fd);
	return ret;
}
