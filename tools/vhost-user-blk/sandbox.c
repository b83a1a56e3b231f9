// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Gives up rights before the first front end connects: the user, capabilities,
 * core dumps, and all system calls that serving does not need. After this the
 * program cannot open a file by its path, execute a program, or make memory
 * executable.
 *
 * A system call that is not in a list here fails with ENOSYS. The C library makes
 * calls of its own, which differ from version to version, and it works without
 * them. A call that only an attacker would make kills the process.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <linux/fs.h>

#include <cap-ng.h>
#include <seccomp.h>

#include "backend.h"
#include "options.h"
#include "sandbox.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The filter looks for the first HOT of the allowed calls first. */
#define HOT 5

/* The calls of this program and of the C library. The most frequent come first. */
static const int allowed[] = {
	SCMP_SYS(io_uring_enter), SCMP_SYS(read), SCMP_SYS(write),
	SCMP_SYS(ppoll), SCMP_SYS(futex), SCMP_SYS(poll),
	/* the socket, eventfds, standard error */
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg), SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(fcntl),
	SCMP_SYS(flock), SCMP_SYS(shutdown), SCMP_SYS(eventfd2),
	SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	/* the file, and the inflight area */
	SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(preadv),
	SCMP_SYS(pwritev), SCMP_SYS(preadv2), SCMP_SYS(pwritev2),
	SCMP_SYS(fdatasync), SCMP_SYS(fsync), SCMP_SYS(fallocate),
	SCMP_SYS(memfd_create), SCMP_SYS(ftruncate), SCMP_SYS(fstat),
	SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(fstatfs),
	SCMP_SYS(lseek),
	/* memory; mmap and mprotect are below */
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
	SCMP_SYS(sysinfo), SCMP_SYS(prlimit64),
	/* threads; clone is below */
	SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(exit),
	SCMP_SYS(exit_group), SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(getcpu), SCMP_SYS(membarrier),
	SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(tgkill),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall),
	/* user and host, the time, random numbers of the allocator */
	SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
	SCMP_SYS(getegid), SCMP_SYS(uname), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(getrandom)
};

/* Calls that an attacker needs to get out of this process: they kill it. */
static const int deadly[] = { SCMP_SYS(execve),
			      SCMP_SYS(execveat),
			      SCMP_SYS(fork),
			      SCMP_SYS(vfork),
			      SCMP_SYS(ptrace),
			      SCMP_SYS(process_vm_readv),
			      SCMP_SYS(process_vm_writev),
			      SCMP_SYS(pidfd_getfd),
			      SCMP_SYS(kcmp),
			      SCMP_SYS(socket),
			      SCMP_SYS(socketpair),
			      SCMP_SYS(connect),
			      SCMP_SYS(bind),
			      SCMP_SYS(listen),
			      SCMP_SYS(unshare),
			      SCMP_SYS(setns),
			      SCMP_SYS(chroot),
			      SCMP_SYS(pivot_root),
			      SCMP_SYS(mount),
			      SCMP_SYS(umount2),
			      SCMP_SYS(open_tree),
			      SCMP_SYS(move_mount),
			      SCMP_SYS(fsopen),
			      SCMP_SYS(open_by_handle_at),
			      SCMP_SYS(bpf),
			      SCMP_SYS(perf_event_open),
			      SCMP_SYS(userfaultfd),
			      SCMP_SYS(keyctl),
			      SCMP_SYS(add_key),
			      SCMP_SYS(request_key),
			      SCMP_SYS(init_module),
			      SCMP_SYS(finit_module),
			      SCMP_SYS(kexec_load),
			      SCMP_SYS(kexec_file_load),
			      SCMP_SYS(io_uring_setup),
			      SCMP_SYS(io_uring_register),
			      SCMP_SYS(setuid),
			      SCMP_SYS(setresuid),
			      SCMP_SYS(setgid),
			      SCMP_SYS(setresgid),
			      SCMP_SYS(capset),
			      SCMP_SYS(personality) };

/* Flags of clone(). Only clone3() and unshare() can make the other name spaces. */
static const scmp_datum_t new_namespaces[] = { CLONE_NEWNS,  CLONE_NEWCGROUP,
					       CLONE_NEWUTS, CLONE_NEWIPC,
					       CLONE_NEWPID, CLONE_NEWNET,
					       CLONE_NEWUSER };

