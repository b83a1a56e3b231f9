// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Rings that no driver would make. The queue stops and logs its reason, and the
 * other queue works on.
 */
#include "frontend.h"

#define INDIRECT FEATURE(VIRTIO_RING_F_INDIRECT_DESC)
#define NEXT	 VRING_DESC_F_NEXT
#define WRITE	 VRING_DESC_F_WRITE

/* A running device, with a valid request for queue 0 that is not started. */
static void start(struct vm *vm, uint64_t features)
{
	vm_start(vm, "");
	vm_set_up(vm, FEATURES | features);
	set_header(vm, VIRTIO_BLK_T_IN, 1);
	desc_set_request(vm, 0, GUEST_BASE + DATA_AT, 512, WRITE);
}

static void expect(struct vm *vm, const char *why)
{
	make_available(vm, 0, 0);
	kick(vm, 0);
	check_broken(vm, 0, why);
	check_eq(vm->ring[0].used->idx, 0);
	vm_end(vm);
}

/* One descriptor of the valid request is replaced. */
#define BAD_DESC(name, at, addr, len, flags, next, why)       \
	TAP_CASE(hostile_##name)                              \
	{                                                     \
		struct vm vm;                                 \
                                                              \
		start(&vm, INDIRECT);                         \
		desc_set(&vm, 0, at, addr, len, flags, next); \
		expect(&vm, why);                             \
	}

BAD_DESC(chain_loop_of_one, 0, GUEST_BASE + HEADER_AT, 16, NEXT, 0,
	 "a chain has too many descriptors")
BAD_DESC(chain_loop, 2, GUEST_BASE + STATUS_AT, 1, NEXT | WRITE, 1,
	 "a chain has too many descriptors")
BAD_DESC(next_beyond_ring, 0, GUEST_BASE + HEADER_AT, 16, NEXT, RING,
	 "a descriptor's next is beyond its table")
BAD_DESC(next_far_beyond_ring, 0, GUEST_BASE + HEADER_AT, 16, NEXT, 0xffff,
	 "a descriptor's next is beyond its table")
BAD_DESC(no_bytes, 1, GUEST_BASE + DATA_AT, 0, NEXT | WRITE, 2,
	 "a descriptor of no bytes")
BAD_DESC(last_address, 1, UINT64_MAX - 1, 3, NEXT | WRITE, 2,
	 "a descriptor runs beyond the last address")
BAD_DESC(read_after_write, 2, GUEST_BASE + STATUS_AT, 1, 0, 0,
	 "a descriptor to read follows one to write")
BAD_DESC(no_status, 0, GUEST_BASE + HEADER_AT, 16, 0, 0,
	 "a request without a status")
BAD_DESC(short_header, 0, GUEST_BASE + HEADER_AT, 15, NEXT, 1,
	 "a request without a header")
BAD_DESC(header_outside, 0, GUEST_BASE - 8, 16, NEXT, 1,
	 "a header that cannot be read")
BAD_DESC(header_runs_out, 0, GUEST_BASE + MEM_SIZE - 8, 16, NEXT, 1,
	 "a header that cannot be read")
BAD_DESC(status_outside, 2, GUEST_BASE + MEM_SIZE, 1, WRITE, 0,
	 "a status that cannot be written")
BAD_DESC(indirect_empty, 0, GUEST_BASE + TABLE_AT, 0, VRING_DESC_F_INDIRECT, 0,
	 "an indirect table of a wrong length")
BAD_DESC(indirect_odd, 0, GUEST_BASE + TABLE_AT, 17, VRING_DESC_F_INDIRECT, 0,
	 "an indirect table of a wrong length")
BAD_DESC(indirect_long, 0, GUEST_BASE + TABLE_AT, 129 * 16,
	 VRING_DESC_F_INDIRECT, 0, "an indirect table of a wrong length")
BAD_DESC(indirect_huge, 0, GUEST_BASE + TABLE_AT, 0xfffffff0,
	 VRING_DESC_F_INDIRECT, 0, "an indirect table of a wrong length")
BAD_DESC(indirect_outside, 0, GUEST_BASE + MEM_SIZE - 16, 32,
	 VRING_DESC_F_INDIRECT, 0, "an indirect table that cannot be read")
BAD_DESC(indirect_and_next, 0, GUEST_BASE + TABLE_AT, 32,
	 VRING_DESC_F_INDIRECT | NEXT, 1, "an indirect descriptor with a next")

TAP_CASE(hostile_indirect_not_negotiated)
{
	struct vm vm;

	start(&vm, 0);
	desc_set(&vm, 0, 0, GUEST_BASE + TABLE_AT, 48, VRING_DESC_F_INDIRECT,
		 0);
	expect(&vm, "an indirect descriptor that was not negotiated");
}

static void bad_table(struct vring_desc first, const char *why)
{
	struct vm vm;

	start(&vm, INDIRECT);
	desc_set(&vm, 0, 0, GUEST_BASE + TABLE_AT, 32, VRING_DESC_F_INDIRECT,
		 0);
	memcpy(vm.mem + TABLE_AT, &first, sizeof(first));
	expect(&vm, why);
}

TAP_CASE(hostile_indirect_in_indirect)
{
	bad_table((struct vring_desc){ GUEST_BASE + TABLE_AT, 32,
				       VRING_DESC_F_INDIRECT, 0 },
		  "an indirect descriptor in an indirect table");
}

TAP_CASE(hostile_indirect_next_beyond)
{
	bad_table((struct vring_desc){ GUEST_BASE + HEADER_AT, 16, NEXT, 2 },
		  "a descriptor's next is beyond its table");
}

TAP_CASE(hostile_indirect_loop)
{
	bad_table((struct vring_desc){ GUEST_BASE + HEADER_AT, 16, NEXT, 0 },
		  "a chain has too many descriptors");
}

TAP_CASE(hostile_head_beyond_ring)
{
	struct vm vm;

	start(&vm, 0);
	make_available(&vm, 0, RING);
	kick(&vm, 0);
	check_broken(&vm, 0, "an available descriptor is beyond the ring");
	vm_end(&vm);
}

TAP_CASE(hostile_index_runs_ahead)
{
	struct vm vm;

	start(&vm, 0);
	vm.ring[0].avail->idx = RING + 1;
	kick(&vm, 0);
	check_broken(&vm, 0, "the available index runs ahead of the ring");
	vm_end(&vm);
}

TAP_CASE(hostile_index_runs_back)
{
	struct vm vm;

	start(&vm, 0);
	vm.ring[0].avail->idx = 0xffff;
	kick(&vm, 0);
	check_broken(&vm, 0, "the available index runs ahead of the ring");
	vm_end(&vm);
}

/* A good request, one whose chain is a loop, and a good one, all at once. */
static void break_after_good(struct vm *vm)
{
	struct vring_avail *avail = vm->ring[0].avail;

	desc_set(vm, 0, 5, GUEST_BASE + HEADER_AT, 16, NEXT, 5);
	avail->ring[1] = 5;
	__atomic_store_n(&avail->idx, 3, __ATOMIC_RELEASE);
	kick(vm, 0);
	check_broken(vm, 0, "a chain has too many descriptors");
}

/*
 * The program has not passed the first request to the file when it finds the bad
 * one. The first request is not answered, not even after the ring has started again.
 */
ORDERED_CASE(hostile_after_a_good_one)
{
	struct vring_used_elem elem;
	struct vm vm;

	start(&vm, 0);
	break_after_good(&vm);
	check_eq(vm.ring[0].used->idx, 0);
	/* The ring stays broken until it is set up again. */
	kick(&vm, 0);
	check_eq(vm_set(&vm,
			message_u64(VU_SET_VRING_CALL, 0, vm.ring[0].call)),
		 0);
	check(!wait_event(vm.ring[0].err, 50));
	check_eq(vm.ring[0].used->idx, 0);
	vm.ring[0].avail->idx = 0;
	vm_set_ring(&vm, 0, 0);
	make_available(&vm, 0, 0);
	kick(&vm, 0);
	check(wait_used(&vm, 0, &elem));
	check_eq(vm.mem[STATUS_AT], 0);
	check_eq(vm_get(&vm, message_state(VU_GET_VRING_BASE, 0, 0)).state.num,
		 1);
	check_eq(vm.ring[0].used->idx, 1);
	vm_end(&vm);
}

/* A request that does not need the file is answered before the bad one is found. */
TAP_CASE(hostile_after_an_answer)
{
	struct vm vm;

	start(&vm, 0);
	set_header(&vm, VIRTIO_BLK_T_GET_ID, 0);
	break_after_good(&vm);
	check_eq(vm.ring[0].used->idx, 1);
	check_eq(vm.ring[0].used->ring[0].len, 21);
	vm_end(&vm);
}

/*
 * Breaks the broken queue 0 again. The program has written a line for it or
 * left it out.
 */
static void break_ring(struct vm *vm)
{
	vm->ring[0].avail->idx = 0;
	make_available(vm, 0, RING);
	vm_set_ring(vm, 0, 0);
	must(wait_event(vm->ring[0].err, SOON));
}

/* The number of lines about a stopped queue, and of lines that were left out. */
static unsigned int said_stopped(struct vm *vm, unsigned int *left_out)
{
	char text[16384] = "", *line, *rest;
	unsigned int lines = 0, nr;

	must(pread(vm->log, text, sizeof(text) - 1, 0) > 0);
	*left_out = 0;
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		lines += !!strstr(line, " stopped: ");
		if (sscanf(line,
			   "xenfm-vhost-user-blk: %u lines like the following",
			   &nr) == 1)
			*left_out += nr;
	}
	return lines;
}

