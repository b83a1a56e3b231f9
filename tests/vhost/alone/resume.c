// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A back end dies while it has requests in flight. The next one does these
 * requests, each of them once.
 */
#include "frontend.h"

/*
 * Four requests were taken. The second was answered before the back end died,
 * the first and the third were not, and the fourth is still in the ring.
 */
ORDERED_CASE(inflight_is_resumed)
{
	struct vu_inflight_queue *part;
	struct vring_used_elem elem;
	unsigned int ids = 0;
	struct vm vm;
	int fd;

	part = area_start(&vm, "", &fd);
	for (unsigned int i = 0; i < 4; i++) {
		add_write(&vm, 3 * i, 0xa0 + i);
		make_available(&vm, 0, 3 * i);
	}
	vm.ring[0].used->ring[0] = (struct vring_used_elem){ 3, 1 };
	vm.ring[0].used->idx = vm.ring[0].seen = 1;
	part->used_idx = 1;
	part->desc[0] =
		(struct vu_inflight_desc){ .inflight = 1, .counter = 10 };
	part->desc[6] =
		(struct vu_inflight_desc){ .inflight = 1, .counter = 12 };
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING), 0, fd), 0);
	vm_set_ring(&vm, 0, 1); /* QEMU sends the used index */
	for (unsigned int i = 0; i < 3; i++) {
		must(wait_used(&vm, 0, &elem));
		ids |= 1U << elem.id;
	}
	check_eq(ids, 1 << 0 | 1 << 6 | 1 << 9);
	check(none_used(&vm, 0));
	check_eq(disk_byte(&vm, 0), 0xa0);
	check_eq(disk_byte(&vm, 3), 0);
	check_eq(disk_byte(&vm, 6), 0xa2);
	check_eq(disk_byte(&vm, 9), 0xa3);
	check_eq(vm.mem[STATUS_AT + 3], 0xee);
	check_eq(part->desc[0].inflight | part->desc[6].inflight |
			 part->desc[9].inflight,
		 0);
	check_eq(part->used_idx, 4);
	/*
	 * The counters go on, so the next back end knows the order. A start with
	 * nothing in flight begins at 0 again, so that of head 9 may be 0.
	 */
	check_eq(part->desc[0].counter, 13);
	check_eq(part->desc[6].counter, 14);
	vm_end(&vm);
}

/*
 * The oldest request comes first. They run one at a time, so that the order is
 * visible.
 */
ORDERED_CASE(inflight_keeps_order)
{
	static const unsigned int order[] = { 6, 0, 3 };
	struct vu_inflight_queue *part;
	struct vring_used_elem elem;
	struct vm vm;
	int fd;

	part = area_start(&vm, "--no-io-uring", &fd);
	for (unsigned int i = 0; i < 3; i++) {
		add_write(&vm, 3 * i, 0xa0 + i);
		make_available(&vm, 0, 3 * i);
		part->desc[order[i]] = (struct vu_inflight_desc){
			.inflight = 1,
			.counter = 100 + i,
		};
	}
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING), 0, fd), 0);
	vm_set_ring(&vm, 0, 0);
	for (unsigned int i = 0; i < 3; i++) {
		must(wait_used(&vm, 0, &elem));
		check_eq(elem.id, order[i]);
	}
	check_eq(part->used_idx, 3);
	vm_end(&vm);
}

/*
 * A full ring was in flight. The oldest request comes first, and each is done
 * once.
 */
static void resume_all(uint16_t num)
{
	struct vu_inflight_queue *part;
	struct vring_used_elem elem;
	struct vm vm;
	int fd;

	vm_start(&vm, "--no-io-uring");
	vm.num = num;
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	part = area_get(&vm, VU_INFLIGHT_SIZE, &fd);
	part->version = 1;
	part->desc_num = num;
	vm_set_table(&vm);
	set_header(&vm, VIRTIO_BLK_T_FLUSH, 0);
	for (unsigned int head = 0; head < num; head += 2) {
		desc_set_flush(&vm, 0, head);
		make_available(&vm, 0, head);
		/* The youngest is the first one in the area. */
		part->desc[head].inflight = 1;
		part->desc[head].counter = 10000 - head;
	}
	check_eq(area_set(&vm, QUEUES * PART_LEN(num), 0, fd), 0);
	vm_set_ring(&vm, 0, 0);
	for (unsigned int i = 0; i < num / 2; i++) {
		must(wait_told(&vm, 0, &elem));
		must(elem.id == num - 2 * (i + 1));
	}
	check_eq(vm.ring[0].used->idx, num / 2);
	vm_end(&vm);
}

ORDERED_CASE(inflight_full_rings)
{
	resume_all(RING);
	resume_all(128);
	resume_all(RING_MAX);
}

/*
 * The back end was killed after it had published a batch of two and before it
 * had recorded that. The batch was heads 0 and 6; others were in flight, too.
 */
