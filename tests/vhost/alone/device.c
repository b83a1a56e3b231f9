// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Block devices: loop devices, which root can make.
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <linux/falloc.h>
#include <linux/loop.h>

#include "frontend.h"

struct loop {
	char path[32];
	unsigned int number;
	int file, fd;
};

/*
 * Makes a new device over a file without a name. The device must be new, as the
 * limits of a queue stay with its number.
 */
static void loop_open(struct loop *loop, unsigned int block_size)
{
	struct loop_config config = {
		.block_size = block_size,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR,
	};
	char dir[] = "/tmp/vhost-user-loop.XXXXXX";
	int control, number;

	/* The program reads there what a device can do. */
	if (access("/sys/dev/block", R_OK))
		skip("there is no /sys here");
	control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (control < 0)
		skip("this user can make no loop devices here");
	loop->file = mkostemp(dir, O_CLOEXEC);
	must(loop->file >= 0 && !unlink(dir) &&
	     !ftruncate(loop->file, DISK_SIZE));
	for (unsigned int i = 0; i < DISK_SIZE; i += 512)
		must(pwrite(loop->file, &i, sizeof(i), i) == sizeof(i));
	number = ioctl(control, LOOP_CTL_ADD, -1);
	close(control);
	if (number < 0)
		skip("loop devices cannot be made here");
	loop->number = number;
	snprintf(loop->path, sizeof(loop->path), "/dev/loop%d", number);
	loop->fd = open(loop->path, O_RDWR | O_CLOEXEC);
	config.fd = loop->file;
	if (loop->fd < 0 || ioctl(loop->fd, LOOP_CONFIGURE, &config))
		skip("loop devices cannot be set up here");
}

static void loop_close(struct loop *loop)
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);

	close(loop->fd);
	close(loop->file);
	/* Another program may have the new device open for a moment. */
	for (int i = 0; i < 100; i++) {
		if (ioctl(control, LOOP_CTL_REMOVE, loop->number) >= 0)
			break;
		usleep(20000);
	}
	close(control);
}

static void set_discard_limit(const struct loop *loop, const char *text)
{
	char name[96];
	int fd;

	snprintf(name, sizeof(name),
		 "/sys/block/loop%u/queue/discard_max_bytes", loop->number);
	fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		skip("the limit of a device's queue cannot be set here");
	close(fd);
}

static void start(struct vm *vm, const struct loop *loop, const char *options)
{
	char words[128];

	snprintf(words, sizeof(words), "--blk-file=%s %s", loop->path, options);
	vm_start(vm, words);
}

static uint32_t word(const struct loop *loop, uint64_t sector)
{
	uint32_t word = 1;

	must(pread(loop->fd, &word, 4, sector * 512) == 4);
	return word;
}

static int change(struct vm *vm, uint32_t type, uint64_t sector, uint32_t num)
{
	set_range(vm, sector, num, 0);
	return do_request(vm, 0, type, 0, 16, false);
}

static uint64_t blocks(const struct loop *loop)
{
	struct stat st;

	must(!fsync(loop->fd) && !fstat(loop->file, &st));
	return st.st_blocks;
}

static void changes(const char *options)
{
	struct loop loop;
	uint64_t before;
	struct vm vm;

	loop_open(&loop, 4096);
	start(&vm, &loop, options);
	check(vm_ask(&vm, VU_GET_FEATURES) & FEATURE(VIRTIO_BLK_F_DISCARD));
	/* Without flushes, each request is on the disk when it is answered. */
	vm_set_up(&vm, CHANGES & ~FEATURE(VIRTIO_BLK_F_FLUSH));
	check_eq(change(&vm, VIRTIO_BLK_T_WRITE_ZEROES, 3, 2), 0);
	check_eq(word(&loop, 2), 2 * 512);
	check_eq(word(&loop, 3), 0);
	check_eq(word(&loop, 4), 0);
	check_eq(word(&loop, 5), 5 * 512);
	before = blocks(&loop);
	/* Only whole blocks of 4096 bytes can be discarded. */
	check_eq(change(&vm, VIRTIO_BLK_T_DISCARD, 17, 1023), 0);
	check_eq(word(&loop, 17), 17 * 512);
	check_eq(word(&loop, 23), 23 * 512);
	check_eq(word(&loop, 24), 0);
	check_eq(word(&loop, 1039), 0);
	check_eq(word(&loop, 1040), 1040 * 512);
	check(blocks(&loop) < before);
	check_eq(change(&vm, VIRTIO_BLK_T_DISCARD, 1041, 3), 0);
	check_eq(word(&loop, 1041), 1041 * 512);
	vm_end(&vm);
	loop_close(&loop);
}

