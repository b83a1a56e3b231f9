// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Valid requests, and requests that fail with a status.
 */
#include "frontend.h"

static uint32_t disk_word(struct vm *vm, uint64_t sector)
{
	uint32_t word = 0;

	must(pread(vm->disk_fd, &word, 4, sector * 512) == 4);
	return word;
}

static void read_and_write(const char *options)
{
	struct vm vm;

	vm_start(&vm, options);
	vm_set_up(&vm, FEATURES);
	for (unsigned int q = 0; q < QUEUES; q++) {
		check_eq(do_request(&vm, q, VIRTIO_BLK_T_IN, 5, 4096, true), 0);
		for (unsigned int i = 0; i < 8; i++)
			check_eq(*(uint32_t *)(vm.mem + DATA_AT + i * 512),
				 (5 + i) * 512);
		memset(vm.mem + DATA_AT, 0x5a, 1024);
		check_eq(do_request(&vm, q, VIRTIO_BLK_T_OUT, 20 + 2 * q, 1024,
				    false),
			 0);
		check_eq(disk_word(&vm, 21 + 2 * q), 0x5a5a5a5a);
		check_eq(do_request(&vm, q, VIRTIO_BLK_T_FLUSH, 0, 0, false),
			 0);
		check(wait_event(vm.ring[q].call, SOON));
	}
	check_eq(disk_word(&vm, 19), 19 * 512);
	check_eq(disk_word(&vm, 24), 24 * 512);
	vm_end(&vm);
}

ORDERED_CASE(request_read_write_flush)
{
	read_and_write("");
}

TAP_CASE(request_read_write_without_io_uring)
{
	read_and_write("--no-io-uring");
}

/*
 * Without flushes each write is on the disk when it is answered. All bytes of a
 * write are.
 */
ORDERED_CASE(request_without_flush)
{
	static const char *const options[] = { "", "--no-io-uring" };

	for (unsigned int i = 0; i < 2; i++) {
		struct vm vm;

		vm_start(&vm, options[i]);
		vm_set_up(&vm, FEATURES & ~FEATURE(VIRTIO_BLK_F_FLUSH));
		memset(vm.mem + DATA_AT, 0x77, 4096);
		check_eq(do_request(&vm, 0, VIRTIO_BLK_T_OUT, 40, 4096, false),
			 0);
		check_eq(disk_word(&vm, 47), 0x77777777);
		check_eq(disk_word(&vm, 48), 48 * 512);
		vm_end(&vm);
	}
}

TAP_CASE(request_last_sector_and_beyond)
{
	struct vm vm;

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, SECTORS - 1, 512, true),
		 VIRTIO_BLK_S_OK);
	check_eq(*(uint32_t *)(vm.mem + DATA_AT), (SECTORS - 1) * 512);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, SECTORS - 1, 1024, true),
		 VIRTIO_BLK_S_IOERR);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, SECTORS, 512, true),
		 VIRTIO_BLK_S_IOERR);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_OUT, UINT64_MAX, 512, false),
		 VIRTIO_BLK_S_IOERR);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_OUT, UINT64_MAX / 512 + 2, 512,
			    false),
		 VIRTIO_BLK_S_IOERR);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 0, 511, true),
		 VIRTIO_BLK_S_IOERR);
	check_eq(do_request(&vm, 0, 77, 0, 512, true), VIRTIO_BLK_S_UNSUPP);
	check_eq(lseek(vm.disk_fd, 0, SEEK_END), DISK_SIZE);
	vm_end(&vm);
}

/*
 * Data outside of the memory table fails the request and does not break the
 * ring.
 */
TAP_CASE(request_data_outside_of_memory)
{
	struct vring_used_elem elem;
	struct vm vm;

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	set_header(&vm, VIRTIO_BLK_T_IN, 0);
	desc_set_request(&vm, 0, GUEST_BASE + MEM_SIZE - 256, 512,
			 VRING_DESC_F_WRITE);
	make_available(&vm, 0, 0);
	kick(&vm, 0);
	must(wait_used(&vm, 0, &elem));
	check_eq(vm.mem[STATUS_AT], VIRTIO_BLK_S_IOERR);
	check_eq(elem.len, 1);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 0, 512, true), 0);
	vm_end(&vm);
}

