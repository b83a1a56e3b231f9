// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The device. Its file and its queues last as long as the program. The settings
 * of a front end last as long as its connection.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <xenfm.h>

#include "device.h"
#include "inflight.h"
#include "options.h"
#include "queue.h"
#include "say.h"

static int open_queues(struct device *device, bool async)
{
	int ret = 0;

	for (device->nr_queues = 0; device->nr_queues < device->wanted;
	     device->nr_queues++) {
		ret = queue_open(&device->queues[device->nr_queues],
				 device->nr_queues, device->disk, async);
		if (ret)
			break;
	}
	while (ret && device->nr_queues)
		queue_close(&device->queues[--device->nr_queues]);
	return ret;
}

int device_open(struct device *device, struct disk *disk,
		const struct options *options)
{
	int ret;

	*device = (struct device){
		.disk = disk,
		.wanted = options->num_queues,
		.lazy = !options->eager,
		.restrict_access = !options->keep_access,
		.socket = -1,
		.signals = -1,
		.ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	};
	if (device->ended < 0)
		return -errno;
	device->queues = calloc(device->wanted, sizeof(*device->queues));
	if (!device->queues) {
		close(device->ended);
		return -ENOMEM;
	}
	ret = open_queues(device, !options->no_uring);
	if (ret && !options->no_uring) {
		say("no io_uring (%s): one request at a time for each queue",
		    errno_name(ret));
		ret = open_queues(device, false);
	}
	if (ret) {
		free(device->queues);
		close(device->ended);
	}
	return ret;
}

void device_close(struct device *device)
{
	while (device->nr_queues)
		queue_close(&device->queues[--device->nr_queues]);
	free(device->queues);
	close(device->ended);
}

int device_begin(struct device *device)
{
	return xenfm_mem_new(&device->mem, device->lazy ? XENFM_MEM_LAZY : 0);
}

void device_end(struct device *device)
{
	for (unsigned int i = 0; i < device->nr_queues; i++)
		queue_reset(&device->queues[i]);
	inflight_unmap(&device->inflight);
	xenfm_mem_free(device->mem);
	device->mem = NULL;
	device->nr_regions = 0;
	device->has_domid = device->has_features = false;
	device->features = device->protocol = 0;
}

void device_stop_queues(struct device *device)
{
	for (unsigned int i = 0; i < device->nr_queues; i++)
		queue_stop(&device->queues[i]);
}

/*
 * Start all queues that can start. Returns the first error. A queue that fails
 * does not keep the others from starting.
 */
int device_start_queues(struct device *device)
{
	int ret = 0;

	for (unsigned int i = 0; i < device->nr_queues; i++) {
		int one = queue_start(&device->queues[i], device);

		ret = ret ? ret : one;
	}
	return ret;
}