/* A guest that breaks its ring again and again does not fill the log. */
TAP_CASE(hostile_log)
{
	unsigned int lines, left_out;
	double begin = now();
	struct vm vm;

	start(&vm, 0);
	make_available(&vm, 0, RING);
	kick(&vm, 0);
	must(wait_event(vm.ring[0].err, SOON));
	for (unsigned int i = 1; i < 60; i++)
		break_ring(&vm);
	lines = said_stopped(&vm, &left_out);
	/* A burst of lines is allowed, and one line in two seconds after that. */
	check(lines >= 20);
	check(lines < 40 + (now() - begin) / 2);
	/* The next line says how many were left out. */
	sleep(2);
	break_ring(&vm);
	check_eq(said_stopped(&vm, &left_out), lines + 1);
	check_eq(lines + 1 + left_out, 61);
	vm_end(&vm);
}

/*
 * A kick descriptor that does not work. The program neither waits for it nor
 * spins on it.
 */
TAP_CASE(hostile_kick_is_a_closed_pipe)
{
	struct vm vm;
	int pipes[2];

	start(&vm, 0);
	must(!pipe(pipes));
	check_eq(vm_set(&vm, message_u64(VU_SET_VRING_KICK, 0, pipes[0])), 0);
	close(pipes[0]);
	close(pipes[1]);
	check_broken(&vm, 0, "its kick descriptor does not work");
	vm_end(&vm);
}

