// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * What is given up before the first front end comes: the user, capabilities,
 * core dumps, and all system calls but those that serving takes. Nothing can
 * be opened by name any more, nothing executed, no memory made executable.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <sys/mman.h>

#include "backend.h"

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#else
#error "no system call filter for this architecture"
#endif

/* As the C library needs them, too: memory, threads, locks, the clock. */
static const int allowed[] = {
	/* the socket, eventfds, standard error */
	SYS_accept4, SYS_recvmsg, SYS_sendmsg, SYS_read, SYS_write, SYS_writev,
	SYS_close, SYS_ppoll, SYS_fcntl,
#ifdef SYS_poll
	SYS_poll,
#endif
	/* the file, and the inflight area */
	SYS_io_uring_enter, SYS_preadv, SYS_pwritev, SYS_preadv2, SYS_pwritev2,
	SYS_pwrite64, SYS_fdatasync, SYS_fallocate, SYS_memfd_create,
	SYS_ftruncate, SYS_fstat, SYS_newfstatat, SYS_fstatfs, SYS_lseek,
	/* memory; mmap and mprotect are below */
	SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk,
	/* threads */
	SYS_clone, SYS_clone3, SYS_set_robust_list, SYS_rseq, SYS_futex,
	SYS_exit, SYS_exit_group, SYS_sched_yield, SYS_sched_getaffinity,
	SYS_gettid, SYS_getpid, SYS_tgkill, SYS_rt_sigprocmask,
	SYS_rt_sigaction, SYS_rt_sigreturn, SYS_restart_syscall,
	/* time, and the allocator's dice */
	SYS_clock_gettime, SYS_clock_nanosleep, SYS_nanosleep, SYS_getrandom
};

#define NR_ALLOWED  (sizeof(allowed) / sizeof(allowed[0]))
#define FIELD(name) offsetof(struct seccomp_data, name)

/* What BPF instructions look like, one to a line. */
#define LOAD(field) \
	((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(field)))
#define MASK(bits) ((struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND, bits))
#define IF(value, then, otherwise)                                    \
	((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ, value, then, \
				      otherwise))
#define RETURN(what) ((struct sock_filter)BPF_STMT(BPF_RET, what))

#define ALLOW RETURN(SECCOMP_RET_ALLOW)
#define KILL  RETURN(SECCOMP_RET_KILL_PROCESS)
/* The C library opens this and that, and lives without. */
#define REFUSE RETURN(SECCOMP_RET_ERRNO | EACCES)

/* The low half of an argument, on a little-endian machine. */
#define ARGUMENT(n) args[n]

static size_t filter_fill(struct sock_filter *f)
{
	size_t n = 0;

	f[n++] = LOAD(arch);
	f[n++] = IF(THIS_ARCH, 1, 0);
	f[n++] = KILL;
	f[n++] = LOAD(nr);
	for (size_t i = 0; i < NR_ALLOWED; i++) {
		f[n++] = IF(allowed[i], 0, 1);
		f[n++] = ALLOW;
	}
	f[n++] = IF(SYS_openat, 0, 1);
	f[n++] = REFUSE;
	/* ioctl: those of privcmd and of gntdev, by their letters */
	f[n++] = IF(SYS_ioctl, 0, 6);
	f[n++] = LOAD(ARGUMENT(1));
	f[n++] = MASK(0xff00);
	f[n++] = IF('P' << 8, 1, 0);
	f[n++] = IF('G' << 8, 0, 1);
	f[n++] = ALLOW;
	f[n++] = KILL;
	f[n++] = IF(SYS_mmap, 1, 0);
	f[n++] = IF(SYS_mprotect, 0, 4);
	f[n++] = LOAD(ARGUMENT(2));
	f[n++] = MASK(PROT_EXEC);
	f[n++] = IF(PROT_EXEC, 1, 0);
	f[n++] = ALLOW;
	f[n++] = KILL;
	return n;
}

static int filter_calls(void)
{
	struct sock_filter filter[2 * NR_ALLOWED + 24];
	struct sock_fprog program = { .filter = filter };

	program.len = filter_fill(filter);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return -errno;
	return 0;
}

static int become(const char *name)
{
	const struct passwd *user;

	errno = 0;
	user = getpwnam(name);
	if (!user) /* without an errno there just is no such user */
		return errno ? -errno : -ENOENT;
	if (setgroups(0, NULL) || setgid(user->pw_gid) || setuid(user->pw_uid))
		return -errno;
	return 0;
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return syscall(SYS_capset, &header, none) ? -errno : 0;
}

/* Three descriptors and a few for each queue, and some for each region. */
static int limit(void)
{
	const struct rlimit none = { 0, 0 };
	const struct rlimit files = { 2 * SLOTS_MAX + 8 * QUEUES_MAX,
				      2 * SLOTS_MAX + 8 * QUEUES_MAX };
	struct rlimit old;

	if (setrlimit(RLIMIT_CORE, &none) || getrlimit(RLIMIT_NOFILE, &old))
		return -errno;
	if (old.rlim_max > files.rlim_max && setrlimit(RLIMIT_NOFILE, &files))
		return -errno;
	return 0;
}

int sandbox_enter(const struct options *options)
{
	int ret = limit();

	if (!ret && options->user)
		ret = become(options->user);
	if (!ret)
		ret = drop_capabilities();
	if (!ret && !options->no_sandbox)
		ret = filter_calls();
	return ret;
}
