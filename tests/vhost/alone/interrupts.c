// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The driver is told of each answer, whatever happened to the back end and to
 * the call descriptor before. It looks at the ring only when it is told. It gets
 * no interrupt that it does not want.
 */
#include <sys/eventfd.h>

#include "frontend.h"

#define EVENT_IDX (FEATURES | FEATURE(VIRTIO_RING_F_EVENT_IDX))

/* Requests of the last back end are done again, and the driver is told of them. */
ORDERED_CASE(interrupt_of_resumed_requests, .rows = "A35")
{
	struct vu_inflight_queue *part;
	struct vring_used_elem elem;
	struct vm vm;
	int fd;

	part = area_start(&vm, "", &fd);
	for (unsigned int head = 0; head < 6; head += 3) {
		add_write(&vm, head, 0xa0);
		make_available(&vm, 0, head);
		part->desc[head].inflight = 1;
	}
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING), 0, fd), 0);
	vm_set_ring(&vm, 0, 0);
	check(wait_told(&vm, 0, &elem));
	check(wait_told(&vm, 0, &elem));
	vm_end(&vm);
}

/*
 * A back end was killed after it had moved the used index from @told to @used
 * and before it had signalled. Only the signal is missing.
 */
static void killed_before_call(uint16_t told, uint16_t used, uint64_t features)
{
	struct vring_used_elem elem;
	struct ring *r;
	struct vm vm;

	vm_start(&vm, "");
	r = &vm.ring[0];
	r->seen = r->told = told;
	r->used->idx = r->avail->idx = used;
	for (uint16_t i = told; i != used; i++)
		r->used->ring[i % RING] = (struct vring_used_elem){ 3, 1 };
	r->avail->ring[RING] = told;
	vm_negotiate(&vm, features, PROTOCOL);
	vm_set_table(&vm);
	vm_set_ring(&vm, 0, used);
	for (uint16_t i = told; i != used; i++)
		check(wait_told(&vm, 0, &elem));
	vm_end(&vm);
}

ORDERED_CASE(interrupt_after_kill_before_call, .rows = "A35")
{
	killed_before_call(0, 1, FEATURES);
	killed_before_call(2, 5, FEATURES);
	killed_before_call(2, 5, EVENT_IDX);
	/* The index has wrapped to the value with which a new ring starts. */
	killed_before_call(0xffff, 0, FEATURES);
	killed_before_call(0xfffe, 0, EVENT_IDX);
}

/* The answer came while the ring had another call descriptor. */
ORDERED_CASE(interrupt_to_new_call_descriptor, .rows = "A35")
{
	struct ring *r;
	struct vm vm;

	vm_start(&vm, "");
	r = &vm.ring[0];
	vm_set_up(&vm, FEATURES);
	check_eq(vm_set(&vm, message_u64(VU_SET_VRING_CALL, 0, r->masked)), 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 1, 512, true), 0);
	check_eq(vm_set(&vm, message_u64(VU_SET_VRING_CALL, 0, r->call)), 0);
	check(wait_event(r->call, 2000));
	/* Only one signal. */
	check(!wait_event(r->call, 50));
	check_eq(vm_set(&vm,
			message_u64(VU_SET_VRING_CALL, VU_VRING_NO_FD, -1)),
		 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 1, 512, true), 0);
	check(!wait_event(r->call, 50));
	check_eq(vm_set(&vm, message_u64(VU_SET_VRING_CALL, 0, r->call)), 0);
	check(wait_event(r->call, 2000));
	vm_end(&vm);
}

/* A driver that has not requested anything yet is not interrupted. */
ORDERED_CASE(interrupt_not_of_a_new_ring)
{
	struct vm vm;

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	check_eq(vm_set(&vm,
			message_u64(VU_SET_VRING_CALL, 0, vm.ring[0].call)),
		 0);
	check(!wait_event(vm.ring[0].call, 50));
	vm_end(&vm);
}

/* The driver wants an interrupt when a certain entry is used. */
ORDERED_CASE(ring_event_index)
{
	struct vm vm;

	vm_start(&vm, "");
	vm_set_up(&vm, ALL_FEATURES);
	vm.ring[0].avail->ring[RING] = 1; /* when the second entry is used */
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 0, 512, true), 0);
	check(!wait_event(vm.ring[0].call, 50));
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 0, 512, true), 0);
	check(wait_event(vm.ring[0].call, 2000));
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 0, 512, true), 0);
	check(!wait_event(vm.ring[0].call, 50));
	check_eq(vm.ring[0].used->ring[RING].id & 0xffff, 3);
	vm_end(&vm);
}

ORDERED_CASE(ring_no_interrupt_flag)
{
	struct vm vm;

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	vm.ring[0].avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 0, 512, true), 0);
	check(!wait_event(vm.ring[0].call, 50));
	vm.ring[0].avail->flags = 0;
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 0, 512, true), 0);
	check(wait_event(vm.ring[0].call, 2000));
	vm_end(&vm);
}