/*
 * The file of the memory is shortened while the program runs. An access to a
 * page that is gone is SIGBUS, like an access to an absent foreign frame.
 */
static void shorten(struct vm *vm, size_t len)
{
	must(!ftruncate(vm->mem_fd, len));
}

TAP_CASE(gone_header)
{
	struct vm vm;

	start(&vm, 0);
	desc_set(&vm, 0, 0, GUEST_BASE + MEM_SIZE - 4096, 16, NEXT, 1);
	shorten(&vm, MEM_SIZE - 4096);
	expect(&vm, "a header that cannot be read");
}

TAP_CASE(gone_status)
{
	struct vm vm;

	start(&vm, 0);
	desc_set(&vm, 0, 2, GUEST_BASE + MEM_SIZE - 4096, 1, WRITE, 0);
	shorten(&vm, MEM_SIZE - 4096);
	expect(&vm, "a status that cannot be written");
}

TAP_CASE(gone_table)
{
	struct vm vm;

	start(&vm, INDIRECT);
	desc_set(&vm, 0, 0, GUEST_BASE + MEM_SIZE - 4096, 48,
		 VRING_DESC_F_INDIRECT, 0);
	shorten(&vm, MEM_SIZE - 4096);
	expect(&vm, "an indirect table that cannot be read");
}

static void gone_data(const char *options, uint32_t type, uint16_t flags)
{
	struct vring_used_elem elem;
	struct vm vm;

	vm_start(&vm, options);
	vm_set_up(&vm, FEATURES);
	set_header(&vm, type, 1);
	desc_set_request(&vm, 0, GUEST_BASE + MEM_SIZE - 8192, 8192, flags);
	shorten(&vm, MEM_SIZE - 4096);
	make_available(&vm, 0, 0);
	kick(&vm, 0);
	must(wait_used(&vm, 0, &elem));
	check_eq(vm.mem[STATUS_AT], VIRTIO_BLK_S_IOERR);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 0, 512, true), 0);
	vm_end(&vm);
}

TAP_CASE(gone_data)
{
	gone_data("", VIRTIO_BLK_T_IN, WRITE);
	gone_data("", VIRTIO_BLK_T_OUT, 0);
	gone_data("--no-io-uring", VIRTIO_BLK_T_IN, WRITE);
	gone_data("--no-io-uring", VIRTIO_BLK_T_OUT, 0);
}

TAP_CASE(gone_ring)
{
	struct vm vm;

	start(&vm, 0);
	shorten(&vm, 0);
	kick(&vm, 0);
	check(wait_event(vm.ring[0].err, SOON));
	check(vm_said(
		&vm, "queue 0 stopped: a page of the ring cannot be accessed"));
	vm_end(&vm);
}
