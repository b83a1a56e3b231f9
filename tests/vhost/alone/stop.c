// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Descriptors that block, that are always ready, or that are not eventfds. A
 * queue stops within a second, and uses no CPU until then.
 */
#include <fcntl.h>
#include <sys/eventfd.h>

#include "frontend.h"

unsigned long cpu_ms_in_all(struct vm *vm)
{
	clockid_t clock;
	struct timespec t;

	must(!clock_getcpuclockid(vm->pid, &clock));
	must(!clock_gettime(clock, &t));
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

unsigned long cpu_ms(struct vm *vm)
{
	unsigned long before = cpu_ms_in_all(vm);

	usleep(300000);
	return cpu_ms_in_all(vm) - before;
}

/* Fills the eventfd: the next write to it waits until it is read. */
static void fill(int fd)
{
	const uint64_t most = UINT64_MAX - 1;
	uint64_t count;

	if (read(fd, &count, 8) < 0)
		check_eq(errno, EAGAIN);
	must(write(fd, &most, 8) == 8);
	must(!fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK));
}

/*
 * A queue with requests to do, whose thread waits because its call descriptor
 * is full.
 */
static void start_blocked(struct vm *vm, const char *options)
{
	vm_start(vm, options);
	vm_set_up(vm, FEATURES);
	fill(vm->ring[0].call);
	check_eq(do_request(vm, 0, VIRTIO_BLK_T_IN, 1, 512, true), 0);
	for (unsigned int i = 0; i < 4; i++)
		make_available(vm, 0, 0);
	kick(vm, 0);
	usleep(50000);
	/* The other ring works on. */
	check_eq(do_request(vm, 1, VIRTIO_BLK_T_IN, 1, 512, true), 0);
}

/*
 * A program that does not stop by itself never ends. One whose queue did not stop
 * in time has exit status 1.
 */
void must_end(struct vm *vm, int signal, int want)
{
	int status = -1;

	if (signal)
		check(!kill(vm->pid, signal));
	else
		close(vm->socket);
	check_eq(waitpid(vm->pid, &status, 0), vm->pid);
	check_eq(status, want << 8);
}

static void call_blocks(const char *options)
{
	const uint16_t *used;
	struct vm vm;

	start_blocked(&vm, options);
	must_end(&vm, 0, 0);
	start_blocked(&vm, options);
	must_end(&vm, SIGTERM, 0);
	/* With another call descriptor the ring works on. */
	start_blocked(&vm, options);
	check_eq(vm_set(&vm,
			message_u64(VU_SET_VRING_CALL, 0, vm.ring[0].masked)),
		 0);
	check(wait_event(vm.ring[0].masked, SOON));
	/* The requests that were made available before have the same head. */
	used = &vm.ring[0].used->idx;
	check(tap_soon(__atomic_load_n(used, __ATOMIC_ACQUIRE) ==
			       vm.ring[0].avail->idx,
		       *used));
	vm.ring[0].seen = *used;
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 1, 512, true), 0);
	vm_end(&vm);
}

TAP_CASE(stop_call_blocks, .rows = "A39")
{
	call_blocks("");
	call_blocks("--no-io-uring");
}

/*
 * The call descriptor blocks while the queue completes 512 requests. An attempt to
 * signal it ends after 10 ms, when the program interrupts the queue. With an attempt
 * for each answer the queue would not stop in time, so it tries only once.
 */
TAP_CASE(stop_call_blocks_all_answers, .rows = "A39")
{
	const struct order no_enable = { "not enabled",
					 { NUM, BASE, ADDR, ERR, CALL, KICK } };
	struct vu_inflight_queue *part;
	struct vm vm;
	int fd;

	vm_start(&vm, "--no-io-uring");
	vm.num = RING_MAX;
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	part = area_get(&vm, VU_INFLIGHT_SIZE, &fd);
	part->version = 1;
	part->desc_num = RING_MAX;
	vm_set_table(&vm);
	set_header(&vm, VIRTIO_BLK_T_FLUSH, 0);
	for (unsigned int head = 0; head < RING_MAX; head += 2) {
		desc_set_flush(&vm, 0, head);
		make_available(&vm, 0, head);
		part->desc[head].inflight = 1;
	}
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING_MAX), 0, fd), 0);
	vm_order = &no_enable;
	vm_set_ring(&vm, 0, 0);
	/* A queue that has requests to resume signals when it starts. */
	fill(vm.ring[0].call);
	check_eq(vm_set(&vm, message_state(VU_SET_VRING_ENABLE, 0, 1)), 0);
	must_end(&vm, SIGTERM, 0);
	check_eq(vm.ring[0].used->idx, RING_MAX / 2);
}

/* The program makes a call descriptor non-blocking: a full one blocks no queue. */
TAP_CASE(stop_call_is_full)
{
	struct vm vm;

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	fill(vm.ring[0].masked);
	check_eq(vm_set(&vm,
			message_u64(VU_SET_VRING_CALL, 0, vm.ring[0].masked)),
		 0);
	check(fcntl(vm.ring[0].masked, F_GETFL) & O_NONBLOCK);
	for (unsigned int i = 0; i < 3; i++)
		check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 1, 512, true), 0);
	vm_end(&vm);
}