TAP_CASE(device_changes, .rows = "A42")
{
	changes("");
	changes("--no-io-uring");
}

/*
 * With flushes, written data may still be dirty. The kernel drops dirty pages
 * only for a program that has the device exclusively.
 */
static void changes_of_what_is_dirty(const char *options)
{
	struct loop loop;
	struct vm vm;

	loop_open(&loop, 512);
	start(&vm, &loop, options);
	vm_set_up(&vm, CHANGES);
	memset(vm.mem + DATA_AT, 0x5a, 4096);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_OUT, 64, 4096, false), 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_OUT, 128, 4096, false), 0);
	check_eq(change(&vm, VIRTIO_BLK_T_DISCARD, 64, 8), 0);
	check_eq(change(&vm, VIRTIO_BLK_T_WRITE_ZEROES, 128, 8), 0);
	check_eq(word(&loop, 64), 0);
	check_eq(word(&loop, 128), 0);
	vm_end(&vm);
	loop_close(&loop);
}

TAP_CASE(device_changes_of_what_is_dirty, .rows = "A42")
{
	changes_of_what_is_dirty("");
	changes_of_what_is_dirty("--no-io-uring");
}

/* A device that cannot discard does not offer that feature. */
TAP_CASE(device_without_discard, .rows = "A42")
{
	struct loop loop;
	struct vm vm;

	loop_open(&loop, 512);
	set_discard_limit(&loop, "0");
	start(&vm, &loop, "");
	check(!(vm_ask(&vm, VU_GET_FEATURES) & FEATURE(VIRTIO_BLK_F_DISCARD)));
	vm_set_up(&vm, CHANGES & ~FEATURE(VIRTIO_BLK_F_DISCARD));
	check_eq(change(&vm, VIRTIO_BLK_T_DISCARD, 8, 8), VIRTIO_BLK_S_UNSUPP);
	check_eq(word(&loop, 8), 8 * 512);
	check_eq(change(&vm, VIRTIO_BLK_T_WRITE_ZEROES, 8, 8), 0);
	check_eq(word(&loop, 8), 0);
	vm_end(&vm);
	loop_close(&loop);
}

/*
 * Another program has the device exclusively: a mount, a volume, another back
 * end.
 */
TAP_CASE(device_in_use, .rows = "A40")
{
	struct loop loop;
	struct vm vm;
	int fd, status;

	loop_open(&loop, 512);
	fd = open(loop.path, O_RDWR | O_EXCL | O_CLOEXEC);
	must(fd >= 0);
	start(&vm, &loop, "");
	check_eq(waitpid(vm.pid, &status, 0), vm.pid);
	check_eq(WEXITSTATUS(status), 1);
	check(vm_said(&vm, "in use: it is mounted, or another program has it"));
	close(vm.socket);
	/* A read-only disk may be shared. */
	start(&vm, &loop, "--read-only");
	vm_set_up(&vm, FEATURES);
	vm_end(&vm);
	close(fd);
	/* The program has the device exclusively, too. */
	start(&vm, &loop, "");
	vm_set_up(&vm, FEATURES);
	check_errno(open(loop.path, O_RDWR | O_EXCL | O_CLOEXEC), EBUSY);
	vm_end(&vm);
	loop_close(&loop);
}