/* The letters of the ioctls of devices that a front end may send. */
#define IOCTL_LETTER 0xff00
#define PRIVCMD	     ('P' << 8)
#define GNTDEV	     ('G' << 8)
#define ALL_BITS     UINT32_MAX

static int allow_all(scmp_filter_ctx filter)
{
	int ret = 0;

	for (size_t i = 0; i < COUNT(allowed) && !ret; i++) {
		ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
		if (!ret && i < HOT)
			ret = seccomp_syscall_priority(filter, allowed[i],
						       100 - i);
	}
	return ret;
}

static int kill_all(scmp_filter_ctx filter)
{
	int ret = 0;

	for (size_t i = 0; i < COUNT(deadly) && !ret; i++)
		ret = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, deadly[i],
				       0);
	return ret;
}

/* Allow clone(), but not with a flag for a new name space. */
static int filter_clone(scmp_filter_ctx filter)
{
	scmp_datum_t all = 0;
	int ret = 0;

	for (size_t i = 0; i < COUNT(new_namespaces) && !ret; i++) {
		scmp_datum_t flag = new_namespaces[i];

		all |= flag;
		ret = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS,
				       SCMP_SYS(clone), 1,
				       SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag));
	}
	if (ret)
		return ret;
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				SCMP_A0(SCMP_CMP_MASKED_EQ, all, 0));
}

/* Allow mmap() or mprotect(), but not with PROT_EXEC. */
static int filter_memory(scmp_filter_ctx filter, int call)
{
	int ret;

	ret = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, call, 1,
			       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC,
				       PROT_EXEC));
	return ret ? ret :
		     seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
				      SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC,
					      0));
}

/* Allow the ioctls whose number has @value in the bits of @mask. */
static int allow_ioctl(scmp_filter_ctx filter, scmp_datum_t mask,
		       scmp_datum_t value)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				SCMP_A1(SCMP_CMP_MASKED_EQ, mask, value));
}

static int fill(scmp_filter_ctx filter)
{
	int ret = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
				   SCMP_ACT_KILL_PROCESS);

	/* Make the filter a binary tree of the numbers, not a list. */
	if (!ret)
		ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!ret)
		ret = allow_all(filter);
	if (!ret)
		ret = kill_all(filter);
	if (!ret)
		ret = filter_clone(filter);
	if (!ret)
		ret = filter_memory(filter, SCMP_SYS(mmap));
	if (!ret)
		ret = filter_memory(filter, SCMP_SYS(mprotect));
	if (!ret)
		ret = allow_ioctl(filter, IOCTL_LETTER, PRIVCMD);
	if (!ret)
		ret = allow_ioctl(filter, IOCTL_LETTER, GNTDEV);
	if (!ret)
		ret = allow_ioctl(filter, ALL_BITS, BLKDISCARD);
	/* The C library opens some files, and works without them. */
	if (!ret)
		ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES),
				       SCMP_SYS(openat), 0);
	return ret;
}

static int filter_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int ret;

	if (!filter)
		return -ENOMEM;
	ret = fill(filter);
	if (!ret)
		ret = seccomp_load(filter);
	seccomp_release(filter);
	return ret;
}

/* Change to the user @name. */
static int become(const char *name, const char **why)
{
	const struct passwd *user;

	user = getpwnam(name);
	if (!user) {
		*why = "there is no such user";
		return -EINVAL;
	}
	if (setgroups(0, NULL) || setgid(user->pw_gid) ||
	    setuid(user->pw_uid)) {
		*why = "only root can become this user";
		return -errno;
	}
	return 0;
}

/* Irreversible. Called with --no-sandbox, too. */
static int drop_privileges(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	capng_clear(CAPNG_SELECT_CAPS);
	return capng_apply(CAPNG_SELECT_CAPS) ? -EPERM : 0;
}

/*
 * Forbid core dumps, and lower the limit of open files to 8 for each queue and 2
 * for each region.
 */
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

int sandbox_enter(const struct options *options, const char **why)
{
	int ret = limit();

	if (!ret && options->user)
		ret = become(options->user, why);
	if (!ret)
		ret = drop_privileges();
	if (!ret && !options->no_sandbox)
		ret = filter_calls();
	return ret;
}
