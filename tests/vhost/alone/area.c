// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The area in which a back end records the requests in flight, and writes whose
 * result is visible on the disk.
 */
#include "frontend.h"

static uint16_t said_size(const struct vm *vm)
{
	return vm->queue_size ? vm->queue_size : vm->num;
}

struct vu_inflight_queue *area_get(struct vm *vm, uint32_t size, int *fd)
{
	struct vu_inflight want = { .num_queues = QUEUES,
				    .queue_size = said_size(vm) };
	size_t len = QUEUES * PART_LEN(RING_MAX);
	struct message m;
	void *area;

	m = vm_get(vm, message_new(VU_GET_INFLIGHT_FD, &want, size, -1));
	check_eq(m.header.size, size);
	check_eq(m.inflight.mmap_size, len);
	check_eq(m.inflight.mmap_offset, 0);
	must(m.fd >= 0);
	area = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, m.fd, 0);
	must(area != MAP_FAILED);
	*fd = m.fd;
	return area;
}

uint64_t area_set(struct vm *vm, uint64_t size, uint64_t offset, int fd)
{
	struct vu_inflight area = { size, offset, QUEUES, said_size(vm), 0 };

	return vm_ack(vm, VU_SET_INFLIGHT_FD, &area, VU_INFLIGHT_SIZE, &fd, 1);
}

struct vu_inflight_queue *area_start(struct vm *vm, const char *options,
				     int *fd)
{
	struct vu_inflight_queue *part;

	vm_start(vm, options);
	vm_negotiate(vm, FEATURES, PROTOCOL);
	part = area_get(vm, VU_INFLIGHT_SIZE, fd);
	part->version = 1;
	part->desc_num = RING;
	vm_set_table(vm);
	return part;
}

void add_write(struct vm *vm, unsigned int head, uint8_t fill)
{
	struct virtio_blk_outhdr header = { .type = VIRTIO_BLK_T_OUT,
					    .sector = head };
	const uint64_t base = GUEST_BASE;

	memcpy(vm->mem + HEADER_AT + head * 16, &header, sizeof(header));
	memset(vm->mem + DATA_AT + head * 512, fill, 512);
	vm->mem[STATUS_AT + head] = 0xee;
	desc_set(vm, 0, head, base + HEADER_AT + head * 16, 16,
		 VRING_DESC_F_NEXT, head + 1);
	desc_set(vm, 0, head + 1, base + DATA_AT + head * 512, 512,
		 VRING_DESC_F_NEXT, head + 2);
	desc_set(vm, 0, head + 2, base + STATUS_AT + head, 1,
		 VRING_DESC_F_WRITE, 0);
}

unsigned int disk_byte(struct vm *vm, unsigned int sector)
{
	uint8_t byte = 0;

	must(pread(vm->disk_fd, &byte, 1, sector * 512 + 100) == 1);
	return byte;
}
