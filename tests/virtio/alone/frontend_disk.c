// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Real back ends that serve a disk: xenfm-vhost-user-blk, and Debian's qemu-storage-daemon. A
 * case is skipped if its program is not installed.
 */
#include <endian.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <linux/virtio_blk.h>

#include "frontend_program.h"

#define HEADER_AT(head) (0x1000U + (head)*16)
#define STATUS_AT(head) (0x2000U + (head))
#define DATA_AT(head)	(0x10000U + (head)*512)

static uint8_t *data(unsigned int head)
{
	return guest(LOW + DATA_AT(head));
}

static void disk_add(unsigned int q, unsigned int head, uint32_t type,
		     uint64_t sector)
{
	struct virtio_blk_outhdr header = { .type = type, .sector = sector };
	const struct part parts[] = {
		{ HEADER_AT(head), sizeof(header), false },
		{ DATA_AT(head), 512, type == VIRTIO_BLK_T_IN },
		{ STATUS_AT(head), 1, true },
	};

	memcpy(guest(LOW + HEADER_AT(head)), &header, sizeof(header));
	*(uint8_t *)guest(LOW + STATUS_AT(head)) = 0xee;
	ring_add(q, head, parts, 3);
}

static void disk_wait(unsigned int q, unsigned int head)
{
	ring_wait(q, head);
	check_eq(*(uint8_t *)guest(LOW + STATUS_AT(head)), VIRTIO_BLK_S_OK);
}

static void disk_read(unsigned int q, uint64_t sector, uint32_t want)
{
	memset(data(0), 0x77, 512);
	disk_add(q, 0, VIRTIO_BLK_T_IN, sector);
	disk_wait(q, 0);
	check_eq(*(uint32_t *)data(0), want);
}

static void disk_write(unsigned int q, uint64_t sector, uint8_t fill)
{
	memset(data(0), fill, 512);
	disk_add(q, 0, VIRTIO_BLK_T_OUT, sector);
	disk_wait(q, 0);
}

static uint32_t on_disk(uint64_t sector)
{
	uint32_t word = 0;
	int fd = open(program.disk, O_RDONLY | O_CLOEXEC);

	must(fd >= 0 && pread(fd, &word, 4, sector * 512) == 4);
	close(fd);
	return word;
}

#define DISK_ACCEPTS                                                 \
	(FEATURE(VIRTIO_F_VERSION_1) | FEATURE(VIRTIO_BLK_F_FLUSH) | \
	 FEATURE(VIRTIO_BLK_F_MQ) | FEATURE(VIRTIO_BLK_F_BLK_SIZE))

/* A life with a program that is killed while it has @pending requests, and resets. */
static void disk_life(unsigned int pending)
{
	const struct virtio_blk_config *config = (void *)core.config;
	unsigned int i;

	program_start();
	check(core.has_config);
	check_eq(le64toh(config->capacity), DISK_SIZE / 512);
	check_eq(core.queues, 2);
	ring_start(DISK_ACCEPTS);
	disk_read(0, 5, 5 * 512);
	disk_write(1, 6, 0x61);
	disk_read(0, 6, 0x61616161);
	check_eq(on_disk(6), 0x61616161);
	/* Nothing is in flight. */
	program_kill();
	program_start();
	disk_read(0, 6, 0x61616161);
	disk_write(1, 7, 0x62);
	/* It has requests, but not the time to look at them. */
	must(!kill(program.pid, SIGSTOP));
	for (i = 0; i < pending; i++) {
		memset(data(3 * i), 0x63 + i, 512);
		disk_add(0, 3 * i, VIRTIO_BLK_T_OUT, 10 + i);
	}
	program_kill();
	check(!core.v.broken);
	program_start();
	for (i = 0; i < pending; i++)
		ring_wait(0, 3 * i);
	for (i = 0; i < pending; i++)
		check_eq(on_disk(10 + i), 0x01010101U * (0x63 + i));
	disk_read(1, 7, 0x62626262);
	/* Another driver: its rings are new. */
	driver_reset();
	ring_start(DISK_ACCEPTS & ~FEATURE(VIRTIO_BLK_F_FLUSH));
	disk_read(0, 7, 0x62626262);
	disk_write(0, 8, 0x70);
	disk_read(1, 8, 0x70707070);
	driver_reset();
	/* And a back end that meets a driver that has reset everything. */
	program_kill();
	program_start();
	ring_start(DISK_ACCEPTS);
	disk_read(1, 8, 0x70707070);
	driver_reset();
	check_eq(said("is lost"), 3);
	check_eq(said("connected to"), 4);
	check_eq(said("it has closed the connection"), 3);
	forget_lines();
}

/* The program of this tree, in the same build directory. */
static const char *own_program(void)
{
	static char path[256];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 64);
	char *at;

	if (getenv("BACKEND"))
		return getenv("BACKEND");
	must(n > 0);
	path[n] = '\0';
	at = strstr(path, "/virtio/frontend-test");
	must(at);
	strcpy(at, "/bin/xenfm-vhost-user-blk");
	if (access(path, X_OK))
		skip("%s is not there: make -C tools", path);
	return path;
}

