// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The file that is served: its locks, its size, and that the start of the
 * program does not change it.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "frontend.h"
#include "run.h"

static int lock_byte(int fd, int byte)
{
	struct flock l = { .l_type = F_RDLCK, .l_start = byte, .l_len = 1 };

	return fcntl(fd, F_OFD_SETLK, &l);
}

static bool is_locked(int fd, int byte)
{
	struct flock l = { .l_type = F_WRLCK, .l_start = byte, .l_len = 1 };

	must(!fcntl(fd, F_OFD_GETLK, &l));
	return l.l_type != F_UNLCK;
}

/*
 * The bytes that QEMU locks: it reads, it writes, it shares neither, and it
 * does not share the size.
 */
#define QEMU_READS  100
#define QEMU_WRITES 101
#define QEMU_ALONE  201
#define QEMU_SIZE   203

static bool has_ended(pid_t pid)
{
	siginfo_t info = { 0 };

	must(!waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT));
	return info.si_pid == pid;
}

/*
 * Another program has locked the file with flock(), or like a QEMU that writes,
 * or like a QEMU that reads. All four runs wait for the lock as long as for a
 * back end that was killed, at the same time.
 */
TAP_CASE(program_file_in_use, .rows = "A40")
{
	static const struct {
		const char *options, *says;
		/* 0: flock(), 1: a QEMU that writes, 2: a QEMU that reads */
		unsigned int user;
	} runs[] = {
		{ "$D $S --read-only", "use: another program has locked it",
		  0 },
		{ "$D $S", "in use: a QEMU, or a program with its locks", 1 },
		{ "$D $S --read-only", "in use: a QEMU, or a program with", 1 },
		{ "$D $S", "in use: a QEMU, or a program with its locks", 2 },
	};
	int output[4], fd[4];
	char names[4][128], text[4096];
	double begin = now();
	pid_t pid[4];

	for (unsigned int i = 0; i < 4; i++) {
		make_files();
		strcpy(names[i], dir);
		fd[i] = open(disk, O_RDWR | O_CLOEXEC);
		must(fd[i] >= 0);
		if (runs[i].user == 0) {
			must(!flock(fd[i], LOCK_EX));
		} else {
			must(!lock_byte(fd[i], QEMU_READS));
			must(!lock_byte(fd[i], QEMU_ALONE));
		}
		if (runs[i].user == 1)
			must(!lock_byte(fd[i], QEMU_WRITES));
		pid[i] = start(runs[i].options, -1, &output[i]);
	}
	/* All of them wait. One that has ended is early if it was still early then. */
	while (now() - begin < 4.5) {
		usleep(10000);
		for (unsigned int i = 0; i < 4; i++)
			check(!has_ended(pid[i]) || now() - begin >= 4.5);
	}
	for (unsigned int i = 0; i < 4; i++) {
		check_eq(result(pid[i], output[i], text, sizeof(text)), 1);
		if (!check(strstr(text, runs[i].says)))
			tap_note("with '%s' the program wrote: %s",
				 runs[i].options, text);
		/* Exactly one line. */
		check(strchr(text, '\n') == text + strlen(text) - 1);
		close(fd[i]);
		snprintf(disk, sizeof(disk), "%s/disk", names[i]);
		unlink(disk);
		rmdir(names[i]);
	}
}

