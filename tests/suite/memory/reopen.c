// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A memory file is opened again, by /proc/self/fd. The new open file is one of
 * the same object, with a position and an access mode of its own.
 */
#include <sys/stat.h>

#include "memory/memory.h"

#define N 4

TAP_CASE(memory_reopened)
{
	struct domain *d = memory_full(N);
	unsigned char *buf = buffer(1);
	int file = memory_of(d, 0, N, 0), same;
	struct stat one, other;
	struct area a, b;

	around("1");
	same = memory_reopen(file, O_RDWR);
	must(check(same >= 0));
	must(!fstat(file, &one) && !fstat(same, &other));
	check(one.st_ino == other.st_ino && one.st_dev == other.st_dev);
	check_eq(other.st_size, N * PAGE);

	/* The position is its own, */
	check_eq(lseek(file, 2 * PAGE, SEEK_SET), 2 * PAGE);
	check_eq(read(same, buf, PAGE), PAGE);
	check(page_has(buf, domain_seed(d, 0)));
	check_eq(lseek(file, 0, SEEK_CUR), 2 * PAGE);

	/* the counts are those of all open files of the object, */
	a = area_new(file, N);
	b = area_new(same, N);
	check_eq(touch(a.va), 0);
	check_eq(touch(page_at(&b, 1)), 0);
	check_eq(touch(page_at(&b, 2)), 0);
	memory_has(file, 3, 2 * N - 3, 0);
	memory_has(same, 3, 2 * N - 3, 0);

	/* and it does not need the first one. */
	close(file);
	a.fd = same;
	memory_shows(&a, d, 0);
	memory_shows(&b, d, 0);
	page_fill(buf, 77);
	check_eq(pwrite(same, buf, PAGE, 3 * PAGE), PAGE);
	check(page_has(page_at(&a, 3), 77));
	check_eq(munmap(a.va, N * PAGE), 0);
	area_done(&b);
	memory_end(d);
}

/* Each access mode allows what it says, in an object that may be written. */
TAP_CASE(memory_reopened_with_less)
{
	struct domain *d = memory_full(N);
	unsigned char *buf = buffer(1);
	int file = memory_of(d, 0, N, 0), r, w, again;
	struct area a;

	r = memory_reopen(file, O_RDONLY);
	w = memory_reopen(file, O_WRONLY);
	must(check(r >= 0 && w >= 0));
	page_fill(buf, 5);
	check_eq(fcntl(r, F_GETFL) & O_ACCMODE, O_RDONLY);
	check_errno(pwrite(r, buf, PAGE, 0), EBADF);
	check_errno(pread(w, buf, PAGE, 0), EBADF);
	check_eq(pwrite(w, buf, PAGE, PAGE), PAGE);
	check_eq(pread(r, buf, PAGE, 0), PAGE);
	check(page_has(buf, domain_seed(d, 0)));

	check_errno((long)mmap(NULL, N * PAGE, PROT_READ | PROT_WRITE,
			       MAP_SHARED, r, 0),
		    EACCES);
	check_errno((long)mmap(NULL, N * PAGE, PROT_WRITE, MAP_SHARED, w, 0),
		    EACCES);
	a = area_prot(r, N, PROT_READ);
	check(page_has(page_at(&a, 1), 5));
	check_errno(mprotect(a.va, N * PAGE, PROT_READ | PROT_WRITE), EACCES);
	check_eq(poke(a.va, 1), SIGSEGV);
	area_done(&a);

	/* The object itself may still be written. */
	again = memory_reopen(r, O_RDWR);
	must(check(again >= 0));
	check_eq(pwrite(again, buf, PAGE, PAGE), PAGE);
	memory_end(d);
}

/*
 * A READ_ONLY object cannot be written, whoever opens it: the mode 0400 of the
 * inode does not stop root.
 */
