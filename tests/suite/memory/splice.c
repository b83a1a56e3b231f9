// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Calls that move bytes between a memory file and another file in the kernel. Each is
 * refused: a program then copies the bytes itself. None answers that it is done.
 */
#include <sys/sendfile.h>
#include <sys/socket.h>

#include "memory/memory.h"

#define N 4

static int file, other, memfd, sock[2], p[2];
static struct domain *d;

static void begin(unsigned int flags)
{
	d = memory_full(N);
	file = memory_of(d, 0, N, flags);
	other = memory_of(d, 0, N, 0);
	memfd = memfd_create("other", MFD_CLOEXEC);
	must(memfd >= 0 && !ftruncate(memfd, N * PAGE));
	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sock));
	must(!pipe2(p, O_NONBLOCK));
}

/* Nothing has come out, nothing has got in, and no position has moved. */
static void nothing_happened(void)
{
	unsigned char *buf = buffer(N);
	size_t i;

	check_errno(read(p[0], buf, 1), EAGAIN);
	check_errno(recv(sock[1], buf, 1, 0), EAGAIN);
	check_eq(lseek(file, 0, SEEK_CUR), 0);
	check_eq(lseek(other, 0, SEEK_CUR), 0);
	check_eq(pread(memfd, buf, N * PAGE, 0), N * PAGE);
	for (i = 0; i < N * PAGE; i++)
		if (!check_eq(buf[i], 0))
			break;
	check_eq(pread(file, buf, N * PAGE, 0), N * PAGE);
	for (i = 0; i < N; i++)
		check(page_has(buf + i * PAGE, domain_seed(d, i)));
	munmap(buf, (N + 1) * PAGE);
}

TAP_CASE(memory_sendfile)
{
	off_t offset = PAGE;

	begin(0);
	check_errno(sendfile(p[1], file, NULL, PAGE), EINVAL);
	check_errno(sendfile(p[1], file, &offset, PAGE), EINVAL);
	check_errno(sendfile(sock[0], file, NULL, PAGE), EINVAL);
	check_errno(sendfile(sock[0], file, &offset, N * PAGE), EINVAL);
	check_errno(sendfile(memfd, file, NULL, PAGE), EINVAL);
	check_errno(sendfile(other, file, NULL, PAGE), EINVAL);
	check_errno(sendfile(file, memfd, NULL, PAGE), EINVAL);
	check_errno(sendfile(file, memfd, &offset, PAGE), EINVAL);
	check_eq(offset, PAGE);
	check_eq(lseek(memfd, 0, SEEK_CUR), 0);
	nothing_happened();
	memory_end(d);
}

TAP_CASE(memory_splice)
{
	unsigned char *buf = buffer(1);
	off_t offset = PAGE;

	begin(0);
	check_errno(splice(file, NULL, p[1], NULL, PAGE, 0), EINVAL);
	check_errno(splice(file, &offset, p[1], NULL, PAGE, SPLICE_F_MOVE),
		    EINVAL);
	nothing_happened();
	page_fill(buf, 1);
	check_eq(write(p[1], buf, PAGE), PAGE);
	check_errno(splice(p[0], NULL, file, NULL, PAGE, 0), EINVAL);
	check_errno(splice(p[0], NULL, file, &offset, PAGE, 0), EINVAL);
	check_eq(offset, PAGE);
	/* The bytes are still in the pipe. */
	check_eq(read(p[0], buf, PAGE), PAGE);
	check(page_has(buf, 1));
	nothing_happened();
	memory_end(d);
}

TAP_CASE(memory_splice_read_only)
{
	unsigned char byte = 1;

	begin(READ_ONLY);
	check_errno(sendfile(p[1], file, NULL, PAGE), EINVAL);
	check_errno(splice(file, NULL, p[1], NULL, PAGE, 0), EINVAL);
	check_errno(sendfile(file, memfd, NULL, PAGE), EBADF);
	check_eq(write(p[1], &byte, 1), 1);
	check_errno(splice(p[0], NULL, file, NULL, 1, 0), EBADF);
	check_eq(read(p[0], &byte, 1), 1);
	check_errno(copy_file_range(memfd, NULL, file, NULL, PAGE, 0), EBADF);
	nothing_happened();
	memory_end(d);
}

/* cp(1) begins with these calls, and copies the bytes itself when they fail. */
TAP_CASE(memory_copy_file_range)
{
	off_t from = 0, to = PAGE;

	begin(0);
	check_errno(copy_file_range(file, NULL, memfd, NULL, PAGE, 0), EXDEV);
	check_errno(copy_file_range(memfd, NULL, file, NULL, PAGE, 0), EXDEV);
	check_errno(copy_file_range(file, NULL, other, NULL, PAGE, 0), EINVAL);
	check_errno(copy_file_range(file, &from, other, &to, PAGE, 0), EINVAL);
	check_errno(copy_file_range(file, &from, file, &to, PAGE, 0), EINVAL);
	to = 100;
	check_errno(copy_file_range(file, &from, file, &to, PAGE, 0), EINVAL);
	check_eq(from, 0);
	check_eq(to, 100);
	nothing_happened();
	memory_end(d);
}
