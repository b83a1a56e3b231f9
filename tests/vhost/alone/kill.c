// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The back end is killed at each message of a connection while it has requests
 * in flight. Each request is answered exactly once, and the driver is told of
 * it.
 *
 * The kill is not left to chance: the front end counts its messages and kills
 * the program before or after it has sent a given one. All messages are tried.
 * A table line fails if its kill did not happen.
 */
#include "frontend.h"

#define EVENT_IDX     (FEATURES | FEATURE(VIRTIO_RING_F_EVENT_IDX))
#define PER_RING(num) ((num) / 3) /* requests of three descriptors */

struct run {
	struct vm vm;
	uint64_t features;
	int area;
	uint8_t round; /* the byte that is written in this round */
	uint16_t used; /* the final value of the index */
};

/*
 * Sets up the connection as a front end does after a back end has died.
 * rust-vmm sends a new base.
 */
static void set_up_again(struct run *run)
{
	struct vm *vm = &run->vm;
	size_t len = QUEUES * PART_LEN(RING_MAX);
	bool qemu = !strcmp(vm_order->name, "qemu");
	bool rust = !strcmp(vm_order->name, "rust");

	vm_restart(vm, "");
	vm_negotiate(vm, run->features, PROTOCOL);
	if (qemu)
		check_eq(area_set(vm, len, 0, run->area), 0);
	vm_set_table(vm);
	if (!qemu)
		check_eq(area_set(vm, len, 0, run->area), 0);
	vm_set_ring(vm, 0, rust ? 0 : vm->ring[0].used->idx);
}

/*
 * Flushes end later than the writes around them, so answers come in another
 * order.
 */
static bool is_flush(unsigned int i)
{
	return i % 8 == 0;
}

static void make_flush(struct vm *vm, unsigned int head)
{
	struct virtio_blk_outhdr header = { .type = VIRTIO_BLK_T_FLUSH };

	memcpy(vm->mem + HEADER_AT + head * 16, &header, sizeof(header));
	vm->ring[0].desc[head].next = head + 2;
}

static void submit(struct run *run, unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to; i++) {
		add_write(&run->vm, 3 * i, run->round);
		if (is_flush(i))
			make_flush(&run->vm, 3 * i);
		make_available(&run->vm, 0, 3 * i);
	}
	kick(&run->vm, 0);
}

/*
 * Answers as the driver sees them. An answer that it is not told of does not
 * count.
 */
static void check_answers(struct run *run)
{
	const unsigned int nr = PER_RING(run->vm.num);
	uint8_t answers[RING_MAX] = { 0 };
	struct vring_used_elem elem;

	for (unsigned int i = 0; i < nr; i++) {
		if (!check(wait_told(&run->vm, 0, &elem)))
			return;
		if (!check(elem.id < run->vm.num))
			return;
		answers[elem.id]++;
	}
	for (unsigned int i = 0; i < nr; i++) {
		if (!check(answers[3 * i] == 1))
			return;
		if (!check(run->vm.mem[STATUS_AT + 3 * i] == VIRTIO_BLK_S_OK))
			return;
		if (!is_flush(i) &&
		    !check(disk_byte(&run->vm, 3 * i) == run->round))
			return;
	}
	run->used += nr;
	check_eq(run->vm.ring[0].used->idx, run->used);
}

/*
 * One line of the table: the program is killed under load, killed again at a
 * message, and not killed the third time.
 */
static bool kill_at(struct run *run, unsigned int message, enum when when)
{
	const unsigned int nr = PER_RING(run->vm.num);
	bool killed;

	run->round++;
	submit(run, 0, nr / 2);
	usleep(message % 4 * 20);
	vm_kill(&run->vm);
	submit(run, nr / 2, nr);
	run->vm.kill_at = message;
	run->vm.kill_when = when;
	set_up_again(run);
	killed = run->vm.killed;
	if (!killed)
		vm_kill(&run->vm);
	run->vm.kill_when = NEVER;
	set_up_again(run);
	check_answers(run);
	return killed;
}

static void check_line(struct run *run, unsigned int message, enum when when,
		       bool want)
{
	unsigned int failed = tap_result->failed;

	check_eq(kill_at(run, message, when), want);
	if (tap_result->failed == failed)
		return;
	tap_note("killed %s message %u", when == BEFORE ? "before" : "after",
		 message);
	tap_end(TAP_ENDED, NULL);
}

/*
 * @queue_size: the size of the rings that the front end names when it asks for
 * the area.
 */
static void each_message(uint16_t num, uint16_t queue_size, uint64_t features)
{
	struct run run = { .features = features };
	unsigned int messages;

	vm_start(&run.vm, "");
	run.vm.num = num;
	run.vm.queue_size = queue_size;
	vm_negotiate(&run.vm, features, PROTOCOL);
	area_get(&run.vm, VU_INFLIGHT_SIZE, &run.area);
	vm_kill(&run.vm);
	set_up_again(&run);
	messages = run.vm.sent;
	check_eq(messages, !strcmp(vm_order->name, "qemu") ? 13 : 12);
	/*
	 * BEFORE a message is the same moment as SENT for the message before
	 * it. There is no message number @messages.
	 */
	for (unsigned int m = 0; m <= messages; m++) {
		check_line(&run, m, BEFORE, m < messages);
		check_line(&run, m, SENT, m < messages);
	}
	vm_end(&run.vm);
}

ORDERED_CASE(kill_at_each_message, .rows = "A35")
{
	each_message(RING, RING, FEATURES);
}

TAP_CASE(kill_at_each_message_event_idx, .rows = "A35")
{
	vm_order = &orders[1];
	each_message(128, 128, EVENT_IDX);
}

/* QEMU 10: its option queue-size is 128, but its guests make rings of 1024. */
TAP_CASE(kill_at_each_message_larger_ring, .rows = "A35")
{
	vm_order = &orders[1];
	each_message(RING_MAX, 128, EVENT_IDX);
}
