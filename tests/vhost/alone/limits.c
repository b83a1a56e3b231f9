// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Full rings, indices that wrap, and the largest requests.
 */
#include "frontend.h"

/* Every second descriptor is the head of a flush. Each flush is answered once. */
static void flush_all(struct vm *vm)
{
	uint8_t answers[RING_MAX] = { 0 };
	struct vring_used_elem elem;

	for (unsigned int i = 0; i < vm->num; i += 2)
		make_available(vm, 0, i);
	kick(vm, 0);
	for (unsigned int i = 0; i < vm->num; i += 2) {
		must(wait_used(vm, 0, &elem));
		must(elem.id < vm->num);
		answers[elem.id]++;
	}
	for (unsigned int i = 0; i < vm->num; i++)
		must(answers[i] == !(i % 2));
}

/* Indices wrap at 16 bits, and the ring is full at times. */
static void wrap(uint16_t num)
{
	struct vm vm;

	vm_start(&vm, "");
	vm.num = num;
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	vm_set_table(&vm);
	vm.ring[0].avail->idx = vm.ring[0].used->idx = -num / 2;
	vm.ring[0].seen = vm.ring[0].used->idx;
	vm_set_ring(&vm, 0, vm.ring[0].used->idx);
	set_header(&vm, VIRTIO_BLK_T_FLUSH, 0);
	for (unsigned int i = 0; i < num; i += 2)
		desc_set_flush(&vm, 0, i);
	for (unsigned int round = 0; round < 4; round++)
		flush_all(&vm);
	check_eq(vm.ring[0].used->idx, num + num / 2);
	vm_end(&vm);
}

ORDERED_CASE(ring_wraps)
{
	wrap(RING);
	wrap(128);
	wrap(RING_MAX);
}

static const uint32_t types[] = { VIRTIO_BLK_T_FLUSH, VIRTIO_BLK_T_GET_ID };

/*
 * A quarter of the requests are flushes, up to 64 in a row. The others read the
 * serial number.
 */
static unsigned int type_of(const struct vm *vm, unsigned int head)
{
	unsigned int period = vm->num < 256 ? vm->num : 256;

	return head % period >= period / 4;
}

/*
 * Makes an indirect table for each type, and as many requests as the ring has
 * entries. A flush has no data, so its header is followed by its status.
 */
static void make_mixed(struct vm *vm)
{
	const uint64_t at = GUEST_BASE + TABLE_AT;
	struct vring_desc *table = (void *)(vm->mem + TABLE_AT);

	for (unsigned int type = 0; type < 2; type++, table += 3) {
		struct virtio_blk_outhdr header = { .type = types[type] };

		memcpy(vm->mem + HEADER_AT + 16 * type, &header,
		       sizeof(header));
		table[0] =
			(struct vring_desc){ GUEST_BASE + HEADER_AT + 16 * type,
					     16, VRING_DESC_F_NEXT, 2 - type };
		table[1] = (struct vring_desc){ GUEST_BASE + DATA_AT, 20,
						VRING_DESC_F_NEXT |
							VRING_DESC_F_WRITE,
						2 };
		table[2] = (struct vring_desc){ GUEST_BASE + STATUS_AT + type,
						1, VRING_DESC_F_WRITE, 0 };
		vm->mem[STATUS_AT + type] = 0xee;
	}
	for (unsigned int i = 0; i < vm->num; i++) {
		desc_set(vm, 0, i, at + 48 * type_of(vm, i), 48,
			 VRING_DESC_F_INDIRECT, 0);
		vm->ring[0].avail->ring[i] = i;
	}
}

/* Each request is answered once. */
static void check_mixed(struct vm *vm)
{
	uint8_t answers[RING_MAX] = { 0 };
	struct vring_used_elem elem;

	for (unsigned int i = 0; i < vm->num; i++) {
		must(wait_used(vm, 0, &elem));
		must(elem.id < vm->num && !answers[elem.id]++);
		must(elem.len == (type_of(vm, elem.id) ? 21 : 1));
	}
	check_eq(vm->mem[STATUS_AT], VIRTIO_BLK_S_OK);
	check_eq(vm->mem[STATUS_AT + 1], VIRTIO_BLK_S_OK);
}

/*
 * All entries of a ring become available at once. Flushes complete while the
 * program does many requests that do not need the file, so it has more answers
 * to show at once than it has requests under way.
 */
static void fill_at_once(uint16_t num, const char *options)
{
	struct vm vm;

	vm_start(&vm, options);
	vm.num = num;
	vm_set_up(&vm, FEATURES | FEATURE(VIRTIO_RING_F_INDIRECT_DESC));
	make_mixed(&vm);
	for (unsigned int round = 0; round < 50; round++) {
		__atomic_store_n(&vm.ring[0].avail->idx,
				 vm.ring[0].avail->idx + num, __ATOMIC_RELEASE);
		kick(&vm, 0);
		check_mixed(&vm);
	}
	check(!wait_event(vm.ring[0].err, 0));
	vm_end(&vm);
}

TAP_CASE(ring_full_at_once)
{
	fill_at_once(RING, "");
	fill_at_once(128, "");
	fill_at_once(RING_MAX, "");
	fill_at_once(RING_MAX, "--no-io-uring");
}

/*
 * A request to read @nr segments of @len bytes to @addr, in descriptors of the
 * ring. Returns its status, or -1 if it is not answered.
 */
