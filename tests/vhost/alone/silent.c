// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Guest memory that never answers or answers late, and requests for much
 * memory: what a stop ends within a second, and what it waits for.
 */
#include <fcntl.h>

#include "frontend.h"

/* A second region after the first one, which never answers. */
#define SILENT_AT   (GUEST_BASE + MEM_SIZE)
#define SILENT_USER (USER_BASE + MEM_SIZE)

static void set_up_with(struct vm *vm, int fd, size_t size)
{
	struct vu_table table = { .num = 2 };
	int fds[2] = { vm->mem_fd, fd };

	table.plain[0] =
		(struct vu_region){ GUEST_BASE, MEM_SIZE, USER_BASE, 0 };
	table.plain[1] = (struct vu_region){ SILENT_AT, size, SILENT_USER, 0 };
	vm_negotiate(vm, FEATURES | FEATURE(VIRTIO_RING_F_INDIRECT_DESC),
		     PROTOCOL);
	check_eq(vm_ack(vm, VU_SET_MEM_TABLE, &table, 8 + 64, fds, 2), 0);
	for (unsigned int q = 0; q < QUEUES; q++)
		vm_set_ring(vm, q, 0);
	close(fds[1]);
}

static void start_with(struct vm *vm, const char *options, int fd, size_t size)
{
	vm_start(vm, options);
	set_up_with(vm, fd, size);
}

static void start_silent(struct vm *vm, const char *options)
{
	start_with(vm, options, own_file(MEM_SIZE), MEM_SIZE);
}

/* A request whose descriptor @which lies in the silent region. */
static void start_request(struct vm *vm, const char *options, uint32_t type,
			  unsigned int which)
{
	start_silent(vm, options);
	set_header(vm, type, 1);
	desc_set_request(vm, 0, GUEST_BASE + DATA_AT, 512,
			 type == VIRTIO_BLK_T_IN ? VRING_DESC_F_WRITE : 0);
	vm->ring[0].desc[which].addr = SILENT_AT;
	make_available(vm, 0, 0);
	silence();
	kick(vm, 0);
	own_file_is_asked();
}

static void silent_request(const char *options, uint32_t type,
			   unsigned int which, int signal)
{
	struct vm vm;

	start_request(&vm, options, type, which);
	usleep(50000);
	check(cpu_ms(&vm) < 100);
	must_end(&vm, signal, 1);
	check(vm_said(&vm, "queue 0 does not stop: the guest's memory does"));
}

