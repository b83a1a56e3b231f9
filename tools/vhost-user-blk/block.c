// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Requests of a virtio block device (virtio 1.2, 5.2), and its configuration. A
 * request has a header of 16 bytes, which the device reads, then data, and last
 * one byte of status, which the device writes. The guest may divide these into
 * descriptors as it likes.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include <xenfm.h>

#include "backend.h"
#include "block.h"
#include "disk.h"
#include "guard.h"
#include "io.h"
#include "ring.h"
#include "say.h"

/*
 * Sectors of one request. The limit for zeroes is lower, as some files need a
 * write of all zeroes.
 */
#define DISCARD_MAX (1U << 22)
#define ZEROES_MAX  (1U << 16)
/* Bytes of one request's data, less than the limit of a system call. */
#define DATA_MAX (UINT64_C(1) << 30)

#define FEATURE(bit) (UINT64_C(1) << (bit))

uint64_t block_features(const struct disk *disk, unsigned int num_queues)
{
	uint64_t features =
		FEATURE(VIRTIO_BLK_F_SEG_MAX) | FEATURE(VIRTIO_BLK_F_BLK_SIZE) |
		FEATURE(VIRTIO_BLK_F_FLUSH) | FEATURE(VIRTIO_F_VERSION_1) |
		FEATURE(VIRTIO_RING_F_INDIRECT_DESC) |
		FEATURE(VIRTIO_RING_F_EVENT_IDX);

	if (num_queues > 1)
		features |= FEATURE(VIRTIO_BLK_F_MQ);
	if (disk->read_only)
		return features | FEATURE(VIRTIO_BLK_F_RO);
	features |= FEATURE(VIRTIO_BLK_F_WRITE_ZEROES);
	if (disk->discard)
		features |= FEATURE(VIRTIO_BLK_F_DISCARD);
	return features;
}

/*
 * A discard request may have one range only: several ranges would need several
 * operations on the file.
 */
void block_config(const struct disk *disk, unsigned int num_queues,
		  struct virtio_blk_config *config)
{
	memset(config, 0, sizeof(*config));
	config->capacity = disk->sectors;
	config->seg_max = CHAIN_MAX - 2;
	config->blk_size = disk->block_size;
	config->num_queues = num_queues;
	if (disk->read_only)
		return;
	if (disk->discard) {
		config->max_discard_sectors = DISCARD_MAX;
		config->max_discard_seg = 1;
		config->discard_sector_alignment =
			disk->block_size / SECTOR_SIZE;
		config->write_zeroes_may_unmap = 1;
	}
	config->max_write_zeroes_sectors = ZEROES_MAX;
	config->max_write_zeroes_seg = 1;
}

static uint64_t total(const struct segment *seg, unsigned int nr)
{
	uint64_t len = 0;

	for (unsigned int i = 0; i < nr; i++)
		len += seg[i].len;
	return len;
}

/* Add iovecs to @r for the @len bytes after the first @skip bytes of @seg. */
static int hold(struct xenfm_mem *mem, struct request *r,
		const struct segment *seg, uint64_t skip, uint64_t len,
		unsigned int flags)
{
	for (; len; seg++) {
		uint64_t addr = seg->addr + skip, left = seg->len;

		if (skip >= left) {
			skip -= left;
			continue;
		}
		left = left - skip < len ? left - skip : len;
		skip = 0;
		len -= left;
		while (left) {
			struct iovec *piece = &r->iov[r->nr];
			size_t got = left;
			int ret;

			if (r->nr == PIECES_MAX)
				return -E2BIG;
			ret = xenfm_mem_get(mem, addr, &got, flags,
					    &piece->iov_base);
			if (ret)
				return ret;
			piece->iov_len = got;
			r->nr++;
			addr += got;
			left -= got;
		}
	}
	return 0;
}

/*
 * Hold the data and read one byte of each page. If a page does not come, the
 * thread of the queue waits here, and watch_join() can tell this wait from one for
 * the file. In the kernel's copy it could not.
 */
static int hold_data(const struct block *b, struct request *r,
		     const struct segment *seg, uint64_t skip, uint64_t len,
		     unsigned int flags)
{
	int ret = hold(b->mem, r, seg, skip, len, flags);

	for (unsigned int i = 0; !ret && i < r->nr; i++)
		ret = guard_fault_in(r->iov[i].iov_base, r->iov[i].iov_len,
				     b->faulted);
	return ret;
}