/* The program locks the bytes that QEMU checks. */
TAP_CASE(program_locks_as_qemu, .rows = "A40")
{
	int fd, output;
	pid_t pid;

	make_files();
	fd = open(disk, O_RDWR | O_CLOEXEC);
	must(fd >= 0);
	pid = start("$D $S", -1, &output);
	close(connect_to(path));
	check_errno(flock(fd, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	check(is_locked(fd, QEMU_READS));
	check(is_locked(fd, QEMU_WRITES));
	check(is_locked(fd, QEMU_ALONE));
	check(is_locked(fd, QEMU_SIZE));
	terminate(pid, output, "");
	check(!is_locked(fd, QEMU_ALONE));
	unlink(path);
	/* Beside a QEMU that reads. */
	must(!lock_byte(fd, QEMU_READS));
	must(!lock_byte(fd, QEMU_ALONE));
	pid = start("$D $S --read-only", -1, &output);
	close(connect_to(path));
	check(is_locked(fd, QEMU_READS));
	check(!is_locked(fd, QEMU_WRITES));
	check(is_locked(fd, QEMU_ALONE));
	terminate(pid, output, "");
	close(fd);
	remove_files();
}

/* Readers share the file, and keep a writer away. */
TAP_CASE(program_readers_share_the_file)
{
	int fd, output[2];
	pid_t pid[2];

	make_files();
	fd = open(disk, O_RDWR | O_CLOEXEC);
	must(fd >= 0);
	for (unsigned int i = 0; i < 2; i++) {
		pid[i] = start("$D $S --read-only", -1, &output[i]);
		check_serves(connect_to(path));
		unlink(path);
	}
	check_errno(flock(fd, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	check_eq(flock(fd, LOCK_SH | LOCK_NB), 0);
	for (unsigned int i = 0; i < 2; i++)
		terminate(pid[i], output[i], "");
	close(fd);
	remove_files();
}

static uint64_t capacity(struct vm *vm)
{
	const struct vu_config config = { .size = sizeof(config.bytes) };
	struct message m =
		message_new(VU_GET_CONFIG, &config, sizeof(config), -1);

	m = vm_get(vm, m);
	return ((struct virtio_blk_config *)m.config.bytes)->capacity;
}

/*
 * Another process has the lock, so it may append to the file. The program waits
 * for the lock, reads the size after that, and changes nothing after the end of
 * the file.
 */
TAP_CASE(program_start_changes_nothing, .rows = "A37")
{
	struct vm vm = { 0 };
	struct stat before, after;
	int fd, output;
	pid_t pid;

	make_files();
	fd = open(disk, O_RDWR | O_CLOEXEC);
	must(fd >= 0);
	/*
	 * Blocks after the end of the file: a hole punched there would free
	 * them.
	 */
	must(!fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, DISK_SIZE + (64 << 10)));
	must(!flock(fd, LOCK_EX));
	pid = start("$D $S", -1, &output);
	usleep(500000);
	must(!ftruncate(fd, DISK_SIZE + 8192));
	must(!fstat(fd, &before));
	must(!flock(fd, LOCK_UN));
	vm.socket = connect_to(path);
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	check_eq(capacity(&vm), (DISK_SIZE + 8192) / 512);
	must(!fstat(fd, &after));
	check_eq(after.st_blocks, before.st_blocks);
	check_eq(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
	check_eq(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
	terminate(pid, output, "");
	close(fd);
	remove_files();
}

/*
 * A process that ignores locks appends to the file while the program is started
 * again and again.
 *
 * A hole that is punched after the end that the program has read would zero
 * pages that were appended meanwhile. So no appended page may be zero in the
 * end.
 */
TAP_CASE(program_starts_during_an_append, .rows = "A37")
{
	static char page[4096], zeroes[4096];
	unsigned int lost = 0;
	int fd, status;
	pid_t writer;

	make_files();
	writer = fork();
	must(writer >= 0);
	fd = open(disk, O_RDWR | O_APPEND | O_CLOEXEC);
	must(fd >= 0);
	if (!writer) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		memset(page, 0x5a, sizeof(page));
		for (unsigned int i = 0; i < 64 << 10; i++) {
			if (write(fd, page, sizeof(page)) != sizeof(page))
				_exit(1);
			usleep(10);
		}
		_exit(0);
	}
	for (unsigned int i = 0; i < 1000; i++) {
		check_run("$D --fd=99 --no-io-uring --num-queues=1", 2,
			  "not open");
		tap_progress();
	}
	kill(writer, SIGKILL);
	must(waitpid(writer, &status, 0) == writer);
	for (off_t at = DISK_SIZE; pread(fd, page, sizeof(page), at) == 4096;
	     at += 4096)
		lost += !memcmp(page, zeroes, sizeof(page));
	check_eq(lost, 0);
	close(fd);
	remove_files();
}

/* The size is that at the start, in whole sectors. */
TAP_CASE(program_size_is_looked_at_once)
{
	char options[160];
	struct vm vm;

	make_files();
	must(!truncate(disk, DISK_SIZE + 511));
	snprintf(options, sizeof(options), "--blk-file=%s", disk);
	vm_start(&vm, options);
	vm_set_up(&vm, FEATURES);
	check_eq(capacity(&vm), SECTORS);
	must(!truncate(disk, DISK_SIZE + 4096));
	check_eq(capacity(&vm), SECTORS);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, SECTORS, 512, true),
		 VIRTIO_BLK_S_IOERR);
	must(!truncate(disk, DISK_SIZE / 2));
	check_eq(capacity(&vm), SECTORS);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, SECTORS - 1, 512, true),
		 VIRTIO_BLK_S_IOERR);
	check(vm_said(
		&vm, SAY
		"reading 512 bytes at byte 1048064 of the file failed: EIO\n"));
	vm_end(&vm);
	remove_files();
}