TAP_CASE(memory_reopened_read_only, .rows = "A53")
{
	static const int refused[] = {
		O_RDWR,
		O_WRONLY,
		O_WRONLY | O_APPEND,
		O_RDONLY | O_TRUNC,
		O_RDWR | O_TRUNC,
		O_WRONLY | O_TRUNC,
	};
	struct domain *d = memory_full(N);
	int ro = memory_of(d, 0, N, READ_ONLY), other, path_only;
	unsigned char *buf = buffer(1);
	size_t i;

	path_only = memory_reopen(ro, O_PATH);
	other = memory_reopen(ro, O_RDONLY);
	must(check(path_only >= 0 && other >= 0));
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		check_errno(memory_reopen(ro, refused[i]), EACCES);
		check_errno(memory_reopen(other, refused[i]), EACCES);
		check_errno(memory_reopen(path_only, refused[i]), EACCES);
	}
	check_eq(pread(other, buf, PAGE, PAGE), PAGE);
	check(page_has(buf, domain_seed(d, 1)));
	check_errno(pwrite(other, buf, PAGE, 0), EBADF);
	check_errno((long)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			       other, 0),
		    EACCES);
}

TAP_CASE(memory_reopened_with_append)
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0), other;
	unsigned char byte = 0;

	other = memory_reopen(file, O_RDWR | O_APPEND);
	must(check(other >= 0));
	check_errno(write(other, &byte, 1), ENOSPC);
	check_errno(pwrite(other, &byte, 1, 0), ENOSPC);
	check_eq(pread(file, &byte, 1, 0), 1);
	check_eq(write(file, &byte, 1), 1);
}

static void link_is(int fd, const struct domain *d)
{
	char path[32], link[64] = "", want[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	snprintf(want, sizeof(want), "/xen-memory:%u (deleted)", d->id);
	check(readlink(path, link, sizeof(link) - 1) > 0);
	if (!check(!strcmp(link, want)))
		tap_note("%s, not %s", link, want);
}

/*
 * An O_PATH descriptor keeps the object after the last open file is closed. The
 * object is opened through it, and can be used.
 */
TAP_CASE(memory_path_only, .rows = "A55")
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0), path_only, again;
	unsigned char *buf = buffer(1);
	struct stat before, after;
	struct area a;

	link_is(file, d);
	must(!fstat(file, &before));
	path_only = memory_reopen(file, O_PATH);
	must(check(path_only >= 0));
	check_eq(close(file), 0);

	must(check_eq(fstat(path_only, &after), 0));
	check_eq(after.st_size, N * PAGE);
	check_eq(after.st_ino, before.st_ino);
	check_eq(after.st_mode, before.st_mode);
	link_is(path_only, d);
	check_errno(read(path_only, buf, PAGE), EBADF);
	check_errno((long)mmap(NULL, PAGE, PROT_READ, MAP_SHARED, path_only, 0),
		    EBADF);

	again = memory_reopen(path_only, O_RDWR);
	must(check(again >= 0));
	close(path_only);
	check_eq(pread(again, buf, PAGE, PAGE), PAGE);
	check(page_has(buf, domain_seed(d, 1)));
	a = area_new(again, N);
	memory_shows(&a, d, 0);
	memory_has(again, N, 0, 0);
	area_done(&a);
	close(again);
	memory_end(d);
}

/*
 * The areas outlive the descriptors, and an O_PATH descriptor finds the object that
 * counts them.
 */
TAP_CASE(memory_path_only_with_area, .rows = "A55")
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0), path_only, again;
	struct area a = area_new(file, N);

	memory_shows(&a, d, 0);
	path_only = memory_reopen(file, O_PATH);
	close(file);
	again = memory_reopen(path_only, O_RDONLY);
	must(check(again >= 0));
	memory_has(again, N, 0, 0);
	close(path_only);
	a.fd = again;
	memory_shows(&a, d, 0);
	area_done(&a);
	close(again);
	memory_end(d);
}
