// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A memory file as a file: its descriptor, its size, mode and owner, its
 * position, and the calls that flush a file or advise on it.
 */
#include <sys/stat.h>
#include <sys/vfs.h>

#include "memory/memory.h"

#define MOST ((1ULL << 51) - 1) /* frames of a file */

TAP_CASE(memory_descriptor)
{
	struct domain *d = memory_full(2);
	int rw = memory_of(d, 0, 2, 0), ro = memory_of(d, 0, 2, READ_ONLY);

	check_eq(fcntl(rw, F_GETFD), FD_CLOEXEC);
	check_eq(fcntl(ro, F_GETFD), FD_CLOEXEC);
	check_eq(fcntl(rw, F_GETFL) & O_ACCMODE, O_RDWR);
	check_eq(fcntl(ro, F_GETFL) & O_ACCMODE, O_RDONLY);
	check_eq(fcntl(rw, F_GETFL) & (O_APPEND | O_DIRECT | O_PATH), 0);
	/* All flags are those of open(2), which also sets O_LARGEFILE. */
	check_eq(fcntl(rw, F_GETFL), fcntl(memory_reopen(rw, O_RDWR), F_GETFL));
	check_eq(fcntl(ro, F_GETFL),
		 fcntl(memory_reopen(ro, O_RDONLY), F_GETFL));
	check_eq(isatty(rw), 0);
}

static void stat_is(int file, mode_t mode, __u64 num, uid_t uid, gid_t gid)
{
	struct stat st;

	must(check_eq(fstat(file, &st), 0));
	check_eq(st.st_mode, S_IFREG | mode);
	check_eq(st.st_size, num * PAGE);
	check_eq(st.st_blksize, 4096);
	check_eq(st.st_blocks, num * (PAGE / 512));
	check_eq(st.st_uid, uid);
	check_eq(st.st_gid, gid);
}

TAP_CASE(memory_stat)
{
	static const __u64 num[] = { 1, 5, 1 << 20, MOST };
	struct domain *d = memory_full(1);
	int fd = privcmd_open(), file;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(num); i++) {
		file = memory_file(fd, d, 0, num[i], 0);
		stat_is(file, 0600, num[i], 0, 0);
		close(file);
		file = memory_file(fd, d, 0, num[i], READ_ONLY | ZERO_HOLES);
		stat_is(file, 0400, num[i], 0, 0);
		close(file);
	}
}

/* The owner is the caller of the ioctl, who need not be root. */
TAP_CASE(memory_owner)
{
	struct domain *d = memory_full(1);
	int fd = privcmd_open(), file;

	if (fork() == 0) {
		must(!setegid(1234) && !seteuid(4321));
		file = memory_file(fd, d, d->frame[0], 1, 0);
		stat_is(file, 0600, 1, 4321, 1234);
		/* It is also the owner who may open the file again. */
		check(memory_reopen(file, O_RDWR) >= 0);
		must(!seteuid(0) && !seteuid(NOBODY));
		check_errno(memory_reopen(file, O_RDONLY), EACCES);
		_exit(0);
	}
	wait(NULL);
}

TAP_CASE(memory_statfs)
{
	struct domain *d = memory_full(1);
	int file = memory_of(d, 0, 1, 0);
	struct statfs fs;

	check_eq(fstatfs(file, &fs), 0);
	check_eq(fs.f_bsize, PAGE);
	check_eq(fs.f_type, 0x58454e4d); /* "XENM" */
}

#define SIZE  (3 * (off_t)PAGE)
#define BEGIN 100 /* position before each call */

