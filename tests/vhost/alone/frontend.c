// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The program under test: its start and its end, and the messages that it gets.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "frontend.h"

#define CHILD_FD 3

/*
 * Our own order; QEMU's, whose first call descriptor is one that is not read
 * until the ring runs; the order of front ends that use rust-vmm's crates.
 */
const struct order orders[] = {
	{ "own", { NUM, BASE, ADDR, ERR, CALL, KICK, ENABLE } },
	{ "qemu", { MASKED, ERR, NUM, BASE, ADDR, KICK, ENABLE, CALL } },
	{ "rust", { NUM, ADDR, BASE, CALL, KICK, ERR, ENABLE } },
};

const struct order *vm_order = orders;

double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static void run(const char *program, const char *options, int socket,
		int disk_fd, int log)
{
	char words[512], disk[64], *argv[32], *rest, *w;
	int n = 0;

	snprintf(disk, sizeof(disk), "--blk-file=/proc/%d/fd/%d", getppid(),
		 disk_fd);
	snprintf(words, sizeof(words), "%s %s",
		 getenv("BACKEND_OPTIONS") ? getenv("BACKEND_OPTIONS") : "",
		 options);
	argv[n++] = (char *)program;
	argv[n++] = disk;
	argv[n++] = "--fd=3";
	argv[n++] = "--num-queues=2";
	for (w = strtok_r(words, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
		argv[n++] = w;
	argv[n] = NULL;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(log, 2);
	dup2(socket, CHILD_FD);
	close_range(CHILD_FD + 1, ~0U, 0);
	execv(program, argv);
	_exit(127);
}

void vm_kill(struct vm *vm)
{
	kill(vm->pid, SIGKILL);
	waitpid(vm->pid, NULL, 0);
	close(vm->socket);
	vm->killed = true;
}

static void maybe_kill(struct vm *vm, enum when when)
{
	if (!vm->killed && vm->kill_when == when && vm->sent == vm->kill_at)
		vm_kill(vm);
}

void vm_restart(struct vm *vm, const char *options)
{
	const char *program = getenv("BACKEND");
	int pair[2];

	if (!program)
		bail("BACKEND is not set");
	vm->sent = 0;
	vm->killed = false;
	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	vm->pid = fork();
	must(vm->pid >= 0);
	if (!vm->pid)
		run(program, options, pair[1], vm->disk_fd, vm->log);
	close(pair[1]);
	vm->socket = pair[0];
}

void vm_start(struct vm *vm, const char *options)
{
	memset(vm, 0, sizeof(*vm));
	vm->num = RING;
	vm->log = memfd_create("log", 0);
	fcntl(vm->log, F_SETFL, O_APPEND);
	vm->disk_fd = memfd_create("disk", 0);
	vm->mem_fd = memfd_create("memory", 0);
	must(!ftruncate(vm->disk_fd, DISK_SIZE));
	must(!ftruncate(vm->mem_fd, MEM_SIZE));
	for (unsigned int i = 0; i < DISK_SIZE; i += 512)
		must(pwrite(vm->disk_fd, &i, sizeof(i), i) == sizeof(i));
	vm->mem = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		       vm->mem_fd, 0);
	must(vm->mem != MAP_FAILED);
	for (unsigned int q = 0; q < QUEUES; q++) {
		uint8_t *at = vm->mem + QUEUE_AT(q);

		vm->ring[q] = (struct ring){
			.desc = (void *)(at + DESC_AT),
			.avail = (void *)(at + AVAIL_AT),
			.used = (void *)(at + USED_AT),
			.kick = eventfd(0, EFD_NONBLOCK),
			.call = eventfd(0, EFD_NONBLOCK),
			.err = eventfd(0, EFD_NONBLOCK),
			.masked = eventfd(0, EFD_NONBLOCK),
		};
	}
	vm_restart(vm, options);
}

void vm_end(struct vm *vm)
{
	int status = -1;

	close(vm->socket);
	check_eq(waitpid(vm->pid, &status, 0), vm->pid);
	check_eq(status, 0);
	if (status) {
		char text[4096] = "";

		check(pread(vm->log, text, sizeof(text) - 1, 0) >= 0);
		fprintf(stderr, "%s", text);
	}
}

static ssize_t read_log(struct vm *vm, char *said, size_t size)
{
	ssize_t n = pread(vm->log, said, size - 1, 0);

	must(n >= 0);
	said[n] = '\0';
	return n;
}

bool vm_said(struct vm *vm, const char *text)
{
	char said[8192];
	ssize_t n = 0;

	if (tap_soon((n = read_log(vm, said, sizeof(said)), strstr(said, text)),
		     n))
		return true;
	tap_note("the program wrote: %s", said);
	return false;
}

bool vm_gone(struct vm *vm)
{
	struct pollfd on = { .fd = vm->socket, .events = POLLIN };
	char c;

	if (!tap_soon(poll(&on, 1, 10) == 1, 0))
		return false;
	/* Unread data at the other end makes this a reset. */
	return recv(vm->socket, &c, 1, MSG_DONTWAIT) <= 0;
}

unsigned int vm_open_files(struct vm *vm)
{
	unsigned int nr = 0;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", vm->pid);
	dir = opendir(path);
	must(dir);
	while (readdir(dir))
		nr++;
	closedir(dir);
	return nr;
}

/* After the program was killed, nothing is sent any more. */
static void send_with(struct vm *vm, const struct message *m, const int *fds,
		      unsigned int nr_fds)
{
	maybe_kill(vm, BEFORE);
	if (vm->killed)
		return;
	must(message_send(vm->socket, m, fds, nr_fds));
	maybe_kill(vm, SENT);
	vm->sent++;
}

void vm_send(struct vm *vm, struct message m, uint32_t flags)
{
	m.header.flags |= flags;
	send_with(vm, &m, &m.fd, m.fd >= 0);
}

static void receive(struct vm *vm, uint32_t request, struct message *m)
{
	must(message_receive(vm->socket, m));
	check_eq(m->header.request, request);
}

uint64_t vm_ack(struct vm *vm, uint32_t request, const void *payload,
		uint32_t size, const int *fds, unsigned int nr_fds)
{
	struct message m = message_new(request, payload, size, -1);

	m.header.flags |= VU_NEED_REPLY;
	send_with(vm, &m, fds, nr_fds);
	if (vm->killed)
		return 0;
	receive(vm, request, &m);
	check_eq(m.header.size, 8);
	return m.u64;
}

uint64_t vm_set(struct vm *vm, struct message m)
{
	return vm_ack(vm, m.header.request, m.bytes, m.header.size, &m.fd,
		      m.fd >= 0);
}

struct message vm_get(struct vm *vm, struct message m)
{
	const uint32_t request = m.header.request;

	vm_send(vm, m, 0);
	receive(vm, request, &m);
	return m;
}

uint64_t vm_ask(struct vm *vm, uint32_t request)
{
	struct message m = vm_get(vm, message_new(request, NULL, 0, -1));

	check_eq(m.header.size, 8);
	return m.u64;
}

void vm_negotiate(struct vm *vm, uint64_t features, uint64_t protocol)
{
	vm->features = features;
	vm_send(vm, message_u64(VU_SET_PROTOCOL_FEATURES, protocol, -1), 0);
	check_eq(vm_ack(vm, VU_SET_OWNER, NULL, 0, NULL, 0), 0);
	check_eq(vm_set(vm, message_u64(VU_SET_FEATURES, features, -1)), 0);
}

void vm_set_table(struct vm *vm)
{
	struct vu_table table = { .num = 1 };

	table.plain[0] =
		(struct vu_region){ GUEST_BASE, MEM_SIZE, USER_BASE, 0 };
	check_eq(vm_ack(vm, VU_SET_MEM_TABLE, &table, 8 + 32, &vm->mem_fd, 1),
		 0);
}

struct vu_addr ring_addr(unsigned int q, uint64_t base)
{
	const uint64_t at = base + QUEUE_AT(q);

	return (struct vu_addr){
		q, 0, at + DESC_AT, at + USED_AT, at + AVAIL_AT, 0
	};
}

static struct message ring_message(const struct vm *vm, unsigned int q,
				   uint16_t base, enum step step)
{
	const struct vu_addr addr =
		ring_addr(q, vm->guest_addrs ? GUEST_BASE : USER_BASE);
	const struct ring *r = &vm->ring[q];

	switch (step) {
	case NUM:
		return message_state(VU_SET_VRING_NUM, q, vm->num);
	case BASE:
		return message_state(VU_SET_VRING_BASE, q, base);
	case ADDR:
		return message_addr(&addr);
	case ERR:
		return message_u64(VU_SET_VRING_ERR, q, r->err);
	case CALL:
		return message_u64(VU_SET_VRING_CALL, q, r->call);
	case MASKED:
		return message_u64(VU_SET_VRING_CALL, q, r->masked);
	case KICK:
		return message_u64(VU_SET_VRING_KICK, q, r->kick);
	case ENABLE:
	default:
		return message_state(VU_SET_VRING_ENABLE, q, 1);
	}
}

void vm_set_ring(struct vm *vm, unsigned int q, uint16_t base)
{
	for (const enum step *step = vm_order->step; *step; step++)
		check_eq(vm_set(vm, ring_message(vm, q, base, *step)), 0);
}

void vm_set_up(struct vm *vm, uint64_t features)
{
	vm_negotiate(vm, features, PROTOCOL);
	vm_set_table(vm);
	for (unsigned int q = 0; q < QUEUES; q++)
		vm_set_ring(vm, q, 0);
}
