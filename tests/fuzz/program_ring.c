// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Takes libFuzzer's bytes as a guest's memory with a ring in it. Runs
 * ring_next(), ring_chain() and block_begin(), and checks their results. The
 * first byte selects the ring's size, the negotiated features and the disk
 * (HOW_*). The second one selects how the front end names the ring, and which
 * part of the memory is removed (RING_*). fill() takes the rest.
 */
#include <assert.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../tools/vhost-user-blk/block.h"
#include "../../tools/vhost-user-blk/device.h"
#include "../../tools/vhost-user-blk/disk.h"
#include "../../tools/vhost-user-blk/guard.h"
#include "../../tools/vhost-user-blk/io.h"
#include "../../tools/vhost-user-blk/ring.h"
#include "program.h"

#define MEMORY	 (16 << 10)
#define REQUESTS 64
/*
 * The addresses of the memory in the front end and in the guest: two adjacent
 * regions, and a hole after them.
 */
#define USER  0x10000
#define GUEST 0x1000
/* Offsets in the memory, after the descriptors. */
#define AVAIL 0x400
#define USED  0x500
#define DATA  0x800

#define HOW_INDIRECT  0x08
#define HOW_EVENT_IDX 0x10
#define HOW_FEATURES  0x20
#define HOW_DISK      6 /* the first bit of an index into disks[] */

/*
 * The number of pages plus 1 that the memory keeps while the ring is mapped; 0:
 * all of them
 */
#define RING_LEFT  0x07
#define RING_GPA   0x08
#define RING_XEN   0x10
#define RING_GUEST 0x20 /* the guest's addresses, not the front end's */
#define RING_ODD   0x40 /* not aligned */
#define RING_SPLIT 0x80 /* begins in one region and ends in the other */

#define DISK .fd = -1, .sectors = 1 << 12, .block_size = 512
static const struct disk disks[] = {
	{ DISK, .discard = true },
	{ DISK },
	{ DISK, .read_only = true },
	{ DISK, .discard = true, .serial = "a number" },
};
static int memory;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	memory = memfd_create("memory", MFD_CLOEXEC);
	assert(memory >= 0 && !ftruncate(memory, MEMORY));
	guard_start();
	return 0;
}

/*
 * The pieces have exactly the length of the request. As long as all memory is
 * there, they can be accessed.
 */
static void check_request(const struct disk *disk, const struct request *r,
			  bool io, bool whole)
{
	bool data = io && (r->op == IO_READ || r->op == IO_WRITE);
	uint64_t len = 0;
	char bytes[64];

	assert(r->nr <= PIECES_MAX && r->status);
	for (unsigned int i = 0; i < r->nr; i++) {
		size_t n = r->iov[i].iov_len;

		assert(n && n <= MEMORY);
		len += n;
		assert(!guard_read(bytes, r->iov[i].iov_base,
				   n < sizeof(bytes) ? n : sizeof(bytes)) ||
		       !whole);
		assert(!guard_read(bytes, (char *)r->iov[i].iov_base + n - 1,
				   1) ||
		       !whole);
	}
	if (io && r->op != IO_FLUSH) {
		assert(r->len && r->offset / SECTOR_SIZE <= disk->sectors);
		assert(r->len / SECTOR_SIZE <=
		       disk->sectors - r->offset / SECTOR_SIZE);
	}
	if (data)
		assert(len == r->len);
}

/* A result that depends on the offset of the request. */
static int result_of(const struct request *r)
{
	static const int results[] = { 0, 0, -EIO, -EOPNOTSUPP };

	return results[r->offset / SECTOR_SIZE % 4];
}

static const char *one_request(struct ring *ring, struct block *block,
			       bool whole, bool *found)
{
	static struct request r;
	struct chain chain;
	const char *why;
	uint16_t head;
	bool io;

	why = ring_next(ring, found, &head);
	if (why || !*found)
		return why;
	assert(head < ring->num);
	why = ring_chain(ring, head, &chain);
	if (why)
		return why;
	assert(chain.nr_in + chain.nr_out <= CHAIN_MAX);
	why = block_begin(block, &chain, &r, &io);
	if (why) {
		block_drop(block, &r);
		return why;
	}
	check_request(block->disk, &r, io, whole);
	r.result = r.answer ? 0 : result_of(&r);
	why = block_end(block, &r);
	return why ? why : ring_give(ring, head, r.written);
}