/*
 * The header and the data are in pieces of odd sizes, and the status shares a
 * descriptor with data.
 */
TAP_CASE(request_any_framing)
{
	const uint64_t base = GUEST_BASE;
	struct vring_used_elem elem;
	struct vm vm;

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	set_header(&vm, VIRTIO_BLK_T_IN, 9);
	desc_set(&vm, 0, 4, base + HEADER_AT, 3, VRING_DESC_F_NEXT, 2);
	desc_set(&vm, 0, 2, base + HEADER_AT + 3, 13, VRING_DESC_F_NEXT, 9);
	desc_set(&vm, 0, 9, base + DATA_AT, 700,
		 VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 8);
	desc_set(&vm, 0, 8, base + DATA_AT + 700, 325, VRING_DESC_F_WRITE, 0);
	make_available(&vm, 0, 4);
	kick(&vm, 0);
	must(wait_used(&vm, 0, &elem));
	check_eq(elem.id, 4);
	check_eq(elem.len, 1025);
	check_eq(vm.mem[DATA_AT + 1024], VIRTIO_BLK_S_OK);
	check_eq(*(uint32_t *)(vm.mem + DATA_AT + 512), 10 * 512);
	vm_end(&vm);
}

ORDERED_CASE(request_indirect)
{
	struct vring_desc *table;
	struct vring_used_elem elem;
	struct vm vm;

	vm_start(&vm, "");
	vm_set_up(&vm, ALL_FEATURES);
	set_header(&vm, VIRTIO_BLK_T_IN, 2);
	table = (void *)(vm.mem + TABLE_AT);
	table[0] = (struct vring_desc){ GUEST_BASE + HEADER_AT, 16,
					VRING_DESC_F_NEXT, 2 };
	table[2] = (struct vring_desc){ GUEST_BASE + DATA_AT, 512,
					VRING_DESC_F_NEXT | VRING_DESC_F_WRITE,
					1 };
	table[1] = (struct vring_desc){ GUEST_BASE + STATUS_AT, 1,
					VRING_DESC_F_WRITE, 0 };
	desc_set(&vm, 0, 7, GUEST_BASE + TABLE_AT, 48, VRING_DESC_F_INDIRECT,
		 0);
	make_available(&vm, 0, 7);
	kick(&vm, 0);
	must(wait_used(&vm, 0, &elem));
	check_eq(elem.id, 7);
	check_eq(elem.len, 513);
	check_eq(vm.mem[STATUS_AT], VIRTIO_BLK_S_OK);
	check_eq(*(uint32_t *)(vm.mem + DATA_AT), 2 * 512);
	vm_end(&vm);
}

/* The data is longer than the serial number. The program does not write the rest. */
static void get_id_with_room(struct vm *vm)
{
	struct vring_used_elem elem;

	set_header(vm, VIRTIO_BLK_T_GET_ID, 0);
	memset(vm->mem + DATA_AT, 0x11, 64);
	desc_set_request(vm, 0, GUEST_BASE + DATA_AT, 64, VRING_DESC_F_WRITE);
	make_available(vm, 0, 0);
	kick(vm, 0);
	must(wait_used(vm, 0, &elem));
	check_eq(elem.len, 21);
	check_eq(vm->mem[STATUS_AT], VIRTIO_BLK_S_OK);
	check_eq(memcmp(vm->mem + DATA_AT, "twenty-characters--x\x11", 21), 0);
	check_eq(memcmp(vm->mem + DATA_AT + 20, vm->mem + DATA_AT + 21, 43), 0);
}

TAP_CASE(request_get_id)
{
	struct vm vm;

	vm_start(&vm, "--serial=one-byte-more-than-20");
	check(vm_said(&vm, "--serial is 20 characters at most"));
	close(vm.socket);
	vm_start(&vm, "--serial=xyz");
	vm_set_up(&vm, FEATURES);
	memset(vm.mem + DATA_AT, 0x11, 64);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_GET_ID, 0, 20, true), 0);
	check_eq(memcmp(vm.mem + DATA_AT, "xyz\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
			20),
		 0);
	check_eq(vm.mem[DATA_AT + 20], 0x11);
	vm_end(&vm);
	vm_start(&vm, "--serial=twenty-characters--x");
	vm_set_up(&vm, FEATURES);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_GET_ID, 0, 20, true), 0);
	check_eq(memcmp(vm.mem + DATA_AT, "twenty-characters--x", 20), 0);
	get_id_with_room(&vm);
	vm_end(&vm);
	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	memset(vm.mem + DATA_AT, 0x11, 64);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_GET_ID, 0, 20, true), 0);
	for (unsigned int i = 0; i < 20; i++)
		check_eq(vm.mem[DATA_AT + i], 0);
	vm_end(&vm);
}

