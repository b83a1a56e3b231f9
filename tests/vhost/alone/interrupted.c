// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A file system says that a flush or a discard was interrupted. The program
 * repeats it, and the guest sees no error. The file system counts the flushes.
 */
#include "frontend.h"

static void start(struct vm *vm, const char *options, uint64_t features)
{
	int disk = own_file(DISK_SIZE);

	vm_start(vm, options);
	vm_kill(vm);
	close(vm->disk_fd);
	vm->disk_fd = disk;
	vm_restart(vm, options);
	vm_set_up(vm, features);
}

static void flush(const char *options)
{
	struct vm vm;

	start(&vm, options, CHANGES);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_FLUSH, 0, 0, false), 0);
	/*
	 * The flush is repeated. The disk's own open file, which has no other
	 * flushes, is flushed, too.
	 */
	check_eq(own_file_flushes(), 3);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_FLUSH, 0, 0, false), 0);
	check_eq(own_file_flushes(), 4);
	vm_end(&vm);
}

static void range(const char *options, uint32_t type)
{
	struct vm vm;

	start(&vm, options, CHANGES);
	set_range(&vm, 0, 8, 0);
	check_eq(do_request(&vm, 0, type, 0, 16, false), 0);
	check_eq(own_file_ranges(), 2);
	vm_end(&vm);
}

TAP_CASE(interrupted_flush)
{
	flush("");
}

TAP_CASE(interrupted_flush_call)
{
	flush("--no-io-uring");
}

TAP_CASE(interrupted_discard)
{
	range("", VIRTIO_BLK_T_DISCARD);
}

TAP_CASE(interrupted_write_zeroes)
{
	range("", VIRTIO_BLK_T_WRITE_ZEROES);
}

/* Without VIRTIO_BLK_F_FLUSH the program flushes each change before it answers. */
static void without_flush(const char *options)
{
	struct vm vm;

	start(&vm, options, CHANGES & ~FEATURE(VIRTIO_BLK_F_FLUSH));
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_OUT, 8, 4096, false), 0);
	/* The first flush is interrupted and repeated: see flush(). */
	check_eq(own_file_flushes(), 3);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_OUT, 8, 4096, false), 0);
	check_eq(own_file_flushes(), 4);
	set_range(&vm, 0, 8, 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_DISCARD, 0, 16, false), 0);
	check_eq(own_file_flushes(), 5);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_WRITE_ZEROES, 0, 16, false),
		 0);
	check_eq(own_file_flushes(), 6);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 8, 4096, true), 0);
	check_eq(own_file_flushes(), 6);
	vm_end(&vm);
}

TAP_CASE(request_without_flush_is_stable)
{
	without_flush("");
}

TAP_CASE(request_without_flush_is_stable_call)
{
	without_flush("--no-io-uring");
}

/* With VIRTIO_BLK_F_FLUSH the program leaves the flushes to the driver. */
TAP_CASE(request_with_flush_is_not_flushed)
{
	struct vm vm;

	start(&vm, "", CHANGES);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_OUT, 8, 4096, false), 0);
	set_range(&vm, 0, 8, 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_DISCARD, 0, 16, false), 0);
	check_eq(own_file_flushes(), 0);
	vm_end(&vm);
}
