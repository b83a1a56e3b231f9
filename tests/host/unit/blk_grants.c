// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The back end's requests in grants that are not mapped in advance, on the fake
 * gntdev of tests/lib/fake: the end of a request unmaps all that the request has
 * mapped. The header of a request is in an ordinary file, at guest address 0.
 */
#include <fcntl.h>

#include <linux/virtio_blk.h>

#include <xenfm.h>

#include "blk_fake.h"
#include "fake/driver.h"
#include "../../../tools/vhost-user-blk/block.h"
#include "../../../tools/vhost-user-blk/ring.h"

#define GRANT(ref) (XENFM_MEM_GRANT_BIT | (uint64_t)(ref) << 12)

static struct virtio_blk_outhdr *header;
static struct xenfm_mem *mem;
static unsigned int faulted;
static struct block block;
static struct request request;

static void start(void)
{
	const struct xenfm_mem_region file = { .size = 0x1000 };
	const struct xenfm_mem_region grants = {
		.guest_addr = GRANT(0),
		.size = UINT64_C(1) << 32,
		.user_addr = GRANT(0),
		.xen_flags = XENFM_MEM_GRANT | XENFM_MEM_NO_ADVANCE,
		.domid = 7,
	};
	int memory = memfd_create("guest", MFD_CLOEXEC), device;

	device = open("/dev/zero", O_RDWR | O_CLOEXEC);
	must(device >= 0 && memory >= 0 && !ftruncate(memory, 0x1000));
	fake_start();
	must(!xenfm_mem_new(&mem, 0));
	must(!xenfm_mem_add(mem, &file, memory));
	must(!xenfm_mem_add(mem, &grants, device));
	header = mmap(NULL, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED, memory,
		      0);
	must(header != MAP_FAILED);
	disk.sectors = 2048;
	block = (struct block){ .disk = &disk,
				.mem = mem,
				.faulted = &faulted };
}

static void check_bytes(const unsigned char *bytes, uint64_t addr, size_t len)
{
	addr &= ~XENFM_MEM_GRANT_BIT;
	for (size_t i = 0; i < len; i++, addr++)
		must(check_eq(bytes[i], FAKE_BYTE(addr / 4096, addr % 4096)));
}

/* The bytes are two pieces of libxenfm, and do not start at a page. */
TAP_CASE(blk_grants_read)
{
	const size_t len = (1 << 20) + 0x1800;
	unsigned char *bytes = malloc(len);

	start();
	check_eq(mem_read(mem, bytes, GRANT(3) + 0x900, len), 0);
	check_bytes(bytes, GRANT(3) + 0x900, len);
	check_eq(fake.announced, 2);
	check_eq(fake_left(), 0);
	check_eq(mem_read(mem, bytes, GRANT(FAKE_HOLE), 1), -EFAULT);
	check_eq(fake_left(), 0);
	free(bytes);
	xenfm_mem_free(mem);
}

/*
 * A table of one descriptor. Its flags are the bytes 13 and 14 of grant 5, and have
 * none of the bits that mean something.
 */
TAP_CASE(blk_grants_indirect_table)
{
	struct vring_desc desc[1] = { { GRANT(5) + 1, sizeof(desc[0]),
					VRING_DESC_F_INDIRECT, 0 } };
	struct ring ring = { .num = 1, .indirect = true, .desc = desc };
	unsigned char want[sizeof(desc[0])];
	struct chain chain;

	start();
	ring.mem = mem;
	for (unsigned int i = 0; i < sizeof(want); i++)
		want[i] = FAKE_BYTE(5, 1 + i);
	check(!ring_chain(&ring, 0, &chain));
	check_eq(chain.nr_out, 1);
	check_eq(chain.nr_in, 0);
	check(!memcmp(&chain.seg[0].addr, want, 8));
	check(!memcmp(&chain.seg[0].len, want + 8, 4));
	check_eq(fake.announced, 1);
	check_eq(fake_left(), 0);
	/* The table is not granted. */
	desc[0].addr = GRANT(FAKE_HOLE);
	check(!strcmp(ring_chain(&ring, 0, &chain) ?: "",
		      "an indirect table that cannot be read"));
	check_eq(fake_left(), 0);
	xenfm_mem_free(mem);
}

/* Begins to read or write 512 bytes. The data and the status are in grants. */
static bool begin(uint32_t type)
{
	struct chain chain = {
		.seg = { { 0, sizeof(*header) },
			 { GRANT(3) + 0xf00, 512 },
			 { GRANT(8) + 5, 1 } },
	};
	bool io;

	*header = (struct virtio_blk_outhdr){ .type = type };
	chain.nr_in = type == VIRTIO_BLK_T_IN ? 2 : 1;
	chain.nr_out = 3 - chain.nr_in;
	check(!block_begin(&block, &chain, &request, &io));
	return io;
}

TAP_CASE(blk_grants_of_a_request)
{
	start();
	check(begin(VIRTIO_BLK_T_OUT));
	/* The data and the status are mapped. */
	check_eq(request.nr, 1);
	check_eq(fake_left(), 2);
	check_bytes(request.iov[0].iov_base, GRANT(3) + 0xf00, 512);
	check(!block_end(&block, &request));
	check_eq(fake_left(), 0);
	/* The fake keeps the bytes that were unmapped last. */
	check_eq(fake.wrote[5], VIRTIO_BLK_S_OK);

	check(begin(VIRTIO_BLK_T_IN));
	check_eq(fake_left(), 2);
	request.result = -EIO;
	check(!block_end(&block, &request));
	check_eq(fake_left(), 0);
	check_eq(fake.wrote[5], VIRTIO_BLK_S_IOERR);

	/* A request that is dropped has no status. */
	check(begin(VIRTIO_BLK_T_IN));
	check_eq(fake_left(), 2);
	block_drop(&block, &request);
	check_eq(fake_left(), 0);
	check_eq(fake.wrote[5], FAKE_BYTE(8, 5));
	xenfm_mem_free(mem);
}

TAP_MAIN
