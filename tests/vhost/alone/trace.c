// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Stops the program between two accesses to shared memory. There the guest changes
 * the memory, or the program is killed. These cases let the thread of a queue do one
 * instruction after the other and look at memory and registers after each, so no
 * outcome depends on time. Hardware breakpoints would be faster, but not every virtual
 * machine has them.
 */
#include <dirent.h>
#include <elf.h>
#include <poll.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "frontend.h"

/* An index that no register has by chance. */
#define STRIKING_INDEX 0x2b67

/* The sum of the IDs of all threads. */
static pid_t sum_of_threads(struct vm *vm)
{
	const struct dirent *entry;
	char path[64];
	pid_t sum = 0;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", vm->pid);
	tasks = opendir(path);
	must(tasks);
	while ((entry = readdir(tasks)))
		sum += atoi(entry->d_name);
	closedir(tasks);
	return sum;
}

/* Waits until the thread stops, and returns the reason. */
static int wait_stop(pid_t thread)
{
	pid_t ret = 0;
	int status;

	/* One instruction takes less time than tap_soon() sleeps. */
	for (int i = 0; i < 1000 && !ret; i++) {
		sched_yield();
		ret = waitpid(thread, &status, __WALL | WNOHANG);
	}
	must(ret == thread ||
	     tap_soon(waitpid(thread, &status, __WALL | WNOHANG) == thread, 0));
	must(WIFSTOPPED(status));
	return status >> 8;
}

/* Starts ring 0, and returns its thread, which is stopped. */
static pid_t start_traced(struct vm *vm, uint16_t base)
{
	pid_t before = sum_of_threads(vm), thread;

	vm_set_ring(vm, 0, base);
	thread = sum_of_threads(vm) - before;
	if (ptrace(PTRACE_SEIZE, thread, NULL, NULL))
		skip("the program cannot be traced here");
	must(!ptrace(PTRACE_INTERRUPT, thread, NULL, NULL));
	must(wait_stop(thread) == (SIGTRAP | PTRACE_EVENT_STOP << 8));
	return thread;
}

/* Does one instruction. */
static void step(pid_t thread)
{
	must(!ptrace(PTRACE_SINGLESTEP, thread, NULL, NULL));
	must(wait_stop(thread) == SIGTRAP);
}

/* Continues until these two bytes have changed. */
static void step_until_changed(pid_t thread, const volatile uint16_t *bytes)
{
	uint16_t before = *bytes;

	while (*bytes == before)
		step(thread);
}

/* Does one instruction. True: it has put the value into a register. */
static bool step_loads(pid_t thread, unsigned long long value)
{
	/* Each register has as many bytes as this. */
	static unsigned long long before[64], after[64];
	struct iovec all = { after, sizeof(after) };
	bool loads = false;

	step(thread);
	must(!ptrace(PTRACE_GETREGSET, thread, (void *)NT_PRSTATUS, &all));
	for (size_t i = 0; i < all.iov_len / sizeof(*after); i++)
		loads |= after[i] == value && before[i] != value;
	memcpy(before, after, sizeof(after));
	return loads;
}

static void end_trace(pid_t thread)
{
	must(!ptrace(PTRACE_DETACH, thread, NULL, NULL));
}

/*
 * The guest replaces a good index by a bad one right after the program has read the
 * good one. The program must use the value that it has checked.
 */
TAP_CASE(ring_index_is_read_once)
{
	pid_t thread;
	struct vm vm;

	vm_start(&vm, "--no-io-uring");
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	vm_set_table(&vm);
	vm_set_ring(&vm, 1, 0);
	vm.ring[0].avail->idx = STRIKING_INDEX - 1;
	vm.ring[0].used->idx = STRIKING_INDEX - 1;
	thread = start_traced(&vm, STRIKING_INDEX - 1);
	set_header(&vm, VIRTIO_BLK_T_IN, 1);
	desc_set_request(&vm, 0, GUEST_BASE + DATA_AT, 512, VRING_DESC_F_WRITE);
	make_available(&vm, 0, 0);
	kick(&vm, 0);
	/* While the program takes requests, it wants no kicks. */
	while (!step_loads(thread, STRIKING_INDEX) || !vm.ring[0].used->flags)
		;
	vm.ring[0].avail->idx = STRIKING_INDEX + 0x4000;
	end_trace(thread);
	check_broken(&vm, 0, "the available index runs ahead of the ring");
	check_eq(vm.ring[0].used->idx, STRIKING_INDEX);
	vm_end(&vm);
}