/* Each case can have one such file system, so each of these is a case. */
#define SILENT_REQUEST(name, options, type, which, signal)                   \
	TAP_CASE(stop_silent_##name, .rows = "A39")                          \
	{                                                                    \
		silent_request(options, VIRTIO_BLK_T_##type, which, signal); \
	}

SILENT_REQUEST(header_hang_up, "", IN, 0, 0)
SILENT_REQUEST(header_sigterm, "", IN, 0, SIGTERM)
SILENT_REQUEST(data_hang_up, "", IN, 1, 0)
SILENT_REQUEST(data_sigterm, "", IN, 1, SIGTERM)
SILENT_REQUEST(data_without_io_uring, "--no-io-uring", IN, 1, SIGTERM)
SILENT_REQUEST(data_of_write_hang_up, "", OUT, 1, 0)
SILENT_REQUEST(data_of_write_sigterm, "", OUT, 1, SIGTERM)
SILENT_REQUEST(data_of_write_without_io_uring, "--no-io-uring", OUT, 1, SIGTERM)
SILENT_REQUEST(status_hang_up, "--no-io-uring", IN, 2, 0)
SILENT_REQUEST(status_sigterm, "", IN, 2, SIGTERM)

/* The program itself ends the connection. The front end keeps its socket open. */
TAP_CASE(stop_silent_header_wrong_message, .rows = "A39")
{
	int status = -1;
	struct vm vm;

	start_request(&vm, "", VIRTIO_BLK_T_IN, 0);
	vm_send(&vm, message_state(VU_SET_VRING_NUM, 0, 24), 0);
	check(tap_soon(waitpid(vm.pid, &status, WNOHANG) == vm.pid, 0));
	check_eq(status, 1 << 8);
	check(vm_said(&vm, "connection closed: EINVAL\n"));
	check(vm_said(&vm, "queue 0 does not stop: the guest's memory does"));
}

/* A write of @len bytes of the silent region. It leaves no dirty page. */
static void make_write(struct vm *vm, uint64_t from, uint32_t len)
{
	set_header(vm, VIRTIO_BLK_T_OUT, 0);
	desc_set_request(vm, 0, SILENT_AT + from, len, 0);
	make_available(vm, 0, 0);
}

/*
 * All pages of the data are present, except for the last one. Pages that were
 * read stay present.
 */
static void silent_tail(uint64_t from, uint32_t len)
{
	struct vring_used_elem elem;
	struct vm vm;

	start_silent(&vm, "");
	for (uint64_t at = 0; at + 4096 < from + len; at += 4096) {
		make_write(&vm, at, 512);
		kick(&vm, 0);
		must(wait_used(&vm, 0, &elem));
		check_eq(vm.mem[STATUS_AT], VIRTIO_BLK_S_OK);
	}
	make_write(&vm, from, len);
	silence();
	kick(&vm, 0);
	own_file_is_asked();
	must_end(&vm, SIGTERM, 1);
	check(vm_said(&vm, "queue 0 does not stop: the guest's memory does"));
}

TAP_CASE(stop_silent_second_page, .rows = "A39")
{
	silent_tail(4096 - 512, 1024);
}

TAP_CASE(stop_silent_third_page, .rows = "A39")
{
	silent_tail(0, 2 * 4096 + 512);
}

/*
 * Eight pages, each 300 ms late, like pages that were swapped out. All of them
 * come, but together they take longer than a second.
 */
static void slow_pages(const char *options, int signal)
{
	struct vm vm;

	start_with(&vm, options, late_file(MEM_SIZE, 300, 0), MEM_SIZE);
	make_write(&vm, 0, 8 * 4096);
	silence();
	kick(&vm, 0);
	own_file_is_asked();
	must_end(&vm, signal, 0);
	check_eq(vm.ring[0].used->idx, 1);
	check_eq(vm.mem[STATUS_AT], VIRTIO_BLK_S_OK);
}

TAP_CASE(stop_slow_pages_sigterm)
{
	slow_pages("", SIGTERM);
}

TAP_CASE(stop_slow_pages_hang_up)
{
	slow_pages("", 0);
}

TAP_CASE(stop_slow_pages_without_io_uring)
{
	slow_pages("--no-io-uring", SIGTERM);
}

/*
 * Progress within each second is not enough if it goes on for ever: the limit
 * for all of it is ten seconds, and the status and the message say that it was
 * exceeded. All the pages would come after 19 seconds.
 */
TAP_CASE(stop_slow_pages_for_ever, .rows = "A39")
{
	double begin = now();
	int status = -1;
	struct vm vm;

	start_with(&vm, "", late_file(MEM_SIZE, 300, 0), MEM_SIZE);
	make_write(&vm, 0, 64 * 4096);
	silence();
	kick(&vm, 0);
	own_file_is_asked();
	check(!kill(vm.pid, SIGTERM));
	check_eq(waitpid(vm.pid, &status, 0), vm.pid);
	check_eq(status, 1 << 8);
	check(now() - begin > 8);
	check(vm_said(&vm,
		      "queue 0 does not stop: the guest's memory answers too"));
}

/*
 * A ring full of requests for 252 MiB each, all of which take much longer than
 * a second. The disk was that large once and is empty now, so reading costs no
 * time. Requests that were taken are answered, and the rest stays in the ring.
 */
TAP_CASE(stop_large_requests)
{
	const uint32_t size = 256 << 20, piece = 2 << 20;
	int fd = memfd_create("large", 0);
	struct vring_desc *table;
	struct vm vm;

	must(!ftruncate(fd, size));
	vm_start(&vm, "");
	vm_kill(&vm);
	must(!ftruncate(vm.disk_fd, size));
	vm_restart(&vm, "");
	vm.num = 128;
	set_up_with(&vm, fd, size);
	must(!ftruncate(vm.disk_fd, 0));
	table = (void *)(vm.mem + TABLE_AT);
	set_header(&vm, VIRTIO_BLK_T_IN, 0);
	table[0] = (struct vring_desc){ GUEST_BASE + HEADER_AT, 16,
					VRING_DESC_F_NEXT, 1 };
	for (unsigned int i = 1; i < 127; i++)
		table[i] = (struct vring_desc){
			SILENT_AT + (i - 1) * piece, piece,
			VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, i + 1
		};
	table[127] = (struct vring_desc){ GUEST_BASE + STATUS_AT, 1,
					  VRING_DESC_F_WRITE, 0 };
	for (unsigned int i = 0; i < 128; i++) {
		desc_set(&vm, 0, i, GUEST_BASE + TABLE_AT, 128 * sizeof(*table),
			 VRING_DESC_F_INDIRECT, 0);
		make_available(&vm, 0, i);
	}
	kick(&vm, 0);
	usleep(1000);
	must_end(&vm, SIGTERM, 0);
	check(vm.ring[0].used->idx < 128);
}

/*
 * `xenfm ls` looks at the files of all processes, and must not wait for any of
 * them.
 */
TAP_CASE(silent_file_is_listed)
{
	int fd = own_file(MEM_SIZE), status = -1;
	volatile char *at = mmap(NULL, MEM_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	char xenfm[256];
	pid_t pid;

	must(at != MAP_FAILED);
	snprintf(xenfm, sizeof(xenfm), "%s", getenv("BACKEND"));
	must(strrchr(xenfm, '/'));
	strcpy(strrchr(xenfm, '/'), "/xenfm");
	/*
	 * After this read the file system is asked for the time of the last
	 * access again.
	 */
	check_eq(*at, 0);
	silence();
	pid = fork();
	if (!pid) {
		must(dup2(open("/dev/null", O_WRONLY), 1) == 1);
		execl(xenfm, xenfm, "ls", NULL);
		_exit(127);
	}
	check(tap_soon(waitpid(pid, &status, WNOHANG) == pid, 0));
	check_eq(status, 0);
	kill(pid, SIGKILL);
}

/* The main thread reads the used index when a ring starts. */
static void silent_ring(int signal)
{
	const struct vu_addr addr = ring_addr(0, SILENT_USER);
	struct vm vm;

	start_silent(&vm, "");
	silence();
	vm_send(&vm, message_addr(&addr), VU_NEED_REPLY);
	own_file_is_asked();
	must_end(&vm, signal, 1);
	check(vm_said(&vm, "cannot stop: memory or a file of the front end"));
}

TAP_CASE(stop_silent_ring_hang_up)
{
	silent_ring(0);
}

TAP_CASE(stop_silent_ring_sigterm)
{
	silent_ring(SIGTERM);
}

/* The main thread also reads the area of requests in flight. */
TAP_CASE(stop_silent_area, .rows = "A39")
{
	struct vu_inflight area = { PART_LEN(RING), 0, 1, RING, 0 };
	struct vm vm;
	int fd = own_file(MEM_SIZE);

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	silence();
	vm_send(&vm,
		message_new(VU_SET_INFLIGHT_FD, &area, VU_INFLIGHT_SIZE, fd),
		VU_NEED_REPLY);
	own_file_is_asked();
	must_end(&vm, 0, 1);
	check(vm_said(&vm, "cannot stop: memory or a file of the front end"));
}
