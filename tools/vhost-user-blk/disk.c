// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * The file or block device that is served.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <linux/fs.h>

#include "backend.h"
#include "disk.h"
#include "lock.h"
#include "options.h"

/* How long to wait for another one who has it, in steps of 100 ms. */
#define LOCK_STEPS 50

static int check_kind(int fd, const char **why)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode))
		return 0;
	*why = "neither a file nor a block device";
	return -ENOTBLK;
}

/* What the kernel says of the device's queue; a partition has its disk's. */
static bool device_discards(dev_t dev)
{
	static const char *const formats[] = {
		"/sys/dev/block/%u:%u/queue/discard_max_bytes",
		"/sys/dev/block/%u:%u/../queue/discard_max_bytes",
	};
	unsigned long long max = 0;
	char path[96];

	for (unsigned int i = 0; i < 2; i++) {
		FILE *f;

		snprintf(path, sizeof(path), formats[i], major(dev),
			 minor(dev));
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fscanf(f, "%llu", &max) != 1)
			max = 0;
		fclose(f);
		break;
	}
	return max > 0;
}

/*
 * Called with the lock held: whoever had it before may have changed the size.
 * Nothing is tried on the file: a hole that is punched behind the end may take
 * what another process has just appended. A file system that can make no holes
 * says so to the first request to discard, and the guest is told then.
 */
static int measure(struct disk *disk, const char **why)
{
	unsigned int block = SECTOR_SIZE;
	uint64_t size = 0;
	struct stat st;

	if (fstat(disk->fd, &st))
		return -errno;
	disk->block_device = S_ISBLK(st.st_mode);
	if (!disk->block_device)
		size = st.st_size;
	else if (ioctl(disk->fd, BLKGETSIZE64, &size) ||
		 ioctl(disk->fd, BLKSSZGET, &block))
		return -errno;
	if (size < SECTOR_SIZE) {
		*why = "smaller than a sector";
		return -EINVAL;
	}
	disk->sectors = size / SECTOR_SIZE;
	disk->block_size = block;
	disk->discard = !disk->read_only &&
			(!disk->block_device || device_discards(st.st_rdev));
	return 0;
}

/*
 * Whoever writes to a block device has it alone: O_EXCL keeps mounts and others
 * that ask for that off it, and means nothing for a file.
 */
static int open_alone(const struct options *options, const char **why)
{
	const int how = options->read_only ? O_RDONLY : O_RDWR | O_EXCL;
	int fd, ret;

	fd = open(options->blk_file, how | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		if (errno == EBUSY)
			*why = "in use: it is mounted, or another program has it";
		return -errno;
	}
	ret = check_kind(fd, why);
	if (!ret)
		ret = lock_file(fd, options->read_only, why);
	if (ret)
		close(fd);
	return ret ? ret : fd;
}

/*
 * Two writers would ruin the file. A back end that was killed has it until the
 * kernel is done with its last request, and that is waited for: what was under way
 * must not be written after what the next one writes.
 */
static int wait_for(const struct options *options, const char **why)
{
	const struct timespec step = { .tv_nsec = 100000000 };
	int fd;

	for (int i = 0; i < LOCK_STEPS; i++) {
		fd = open_alone(options, why);
		if (fd != -EBUSY)
			return fd;
		nanosleep(&step, NULL);
	}
	return fd;
}

int disk_open(struct disk *disk, const struct options *options,
	      const char **why)
{
	int ret;

	*disk = (struct disk){ .read_only = options->read_only };
	memcpy(disk->serial, options->serial,
	       strnlen(options->serial, sizeof(disk->serial)));
	disk->fd = wait_for(options, why);
	if (disk->fd < 0)
		return disk->fd;
	ret = measure(disk, why);
	if (ret)
		close(disk->fd);
	return ret;
}

/* An io_uring may keep what it was given a moment longer than its queue. */
void disk_close(struct disk *disk)
{
	unlock_file(disk->fd);
	close(disk->fd);
}
