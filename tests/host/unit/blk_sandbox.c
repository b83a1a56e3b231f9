// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The back end's sandbox, from the inside: each call in a process of its own that
 * has entered it.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>

#include <linux/fs.h>
#include <linux/sched.h>

#include "tap.h"
#include "../../../tools/vhost-user-blk/options.h"
#include "../../../tools/vhost-user-blk/sandbox.h"

/* A call and its first three arguments. */
struct call {
	const char *name;
	long nr, args[3];
};

/* In the sandbox; its end as waitpid() tells it. */
static int inside(int (*run)(const struct call *call), const struct call *call)
{
	static const struct options options;
	const char *why;
	int status;
	pid_t pid;

	pid = fork();
	must(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (sandbox_enter(&options, &why))
			_exit(99);
		_exit(run(call)); /* nothing of the sanitizers' at the end */
	}
	must(waitpid(pid, &status, 0) == pid);
	return status;
}

/* The errno of a call, 0 if it succeeds. */
static int do_call(const struct call *call)
{
	return syscall(call->nr, call->args[0], call->args[1], call->args[2], 0,
		       0, 0) < 0 ?
		       errno :
		       0;
}

static void check_killed(const struct call *calls, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		int status = inside(do_call, &calls[i]);

		if (!check(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS))
			tap_note("%s: status %#x", calls[i].name, status);
	}
}

static void check_errors(const struct call *calls, size_t nr, int error)
{
	for (size_t i = 0; i < nr; i++) {
		int status = inside(do_call, &calls[i]);

		if (!check(WIFEXITED(status) && WEXITSTATUS(status) == error))
			tap_note("%s: status %#x", calls[i].name, status);
	}
}

#define CALL(name, ...)             \
	{                           \
#name, SYS_##name,  \
		{                   \
			__VA_ARGS__ \
		}                   \
	}
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

TAP_CASE(sandbox_kills, .rows = "A36")
{
	const struct call calls[] = {
		CALL(execve, 0),
		CALL(execveat, 0),
		CALL(ptrace, PTRACE_TRACEME),
		CALL(process_vm_writev, 0),
		CALL(socket, AF_UNIX, SOCK_STREAM),
		CALL(connect, -1),
		CALL(unshare, CLONE_NEWUSER),
		CALL(setns, -1),
		CALL(io_uring_setup, 1),
		CALL(io_uring_register, -1),
		CALL(bpf, 0),
		CALL(mprotect, 0, 4096, PROT_READ | PROT_EXEC),
		CALL(mmap, 0, 4096, PROT_READ | PROT_EXEC),
		CALL(clone, CLONE_NEWUSER | SIGCHLD),
		CALL(clone, CLONE_NEWNET | SIGCHLD),
		CALL(clone, CLONE_VM | CLONE_NEWPID | SIGCHLD),
		CALL(clone, CLONE_NEWNS | SIGCHLD),
	};

	check_killed(calls, COUNT(calls));
}

/* What is not known does not exist, or cannot be opened. */
TAP_CASE(sandbox_refuses, .rows = "A36")
{
	const struct call missing[] = {
		{ "a new call", 100000, { 0 } },
		CALL(clone3, 0),
		CALL(pidfd_open, 1),
		CALL(sethostname, 0),
		CALL(kill, 1, 0),
		CALL(ioctl, -1, 0x5401), /* TCGETS */
		/* Of the same letter as BLKDISCARD. */
		CALL(ioctl, -1, BLKRRPART),
		CALL(ioctl, -1, BLKROSET),
	};
	const struct call files[] = {
		CALL(openat, AT_FDCWD, (long)"/etc/passwd", O_RDONLY),
	};

	check_errors(missing, COUNT(missing), ENOSYS);
	check_errors(files, COUNT(files), EACCES);
}

/* The ioctls of a disk, privcmd and gntdev reach the kernel. */
TAP_CASE(sandbox_lets_ioctls_pass, .rows = "A36")
{
	const struct call calls[] = {
		CALL(ioctl, -1, BLKDISCARD),
		CALL(ioctl, -1, 0x5041),   /* PRIVCMD_X_MAP */
		CALL(ioctl, -1, 0x184700), /* gntdev's map */
	};

	check_errors(calls, COUNT(calls), EBADF);
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* qsort() asks for the size of the memory, and takes some, for larger arrays. */
static int sort(const struct call *call)
{
	static int numbers[1 << 18];

	for (int i = 0; i < 1 << 18; i++)
		numbers[i] = (1 << 18) - i;
	qsort(numbers, call->args[0], sizeof(*numbers), compare);
	return numbers[0] > numbers[1];
}

static void *thread(void *arg)
{
	return arg;
}

static int threads(const struct call *call)
{
	void *result;
	pthread_t t;

	return pthread_create(&t, NULL, thread, (void *)call) ||
	       pthread_join(t, &result) || result != call;
}

static int system_info(const struct call *call)
{
	struct sysinfo info = { 0 };

	(void)call;
	return sysinfo(&info) || !info.totalram;
}

TAP_CASE(sandbox_lets_the_c_library_work, .rows = "A36")
{
	const struct call sizes[] = { { .args = { 64 } },
				      { .args = { 512 } },
				      { .args = { 8192 } },
				      { .args = { 1 << 18 } } };

	for (size_t i = 0; i < COUNT(sizes); i++)
		check_eq(inside(sort, &sizes[i]), 0);
	check_eq(inside(threads, &sizes[0]), 0);
	check_eq(inside(system_info, &sizes[0]), 0);
}

TAP_MAIN
