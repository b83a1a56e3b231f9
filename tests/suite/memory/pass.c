// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A memory file is passed to a process without any privilege, as to a vhost-user back
 * end. The descriptor is all that it has: no device file, no root. It gets exactly the
 * range and the access that the file names.
 */
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "dom0/pass.h"
#include "memory/memory.h"

#define N 6

/* Gives up all descriptors but @sock, which becomes 3, and all privileges. */
static int become_nobody(int sock)
{
	must(dup2(sock, 3) == 3 && !close_range(4, ~0U, 0));
	must(!setgroups(0, NULL) && !setgid(NOBODY) && !setuid(NOBODY));
	must(geteuid() == NOBODY);
	check_errno(open(device(), O_RDWR), EACCES);
	check_errno(setuid(0), EPERM);
	return 3;
}

static void uses_writable(int file, const struct domain *d)
{
	unsigned char *buf = buffer(1);
	struct area a = area_new(file, N), b = memory_area(file, 2, 2);
	struct stat st;

	check_eq(fstat(file, &st), 0);
	check_eq(st.st_size, N * PAGE);
	check_eq(st.st_uid, 0);
	memory_shows(&a, d, 1);
	memory_shows(&b, d, 3);
	check_eq(lseek(file, 0, SEEK_END), N * PAGE);
	check_eq(pread(file, buf, PAGE, PAGE), PAGE);
	check(page_has(buf, domain_seed(d, 2)));
	page_fill(buf, 70);
	check_eq(pwrite(file, buf, PAGE, 0), PAGE);
	page_fill(page_at(&a, N - 1), 71);
	/* Nothing beyond the range. */
	check_errno(pwrite(file, buf, 1, N * PAGE), ENOSPC);
	check_errno((long)mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file,
			       N * PAGE),
		    ENXIO);
	/* Its own mappings are its own to query and to release. */
	check_eq(state_at(&b, 1), PRIVCMD_X_RW);
	check_eq(x_unmap(file, b.va, 2), 0);
	check_eq(state_at(&b, 1), PRIVCMD_X_LAZY);
	memory_shows(&b, d, 3);
	/* The owner of the inode is another user. */
	check_errno(memory_reopen(file, O_RDONLY), EACCES);
	check_errno(memory_reopen(file, O_RDWR), EACCES);
	check_errno(fchmod(file, 0666), EPERM);
	check_errno(ftruncate(file, 0), EPERM);
	check_eq(munmap(a.va, N * PAGE), 0);
	check_eq(munmap(b.va, 2 * PAGE), 0);
}

static void uses_read_only(int file, const struct domain *d)
{
	unsigned char *buf = buffer(1);
	struct area a = area_prot(file, N, PROT_READ);

	memory_shows(&a, d, 1);
	check_eq(poke(a.va, 1), SIGSEGV);
	check_errno(mprotect(a.va, N * PAGE, PROT_READ | PROT_WRITE), EACCES);
	check_errno((long)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			       file, 0),
		    EACCES);
	check_errno(pwrite(file, buf, PAGE, 0), EBADF);
	check_eq(pread(file, buf, PAGE, PAGE), PAGE);
	check(page_has(buf, domain_seed(d, 2)));
	check_errno(memory_reopen(file, O_RDWR), EACCES);
	check_eq(munmap(a.va, N * PAGE), 0);
}

/* A child gets the file over a socket, and nothing else. */
static void passed(struct domain *d, int file,
		   void (*use)(int file, const struct domain *d))
{
	int sock[2], how;
	pid_t pid;

	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	must(check(file >= 0));
	pid = fork();
	if (pid == 0) {
		file = pass_receive(become_nobody(sock[0]));
		use(file, d);
		_exit(0);
	}
	close(sock[0]);
	pass_send(sock[1], file);
	close(file);
	must(waitpid(pid, &how, 0) == pid);
	check_eq(how, 0);
	close(sock[1]);
}

TAP_CASE(memory_passed_to_nobody)
{
	struct domain *d = memory_full(N + 2);
	struct area look = area_new(privcmd_open(), N + 2);
	int fd = privcmd_open(), file;

	must(map_frames(&look, d, 0));
	must(check_eq(restrict_to(fd, d->id), 0));
	file = memory_file(fd, d, d->frame[0] + 1, N, 0);
	close(fd);
	passed(d, file, uses_writable);
	/* What the child has written is the domain's, and no more than that. */
	check(page_has(page_at(&look, 0), domain_seed(d, 0)));
	check(page_has(page_at(&look, 1), 70));
	check(page_has(page_at(&look, 2), domain_seed(d, 2)));
	check(page_has(page_at(&look, N), 71));
	check(page_has(page_at(&look, N + 1), domain_seed(d, N + 1)));
	area_done(&look);
	memory_end(d);
}

TAP_CASE(memory_passed_read_only, .rows = "A53")
{
	struct domain *d = memory_full(N + 2);
	struct area look = area_new(privcmd_open(), N + 2);

	must(map_frames(&look, d, 0));
	passed(d, memory_of(d, 1, N, READ_ONLY), uses_read_only);
	memory_shows(&look, d, 0);
	area_done(&look);
	memory_end(d);
}

/* The descriptor is nowhere but in the queue of a socket. */
TAP_CASE(memory_in_a_queue)
{
	struct domain *d = memory_full(N);
	unsigned char *buf = buffer(1);
	int sock[2], file;

	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	file = memory_of(d, 0, N, 0);
	pass_send(sock[1], file);
	close(file);
	close(sock[1]);
	file = pass_receive(sock[0]);
	check_eq(fcntl(file, F_GETFL) & O_ACCMODE, O_RDWR);
	check_eq(pread(file, buf, PAGE, PAGE), PAGE);
	check(page_has(buf, domain_seed(d, 1)));
	close(file);
	memory_end(d);
}

/* A queue that is never read ends with its socket, and the domain need not wait. */
TAP_CASE(memory_in_a_queue_unread)
{
	struct domain *d = memory_full(N);
	int sock[2], file = memory_of(d, 0, N, 0);
	struct area a = area_new(file, N);

	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	memory_shows(&a, d, 0);
	pass_send(sock[1], file);
	area_done(&a);
	close(file);
	memory_end(d);
	close(sock[0]);
	close(sock[1]);
}
