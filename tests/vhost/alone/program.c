// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The program from the outside: its options, and the rights that it gives up.
 */
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "frontend.h"
#include "run.h"

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

/* Counts the open files and the threads of the program. */
static void count(pid_t pid, unsigned int *files, unsigned int *threads)
{
	struct vm vm = { .pid = pid };
	char name[64], line[128];
	FILE *f;

	*files = vm_open_files(&vm);
	*threads = 0;
	snprintf(name, sizeof(name), "/proc/%d/status", pid);
	f = fopen(name, "r");
	must(f);
	while (fgets(line, sizeof(line), f))
		sscanf(line, "Threads: %u", threads);
	fclose(f);
}

/* An unused queue costs an open file, an eventfd and an io_uring, but no thread. */
TAP_CASE(program_queues_that_are_not_used)
{
	static const char *const options[] = {
		"$D $S --num-queues=1",
		"$D $S",
		"$D $S --num-queues=1 --no-io-uring",
		"$D $S --no-io-uring",
	};
	unsigned int files[4], threads[4];
	int output;
	pid_t pid;

	make_files();
	for (unsigned int i = 0; i < 4; i++) {
		pid = start(options[i], -1, &output);
		check_serves(connect_to(path));
		count(pid, &files[i], &threads[i]);
		terminate(pid, output, "");
		check_eq(threads[i], threads[0]);
	}
	remove_files();
	check_eq(files[3] - files[2], 63 * 2);
	if (files[0] == files[2])
		skip("this kernel has no io_uring");
	check_eq(files[1] - files[0], 63 * 3);
	check_eq(files[0] - files[2], 1);
}

TAP_CASE(program_thread_of_each_queue)
{
	unsigned int files, before, threads;
	struct vm vm;

	vm_start(&vm, "");
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	vm_set_table(&vm);
	count(vm.pid, &files, &before);
	for (unsigned int q = 0; q < QUEUES; q++) {
		vm_set_ring(&vm, q, 0);
		count(vm.pid, &files, &threads);
		check_eq(threads, before + q + 1);
	}
	vm_end(&vm);
}

/* Forbids io_uring to all programs that this process starts from now on. */
static void forbid_io_uring(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { sizeof(code) / sizeof(code[0]), code };

	must(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter));
}

TAP_CASE(program_io_uring_is_forbidden)
{
	struct vm vm;

	forbid_io_uring();
	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	check(vm_said(
		&vm, SAY
		"no io_uring (EPERM): one request at a time for each queue\n" SAY
		"serving the front end"));
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 3, 512, true), 0);
	check_eq(*(uint32_t *)(vm.mem + DATA_AT), 3 * 512);
	vm_end(&vm);
}