/* Read the @len bytes after the first @skip bytes of the request. */
static int read_front(struct xenfm_mem *mem, struct request *r,
		      const struct chain *chain, uint64_t skip, void *to,
		      size_t len)
{
	int ret = hold(mem, r, chain->seg, skip, len, 0);

	for (unsigned int i = 0; i < r->nr; i++) {
		if (!ret)
			ret = guard_read(to, r->iov[i].iov_base,
					 r->iov[i].iov_len);
		to = (char *)to + r->iov[i].iov_len;
		xenfm_mem_put(mem, r->iov[i].iov_base, r->iov[i].iov_len);
	}
	r->nr = 0;
	return ret;
}

/* Are these sectors on the disk? Sets offset and length of @r. */
static bool on_disk(const struct disk *disk, struct request *r, uint64_t sector,
		    uint64_t len)
{
	r->offset = sector * SECTOR_SIZE;
	r->len = len;
	return !(len % SECTOR_SIZE) && len <= DATA_MAX * 2 &&
	       sector <= disk->sectors &&
	       len / SECTOR_SIZE <= disk->sectors - sector;
}

/* One function per type. Returns the status; *io: the request needs the file. */

static uint8_t begin_read(const struct block *b, const struct chain *chain,
			  struct request *r, uint64_t sector, bool *io)
{
	const struct segment *in = chain->seg + chain->nr_out;
	uint64_t len = total(in, chain->nr_in) - 1;

	if (len > DATA_MAX || !on_disk(b->disk, r, sector, len) ||
	    hold_data(b, r, in, 0, len, XENFM_MAP_WRITE))
		return VIRTIO_BLK_S_IOERR;
	r->op = IO_READ;
	r->written += len;
	*io = len > 0;
	return VIRTIO_BLK_S_OK;
}

static uint8_t begin_write(const struct block *b, const struct chain *chain,
			   struct request *r, uint64_t sector, bool *io)
{
	const size_t head = sizeof(struct virtio_blk_outhdr);
	uint64_t len = total(chain->seg, chain->nr_out) - head;

	if (b->disk->read_only || len > DATA_MAX ||
	    !on_disk(b->disk, r, sector, len) ||
	    hold_data(b, r, chain->seg, head, len, 0))
		return VIRTIO_BLK_S_IOERR;
	r->op = IO_WRITE;
	*io = len > 0;
	return VIRTIO_BLK_S_OK;
}

/* Discard or write zeroes: one range, as block_config() says. */
static uint8_t begin_range(const struct block *b, const struct chain *chain,
			   struct request *r, bool zeroes, bool *io)
{
	const size_t head = sizeof(struct virtio_blk_outhdr);
	struct virtio_blk_discard_write_zeroes range;
	uint32_t flags, max = zeroes ? ZEROES_MAX : DISCARD_MAX;

	if (b->disk->read_only)
		return VIRTIO_BLK_S_IOERR;
	if (!zeroes && !b->disk->discard)
		return VIRTIO_BLK_S_UNSUPP;
	if (total(chain->seg, chain->nr_out) != head + sizeof(range) ||
	    read_front(b->mem, r, chain, head, &range, sizeof(range)))
		return VIRTIO_BLK_S_IOERR;
	flags = range.flags;
	if (flags &
	    ~(zeroes ? (uint32_t)VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP : 0))
		return VIRTIO_BLK_S_UNSUPP;
	if (range.num_sectors > max ||
	    !on_disk(b->disk, r, range.sector,
		     (uint64_t)range.num_sectors * SECTOR_SIZE))
		return VIRTIO_BLK_S_IOERR;
	r->op = !zeroes ? IO_DISCARD : flags ? IO_UNMAP : IO_ZERO;
	*io = r->len > 0;
	return VIRTIO_BLK_S_OK;
}

static uint8_t get_id(const struct block *b, const struct chain *chain,
		      struct request *r)
{
	const struct segment *in = chain->seg + chain->nr_out;
	uint64_t len = total(in, chain->nr_in) - 1;
	const char *from = b->disk->serial;

