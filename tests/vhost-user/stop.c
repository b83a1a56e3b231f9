// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Descriptors that block, that are always ready, or that are no event: a queue
 * stops within a second, and burns no CPU until then.
 */
#include <fcntl.h>
#include <sys/eventfd.h>

#include "frontend.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

/* How much CPU the program takes in 300 ms, in milliseconds. */
static unsigned long cpu_ms(struct vm *vm)
{
	unsigned long before, after;
	clockid_t clock;
	struct timespec t;

	must(!clock_getcpuclockid(vm->pid, &clock));
	must(!clock_gettime(clock, &t));
	before = t.tv_sec * 1000 + t.tv_nsec / 1000000;
	usleep(300000);
	must(!clock_gettime(clock, &t));
	after = t.tv_sec * 1000 + t.tv_nsec / 1000000;
	return after - before;
}

/* The next write to this eventfd waits until somebody reads it. */
static void fill(int fd)
{
	const uint64_t most = UINT64_MAX - 1;
	uint64_t count;

	if (read(fd, &count, 8) < 0)
		check_eq(errno, EAGAIN);
	must(write(fd, &most, 8) == 8);
	must(!fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK));
}

/* A queue with many requests under way, whose thread waits in @fd. */
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
}

static void end_within_a_second(struct vm *vm, int signal, int want)
{
	double begin = now();
	int status = -1;

	if (signal)
		check(!kill(vm->pid, signal));
	else
		close(vm->socket);
	check_eq(waitpid(vm->pid, &status, 0), vm->pid);
	check_eq(WEXITSTATUS(status), want);
	check(now() - begin < 1.5);
}

static void call_blocks(const char *options)
{
	uint64_t index = 0;
	struct vm vm;

	start_blocked(&vm, options);
	end_within_a_second(&vm, 0, 0);
	start_blocked(&vm, options);
	end_within_a_second(&vm, SIGTERM, 0);
	/* Another one, and the ring goes on. */
	start_blocked(&vm, options);
	check_eq(vm_ack(&vm, VU_SET_VRING_CALL, &index, 8, &vm.ring[0].masked,
			1),
		 0);
	check(wait_event(vm.ring[0].masked, 2000));
	vm.ring[0].seen = vm.ring[0].used->idx;
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 1, 512, true), 0);
	vm_end(&vm);
}

TAP_CASE(stop_call_blocks)
{
	call_blocks("");
	call_blocks("--no-io-uring");
}

/* The thread that says that a ring is broken waits for that to be read. */
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
		end_within_a_second(&vm, signals[i], 0);
	}
}

static uint64_t set_kick(struct vm *vm, int fd)
{
	uint64_t index = 0;

	return vm_ack(vm, VU_SET_VRING_KICK, &index, 8, &fd, 1);
}

/* A pipe whose writer has gone is always ready, and has nothing. */
TAP_CASE(stop_kick_is_dead)
{
	struct vm vm;
	int pipes[2];

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	must(!pipe(pipes));
	check_eq(set_kick(&vm, pipes[0]), 0);
	/* The last thing that happens before is that a full call says EAGAIN. */
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

/* A kick that never ends: taken, but slowly. */
TAP_CASE(stop_kick_never_ends)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_SEMAPHORE);
	const uint64_t many = UINT64_C(1) << 62;
	struct vm vm;

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	must(write(fd, &many, 8) == 8);
	check_eq(set_kick(&vm, fd), 0);
	usleep(100000);
	check(cpu_ms(&vm) < 100);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 1, 512, true), 0);
	vm_end(&vm);
}

/* What is neither an eventfd nor a pipe is refused. */
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
