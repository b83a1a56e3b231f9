// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * The file or block device that is served.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <linux/falloc.h>
#include <linux/fs.h>

#include "backend.h"

/* How long to wait for somebody else's lock, in steps of 100 ms. */
#define LOCK_STEPS 50

/*
 * Two writers would ruin the file. A back end that was killed holds its lock
 * until the kernel is done with its last request, and that is waited for: what
 * was under way must not be written after what the next one writes.
 */
static int lock(int fd, bool read_only)
{
	struct timespec step = { .tv_nsec = 100000000 };

	for (int i = 0; i < LOCK_STEPS; i++) {
		if (!flock(fd, (read_only ? LOCK_SH : LOCK_EX) | LOCK_NB))
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		nanosleep(&step, NULL);
	}
	return -EBUSY;
}

/* A hole behind the end changes nothing, and tells whether there can be one. */
static bool can_punch(int fd, uint64_t size)
{
	return !fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE,
			  (size + 4095) & ~UINT64_C(4095), 4096);
}

static int measure(struct disk *disk)
{
	unsigned int block = 0, discard = 0;
	uint64_t size = 0;
	struct stat st;

	if (fstat(disk->fd, &st))
		return -errno;
	if (S_ISREG(st.st_mode)) {
		size = st.st_size;
		block = SECTOR_SIZE;
		discard = can_punch(disk->fd, size);
	} else if (S_ISBLK(st.st_mode)) {
		if (ioctl(disk->fd, BLKGETSIZE64, &size) ||
		    ioctl(disk->fd, BLKSSZGET, &block))
			return -errno;
		discard = 1;
	} else {
		return -ENOTBLK;
	}
	disk->sectors = size / SECTOR_SIZE;
	disk->block_size = block;
	disk->discard = discard && !disk->read_only;
	return 0;
}

int disk_open(struct disk *disk, const struct options *options)
{
	int ret;

	*disk = (struct disk){ .read_only = options->read_only };
	memcpy(disk->serial, options->serial,
	       strnlen(options->serial, sizeof(disk->serial)));
	disk->fd = open(options->blk_file,
			(disk->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC |
				O_NONBLOCK | O_NOCTTY);
	if (disk->fd < 0)
		return -errno;
	ret = measure(disk);
	if (!ret)
		ret = lock(disk->fd, disk->read_only);
	if (ret)
		close(disk->fd);
	return ret;
}

void disk_close(struct disk *disk)
{
	close(disk->fd);
}
