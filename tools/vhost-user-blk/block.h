/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * virtio-blk requests, and the device's configuration.
 */
#ifndef BLOCK_H
#define BLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct chain;
struct disk;
struct request;
struct virtio_blk_config;
struct xenfm_mem;

struct block {
	const struct disk *disk;
	struct xenfm_mem *mem;
	uint64_t features;	/* that the driver has acknowledged */
	unsigned int *faulted;	/* atomic: counts pages of data that were read */
};

uint64_t block_features(const struct disk *disk, unsigned int num_queues);
void block_config(const struct disk *disk, unsigned int num_queues,
		  struct virtio_blk_config *config);
/*
 * Decode @chain into @request. @io: the request needs the file. Else it has its
 * answer already.
 */
const char *block_begin(const struct block *block, const struct chain *chain,
			struct request *request, bool *io);
/* Write the status into guest memory, then release the memory. */
const char *block_end(const struct block *block, struct request *request);
/* Release the memory without a status. */
void block_drop(const struct block *block, struct request *request);

#endif /* BLOCK_H */
