// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The driver is told of each answer, whatever happened to the back end and to
 * the call descriptor before. It looks at the ring only when it is told. It gets
 * no interrupt that it does not want.
 */
#include <sched.h>
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
	check(wait_event(r->call, SOON));
	/* Only one signal. */
	check(!wait_event(r->call, 50));
	check_eq(vm_set(&vm,
			message_u64(VU_SET_VRING_CALL, VU_VRING_NO_FD, -1)),
		 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 1, 512, true), 0);
	check(!wait_event(r->call, 50));
	check_eq(vm_set(&vm, message_u64(VU_SET_VRING_CALL, 0, r->call)), 0);
	check(wait_event(r->call, SOON));
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
	check(wait_event(vm.ring[0].call, SOON));
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 0, 512, true), 0);
	check(!wait_event(vm.ring[0].call, 50));
	check_eq(vm.ring[0].used->ring[RING].id & 0xffff, 3);
	vm_end(&vm);
}

/* This process, and the programs that it starts from now on, run on this CPU. */
static void run_on(unsigned int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		skip("needs CPUs 0 and 1");
}

/*
 * A driver asks for an interrupt, looks at the ring once more, and sleeps. The
 * program shows an answer, and looks whether the driver asks. One of the two must
 * see what the other has written. The driver does this close to the moment of the
 * program: it waits longer if it was too early, and shorter if it was too late.
 * A program without a barrier between its two accesses loses an interrupt in some
 * thousand requests, if the two run on different CPUs.
 */
TAP_CASE(interrupt_of_a_driver_that_goes_to_sleep)
{
	struct vring_used_elem elem;
	int delay = 0;
	double begin;
	struct ring *r;
	uint16_t *asked;
	struct vm vm;

	run_on(1);
	vm_start(&vm, "");
	run_on(0);
	vm_set_up(&vm, EVENT_IDX);
	r = &vm.ring[0];
	asked = &r->avail->ring[RING];
	set_header(&vm, VIRTIO_BLK_T_GET_ID, 0);
	desc_set_request(&vm, 0, GUEST_BASE + DATA_AT, 20, VRING_DESC_F_WRITE);
	begin = now();
	for (unsigned int i = 0; i < 5000 || (i < 30000 && now() - begin < 5);
	     i++) {
		__atomic_store_n(asked, r->seen + 100, __ATOMIC_SEQ_CST);
		make_available(&vm, 0, 0);
		kick(&vm, 0);
		for (volatile int n = 0; n < delay; n++)
			;
		__atomic_store_n(asked, r->seen, __ATOMIC_SEQ_CST);
		if (used_idx(r) == r->seen) {
			must(wait_event(r->call, SOON));
			delay += 1 + i % 7;
		} else if (delay > 5) {
			delay -= 1 + i % 5;
		}
		must(wait_used(&vm, 0, &elem));
		/* The signal may come although the driver did not sleep. */
		wait_event(r->call, 0);
	}
	vm_end(&vm);
}

/* A queue that has nothing to do asks for kicks. */
ORDERED_CASE(ring_asks_for_kicks)
{
	const uint16_t *flags;
	struct vm vm;

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	flags = &vm.ring[0].used->flags;
	for (unsigned int i = 0; i < 3; i++) {
		check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 0, 512, true), 0);
		check(tap_soon(!__atomic_load_n(flags, __ATOMIC_ACQUIRE), 0));
	}
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
	check(wait_event(vm.ring[0].call, SOON));
	vm_end(&vm);
}