static int change(struct vm *vm, uint32_t type, uint64_t sector, uint32_t flags)
{
	struct virtio_blk_discard_write_zeroes range = {
		.sector = sector,
		.num_sectors = 8,
		.flags = flags,
	};

	memcpy(vm->mem + DATA_AT, &range, sizeof(range));
	return do_request(vm, 0, type, 0, sizeof(range), false);
}

static uint32_t disk_word(uint64_t sector)
{
	uint32_t word = 1;
	int fd = open(disk, O_RDONLY | O_CLOEXEC);

	must(fd >= 0 && pread(fd, &word, 4, sector * 512) == 4);
	close(fd);
	return word;
}

/* A file system that can neither punch holes nor zero a range: a ramfs. */
static void without_holes(const char *word)
{
	char options[200];
	struct vm vm;

	snprintf(options, sizeof(options), "--blk-file=%s %s", disk, word);
	vm_start(&vm, options);
	check(vm_ask(&vm, VU_GET_FEATURES) & FEATURE(VIRTIO_BLK_F_DISCARD));
	vm_set_up(&vm, FEATURES | FEATURE(VIRTIO_BLK_F_DISCARD) |
			       FEATURE(VIRTIO_BLK_F_WRITE_ZEROES));
	memset(vm.mem + DATA_AT, 0x5a, 8192);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_OUT, 0, 8192, false), 0);
	check_eq(change(&vm, VIRTIO_BLK_T_DISCARD, 0, 0), VIRTIO_BLK_S_UNSUPP);
	check_eq(disk_word(0), 0x5a5a5a5a);
	check_eq(change(&vm, VIRTIO_BLK_T_WRITE_ZEROES, 0, 0), 0);
	check_eq(disk_word(0), 0);
	check_eq(disk_word(8), 0x5a5a5a5a);
	check_eq(change(&vm, VIRTIO_BLK_T_WRITE_ZEROES, 8, 1), 0);
	check_eq(disk_word(8), 0);
	check_eq(disk_word(15), 0);
	vm_end(&vm);
}

TAP_CASE(program_file_without_holes)
{
	char place[64] = "/tmp/vhost-user-test.XXXXXX";
	int fd;

	must(mkdtemp(place));
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("test", place, "ramfs", 0, NULL)) {
		rmdir(place);
		skip("needs root, to mount a ramfs");
	}
	snprintf(disk, sizeof(disk), "%s/disk", place);
	fd = open(disk, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	must(fd >= 0 && !ftruncate(fd, DISK_SIZE));
	close(fd);
	without_holes("");
	without_holes("--no-io-uring");
	must(!umount2(place, MNT_DETACH));
	rmdir(place);
}
