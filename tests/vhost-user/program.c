// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * The program from the outside: options, sockets, what it gives up.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "frontend.h"

#define SAY "xenfm-vhost-user-blk: "

static char dir[64], disk[128], path[128];

static void make_files(void)
{
	int fd;

	snprintf(dir, sizeof(dir), "/tmp/vhost-user-test.XXXXXX");
	must(mkdtemp(dir));
	must(!chmod(dir, 0755));
	snprintf(disk, sizeof(disk), "%s/disk", dir);
	snprintf(path, sizeof(path), "%s/socket", dir);
	fd = open(disk, O_RDWR | O_CREAT, 0644);
	must(fd >= 0 && !ftruncate(fd, DISK_SIZE));
	close(fd);
}

static void remove_files(void)
{
	unlink(disk);
	unlink(path);
	rmdir(dir);
}

/* Starts it with what @options say ($D the disk, $S the socket); its output. */
static pid_t start(const char *options, int third, int *output)
{
	char words[512], *argv[16], pid_text[16], *rest, *w;
	int n = 0, pipes[2];
	pid_t pid;

	must(!pipe2(pipes, O_CLOEXEC));
	pid = fork();
	if (pid) {
		close(pipes[1]);
		*output = pipes[0];
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(words, sizeof(words), "%s %s",
		 getenv("BACKEND_OPTIONS") ? getenv("BACKEND_OPTIONS") : "",
		 options);
	argv[n++] = getenv("BACKEND");
	for (w = strtok_r(words, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
		if (asprintf(&argv[n++], "%s%s%s",
			     !strcmp(w, "$D") ? "--blk-file=" :
			     !strcmp(w, "$S") ? "--socket-path=" :
						w,
			     !strcmp(w, "$D") ? disk : "",
			     !strcmp(w, "$S") ? path : "") < 0)
			_exit(126);
	argv[n] = NULL;
	dup2(pipes[1], 1);
	dup2(pipes[1], 2);
	if (third >= 0) {
		snprintf(pid_text, sizeof(pid_text), "%d", getpid());
		setenv("LISTEN_PID", pid_text, 1);
		setenv("LISTEN_FDS", "1", 1);
		dup2(third, 3);
		fcntl(3, F_SETFD, 0);
	}
	execv(argv[0], argv);
	_exit(127);
}

/* All that it says until its end, and its exit status. */
static int result(pid_t pid, int output, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;
	int status;

	while ((n = read(output, text + len, size - len - 1)) > 0)
		len += n;
	text[len] = '\0';
	close(output);
	must(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void check_run(const char *options, int want, const char *says)
{
	char text[4096];
	int output, status;
	pid_t pid;

	pid = start(options, -1, &output);
	status = result(pid, output, text, sizeof(text));
	if (!check_eq(status, want) | !check(strstr(text, says)))
		tap_note("'%s' said: %s", options, text);
}

/* A connection to it, when it listens there. */
static int connect_to(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	strcpy(addr.sun_path, name);
	for (int i = 0; i < 300; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
			return fd;
		close(fd);
		usleep(10000);
	}
	bail("nobody listens on %s", name);
}

static void check_serves(int socket)
{
	struct vm vm = { .socket = socket };

	check(vm_ask(&vm, VU_GET_FEATURES) & FEATURE(VIRTIO_F_VERSION_1));
}

static void terminate(pid_t pid, int output, const char *says)
{
	char text[4096];

	check(!kill(pid, SIGTERM));
	check_eq(result(pid, output, text, sizeof(text)), 0);
	/* The first line says where it listens. */
	check(strstr(text, SAY "listening on ") == text);
	if (!check(!strcmp(strchrnul(text, '\n') + 1, says)))
		tap_note("it said: %s", text);
}

TAP_CASE(program_usage)
{
	make_files();
	check_run(
		"--print-capabilities --nonsense", 0,
		"{\n  \"type\": \"block\",\n  \"features\": [ \"read-only\", \"blk-file\" ]\n}\n");
	check_run("--help", 0, "usage: xenfm-vhost-user-blk --blk-file=PATH");
	check_run("--version", 0, "xenfm-vhost-user-blk ");
	check_run("", 2, SAY "--blk-file is missing, see");
	check_run("-h", 0, "usage: xenfm-vhost-user-blk --blk-file=PATH");
	check_run("help", 0, "usage: xenfm-vhost-user-blk --blk-file=PATH");
	check_run("$D", 2, SAY "no socket: give --socket-path or --fd\n");
	check_run("$D $S --fd=3", 2, "exclude each other");
	check_run("$D --nonsense", 2, "'--nonsense'");
	check_run("$D nonsense", 2, "unexpected argument 'nonsense'");
	check_run("$D --num-queues=0", 2, "a number from 1 to 64, not '0'");
	check_run("$D --num-queues=65", 2, "a number from 1 to 64, not '65'");
	check_run("$D --num-queues=1x", 2, "a number from 1 to 64, not '1x'");
	check_run("$D --fd=9999", 2,
		  SAY "--fd=9999: this descriptor is not open\n");
	check_run("$D --fd=2", 2, SAY "--fd=2: this descriptor is no socket\n");
	check_run("--blk-file=/nonexistent $S", 1,
		  SAY "/nonexistent: No such file or directory (ENOENT)\n");
	check_run("--blk-file=/dev/null $S", 2,
		  SAY "/dev/null: neither a file nor a block device\n");
	check_run("--blk-file=/proc/self/status $S --read-only", 2,
		  SAY "/proc/self/status: smaller than a sector\n");
	check_run("$D --socket-path=/nonexistent/socket", 1,
		  SAY
		  "/nonexistent/socket: No such file or directory (ENOENT)\n");
	check_run("$D $S --user=nobody-at-all", 2,
		  SAY "nobody-at-all: there is no such user\n");
	remove_files();
}

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

/* What QEMU locks: reading, writing, not sharing that, and not sharing the size. */
#define QEMU_READS  100
#define QEMU_WRITES 101
#define QEMU_ALONE  201
#define QEMU_SIZE   203

/*
 * Another program has it with flock(), or as a QEMU that writes, or one that reads.
 * All of them wait as long as for a back end that was killed, at the same time.
 */
TAP_CASE(program_file_in_use, .rows = "A40")
{
	static const struct {
		const char *options, *says;
		unsigned int
			user; /* 0 flock, 1 a QEMU that writes, 2 that reads */
	} runs[] = {
		{ "$D $S --read-only", "use: another program has locked it",
		  0 },
		{ "$D $S", "in use: a QEMU, or a program with its locks", 1 },
		{ "$D $S --read-only", "in use: a QEMU, or a program with", 1 },
		{ "$D $S", "in use: a QEMU, or a program with its locks", 2 },
	};
	int output[4], fd[4];
	char names[4][128], text[4096];
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
	for (unsigned int i = 0; i < 4; i++) {
		check_eq(result(pid[i], output[i], text, sizeof(text)), 1);
		if (!check(strstr(text, runs[i].says)))
			tap_note("'%s' said: %s", runs[i].options, text);
		close(fd[i]);
		snprintf(disk, sizeof(disk), "%s/disk", names[i]);
		unlink(disk);
		rmdir(names[i]);
	}
}

/* And the other way round: QEMU looks for these bytes. */
TAP_CASE(program_locks_as_qemu, .rows = "A40")
{
	int fd, output;
	pid_t pid;

	make_files();
	fd = open(disk, O_RDWR | O_CLOEXEC);
	must(fd >= 0);
	pid = start("$D $S", -1, &output);
	close(connect_to(path));
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

/*
 * While another process has the lock it may append; the program waits, looks at the
 * size only then, and changes nothing behind the end.
 */
TAP_CASE(program_start_changes_nothing, .rows = "A37")
{
	struct vu_config config = { .size = sizeof(config.bytes) };
	struct vm vm = { 0 };
	struct stat before, after;
	struct payload answer;
	int fd, output;
	pid_t pid;

	make_files();
	fd = open(disk, O_RDWR | O_CLOEXEC);
	must(fd >= 0);
	/* Blocks behind the end: a hole that is punched there frees them. */
	must(!fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, DISK_SIZE + (64 << 10)));
	must(!flock(fd, LOCK_EX));
	pid = start("$D $S", -1, &output);
	usleep(500000);
	must(!ftruncate(fd, DISK_SIZE + 8192));
	must(!fstat(fd, &before));
	must(!flock(fd, LOCK_UN));
	vm.socket = connect_to(path);
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	vm_send(&vm, VU_GET_CONFIG, 0, &config, sizeof(config), NULL, 0);
	vm_receive(&vm, &answer);
	check_eq(((struct virtio_blk_config *)answer.config.bytes)->capacity,
		 (DISK_SIZE + 8192) / 512);
	must(!fstat(fd, &after));
	check_eq(after.st_blocks, before.st_blocks);
	check_eq(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
	check_eq(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
	terminate(pid, output, "");
	close(fd);
	remove_files();
}

/* A process that knows of no locks appends to the file, start after start. */
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

/* One front end after the other, and a socket file that was left behind. */
TAP_CASE(program_serves_again)
{
	int output, first, status;
	pid_t pid;

	make_files();
	pid = start("$D $S", -1, &output);
	for (int i = 0; i < 3; i++) {
		first = connect_to(path);
		check_serves(first);
		close(first);
	}
	check_run("--blk-file=/dev/null $S", 2, "neither a file nor");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(output);
	pid = start("$D $S", -1, &output);
	first = connect_to(path);
	check_serves(first);
	terminate(pid, output, "");
	pid = start("$D $S --once", -1, &output);
	first = connect_to(path);
	check_serves(first);
	close(first);
	check_eq(waitpid(pid, &status, 0), pid);
	check_eq(status, 0);
	remove_files();
}

/* QEMU wants a queue for each CPU of the guest, or does not start. */
TAP_CASE(program_default_queues)
{
	uint64_t protocol = VU_PROTOCOL_F_MQ;
	int output;
	struct vm vm = { 0 };
	pid_t pid;

	make_files();
	pid = start("$D $S", -1, &output);
	vm.socket = connect_to(path);
	vm_send(&vm, VU_SET_PROTOCOL_FEATURES, 0, &protocol, 8, NULL, 0);
	check_eq(vm_ask(&vm, VU_GET_QUEUE_NUM), 64);
	terminate(pid, output, "");
	remove_files();
}

/* Clients that connect and say nothing keep nobody out, however many. */
TAP_CASE(program_silent_clients, .rows = "A32")
{
	int output, fds[40];
	pid_t pid;

	make_files();
	pid = start("$D $S --once", -1, &output);
	for (unsigned int i = 0; i < 40; i++)
		fds[i] = connect_to(path);
	for (unsigned int i = 0; i < 20; i++)
		close(fds[2 * i]);
	/* The last of them speaks now. */
	check_serves(fds[39]);
	terminate(pid, output, "");
	remove_files();
}

/* One that stops in the middle of a message is hung up on. */
TAP_CASE(program_half_a_message)
{
	struct pollfd on = { .events = POLLIN };
	int output, other;
	pid_t pid;

	make_files();
	pid = start("$D $S", -1, &output);
	on.fd = connect_to(path);
	must(send(on.fd, "\1", 1, 0) == 1);
	must(poll(&on, 1, 20000) == 1);
	other = connect_to(path);
	check_serves(other);
	terminate(pid, output, SAY "connection closed: ETIMEDOUT\n");
	remove_files();
}

TAP_CASE(program_socket_in_use)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	make_files();
	strcpy(addr.sun_path, path);
	must(!bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	must(!listen(fd, 8));
	check_run("$D $S", 1, "/socket: another program listens there\n");
	remove_files();
}

/* What is at that path and is no socket stays what it is. */
TAP_CASE(program_socket_path_is_no_socket, .rows = "A38")
{
	const char *const kinds[] = { "file", "pipe", "link", "directory" };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char options[256], name[160], target[160];
	struct stat before, after;
	int fd;

	make_files();
	snprintf(target, sizeof(target), "%s/target", dir);
	strcpy(addr.sun_path, target);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(!bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	snprintf(name, sizeof(name), "%s/file", dir);
	must(!close(open(name, O_CREAT | O_WRONLY, 0600)));
	snprintf(name, sizeof(name), "%s/pipe", dir);
	must(!mkfifo(name, 0600));
	snprintf(name, sizeof(name), "%s/link", dir);
	must(!symlink(target, name));
	snprintf(name, sizeof(name), "%s/directory", dir);
	must(!mkdir(name, 0700));
	for (unsigned int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "%s/%s", dir, kinds[i]);
		must(!lstat(name, &before));
		snprintf(options, sizeof(options), "$D --socket-path=%s", name);
		check_run(options, 2,
			  ": something that is no socket has this name\n");
		if (!check(!lstat(name, &after)))
			continue;
		check_eq(after.st_ino, before.st_ino);
		check_eq(remove(name), 0);
	}
	snprintf(options, sizeof(options), "$D --socket-path=%s", disk);
	check_run(options, 2, ": something that is no socket has this name\n");
	must(!stat(disk, &after));
	check_eq(after.st_size, DISK_SIZE);
	close(fd);
	unlink(target);
	remove_files();
}

TAP_CASE(program_under_systemd)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct sockaddr_un notify = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int told = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[32] = "", said[4096];
	int output;
	pid_t pid;

	make_files();
	strcpy(addr.sun_path, path);
	snprintf(notify.sun_path, sizeof(notify.sun_path), "%s/notify", dir);
	must(!bind(listener, (struct sockaddr *)&addr, sizeof(addr)));
	must(!listen(listener, 8));
	must(!bind(told, (struct sockaddr *)&notify, sizeof(notify)));
	setenv("NOTIFY_SOCKET", notify.sun_path, 1);
	pid = start("$D", listener, &output);
	check_eq(recv(told, text, sizeof(text) - 1, 0), 7);
	check(!strcmp(text, "READY=1"));
	check_serves(connect_to(path));
	terminate(pid, output, "");
	/* Not before everything that can fail. */
	pid = start("$D --user=nobody-at-all", listener, &output);
	check_eq(result(pid, output, said, sizeof(said)), 2);
	check_eq(recv(told, text, sizeof(text) - 1, MSG_DONTWAIT), -1);
	unlink(notify.sun_path);
	remove_files();
}

static bool status_says(pid_t pid, const char *line)
{
	char name[64], text[4096] = "";
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/status", pid);
	f = fopen(name, "r");
	must(f);
	must(fread(text, 1, sizeof(text) - 1, f) > 0);
	fclose(f);
	return strstr(text, line);
}

/*
 * A ring of @num entries, each an indirect table of a flush, and all of them under
 * way when the last program died.
 */
static void replay(unsigned int num)
{
	const uint64_t user = USER_BASE + 0x40000, index = 0;
	struct vu_state size = { 0, num }, base = { 0, 0 }, on = { 0, 1 };
	struct vu_addr addr = { 0, 0, user, user + 0x8000, user + 0xc000, 0 };
	struct vu_inflight area = { .num_queues = 1, .queue_size = num };
	struct vring_desc *desc, *table;
	struct vu_inflight_queue *part;
	unsigned char seen[1024] = { 0 };
	struct vring_avail *avail;
	struct vring_used *used;
	unsigned int answered;
	struct payload p;
	struct vm vm;
	uint64_t count;

	vm_start(&vm, "");
	vm_negotiate(&vm, FEATURES | FEATURE(VIRTIO_RING_F_INDIRECT_DESC),
		     PROTOCOL);
	vm_set_table(&vm);
	vm_send(&vm, VU_GET_INFLIGHT_FD, 0, &area, sizeof(area), NULL, 0);
	vm_receive(&vm, &p);
	area = p.inflight;
	part = mmap(NULL, area.mmap_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		    p.fd, 0);
	must(part != MAP_FAILED);
	part->version = 1;
	part->desc_num = num;
	desc = (void *)(vm.mem + 0x40000);
	used = (void *)(vm.mem + 0x48000);
	avail = (void *)(vm.mem + 0x4c000);
	table = (void *)(vm.mem + TABLE_AT);
	set_header(&vm, VIRTIO_BLK_T_FLUSH, 0);
	table[0] = (struct vring_desc){ GUEST_BASE + HEADER_AT, 16,
					VRING_DESC_F_NEXT, 1 };
	table[1] = (struct vring_desc){ GUEST_BASE + STATUS_AT, 1,
					VRING_DESC_F_WRITE, 0 };
	for (unsigned int i = 0; i < num; i++) {
		desc[i] = (struct vring_desc){ GUEST_BASE + TABLE_AT, 32,
					       VRING_DESC_F_INDIRECT, 0 };
		avail->ring[i] = i;
		part->desc[i].inflight = 1;
		part->desc[i].counter = (i * 7) % num;
	}
	avail->idx = num;
	check_eq(vm_ack(&vm, VU_SET_INFLIGHT_FD, &area, sizeof(area), &p.fd, 1),
		 0);
	check_eq(vm_ack(&vm, VU_SET_VRING_NUM, &size, sizeof(size), NULL, 0),
		 0);
	check_eq(vm_ack(&vm, VU_SET_VRING_BASE, &base, sizeof(base), NULL, 0),
		 0);
	check_eq(vm_ack(&vm, VU_SET_VRING_ADDR, &addr, sizeof(addr), NULL, 0),
		 0);
	check_eq(vm_ack(&vm, VU_SET_VRING_CALL, &index, 8, &vm.ring[0].call, 1),
		 0);
	check_eq(vm_ack(&vm, VU_SET_VRING_KICK, &index, 8, &vm.ring[0].kick, 1),
		 0);
	check_eq(vm_ack(&vm, VU_SET_VRING_ENABLE, &on, sizeof(on), NULL, 0), 0);
	for (int i = 0; i < 5000; i++) {
		if (__atomic_load_n(&used->idx, __ATOMIC_ACQUIRE) == num)
			break;
		usleep(1000);
	}
	answered = used->idx;
	check_eq(answered, num);
	for (unsigned int i = 0; i < answered && i < num; i++)
		check_eq(seen[used->ring[i].id % 1024]++, 0);
	check(read(vm.ring[0].call, &count, 8) == 8);
	check_eq(vm.mem[STATUS_AT], 0);
	munmap(part, area.mmap_size);
	close(p.fd);
	vm_end(&vm);
}

TAP_CASE(program_replays_full_rings, .rows = "A36")
{
	replay(16);
	replay(64);
	replay(128);
	replay(1024);
}

TAP_CASE(program_gives_up_rights)
{
	bool filtered = !strstr(getenv("BACKEND_OPTIONS") ?: "", "no-sandbox");
	int output, fd;
	pid_t pid;

	if (geteuid())
		skip("needs root, to become another user");
	make_files();
	pid = start("$D $S --user=nobody", -1, &output);
	fd = connect_to(path);
	check_serves(fd);
	check(status_says(pid, "\nUid:\t65534\t65534\t65534\t65534\n"));
	check(status_says(pid, "\nGid:\t65534\t65534\t65534\t65534\n"));
	check(status_says(pid, "\nGroups:\t \n"));
	check(status_says(pid, "\nCapPrm:\t0000000000000000\n"));
	check(status_says(pid, "\nCapEff:\t0000000000000000\n"));
	if (filtered) {
		check(status_says(pid, "\nNoNewPrivs:\t1\n"));
		check(status_says(pid, "\nSeccomp:\t2\n"));
	}
	terminate(pid, output, "");
	/* Root without --user is root without a right. */
	pid = start("$D $S", -1, &output);
	close(fd);
	fd = connect_to(path);
	check_serves(fd);
	check(status_says(pid, "\nUid:\t0\t0\t0\t0\n"));
	check(status_says(pid, "\nCapEff:\t0000000000000000\n"));
	terminate(pid, output, "");
	remove_files();
}