static void own_start(void)
{
	program_word("%s", own_program());
	program_files();
	program_word("--blk-file=%s", program.disk);
	program_word("--socket-path=%s", program.socket);
	program_word("--num-queues=2");
}

TAP_CASE(real_xenfm_vhost_user_blk)
{
	own_start();
	disk_life(3);
	program_end();
}

/* Many kills, each with requests in flight that the program has taken or not. */
TAP_CASE(real_xenfm_vhost_user_blk_killed_at_work)
{
	own_start();
	program_start();
	ring_start(DISK_ACCEPTS);
	for (unsigned int i = 0; i < 20; i++) {
		for (unsigned int j = 0; j < 5; j++) {
			memset(data(3 * j), i + j, 512);
			disk_add(j % 2, 3 * j, VIRTIO_BLK_T_OUT, 20 + j);
		}
		usleep(i * 50);
		program_kill();
		program_start();
		/* In any order: the entries are not compared. */
		must(core_soon(*used_idx(0) == (uint16_t)(3 * i + 3) &&
			       *used_idx(1) == (uint16_t)(2 * i + 2)));
		for (unsigned int j = 0; j < 5; j++)
			check_eq(on_disk(20 + j), 0x01010101U * (i + j));
	}
	driver_reset();
	forget_lines();
	program_end();
}

static void qemu_start(void)
{
	if (!program_find("/usr/bin/qemu-storage-daemon"))
		skip("qemu-storage-daemon is not installed");
	program_files();
	program_word("--blockdev");
	program_word("driver=file,node-name=disk,filename=%s", program.disk);
	program_word("--export");
	program_word("type=vhost-user-blk,id=disk,node-name=disk,writable=on,"
		     "num-queues=2,addr.type=unix,addr.path=%s",
		     program.socket);
	program_word("--chardev");
	program_word("socket,id=c,path=%s,server=on,wait=off", program.monitor);
	program_word("--monitor");
	program_word("chardev=c");
}

/* It keeps no record, so it may be killed with one request. */
TAP_CASE(real_qemu_storage_daemon)
{
	qemu_start();
	disk_life(1);
	program_end();
}

/* With more the device needs a reset, and then works again. */
TAP_CASE(real_qemu_storage_daemon_killed_at_work)
{
	qemu_start();
	program_start();
	ring_start(DISK_ACCEPTS);
	disk_read(0, 5, 5 * 512);
	must(!kill(program.pid, SIGSTOP));
	disk_add(0, 0, VIRTIO_BLK_T_IN, 1);
	disk_add(0, 3, VIRTIO_BLK_T_IN, 2);
	program_kill();
	check(core.v.broken);
	check(!strcmp(core.broken,
		      "the back end was lost with 2 requests in queue 0, and "
		      "keeps no record of those in flight"));
	program_start();
	usleep(200000);
	check_eq(*used_idx(0), 1);
	driver_reset();
	ring_start(DISK_ACCEPTS);
	disk_read(0, 5, 5 * 512);
	driver_reset();
	check_eq(core.breaks, 1);
	core.breaks = 0;
	forget_lines();
	program_end();
}

/*
 * Says a line to QEMU's monitor, and reads until it says @until. @old: it is QEMU 7, as it
 * says in its greeting.
 */
static void tell_qemu(int fd, const char *line, const char *until, bool *old)
{
	char text[4096] = "";
	size_t len = 0;

	must(send(fd, line, strlen(line), MSG_NOSIGNAL) ==
	     (ssize_t)strlen(line));
	/* Meanwhile the front end answers, or QEMU would wait for ever. */
	must(core_soon(({
		ssize_t n = recv(fd, text + len, sizeof(text) - 1 - len,
				 MSG_DONTWAIT);

		if (n > 0)
			len += n;
		strstr(text, until);
	})));
	if (old)
		*old = strstr(text, "\"major\": 7");
}

/* The disk grows under a driver: QEMU says so, and waits for the answer. */
TAP_CASE(real_qemu_storage_daemon_resizes)
{
	const struct virtio_blk_config *config = (void *)core.config;
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	bool old;
	int fd;

	qemu_start();
	program_start();
	ring_start(DISK_ACCEPTS);
	disk_read(0, 5, 5 * 512);
	memcpy(to.sun_path, program.monitor, strlen(program.monitor));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(fd >= 0 && !connect(fd, (struct sockaddr *)&to, sizeof(to)));
	tell_qemu(fd, "{'execute':'qmp_capabilities'}\n", "\"return\"", &old);
	if (old) {
		forget_lines();
		program_end();
		skip("this qemu-storage-daemon says nothing when a disk grows");
	}
	tell_qemu(
		fd,
		"{'execute':'block_resize','arguments':{'node-name':'disk','size':2097152}}\n",
		"\"return\"", NULL);
	must(core_soon(core.configs));
	check_eq(le64toh(config->capacity), 2 * DISK_SIZE / 512);
	disk_write(1, 4000, 0x55);
	disk_read(0, 4000, 0x55555555);
	driver_reset();
	close(fd);
	check_eq(said("is lost"), 0);
	forget_lines();
	program_end();
}
