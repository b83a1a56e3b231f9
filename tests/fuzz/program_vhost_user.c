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
#include <string.h>
#include <unistd.h>

#include "program.h"

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
		m.fds[m.nr_fds] = a_file(fds >> 4 & 3, flags * PAGE);
	message_handle(&device, &m, &reply);
	assert(m.header.size <= sizeof(m.bytes));
	assert(m.nr_fds <= FDS_MAX);
	message_close_fds(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, size };
	int first = device_begins(&in);

	assert(!device_begin(&device));
	while (in.left)
		one_message(&in);
	for (unsigned int i = 0; i < device.nr_queues; i++)
		if (device.queues[i].running)
			usleep(200); /* its thread shall do something */
	device_end(&device);
	device_ends(first);
	return 0;
}