static bool is_ready(int fd)
{
	struct pollfd on = { .fd = fd, .events = POLLIN };

	return poll(&on, 1, 0) == 1;
}

/*
 * The driver adds a request while the queue wants no kicks, so it does not kick. At
 * the same time the queue asks for kicks. The queue must look at the ring again
 * before it sleeps.
 */
static void no_kick(uint64_t features)
{
	bool event_idx = features & FEATURE(VIRTIO_RING_F_EVENT_IDX);
	struct vring_used_elem elem;
	struct vring_used *used;
	uint16_t *asks;
	pid_t thread;
	struct vm vm;

	vm_start(&vm, "");
	vm_negotiate(&vm, FEATURES | features, PROTOCOL);
	vm_set_table(&vm);
	used = vm.ring[0].used;
	asks = event_idx ? (uint16_t *)&used->ring[RING] : &used->flags;
	thread = start_traced(&vm, 0);
	set_header(&vm, VIRTIO_BLK_T_IN, 1);
	desc_set_request(&vm, 0, GUEST_BASE + DATA_AT, 512, VRING_DESC_F_WRITE);
	kick(&vm, 0);
	/*
	 * The queue has taken the kick, has asked for another one, and has not
	 * looked at the ring since then.
	 */
	do {
		if (event_idx)
			*asks = 0xffff; /* an index that it does not ask for */
		step_until_changed(thread, asks);
	} while (is_ready(vm.ring[0].kick) || *asks);
	make_available(&vm, 0, 0);
	end_trace(thread);
	must(wait_used(&vm, 0, &elem));
	check_eq(vm.mem[STATUS_AT], VIRTIO_BLK_S_OK);
	vm_end(&vm);
}

TAP_CASE(ring_looks_after_asking)
{
	no_kick(0);
	no_kick(FEATURE(VIRTIO_RING_F_EVENT_IDX));
}

/*
 * The program is killed after it has shown the answer to a write to the guest, or,
 * if @recorded, after it has recorded the answer in the inflight area. In both cases
 * the next program must neither lose the answer nor repeat the write.
 */
static void killed_after(bool recorded)
{
	struct vu_inflight_queue *part;
	struct vring_used_elem elem;
	pid_t thread;
	struct vm vm;
	int fd;

	part = area_start(&vm, "", &fd);
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING), 0, fd), 0);
	thread = start_traced(&vm, 0);
	add_write(&vm, 6, 0xa6);
	make_available(&vm, 0, 6);
	kick(&vm, 0);
	step_until_changed(thread,
			   recorded ? &part->used_idx : &vm.ring[0].used->idx);
	check_eq(vm.ring[0].used->idx, 1);
	check_eq(part->used_idx, recorded);
	check_eq(part->desc[6].inflight, !recorded);
	must(!kill(vm.pid, SIGKILL));
	must(waitpid(thread, NULL, __WALL) == thread);
	vm_kill(&vm);
	memset(vm.mem + DATA_AT + 6 * 512, 0xb6, 512);
	vm_restart(&vm, "");
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	vm_set_table(&vm);
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING), 0, fd), 0);
	vm_set_ring(&vm, 0, 0);
	must(wait_used(&vm, 0, &elem));
	check_eq(elem.id, 6);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 1, 512, true), 0);
	check_eq(vm.ring[0].used->idx, 2);
	check_eq(disk_byte(&vm, 6), 0xa6);
	vm_end(&vm);
}

TAP_CASE(inflight_shown_before_recorded)
{
	killed_after(false);
	killed_after(true);
}
