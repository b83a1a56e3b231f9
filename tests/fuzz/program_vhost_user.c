// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * libFuzzer's bytes as what a front end sends to xenfm-vhost-user-blk, and as what
 * a guest has in its memory meanwhile: message_handle() and all behind it, queues
 * with their threads included. The first byte is how many 16 bytes go into the
 * memory, then come messages: request, flags, descriptors, length (2), payload.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "program.h"

#define MEMORY (64 << 10)

static struct disk disk = { .sectors = 64, .block_size = 512, .discard = true };
static struct device device;
static int memory;

/* Guest memory, an eventfd, a file of some size, what cannot be mapped. */
static int a_file(unsigned int kind, size_t size)
{
	switch (kind) {
	case 0:
		return fcntl(memory, F_DUPFD_CLOEXEC, 0);
	case 1:
		return eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
	case 2: {
		int fd = memfd_create("fuzz", MFD_CLOEXEC);

		if (ftruncate(fd, size))
			return -1;
		return fd;
	}
	default:
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct options options = {
		.num_queues = 2,
		.eager = true,
		.no_uring = true,
		.keep_access = true,
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

static void one_message(struct bytes *in)
{
	struct message m = { .header.request = byte(in) };
	uint8_t flags = byte(in), fds = byte(in);
	bool reply;
	size_t len = byte(in);

	len |= byte(in) << 8;
	m.header.flags = VU_VERSION | (flags & VU_NEED_REPLY);
	m.header.size = take(in, m.bytes,
			     len < sizeof(m.bytes) ? len : sizeof(m.bytes));
	for (m.nr_fds = 0; m.nr_fds < (fds & 15) % (FDS_MAX + 1); m.nr_fds++)
		m.fds[m.nr_fds] = a_file(fds >> 4 & 3, flags * 4096);
	message_handle(&device, &m, &reply);
	assert(m.header.size <= sizeof(m.bytes));
	assert(m.nr_fds <= FDS_MAX);
	message_close_fds(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t contents[MEMORY];
	struct bytes in = { data, size };
	int first = dup(memory);

	close(first);
	memset(contents, 0, sizeof(contents));
	take(&in, contents, byte(&in) * 16);
	assert(pwrite(memory, contents, MEMORY, 0) == MEMORY);
	assert(!device_begin(&device));
	while (in.left)
		one_message(&in);
	for (unsigned int i = 0; i < device.nr_queues; i++)
		if (device.queues[i].running)
			usleep(200); /* its thread shall do something */
	device_end(&device);
	/* The lowest number that is free: no descriptor was left open. */
	assert(dup(memory) == first);
	close(first);
	return 0;
}
