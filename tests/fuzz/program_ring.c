// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * libFuzzer's bytes as a guest's memory with a ring in it: ring_next(),
 * ring_chain() and block_begin(), and what they say held against what must be so.
 * The first byte chooses the ring's size and what was negotiated, the rest is in
 * fill().
 */
#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

#include "program.h"

#define MEMORY	 (16 << 10)
#define REQUESTS 64
/* Where the front end has it, and the guest: two regions, one behind the other,
 * and a hole behind them. */
#define USER  0x10000
#define GUEST 0x1000
/* In the memory, behind the descriptors */
#define AVAIL 0x400
#define USED  0x500
#define DATA  0x800

static const struct disk disk = {
	.fd = -1, .sectors = 1 << 12, .block_size = 512, .discard = true
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

/* Pieces are of the length that the request has, and can be touched. */
static void check_request(const struct request *r, bool io)
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
				   n < sizeof(bytes) ? n : sizeof(bytes)));
		assert(!guard_read(bytes, (char *)r->iov[i].iov_base + n - 1,
				   1));
	}
	if (io && r->op != IO_FLUSH) {
		assert(r->len && r->offset / SECTOR_SIZE <= disk.sectors);
		assert(r->len / SECTOR_SIZE <=
		       disk.sectors - r->offset / SECTOR_SIZE);
	}
	if (data)
		assert(len == r->len);
}

static const char *one_request(struct ring *ring, struct block *block,
			       bool *found)
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
	check_request(&r, io);
	r.result = r.answer ? 0 : -(int)(r.offset & 1);
	why = block_end(block, &r);
	return why ? why : ring_give(ring, head, r.written);
}

static void requests(struct ring *ring, struct block *block)
{
	bool found = true, notify, more;
	const char *why = NULL;

	for (unsigned int i = 0; !why && found && i < REQUESTS; i++)
		why = one_request(ring, block, &found);
	if (!why)
		why = ring_publish(ring, &notify);
	if (!why)
		ring_want_kicks(ring, true, &more);
}

/*
 * What is tedious to write by chance is short in the input: the available ring,
 * and descriptors of small addresses and lengths. What follows is memory as it is,
 * indirect tables included.
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct xenfm_mem_region regions[] = {
		{ GUEST, MEMORY / 2, USER, 0, 0, 0 },
		{ GUEST + MEMORY / 2, MEMORY / 2, USER + MEMORY / 2, MEMORY / 2,
		  0, 0 },
	};
	static uint8_t contents[MEMORY] __attribute__((aligned(16)));
	const int fds[] = { memory, memory };
	const struct vu_addr at = { .desc = USER,
				    .avail = USER + AVAIL,
				    .used = USER + USED };
	struct bytes in = { data, size };
	struct xenfm_mem *mem;
	uint8_t how = byte(&in);
	struct ring ring = {
		.num = 1u << how % 7,
		.indirect = how & 8,
		.event_idx = how & 16,
	};
	struct block block = { .disk = &disk,
			       .features = how & 32 ? ~UINT64_C(0) : 0 };

	fill(&in, contents, ring.num);
	assert(pwrite(memory, contents, MEMORY, 0) == MEMORY);
	assert(!xenfm_mem_new(&mem, 0));
	assert(!xenfm_mem_set(mem, regions, fds, 2));
	ring.mem = block.mem = mem;
	assert(!ring_map(&ring, &at));
	requests(&ring, &block);
	ring_unmap(&ring);
	xenfm_mem_free(mem);
	return 0;
}