static void requests(struct ring *ring, struct block *block, bool whole)
{
	bool found = true, notify, more;
	const char *why = NULL;

	assert(ring_has_used(ring) || !ring->next_used);
	why = ring_want_kicks(ring, false, &more);
	for (unsigned int i = 0; !why && found && i < REQUESTS; i++)
		why = one_request(ring, block, whole, &found);
	if (!why)
		why = ring_publish(ring, &notify);
	if (!why)
		ring_want_kicks(ring, true, &more);
}

/*
 * Fills the memory. What is unlikely by chance is short in the input: the
 * available ring, and descriptors with small addresses and lengths. The rest of
 * the input is copied as it is, including indirect tables.
 */
static void fill(struct bytes *in, uint8_t *contents, unsigned int num)
{
	struct vring_desc *desc = (void *)contents;
	struct vring_avail *avail = (void *)(contents + AVAIL);
	uint8_t said[4];

	memset(contents, 0, MEMORY);
	avail->idx = byte(in);
	for (unsigned int i = 0; i < num && i < 8; i++)
		avail->ring[i] = byte(in);
	for (unsigned int i = 0; i < num && i < 16; i++) {
		memset(said, 0, sizeof(said));
		take(in, said, sizeof(said));
		desc[i] = (struct vring_desc){
			.addr = GUEST + DATA + said[0] * 16,
			.len = (said[1] & 0x80 ? 512 : 1) * (said[1] & 0x7f),
			.flags = said[2] & 7,
			.next = said[3],
		};
		if (said[2] & 0x80)
			desc[i].addr = word(in);
		if (said[2] & 0x40)
			desc[i].len = word(in);
	}
	take(in, contents + DATA, MEMORY - DATA);
}

/* The addresses of the ring that the front end sends. */
static struct vu_addr ring_at(uint8_t where)
{
	uint64_t at = where & RING_GUEST ? GUEST : USER;

	if (where & RING_SPLIT)
		at += MEMORY / 2 - 16;
	if (where & RING_ODD)
		at++;
	return (struct vu_addr){ .desc = at,
				 .avail = at + AVAIL,
				 .used = at + USED };
}

/*
 * The limits that the guest is told must be those that its requests are checked
 * against.
 */
static void check_config(const struct disk *disk)
{
	uint64_t features = block_features(disk, 2);
	struct virtio_blk_config config;

	block_config(disk, 2, &config);
	assert(config.capacity == disk->sectors);
	assert(!(features >> VIRTIO_BLK_F_RO & 1) == !disk->read_only);
	assert(!(features >> VIRTIO_BLK_F_DISCARD & 1) ==
	       !config.max_discard_sectors);
}

/* Serves a mapped ring, after a part of the memory was removed. */
static void serve(struct ring *ring, struct block *block, uint8_t where)
{
	const unsigned int left = where & RING_LEFT;

	if (left)
		assert(!ftruncate(memory, (left - 1) * PAGE));
	requests(ring, block, !left);
	ring_unmap(ring);
	assert(!ftruncate(memory, MEMORY));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct xenfm_mem_region regions[] = {
		{ GUEST, MEMORY / 2, USER, 0, 0, 0 },
		{ GUEST + MEMORY / 2, MEMORY / 2, USER + MEMORY / 2, MEMORY / 2,
		  0, 0 },
	};
	static uint8_t contents[MEMORY] __attribute__((aligned(16)));
	const int fds[] = { memory, memory };
	struct bytes in = { data, size };
	struct xenfm_mem *mem;
	uint8_t how = byte(&in), where = byte(&in);
	struct vu_addr at = ring_at(where);
	struct ring ring = {
		.num = 1u << how % 7,
		.indirect = how & HOW_INDIRECT,
		.event_idx = how & HOW_EVENT_IDX,
		.protocol = (where & RING_GPA ? VU_PROTOCOL_F_GPA : 0) |
			    (where & RING_XEN ? VU_PROTOCOL_F_XEN_MMAP : 0),
	};
	static unsigned int faulted;
	struct block block = { .disk = &disks[how >> HOW_DISK],
			       .faulted = &faulted,
			       .features = how & HOW_FEATURES ? ~UINT64_C(0) :
								0 };

	check_config(block.disk);
	fill(&in, contents, ring.num);
	assert(pwrite(memory, contents, MEMORY, 0) == MEMORY);
	assert(!xenfm_mem_new(&mem, 0));
	assert(!xenfm_mem_set(mem, regions, fds, 2));
	ring.mem = block.mem = mem;
	if (!ring_map(&ring, &at))
		serve(&ring, &block, where);
	else
		assert(where & (RING_GUEST | RING_ODD | RING_SPLIT));
	xenfm_mem_free(mem);
	return 0;
}