static struct vu_inflight_queue *batch_was_shown(struct vm *vm,
						 unsigned int others)
{
	struct vu_inflight_queue *part;
	int fd;

	part = area_start(vm, "", &fd);
	for (unsigned int i = 0; i < 3; i++) {
		if (i == 1 && !others)
			continue;
		add_write(vm, 3 * i, 0xa0 + i);
		make_available(vm, 0, 3 * i);
		part->desc[3 * i] = (struct vu_inflight_desc){ .inflight = 1,
							       .counter = i };
	}
	vm->ring[0].used->idx = vm->ring[0].seen = 2;
	part->last_batch_head = 6;
	part->desc[6].next = 0;
	check_eq(area_set(vm, QUEUES * PART_LEN(RING), 0, fd), 0);
	vm_set_ring(vm, 0, 2);
	return part;
}

ORDERED_CASE(inflight_batch_was_shown)
{
	struct vu_inflight_queue *part;
	struct vring_used_elem elem;
	struct vm vm;

	part = batch_was_shown(&vm, 1);
	must(wait_used(&vm, 0, &elem));
	check_eq(elem.id, 3);
	check(none_used(&vm, 0));
	check_eq(disk_byte(&vm, 0), 0);
	check_eq(disk_byte(&vm, 3), 0xa1);
	check_eq(disk_byte(&vm, 6), 0);
	check_eq(part->used_idx, 3);
	vm_end(&vm);
	/* Only the batch was in flight. The area is right when the ring has started. */
	part = batch_was_shown(&vm, 0);
	check_eq(part->used_idx, 2);
	check_eq(part->desc[0].inflight | part->desc[6].inflight, 0);
	vm_end(&vm);
}

/*
 * The page of a status is gone when the request ends. That request stays in
 * flight; a request that was answered before does not.
 */
ORDERED_CASE(inflight_keeps_what_has_no_status, .rows = "A43")
{
	struct vu_inflight_queue *part;
	struct vm vm;
	int fd;

	part = area_start(&vm, "--no-io-uring", &fd);
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING), 0, fd), 0);
	vm_set_ring(&vm, 0, 0);
	vm_set_ring(&vm, 1, 0);
	for (unsigned int head = 6; head < 15; head += 3) {
		add_write(&vm, head, 0xa0 + head);
		make_available(&vm, 0, head);
	}
	desc_set(&vm, 0, 11, GUEST_BASE + MEM_SIZE - 4096, 1,
		 VRING_DESC_F_WRITE, 0);
	must(!ftruncate(vm.mem_fd, MEM_SIZE - 4096));
	kick(&vm, 0);
	check_broken(&vm, 0, "a status that cannot be written");
	check_eq(vm.ring[0].used->idx, 1);
	check_eq(part->used_idx, 1);
	check_eq(part->desc[6].inflight, 0);
	check_eq(part->desc[9].inflight, 1);
	check_eq(disk_byte(&vm, 9), 0xa9);
	/* The next back end can answer the request. */
	must(!ftruncate(vm.mem_fd, MEM_SIZE));
	vm_end(&vm);
	vm_restart(&vm, "");
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	vm_set_table(&vm);
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING), 0, fd), 0);
	vm_set_ring(&vm, 0, 0);
	check(wait_used_idx(&vm, 0, 3));
	check_eq(vm.mem[MEM_SIZE - 4096], VIRTIO_BLK_S_OK);
	check_eq(vm.mem[STATUS_AT + 12], VIRTIO_BLK_S_OK);
	vm_end(&vm);
}

/*
 * The program is killed in the middle of many writes, at 20 different times.
 *
 * Each request must be answered by the killed program or by the next one, with
 * its data on the disk, so no outcome depends on the moment of the kill.
 */
ORDERED_CASE(inflight_kill)
{
	struct vu_inflight_queue *part;
	struct vring_used_elem elem;
	struct vm vm;
	int fd;

	part = area_start(&vm, "", &fd);
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING), 0, fd), 0);
	vm_set_ring(&vm, 0, 0);
	for (unsigned int round = 0; round < 20; round++) {
		uint16_t used;

		for (unsigned int i = 0; i < 5; i++) {
			add_write(&vm, 3 * i, round + 1);
			make_available(&vm, 0, 3 * i);
		}
		kick(&vm, 0);
		usleep(round * 20);
		vm_kill(&vm);
		vm_restart(&vm, "");
		vm_negotiate(&vm, FEATURES, PROTOCOL);
		vm_set_table(&vm);
		check_eq(area_set(&vm, QUEUES * PART_LEN(RING), 0, fd), 0);
		used = vm.ring[0].used->idx;
		vm_set_ring(&vm, 0, used);
		for (unsigned int i = 0; i < 5; i++)
			must(wait_used(&vm, 0, &elem));
		for (unsigned int i = 0; i < 5; i++) {
			check_eq(vm.mem[STATUS_AT + 3 * i], 0);
			check_eq(disk_byte(&vm, 3 * i), round + 1);
		}
		check_eq(vm.ring[0].used->idx, 5 * (round + 1));
	}
	check_eq(part->version, 1);
	vm_end(&vm);
}
