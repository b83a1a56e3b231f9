// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * The back end's device for those fuzzers that are its front end, and the
 * descriptors that these send.
 */
#include <assert.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "program.h"

#define MEMORY (64 << 10)

/* What a file of a front end begins with: what is under way, by an earlier back end,
 * is such a file. The last bytes that go into the memory. */
#define FILE_BEGINS 144

struct device device;
static int memory;
static uint8_t contents[FILE_BEGINS + MEMORY];
static size_t contents_len;

static struct disk disk = { .sectors = 64, .block_size = 512, .discard = true };

/* Guest memory, an eventfd, a file of some size, a device of Xen's. */
int a_file(unsigned int kind, size_t size)
{
	int fd;

	switch (kind) {
	case 0:
		return fcntl(memory, F_DUPFD_CLOEXEC, 0);
	case 1:
		return eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
	case 2:
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		if (ftruncate(fd, size) ||
		    (size && pwrite(fd, contents + contents_len, FILE_BEGINS,
				    0) != FILE_BEGINS))
			return -1;
		return fd;
	default:
		return open(size & PAGE ? "/dev/zero" : "/dev/null",
			    O_RDWR | O_CLOEXEC);
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct options options = {
		.num_queues = 2,
		.no_uring = true,
	};

	(void)argc;
	(void)argv;
	memory = memfd_create("memory", MFD_CLOEXEC);
	disk.fd = memfd_create("disk", MFD_CLOEXEC);
	assert(memory >= 0 && disk.fd >= 0);
	assert(!ftruncate(memory, MEMORY));
	assert(!ftruncate(disk.fd, disk.sectors * SECTOR_SIZE));
	assert(!device_open(&device, &disk, &options));
	guard_start();
	return 0;
}

/* The lowest number that is free: the same at the end, no descriptor was left. */
int device_begins(struct bytes *in)
{
	int first = dup(memory);

	close(first);
	memset(contents, 0, sizeof(contents));
	contents_len = take(in, contents + FILE_BEGINS, byte(in) * 16);
	assert(pwrite(memory, contents + FILE_BEGINS, MEMORY, 0) == MEMORY);
	device.lazy = in->left & 1;
	device.restrict_access = in->left & 2;
	fake_begin(in->left & 4 ? 0 : ~UINT64_C(0));
	return first;
}

void device_ends(int first)
{
	fake_end();
	assert(dup(memory) == first);
	close(first);
}
