// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Stops the program between two accesses to shared memory. There the guest changes
 * the memory, or the program is killed. These cases trace the thread of a queue. A
 * hardware breakpoint stops the thread right after it has accessed two given bytes,
 * so no outcome depends on time.
 */
#include <dirent.h>
#include <poll.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "frontend.h"

/* The values of the processor's debug register 7. */
enum access { WRITE = 1, READ_OR_WRITE = 3 };

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

/* Where the program has mapped the file of this name. */
static uintptr_t mapped_at(struct vm *vm, const char *name)
{
	char path[64], line[256];
	uintptr_t at = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", vm->pid);
	maps = fopen(path, "r");
	must(maps);
	while (!at && fgets(line, sizeof(line), maps))
		if (strstr(line, name))
			at = strtoul(line, NULL, 16);
	fclose(maps);
	must(at);
	return at;
}

/* Where the program has these bytes of the guest's memory. */
static uintptr_t guest_at(struct vm *vm, const void *bytes)
{
	return mapped_at(vm, "/memfd:memory ") +
	       ((const uint8_t *)bytes - vm->mem);
}

/* Waits until the thread stops, and returns the reason. */
static int wait_stop(pid_t thread)
{
	int status;

	must(tap_soon(waitpid(thread, &status, __WALL | WNOHANG) == thread, 0));
	must(WIFSTOPPED(status));
	return status >> 8;
}

/* Starts ring 0, and returns its thread, which is stopped. */
static pid_t start_traced(struct vm *vm)
{
	pid_t before = sum_of_threads(vm), thread;

	vm_set_ring(vm, 0, 0);
	thread = sum_of_threads(vm) - before;
	if (ptrace(PTRACE_SEIZE, thread, NULL, NULL))
		skip("the program cannot be traced here");
	must(!ptrace(PTRACE_INTERRUPT, thread, NULL, NULL));
	must(wait_stop(thread) == (SIGTRAP | PTRACE_EVENT_STOP << 8));
	return thread;
}

/* Sets a debug register of the processor. False: there is none. */
static bool set_register(pid_t thread, unsigned int number, uintptr_t value)
{
#ifdef __x86_64__
	return !ptrace(PTRACE_POKEUSER, thread,
		       offsetof(struct user, u_debugreg) + 8 * number, value);
#else
	(void)thread;
	(void)number;
	(void)value;
	return false;
#endif
}

/* Sets the breakpoint to the two bytes at @at. */
static void set_breakpoint(pid_t thread, uintptr_t at, enum access access)
{
	if (!set_register(thread, 0, at) ||
	    !set_register(thread, 7, 1 | access << 16 | 1 << 18))
		skip("there are no hardware breakpoints here");
}

/* Continues until the next access. */
static void next_access(pid_t thread)
{
	must(!ptrace(PTRACE_CONT, thread, NULL, NULL));
	must(wait_stop(thread) == SIGTRAP);
}

static void end_trace(pid_t thread)
{
	must(set_register(thread, 7, 0));
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
	thread = start_traced(&vm);
	set_header(&vm, VIRTIO_BLK_T_IN, 1);
	desc_set_request(&vm, 0, GUEST_BASE + DATA_AT, 512, VRING_DESC_F_WRITE);
	make_available(&vm, 0, 0);
	kick(&vm, 0);
	set_breakpoint(thread, guest_at(&vm, &vm.ring[0].avail->idx),
		       READ_OR_WRITE);
	/* While the program takes requests, it wants no kicks. */
	do
		next_access(thread);
	while (!vm.ring[0].used->flags);
	vm.ring[0].avail->idx = 0x4000;
	end_trace(thread);
	check_broken(&vm, 0, "the available index runs ahead of the ring");
	check_eq(vm.ring[0].used->idx, 1);
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
	pid_t thread;
	struct vm vm;

	vm_start(&vm, "");
	vm_negotiate(&vm, FEATURES | features, PROTOCOL);
	vm_set_table(&vm);
	used = vm.ring[0].used;
	thread = start_traced(&vm);
	set_header(&vm, VIRTIO_BLK_T_IN, 1);
	desc_set_request(&vm, 0, GUEST_BASE + DATA_AT, 512, VRING_DESC_F_WRITE);
	kick(&vm, 0);
	set_breakpoint(thread,
		       guest_at(&vm, event_idx ? (void *)&used->ring[RING] :
						 (void *)&used->flags),
		       WRITE);
	/*
	 * The queue has taken the kick, has asked for another one, and has not
	 * looked at the ring since then.
	 */
	do
		next_access(thread);
	while (is_ready(vm.ring[0].kick) || (!event_idx && used->flags));
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
	thread = start_traced(&vm);
	add_write(&vm, 6, 0xa6);
	make_available(&vm, 0, 6);
	kick(&vm, 0);
	set_breakpoint(thread,
		       recorded ? mapped_at(&vm, "/memfd:inflight ") +
					  offsetof(struct vu_inflight_queue,
						   used_idx) :
				  guest_at(&vm, &vm.ring[0].used->idx),
		       WRITE);
	next_access(thread);
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