static int read_segments(struct vm *vm, unsigned int nr, uint64_t addr,
			 uint32_t len, uint32_t last)
{
	struct ring *r = &vm->ring[0];
	struct vring_used_elem elem;
	bool broken = false;

	set_header(vm, VIRTIO_BLK_T_IN, 0);
	desc_set(vm, 0, 0, GUEST_BASE + HEADER_AT, 16, VRING_DESC_F_NEXT, 1);
	for (unsigned int i = 1; i <= nr; i++)
		desc_set(vm, 0, i, addr, i < nr ? len : last,
			 VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, i + 1);
	desc_set(vm, 0, nr + 1, GUEST_BASE + STATUS_AT, 1, VRING_DESC_F_WRITE,
		 0);
	make_available(vm, 0, 0);
	kick(vm, 0);
	must(tap_soon(used_idx(r) != r->seen ||
			      (broken = wait_event(r->err, 0)),
		      cpu_ms_in_all(vm)));
	return broken || !wait_used(vm, 0, &elem) ? -1 : vm->mem[STATUS_AT];
}

/* The largest number of segments, in a ring without indirect descriptors. */
TAP_CASE(request_segments)
{
	struct vm vm;

	vm_start(&vm, "");
	vm.num = 128;
	vm_set_up(&vm, FEATURES);
	check_eq(read_segments(&vm, 126, GUEST_BASE + DATA_AT, 512, 512), 0);
	check_eq(*(uint32_t *)(vm.mem + DATA_AT), 125 * 512);
	vm_end(&vm);
	/* One segment more than drivers are told to use. */
	vm_start(&vm, "");
	vm.num = 256;
	vm_set_up(&vm, FEATURES);
	check_eq(read_segments(&vm, 127, GUEST_BASE + DATA_AT, 512, 512), -1);
	check(vm_said(&vm, "queue 0 stopped: a chain has too many descr"));
	vm_end(&vm);
}

/* A sparse disk, and a second region of memory that each segment is read to. */
#define LARGE_DISK (UINT64_C(3) << 30)
#define LARGE_MEM  (32U << 20)
#define LARGE_AT   (GUEST_BASE + (1 << 30))

static void start_large(struct vm *vm)
{
	struct vu_slot slot = {
		.plain = { LARGE_AT, LARGE_MEM, USER_BASE + (1 << 30), 0 },
	};
	int disk = memfd_create("disk", MFD_CLOEXEC);
	int mem = memfd_create("memory", MFD_CLOEXEC);
	char options[64];

	must(disk >= 0 && !ftruncate(disk, LARGE_DISK));
	must(mem >= 0 && !ftruncate(mem, LARGE_MEM));
	snprintf(options, sizeof(options), "--blk-file=/proc/%d/fd/%d",
		 getpid(), disk);
	vm_start(vm, options);
	vm->num = 256;
	vm_set_up(vm, ALL_FEATURES);
	check_eq(vm_ack(vm, VU_ADD_MEM_REG, &slot, 40, &mem, 1), 0);
	/* The program has opened both files when it has answered. */
	close(disk);
	close(mem);
}

TAP_CASE(request_limits)
{
	const uint32_t part = 8 << 20, rest = (1U << 30) - 125 * part;
	struct vm vm;

	start_large(&vm);
	check_eq(read_segments(&vm, 126, LARGE_AT, part, rest), 0);
	check_eq(read_segments(&vm, 126, LARGE_AT, part, rest + 512),
		 VIRTIO_BLK_S_IOERR);
	set_range(&vm, 0, 1 << 22, 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_DISCARD, 0, 16, false), 0);
	set_range(&vm, 0, (1 << 22) + 1, 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_DISCARD, 0, 16, false),
		 VIRTIO_BLK_S_IOERR);
	for (unsigned int unmap = 0; unmap < 2; unmap++) {
		set_range(&vm, 0, 1 << 16, unmap);
		check_eq(do_request(&vm, 0, VIRTIO_BLK_T_WRITE_ZEROES, 0, 16,
				    false),
			 0);
		set_range(&vm, 0, (1 << 16) + 1, unmap);
		check_eq(do_request(&vm, 0, VIRTIO_BLK_T_WRITE_ZEROES, 0, 16,
				    false),
			 VIRTIO_BLK_S_IOERR);
	}
	vm_end(&vm);
}

/*
 * The data of a request may lie in 256 pieces. Here each page is a region, and so a
 * piece. The data begins in the middle of the first page.
 */
TAP_CASE(request_pieces)
{
	const unsigned int page = 4096, most = 256;
	struct vu_slot slot = { .plain = { LARGE_AT, page, LARGE_AT, 0 } };
	int fd = memfd_create("pages", MFD_CLOEXEC);
	uint32_t *data;
	struct vm vm;

	must(fd >= 0 && !ftruncate(fd, page * (most + 1)));
	data = mmap(NULL, page * (most + 1), PROT_READ, MAP_SHARED, fd, 0);
	must(data != MAP_FAILED);
	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	for (unsigned int i = 0; i <= most; i++) {
		check_eq(vm_ack(&vm, VU_ADD_MEM_REG, &slot, 40, &fd, 1), 0);
		slot.plain.guest_addr += page;
		slot.plain.user_addr += page;
		slot.plain.mmap_offset += page;
	}
	/* The whole disk needs 257 pieces. */
	check_eq(read_segments(&vm, 1, LARGE_AT + page / 2, 0, DISK_SIZE),
		 VIRTIO_BLK_S_IOERR);
	check_eq(data[DISK_SIZE / 4], 0);
	check_eq(read_segments(&vm, 1, LARGE_AT + page / 2, 0,
			       DISK_SIZE - page / 2),
		 VIRTIO_BLK_S_OK);
	check_eq(data[DISK_SIZE / 4 - 128], DISK_SIZE - page / 2 - 512);
	vm_end(&vm);
}
