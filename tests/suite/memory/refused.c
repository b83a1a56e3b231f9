// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What cannot be done with a memory file. Each call is refused with exactly one
 * errno, and changes nothing. splice.c has the calls that move bytes between two
 * files.
 */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "memory/memory.h"

#define N 4

static char path[32]; /* of the file, in /proc */

static int file_at_path(struct domain *d, unsigned int flags)
{
	int file = memory_of(d, 0, N, flags);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return file;
}

static void size_is_unchanged(int file)
{
	struct stat st;

	must(check_eq(fstat(file, &st), 0));
	check_eq(st.st_size, N * PAGE);
	check_eq(st.st_blocks, N * (PAGE / 512));
}

/*
 * A call that shortens a file removes the entries of every process's areas. Here
 * the domain does not exist any more, so an entry that was removed could not be
 * made again, and the access would be SIGBUS.
 */
TAP_CASE(memory_truncate, .rows = "A58")
{
	static const off_t size[] = { 0, 1, PAGE, N * PAGE, (N + 1) * PAGE };
	struct domain *d = memory_full(N);
	int ro = memory_of(d, 0, N, READ_ONLY), rw = file_at_path(d, 0);
	struct area a = area_new(rw, N);
	size_t i;

	memory_shows(&a, d, 0);
	domain_destroy(d);
	for (i = 0; i < ARRAY_SIZE(size); i++) {
		check_errno(ftruncate(rw, size[i]), EPERM);
		check_errno(truncate(path, size[i]), EPERM);
		check_errno(ftruncate(ro, size[i]), EINVAL);
		check_errno(memory_reopen(rw, O_RDWR | O_TRUNC), EACCES);
		check_errno(memory_reopen(rw, O_RDONLY | O_TRUNC), EACCES);
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ro);
	check_errno(truncate(path, 0), EPERM);
	check_errno(memory_reopen(ro, O_RDONLY | O_TRUNC), EACCES);
	size_is_unchanged(rw);
	size_is_unchanged(ro);
	memory_shows(&a, d, 0);
	memory_has(rw, N, 0, 0);
	area_done(&a);
	check(domain_gone(d));
}

/* A user who may open the inode for writing may not shorten it either. */
TAP_CASE(memory_truncate_by_owner, .rows = "A58")
{
	struct domain *d = memory_full(N);
	int fd = privcmd_open();

	if (fork() == 0) {
		int file;

		must(!setegid(NOBODY) && !seteuid(NOBODY));
		file = memory_file(fd, d, d->frame[0], N, 0);
		must(check(file >= 0));
		snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
		check_errno(ftruncate(file, 0), EPERM);
		check_errno(truncate(path, 0), EPERM);
		size_is_unchanged(file);
		_exit(0);
	}
	wait(NULL);
}

TAP_CASE(memory_fallocate)
{
	static const int mode[] = {
		0,
		FALLOC_FL_KEEP_SIZE,
		FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		FALLOC_FL_ZERO_RANGE,
		FALLOC_FL_COLLAPSE_RANGE,
		FALLOC_FL_INSERT_RANGE,
	};
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0), ro = memory_of(d, 0, N, READ_ONLY);
	struct area a = area_new(file, N);
	size_t i;

	memory_shows(&a, d, 0);
	for (i = 0; i < ARRAY_SIZE(mode); i++) {
		check_errno(fallocate(file, mode[i], 0, PAGE), EOPNOTSUPP);
		check_errno(fallocate(ro, mode[i], 0, PAGE), EBADF);
	}
	size_is_unchanged(file);
	memory_shows(&a, d, 0);
	area_done(&a);
}

/* Mode and owner decide who may open the file again, so they are fixed, too. */
TAP_CASE(memory_attributes)
{
	static const unsigned int flags[] = { 0, READ_ONLY };
	static const struct timespec times[2] = { { 1, 0 }, { 2, 0 } };
	struct domain *d = memory_full(N);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		int file = file_at_path(d, flags[i]);
		struct stat before, after;

		must(!fstat(file, &before));
		check_errno(fchmod(file, 0666), EPERM);
		check_errno(chmod(path, 0666), EPERM);
		check_errno(fchown(file, 1, 1), EPERM);
		check_errno(chown(path, 1, 1), EPERM);
		check_errno(futimens(file, times), EPERM);
		check_errno(futimens(file, NULL), EPERM);
		check_errno(utimensat(AT_FDCWD, path, times, 0), EPERM);
		must(!fstat(file, &after));
		check_eq(after.st_mode, before.st_mode);
		check_eq(after.st_uid, before.st_uid);
		check_eq(after.st_gid, before.st_gid);
		check_eq(after.st_mtime, before.st_mtime);
		close(file);
	}
}

/* Direct I/O would be I/O to the frames of the domain, without this kernel. */
TAP_CASE(memory_o_direct)
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0);
	int before = fcntl(file, F_GETFL);

	check_errno(fcntl(file, F_SETFL, O_DIRECT), EINVAL);
	check_eq(fcntl(file, F_GETFL), before);
	check_errno(memory_reopen(file, O_RDWR | O_DIRECT), EINVAL);
	check_errno(memory_reopen(file, O_RDONLY | O_DIRECT), EINVAL);
	check_errno(memory_reopen(file, O_RDONLY | O_DIRECTORY), ENOTDIR);
}

TAP_CASE(memory_seals)
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0);

	check_errno(fcntl(file, F_GET_SEALS), EINVAL);
	check_errno(fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK), EINVAL);
	check_errno(fcntl(file, F_ADD_SEALS, F_SEAL_WRITE), EINVAL);
}

TAP_CASE(memory_leases)
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0), ro = memory_of(d, 0, N, READ_ONLY);

	check_errno(fcntl(file, F_SETLEASE, F_WRLCK), EINVAL);
	check_errno(fcntl(file, F_SETLEASE, F_RDLCK), EINVAL);
	check_errno(fcntl(ro, F_SETLEASE, F_RDLCK), EINVAL);
	check_eq(fcntl(file, F_GETLEASE), F_UNLCK);
}

TAP_CASE(memory_xattrs)
{
	static const char *const name[] = { "user.a", "trusted.a" };
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0);
	char value[8];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(name); i++) {
		check_errno(fsetxattr(file, name[i], "1", 1, 0), EOPNOTSUPP);
		check_errno(fgetxattr(file, name[i], value, sizeof(value)),
			    EOPNOTSUPP);
		check_errno(fremovexattr(file, name[i]), EOPNOTSUPP);
	}
}

/* A memory file has no name, and gets none. */
TAP_CASE(memory_links)
{
	static const char name[] = "/tmp/privcmd-test-link";
	struct domain *d = memory_full(N);
	int file = file_at_path(d, 0);

	check_errno(linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW),
		    EXDEV);
	check_errno(linkat(file, "", AT_FDCWD, name, AT_EMPTY_PATH), EXDEV);
	check_errno(access(name, F_OK), ENOENT);
}

/* Not even root runs the memory of a domain as a program. */
TAP_CASE(memory_exec)
{
	static char *const args[] = { "program", NULL };
	static char *const env[] = { NULL };
	struct domain *d = memory_full(N);
	int file = file_at_path(d, 0);

	check_errno(syscall(SYS_execveat, file, "", args, env, AT_EMPTY_PATH),
		    EACCES);
	check_errno(execve(path, args, env), EACCES);
}