	if (len > sizeof(b->disk->serial))
		len = sizeof(b->disk->serial);
	if (hold(b->mem, r, in, 0, len, XENFM_MAP_WRITE))
		return VIRTIO_BLK_S_IOERR;
	for (unsigned int i = 0; i < r->nr; i++) {
		if (guard_write(r->iov[i].iov_base, from, r->iov[i].iov_len))
			return VIRTIO_BLK_S_IOERR;
		from += r->iov[i].iov_len;
	}
	r->written += len;
	return VIRTIO_BLK_S_OK;
}

static uint8_t begin(const struct block *b, const struct chain *chain,
		     struct request *r, const struct virtio_blk_outhdr *header,
		     bool *io)
{
	switch (header->type) {
	case VIRTIO_BLK_T_IN:
		return begin_read(b, chain, r, header->sector, io);
	case VIRTIO_BLK_T_OUT:
		return begin_write(b, chain, r, header->sector, io);
	case VIRTIO_BLK_T_FLUSH:
		r->op = IO_FLUSH;
		*io = true;
		return VIRTIO_BLK_S_OK;
	case VIRTIO_BLK_T_GET_ID:
		return get_id(b, chain, r);
	case VIRTIO_BLK_T_DISCARD:
		return begin_range(b, chain, r, false, io);
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return begin_range(b, chain, r, true, io);
	default:
		return VIRTIO_BLK_S_UNSUPP;
	}
}

/*
 * Errors of a request are a status for the guest: data outside of its memory, or
 * a range outside of the disk. A request without a header or without a status
 * breaks the queue.
 */
const char *block_begin(const struct block *b, const struct chain *chain,
			struct request *r, bool *io)
{
	const struct segment *last;
	struct virtio_blk_outhdr header;
	size_t one = 1;
	void *status;

	*io = false;
	r->nr = 0;
	r->status = NULL;
	r->result = 0;
	r->written = 1;
	r->sync = !(b->features & FEATURE(VIRTIO_BLK_F_FLUSH));
	if (!chain->nr_in)
		return "a request without a status";
	if (total(chain->seg, chain->nr_out) < sizeof(header))
		return "a request without a header";
	last = &chain->seg[chain->nr_out + chain->nr_in - 1];
	if (xenfm_mem_get(b->mem, last->addr + (last->len - 1), &one,
			  XENFM_MAP_WRITE, &status))
		return "a status that cannot be written";
	r->status = status;
	if (read_front(b->mem, r, chain, 0, &header, sizeof(header)))
		return "a header that cannot be read";
	r->answer = begin(b, chain, r, &header, io);
	if (r->answer != VIRTIO_BLK_S_OK)
		r->written = 1;
	return NULL;
}

/*
 * Print one line for each request that failed on the file. io.c prints the line
 * for a flush, once.
 */
static void report(const struct request *r)
{
	static const char *const names[] = {
		[IO_READ] = "reading",	     [IO_WRITE] = "writing",
		[IO_DISCARD] = "discarding", [IO_ZERO] = "zeroing",
		[IO_UNMAP] = "zeroing",
	};

	if (r->result != -EOPNOTSUPP && r->op != IO_FLUSH)
		say_guest("%s %" PRIu64 " bytes at byte %" PRIu64
			  " of the file failed: %s",
			  names[r->op], r->len, r->offset,
			  errno_name(r->result));
}

const char *block_end(const struct block *b, struct request *r)
{
	const char *why = NULL;

	if (r->result) {
		report(r);
		r->answer = r->result == -EOPNOTSUPP ? VIRTIO_BLK_S_UNSUPP :
						       VIRTIO_BLK_S_IOERR;
		r->written = 1;
	}
	if (guard_write(r->status, &r->answer, 1))
		why = "a status that cannot be written";
	block_drop(b, r);
	return why;
}

void block_drop(const struct block *b, struct request *r)
{
	for (unsigned int i = 0; i < r->nr; i++)
		xenfm_mem_put(b->mem, r->iov[i].iov_base, r->iov[i].iov_len);
	if (r->status)
		xenfm_mem_put(b->mem, r->status, 1);
	r->nr = 0;
	r->status = NULL;
}