static void ranges(const char *options, uint32_t type, uint32_t flags)
{
	struct vm vm;

	vm_start(&vm, options);
	vm_set_up(&vm, ALL_FEATURES);
	set_range(&vm, 8, 16, flags);
	check_eq(do_request(&vm, 0, type, 0, 16, false), 0);
	check_eq(disk_word(&vm, 7), 7 * 512);
	check_eq(disk_word(&vm, 8), 0);
	check_eq(disk_word(&vm, 23), 0);
	check_eq(disk_word(&vm, 24), 24 * 512);
	set_range(&vm, SECTORS - 1, 2, flags);
	check_eq(do_request(&vm, 0, type, 0, 16, false), VIRTIO_BLK_S_IOERR);
	set_range(&vm, 0, UINT32_MAX, flags);
	check_eq(do_request(&vm, 0, type, 0, 16, false), VIRTIO_BLK_S_IOERR);
	set_range(&vm, 0, 1, 2);
	check_eq(do_request(&vm, 0, type, 0, 16, false), VIRTIO_BLK_S_UNSUPP);
	/* Only a request to write zeroes may have the flag 1 (unmap). */
	set_range(&vm, 32, 1, 1);
	check_eq(do_request(&vm, 0, type, 0, 16, false),
		 type == VIRTIO_BLK_T_DISCARD ? VIRTIO_BLK_S_UNSUPP :
						VIRTIO_BLK_S_OK);
	check_eq(disk_word(&vm, 32),
		 type == VIRTIO_BLK_T_DISCARD ? 32 * 512 : 0);
	set_range(&vm, 0, 0, flags);
	check_eq(do_request(&vm, 0, type, 0, 16, false), 0);
	set_range(&vm, 0, 1, flags);
	check_eq(do_request(&vm, 0, type, 0, 32, false), VIRTIO_BLK_S_IOERR);
	check_eq(disk_word(&vm, SECTORS - 1), (SECTORS - 1) * 512);
	vm_end(&vm);
}

TAP_CASE(request_discard)
{
	ranges("", VIRTIO_BLK_T_DISCARD, 0);
	ranges("--no-io-uring", VIRTIO_BLK_T_DISCARD, 0);
}

TAP_CASE(request_write_zeroes)
{
	ranges("", VIRTIO_BLK_T_WRITE_ZEROES, 0);
	ranges("--no-io-uring", VIRTIO_BLK_T_WRITE_ZEROES, 0);
}

TAP_CASE(request_write_zeroes_unmap)
{
	ranges("", VIRTIO_BLK_T_WRITE_ZEROES, 1);
	ranges("--no-io-uring", VIRTIO_BLK_T_WRITE_ZEROES, 1);
}

TAP_CASE(request_read_only)
{
	uint64_t features;
	struct vm vm;

	vm_start(&vm, "--read-only");
	features = vm_ask(&vm, VU_GET_FEATURES);
	check(features & FEATURE(VIRTIO_BLK_F_RO));
	check(!(features & FEATURE(VIRTIO_BLK_F_DISCARD)));
	check(!(features & FEATURE(VIRTIO_BLK_F_WRITE_ZEROES)));
	vm_set_up(&vm, FEATURES | FEATURE(VIRTIO_BLK_F_RO));
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 4, 512, true), 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_FLUSH, 0, 0, false), 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_OUT, 4, 512, false),
		 VIRTIO_BLK_S_IOERR);
	set_range(&vm, 0, 1, 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_DISCARD, 0, 16, false),
		 VIRTIO_BLK_S_IOERR);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_WRITE_ZEROES, 0, 16, false),
		 VIRTIO_BLK_S_IOERR);
	check_eq(disk_word(&vm, 4), 4 * 512);
	vm_end(&vm);
}
