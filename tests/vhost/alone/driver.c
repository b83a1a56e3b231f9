// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The guest's driver: descriptors, rings and requests.
 */
#include <poll.h>

#include "frontend.h"

void desc_set(struct vm *vm, unsigned int q, unsigned int at, uint64_t addr,
	      uint32_t len, uint16_t flags, uint16_t next)
{
	vm->ring[q].desc[at] = (struct vring_desc){ addr, len, flags, next };
}

void desc_set_flush(struct vm *vm, unsigned int q, unsigned int at)
{
	desc_set(vm, q, at, GUEST_BASE + HEADER_AT, 16, VRING_DESC_F_NEXT,
		 at + 1);
	desc_set(vm, q, at + 1, GUEST_BASE + STATUS_AT, 1, VRING_DESC_F_WRITE,
		 0);
}

void make_available(struct vm *vm, unsigned int q, uint16_t head)
{
	struct vring_avail *avail = vm->ring[q].avail;

	avail->ring[avail->idx % vm->num] = head;
	__atomic_store_n(&avail->idx, avail->idx + 1, __ATOMIC_RELEASE);
}

void kick(struct vm *vm, unsigned int q)
{
	const uint64_t one = 1;

	must(write(vm->ring[q].kick, &one, 8) == 8);
}

static bool take_event(int fd, int milliseconds)
{
	struct pollfd on = { .fd = fd, .events = POLLIN };
	uint64_t count;

	return poll(&on, 1, milliseconds) == 1 && read(fd, &count, 8) == 8;
}

bool wait_event(int fd, int milliseconds)
{
	if (milliseconds != SOON)
		return take_event(fd, milliseconds);
	return tap_soon(take_event(fd, 10), 0);
}

uint16_t used_idx(const struct ring *r)
{
	return __atomic_load_n(&r->used->idx, __ATOMIC_SEQ_CST);
}

bool wait_used(struct vm *vm, unsigned int q, struct vring_used_elem *elem)
{
	struct ring *r = &vm->ring[q];

	if (!tap_soon(used_idx(r) != r->seen, 0))
		return false;
	*elem = r->used->ring[r->seen++ % vm->num];
	return true;
}

bool wait_used_idx(struct vm *vm, unsigned int q, uint16_t idx)
{
	return tap_soon(used_idx(&vm->ring[q]) == idx, used_idx(&vm->ring[q]));
}

bool none_used(struct vm *vm, unsigned int q)
{
	usleep(500000);
	return used_idx(&vm->ring[q]) == vm->ring[q].seen;
}

/*
 * Takes all used entries, asks for the next interrupt, and checks again for
 * entries.
 */
static void interrupt(struct vm *vm, struct ring *r)
{
	do {
		r->told = used_idx(r);
		__atomic_store_n(&r->avail->ring[vm->num], r->told,
				 __ATOMIC_SEQ_CST);
	} while (used_idx(r) != r->told);
}

bool wait_told(struct vm *vm, unsigned int q, struct vring_used_elem *elem)
{
	struct ring *r = &vm->ring[q];

	while (r->seen == r->told) {
		if (!wait_event(r->call, SOON))
			return false;
		interrupt(vm, r);
	}
	*elem = r->used->ring[r->seen++ % vm->num];
	return true;
}

void desc_set_request(struct vm *vm, unsigned int q, uint64_t data,
		      uint32_t len, uint16_t flags)
{
	const uint64_t base = GUEST_BASE;

	desc_set(vm, q, 0, base + HEADER_AT, 16, VRING_DESC_F_NEXT,
		 len ? 1 : 2);
	desc_set(vm, q, 1, data, len, VRING_DESC_F_NEXT | flags, 2);
	desc_set(vm, q, 2, base + STATUS_AT, 1, VRING_DESC_F_WRITE, 0);
}

void set_header(struct vm *vm, uint32_t type, uint64_t sector)
{
	struct virtio_blk_outhdr header = { .type = type, .sector = sector };

	memcpy(vm->mem + HEADER_AT, &header, sizeof(header));
	vm->mem[STATUS_AT] = 0xee;
}

void set_range(struct vm *vm, uint64_t sector, uint32_t num, uint32_t flags)
{
	struct virtio_blk_discard_write_zeroes range = {
		.sector = sector,
		.num_sectors = num,
		.flags = flags,
	};

	memcpy(vm->mem + DATA_AT, &range, sizeof(range));
}

int do_request(struct vm *vm, unsigned int q, uint32_t type, uint64_t sector,
	       uint32_t len, bool device_writes)
{
	struct vring_used_elem elem;

	set_header(vm, type, sector);
	desc_set_request(vm, q, GUEST_BASE + DATA_AT, len,
			 device_writes ? VRING_DESC_F_WRITE : 0);
	make_available(vm, q, 0);
	kick(vm, q);
	must(wait_used(vm, q, &elem));
	check_eq(elem.id, 0);
	if (vm->mem[STATUS_AT] == VIRTIO_BLK_S_OK)
		check_eq(elem.len, device_writes ? len + 1 : 1);
	else
		check_eq(elem.len, 1);
	return vm->mem[STATUS_AT];
}

void check_broken(struct vm *vm, unsigned int q, const char *why)
{
	char line[256];

	snprintf(line, sizeof(line),
		 "xenfm-vhost-user-blk: queue %u stopped: %s\n", q, why);
	check(wait_event(vm->ring[q].err, SOON));
	check(vm_said(vm, line));
	check_eq(do_request(vm, !q, VIRTIO_BLK_T_IN, 3, 512, true), 0);
	check_eq(*(uint32_t *)(vm->mem + DATA_AT), 3 * 512);
}
