// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Opens, locks and measures the file or block device that is served.
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

/* How often to try a file that is in use, with 100 ms between two tries. */
#define LOCK_TRIES 50

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

/*
 * Does the block device support discard? The kernel says so in sysfs. For a
 * partition, sysfs has it at the disk.
 */
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
 * Called after lock_file(), as the last owner of the lock may have changed the
 * size.
 *
 * This function does not test whether the file system can punch holes: a hole
 * after the end could destroy what another process has just appended. If the file
 * system cannot, the first discard request fails, and the guest gets that error.
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
 * Open and lock the file. If the program writes to a block device, O_EXCL keeps
 * mounts off it, and other programs that use O_EXCL. For a file O_EXCL has no
 * effect.
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
 * Two writers would corrupt the file. A back end that was killed keeps its lock
 * until the kernel has completed its last request. This function waits for that,
 * so that no old write follows a write of this process.
 */
static int wait_for(const struct options *options, const char **why)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	int fd;

	for (int i = 0; i < LOCK_TRIES; i++) {
		fd = open_alone(options, why);
		if (fd != -EBUSY)
			return fd;
		nanosleep(&pause, NULL);
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

/*
 * An io_uring may keep the open file for a moment after its queue is closed, and
 * the locks with it: so unlock first.
 */
void disk_close(struct disk *disk)
{
	unlock_file(disk->fd);
	close(disk->fd);
}