/* QEMU wants a queue for each CPU of the guest, and does not start otherwise. */
TAP_CASE(program_default_queues)
{
	int output;
	struct vm vm = { 0 };
	pid_t pid;

	make_files();
	pid = start("$D $S", -1, &output);
	vm.socket = connect_to(path);
	vm_send(&vm,
		message_u64(VU_SET_PROTOCOL_FEATURES, VU_PROTOCOL_F_MQ, -1), 0);
	check_eq(vm_ask(&vm, VU_GET_QUEUE_NUM), 64);
	terminate(pid, output, "");
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
 * A ring of @num entries, each an indirect table of a flush, all of which were
 * in flight when the last program died.
 */
static void replay(unsigned int num)
{
	struct vu_inflight area = { .num_queues = 1, .queue_size = num };
	struct vring_desc *desc, *table;
	struct vu_inflight_queue *part;
	unsigned char seen[1024] = { 0 };
	struct vring_avail *avail;
	struct vring_used *used;
	unsigned int answered;
	struct message m;
	struct vm vm;

	vm_start(&vm, "");
	vm_negotiate(&vm, FEATURES | FEATURE(VIRTIO_RING_F_INDIRECT_DESC),
		     PROTOCOL);
	vm_set_table(&vm);
	m = vm_get(&vm,
		   message_new(VU_GET_INFLIGHT_FD, &area, sizeof(area), -1));
	area = m.inflight;
	part = mmap(NULL, area.mmap_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		    m.fd, 0);
	must(part != MAP_FAILED);
	part->version = 1;
	part->desc_num = num;
	desc = vm.ring[0].desc;
	used = vm.ring[0].used;
	avail = vm.ring[0].avail;
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
	check_eq(vm_ack(&vm, VU_SET_INFLIGHT_FD, &area, sizeof(area), &m.fd, 1),
		 0);
	vm.num = num;
	vm_set_ring(&vm, 0, 0);
	check(wait_used_idx(&vm, 0, num));
	answered = used->idx;
	for (unsigned int i = 0; i < answered && i < num; i++)
		check_eq(seen[used->ring[i].id % 1024]++, 0);
	check(wait_event(vm.ring[0].call, SOON));
	check_eq(vm.mem[STATUS_AT], 0);
	munmap(part, area.mmap_size);
	close(m.fd);
	vm_end(&vm);
}

TAP_CASE(program_replays_full_rings, .rows = "A36")
{
	replay(16);
	replay(64);
	replay(128);
	replay(1024);
}

/* Files that 64 queues and 509 regions may need. */
#define FILES (8 * 64 + 2 * 509)

/* The limits that a front end finds, whoever has started the program. */
static void check_limits(pid_t pid, bool filtered)
{
	struct rlimit core = { 1, 1 }, files = { 0 }, want;

	check(status_says(pid, "\nCapInh:\t0000000000000000\n"));
	check(status_says(pid, "\nCapPrm:\t0000000000000000\n"));
	check(status_says(pid, "\nCapEff:\t0000000000000000\n"));
	check(status_says(pid, "\nNoNewPrivs:\t1\n"));
	check(status_says(pid,
			  filtered ? "\nSeccomp:\t2\n" : "\nSeccomp:\t0\n"));
	check(!prlimit(pid, RLIMIT_CORE, NULL, &core));
	check_eq(core.rlim_cur, 0);
	check_eq(core.rlim_max, 0);
	/* A lower limit of this process stays. */
	must(!getrlimit(RLIMIT_NOFILE, &want));
	if (want.rlim_max > FILES)
		want.rlim_cur = want.rlim_max = FILES;
	check(!prlimit(pid, RLIMIT_NOFILE, NULL, &files));
	check_eq(files.rlim_cur, want.rlim_cur);
	check_eq(files.rlim_max, want.rlim_max);
}

TAP_CASE(program_gives_up_rights)
{
	bool filtered = !strstr(getenv("BACKEND_OPTIONS") ?: "", "no-sandbox");
	int output, fd;
	pid_t pid;

	make_files();
	pid = start("$D $S", -1, &output);
	fd = connect_to(path);
	check_serves(fd);
	check_limits(pid, filtered);
	terminate(pid, output, "");
	pid = start("$D $S --no-sandbox", -1, &output);
	close(fd);
	fd = connect_to(path);
	check_serves(fd);
	check_limits(pid, false);
	terminate(pid, output, "");
	remove_files();
}

/*
 * The program becomes another user after it has opened the file and the socket,
 * which only root may do here.
 */
TAP_CASE(program_becomes_a_user)
{
	const gid_t group = 4711;
	int output;
	pid_t pid;

	if (geteuid())
		skip("needs root, to become another user");
	/* A container's root may have no groups that could stay. */
	must(!setgroups(1, &group));
	make_files();
	must(!chmod(disk, 0600) && !chmod(dir, 0700));
	pid = start("$D $S --user=nobody", -1, &output);
	check_serves(connect_to(path));
	check(status_says(pid, "\nUid:\t65534\t65534\t65534\t65534\n"));
	check(status_says(pid, "\nGid:\t65534\t65534\t65534\t65534\n"));
	check(status_says(pid, "\nGroups:\t \n"));
	check(status_says(pid, "\nCapEff:\t0000000000000000\n"));
	terminate(pid, output, "");
	remove_files();
}