/* As in an ordinary file without holes. An error leaves the position as it is. */
TAP_CASE(memory_seek)
{
	static const struct {
		off_t offset;
		int whence;
		off_t result; /* or a negative errno */
	} seek[] = {
		{ 0, SEEK_SET, 0 },
		{ 1, SEEK_SET, 1 },
		{ SIZE, SEEK_SET, SIZE },
		{ SIZE + 7, SEEK_SET, SIZE + 7 },
		{ LONG_MAX, SEEK_SET, LONG_MAX },
		{ -1, SEEK_SET, -EINVAL },
		{ LONG_MIN, SEEK_SET, -EINVAL },
		{ 0, SEEK_CUR, BEGIN },
		{ 7, SEEK_CUR, BEGIN + 7 },
		{ -BEGIN, SEEK_CUR, 0 },
		{ -BEGIN - 1, SEEK_CUR, -EINVAL },
		{ 0, SEEK_END, SIZE },
		{ -1, SEEK_END, SIZE - 1 },
		{ -SIZE, SEEK_END, 0 },
		{ -SIZE - 1, SEEK_END, -EINVAL },
		{ 0, SEEK_DATA, 0 },
		{ PAGE + 5, SEEK_DATA, PAGE + 5 },
		{ SIZE - 1, SEEK_DATA, SIZE - 1 },
		{ SIZE, SEEK_DATA, -ENXIO },
		{ -1, SEEK_DATA, -ENXIO },
		{ 0, SEEK_HOLE, SIZE },
		{ SIZE - 1, SEEK_HOLE, SIZE },
		{ SIZE, SEEK_HOLE, -ENXIO },
		{ -1, SEEK_HOLE, -ENXIO },
		{ 0, 77, -EINVAL },
	};
	struct domain *d = memory_domain("#");
	int file = memory_of(d, 0, 3, 0); /* two pages are holes */
	size_t i;

	for (i = 0; i < ARRAY_SIZE(seek); i++) {
		off_t want = seek[i].result, is = BEGIN, got;

		must(check_eq(lseek(file, BEGIN, SEEK_SET), BEGIN));
		errno = 0;
		got = lseek(file, seek[i].offset, seek[i].whence);
		if (got >= 0)
			is = got;
		else
			got = -errno;
		if (!check_eq(got, want))
			tap_note("row %zu", i);
		check_eq(lseek(file, 0, SEEK_CUR), is);
	}
}

/* The size of the largest file is the largest that there can be. */
TAP_CASE(memory_seek_largest)
{
	struct domain *d = memory_full(1);
	int fd = privcmd_open(), file = memory_file(fd, d, 0, MOST, 0);
	unsigned char byte;

	must(check(file >= 0));
	check_eq(lseek(file, 0, SEEK_END), MOST * PAGE);
	check_eq(read(file, &byte, 1), 0);
	check_eq(lseek(file, MOST * PAGE - 1, SEEK_DATA), MOST * PAGE - 1);
	check_eq(lseek(file, 0, SEEK_HOLE), MOST * PAGE);
}

/* There is nothing to flush, to read ahead or to forget. */
TAP_CASE(memory_flush)
{
	static const int advice[] = {
		POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
		POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE,
	};
	static const unsigned int flags[] = { 0, READ_ONLY };
	struct domain *d = memory_full(4);
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		int file = memory_of(d, 0, 4, flags[i]);
		struct area a = area_prot(file, 4, PROT_READ);

		around("1");
		check_eq(touch(a.va), 0);
		check_eq(fsync(file), 0);
		check_eq(fdatasync(file), 0);
		check_eq(syncfs(file), 0);
		check_eq(msync(a.va, 4 * PAGE, MS_SYNC), 0);
		check_eq(msync(a.va, 4 * PAGE, MS_ASYNC), 0);
		check_eq(msync(a.va, 4 * PAGE, MS_SYNC | MS_INVALIDATE), 0);
		for (k = 0; k < ARRAY_SIZE(advice); k++)
			check_eq(posix_fadvise(file, 0, 0, advice[k]), 0);
		memory_has(file, 1, 3, 0);
		check(page_has(a.va, domain_seed(d, 0)));
		area_done(&a);
		close(file);
	}
	memory_end(d);
}
