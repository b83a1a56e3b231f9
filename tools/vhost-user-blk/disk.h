/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The file or block device that is served.
 */
#ifndef DISK_H
#define DISK_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/virtio_blk.h>

struct options;

struct disk {
	int fd;
	bool read_only;
	bool block_device;
	bool discard;		/* the device offers VIRTIO_BLK_F_DISCARD */
	bool flush_failed;	/* atomic: a flush has failed; never cleared */
	uint64_t sectors;
	uint32_t block_size;	/* bytes */
	char serial[VIRTIO_BLK_ID_BYTES];
};

/*
 * Open, lock and measure the file. @why is set if a text says more than the
 * errno.
 */
int disk_open(struct disk *disk, const struct options *options,
	      const char **why);
void disk_close(struct disk *disk);

#endif /* DISK_H */