/* The thread that reports a broken ring waits until the report is read. */
TAP_CASE(stop_err_blocks)
{
	static const int signals[] = { 0, SIGTERM };
	struct vm vm;

	for (unsigned int i = 0; i < 2; i++) {
		vm_start(&vm, "");
		vm_set_up(&vm, FEATURES);
		fill(vm.ring[0].err);
		make_available(&vm, 0, RING);
		kick(&vm, 0);
		check(vm_said(&vm, "queue 0 stopped: "));
		usleep(10000);
		must_end(&vm, signals[i], 0);
	}
}

/* A pipe whose writer has closed it is always ready, and empty. */
TAP_CASE(stop_kick_is_dead, .rows = "A39")
{
	struct vm vm;
	int pipes[2];

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	must(!pipe(pipes));
	check_eq(vm_set(&vm, message_u64(VU_SET_VRING_KICK, 0, pipes[0])), 0);
	/* The last errno before that is EAGAIN, of a full call descriptor. */
	fill(vm.ring[0].call);
	fcntl(vm.ring[0].call, F_SETFL, O_NONBLOCK);
	must(write(pipes[1], "kick kick", 8) == 8);
	vm.ring[0].kick = pipes[1];
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 1, 512, true), 0);
	usleep(10000);
	check(cpu_ms(&vm) < 100);
	close(pipes[1]);
	check(cpu_ms(&vm) < 100);
	check_broken(&vm, 0, "its kick descriptor does not work");
	vm_end(&vm);
}

/* A kick that never ends. The program takes it, but slowly. */
TAP_CASE(stop_kick_never_ends)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_SEMAPHORE);
	const uint64_t many = UINT64_C(1) << 62;
	struct vm vm;

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	must(write(fd, &many, 8) == 8);
	check_eq(vm_set(&vm, message_u64(VU_SET_VRING_KICK, 0, fd)), 0);
	usleep(100000);
	check(cpu_ms(&vm) < 100);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 1, 512, true), 0);
	vm_end(&vm);
}

/* Descriptors that are neither eventfds nor pipes are refused. */
TAP_CASE(stop_descriptors_of_other_kinds)
{
	int fds[4];
	uint64_t index = 0;
	struct vm vm;

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	fds[0] = open("/dev/zero", O_RDWR);
	fds[1] = open("/dev/null", O_RDWR);
	fds[2] = vm.mem_fd;
	fds[3] = open("/", O_RDONLY);
	for (unsigned int i = 0; i < 4; i++)
		for (uint32_t r = VU_SET_VRING_KICK; r <= VU_SET_VRING_ERR; r++)
			check_eq(vm_ack(&vm, r, &index, 8, &fds[i], 1), 1);
	check(cpu_ms(&vm) < 100);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 1, 512, true), 0);
	vm_end(&vm);
}

/*
 * A file of the front end that takes long to close delays the main thread, as
 * does unmapping the memory of a large guest.
 */
static void late_close(bool runs, int want)
{
	struct vu_slot slot = {
		.plain = { GUEST_BASE + MEM_SIZE, MEM_SIZE,
			   USER_BASE + MEM_SIZE, 0 },
	};
	int fd = late_file(MEM_SIZE, 0, 2000);
	char text[256] = "";
	struct vm vm;

	vm_start(&vm, "");
	if (runs)
		vm_set_up(&vm, FEATURES);
	else
		vm_negotiate(&vm, FEATURES, PROTOCOL);
	silence();
	vm_send(&vm, message_new(VU_ADD_MEM_REG, &slot, 40, fd), VU_NEED_REPLY);
	usleep(100000);
	must_end(&vm, SIGTERM, want);
	if (want)
		check(vm_said(&vm, "cannot stop: memory or a file of the"));
	else if (pread(vm.log, text, sizeof(text) - 1, 0) > 0)
		check(!strstr(text, "cannot stop"));
}

/* No queue runs, so no request can be lost. */
TAP_CASE(stop_late_without_queues)
{
	late_close(false, 0);
}

TAP_CASE(stop_late_with_queues)
{
	late_close(true, 1);
}

/* A request for which the file needs longer than a second. */
static void late_request(const char *word, int signal)
{
	int fd = late_file(DISK_SIZE, 1500, 0);
	char options[96];
	double begin;
	struct vm vm;

	snprintf(options, sizeof(options), "--blk-file=/proc/%d/fd/%d %s",
		 getpid(), fd, word);
	vm_start(&vm, options);
	vm_set_up(&vm, FEATURES);
	memset(vm.mem + DATA_AT, 0x11, 512);
	set_header(&vm, VIRTIO_BLK_T_IN, 1);
	desc_set_request(&vm, 0, GUEST_BASE + DATA_AT, 512, VRING_DESC_F_WRITE);
	make_available(&vm, 0, 0);
	silence();
	begin = now();
	kick(&vm, 0);
	usleep(50000);
	check_eq(vm.ring[0].used->idx, 0);
	must_end(&vm, signal, 0);
	check(now() - begin > 1.4);
	check(vm_said(&vm, "queue 0 stops when the file has answered\n"));
	check_eq(vm.ring[0].used->idx, 1);
	check_eq(vm.mem[STATUS_AT], VIRTIO_BLK_S_OK);
	check_eq(vm.mem[DATA_AT], 0);
}

TAP_CASE(stop_after_request_sigterm)
{
	late_request("", SIGTERM);
}

TAP_CASE(stop_after_request_hang_up)
{
	late_request("", 0);
}

TAP_CASE(stop_after_request_without_io_uring)
{
	late_request("--no-io-uring", SIGTERM);
}
