// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The back end's device for the fuzzers that act as its front end, the guest's
 * memory, and the descriptors that they send. There are two devices: one uses
 * system calls, the other an io_uring, if this kernel has it.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../tools/vhost-user-blk/backend.h"
#include "../../tools/vhost-user-blk/device.h"
#include "../../tools/vhost-user-blk/disk.h"
#include "../../tools/vhost-user-blk/guard.h"
#include "../../tools/vhost-user-blk/options.h"
#include "input.h"
#include "program.h"

/* The same sizes as in the front end of tests/vhost/alone. */
#define MEMORY (1 << 20)
#define DISK   (1 << 20)

#define SHORT_DISK (DISK / 4) /* of HOW_FAILING */

static struct device devices[2];
static struct disk disk;
static bool failing;
static int memory, area = -1;

int __wrap_fdatasync(int fd);
int __real_fdatasync(int fd);

int __wrap_fdatasync(int fd)
{
	if (!failing)
		return __real_fdatasync(fd);
	errno = EIO;
	return -1;
}

static void write_at(int fd, struct bytes *in, size_t max, uint32_t offset,
		     size_t len)
{
	len = len < in->left ? len : in->left;
	offset %= max;
	len = len < max - offset ? len : max - offset;
	/* The area cannot grow. In that case nothing is written. */
	if (len && pwrite(fd, in->at, len, offset) != (ssize_t)len)
		assert(fd != memory);
	in->at += len;
	in->left -= len;
}

static uint32_t offset_in(struct bytes *in)
{
	uint32_t offset = 0;

	take(in, &offset, sizeof(offset));
	return offset;
}

void write_memory(struct bytes *in)
{
	uint32_t offset = offset_in(in);

	write_at(memory, in, MEMORY, offset, in->left);
}

void write_area(struct bytes *in)
{
	uint32_t offset = offset_in(in);

	if (area >= 0)
		write_at(area, in, MEMORY, offset, in->left);
}

void resize_memory(struct bytes *in)
{
	uint32_t size = offset_in(in);

	assert(!ftruncate(memory, size < MEMORY ? size : MEMORY));
}

void keep_area(int fd)
{
	if (area >= 0)
		close(area);
	area = fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static int hung_up(void)
{
	int ends[2];

	assert(!pipe2(ends, O_CLOEXEC));
	close(ends[1]);
	return ends[0];
}

static int full(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	assert(!eventfd_write(fd, UINT64_MAX - 1));
	return fd;
}

int a_file(unsigned int kind)
{
	const size_t pages = kind >> 4;
	int fd;

	switch ((kind & 15) % FD_KINDS) {
	case FD_EVENT:
		return eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
	case FD_FILE:
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		assert(!ftruncate(fd, pages * PAGE));
		return fd;
	case FD_XEN:
		return open(pages & 1 ? "/dev/zero" : "/dev/null",
			    O_RDWR | O_CLOEXEC);
	case FD_AREA:
		return fcntl(area >= 0 ? area : memory, F_DUPFD_CLOEXEC, 0);
	case FD_HUNG_UP:
		return hung_up();
	case FD_FULL:
		return full();
	default:
		return fcntl(memory, F_DUPFD_CLOEXEC, 0);
	}
}

/* Opens and closes a device, which must leave no descriptor open. */
static void open_and_close(const struct options *options)
{
	int first = dup(memory), next;
	struct device device;

	close(first);
	assert(!device_open(&device, &disk, options));
	device_close(&device);
	next = dup(memory);
	assert(next == first);
	close(next);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct options options = { .num_queues = 2 };

	(void)argc;
	(void)argv;
	memory = memfd_create("memory", MFD_CLOEXEC);
	disk.fd = memfd_create("disk", MFD_CLOEXEC);
	assert(memory >= 0 && disk.fd >= 0);
	open_and_close(&options);
	assert(!device_open(&devices[1], &disk, &options));
	options.no_uring = true;
	assert(!device_open(&devices[0], &disk, &options));
	signal(SIGPIPE, SIG_IGN);
	guard_start();
	return 0;
}

/* Fills the file with zeroes, so that nothing of an earlier input is left. */
static void empty(int fd, size_t size)
{
	assert(!ftruncate(fd, 0) && !ftruncate(fd, size));
}

static void disk_begins(uint8_t how)
{
	failing = how & HOW_FAILING;
	empty(disk.fd, failing ? SHORT_DISK : DISK);
	disk.sectors = DISK / SECTOR_SIZE;
	disk.block_size = how & HOW_DEVICE ? 4096 : SECTOR_SIZE;
	disk.block_device = how & HOW_DEVICE;
	disk.read_only = how & HOW_READ_ONLY;
	disk.discard = !(how & (HOW_READ_ONLY | HOW_NO_DISCARD));
	disk.flush_failed = false;
}

struct device *device_begins(struct bytes *in, int *first)
{
	uint8_t how = byte(in), len;
	struct device *device = &devices[!!(how & HOW_URING)];

	*first = dup(memory);
	close(*first);
	disk_begins(how);
	empty(memory, MEMORY);
	while ((len = byte(in))) {
		uint32_t offset = 0;

		take(in, &offset, 3);
		write_at(memory, in, MEMORY, offset, len);
	}
	device->lazy = how & HOW_LAZY;
	device->restrict_access = how & HOW_RESTRICT;
	fake_begin(how & HOW_INTREE);
	return device;
}

void device_ends(int first)
{
	if (area >= 0)
		close(area);
	area = -1;
	fake_end();
	assert(dup(memory) == first);
	close(first);
}
