// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * How long a memory file lives and what ends before it: the device file that made it,
 * that file's rights, its process, and the domain.
 */
#include <sys/socket.h>

#include "dom0/pass.h"
#include "memory/memory.h"

#define N 8

/* All of the file works: a mapping whose pages come now, read(2) and write(2). */
static void works(int file, const struct domain *d)
{
	unsigned char *buf = buffer(N);
	struct area a = area_new(file, N);

	memory_has(file, 0, N, 0);
	memory_shows(&a, d, 0);
	check_eq(pread(file, buf, N * PAGE, 0), N * PAGE);
	check(!memcmp(buf, a.va, N * PAGE));
	page_fill(buf, 600);
	check_eq(pwrite(file, buf, PAGE, 5 * PAGE), PAGE);
	check(page_has(page_at(&a, 5), 600));
	page_fill(buf, domain_seed(d, 5));
	check_eq(pwrite(file, buf, PAGE, 5 * PAGE), PAGE);
	area_done(&a);
	munmap(buf, (N + 1) * PAGE);
}

/* The file does not need the device file, and is not concerned by its restriction. */
TAP_CASE(memory_without_the_device_file, .rows = "B16")
{
	struct domain *d = memory_full(N);
	int fd = privcmd_open(), file = memory_file(fd, d, d->frame[0], N, 0);
	struct area a;

	around("1");
	works(file, d);
	a = area_new(file, N);
	check_eq(touch(a.va), 0);
	check_eq(restrict_to(fd, NO_DOMAIN), 0);
	/* Faults ask for rights each time. */
	memory_shows(&a, d, 0);
	check_eq(x_unmap(file, a.va, N), 0);
	memory_shows(&a, d, 0);
	area_done(&a);
	works(file, d);
	check_errno(memory_file(fd, d, d->frame[0], N, 0), EPERM);
	close(fd);
	works(file, d);
	memory_end(d);
}

TAP_CASE(memory_of_restricted_file, .rows = "B16")
{
	struct domain *d = memory_full(N);
	int fd = privcmd_open(), file;

	must(check_eq(restrict_to(fd, d->id), 0));
	file = memory_file(fd, d, d->frame[0], N, 0);
	works(file, d);
	close(fd);
	works(file, d);
	close(file);
	memory_end(d);
}

/* The process that made the file is dead. */
TAP_CASE(memory_of_dead_process)
{
	struct domain *d = memory_full(N);
	int sock[2], file, how;
	pid_t pid;

	for (how = 0; how < 2; how++) {
		must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
		pid = fork();
		if (pid == 0) {
			file = memory_of(d, 0, N, 0);
			must(area_new(file, N).va);
			pass_send(sock[1], file);
			if (how)
				kill(getpid(), SIGKILL);
			_exit(0);
		}
		close(sock[1]);
		must(waitpid(pid, NULL, 0) == pid);
		file = pass_receive(sock[0]);
		works(file, d);
		close(file);
		close(sock[0]);
	}
	memory_end(d);
}

/* The area keeps the file. */
TAP_CASE(memory_closed_first)
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0), fd = privcmd_open();
	struct area a = area_new(file, N);

	around("1");
	check_eq(touch(a.va), 0);
	close(file);
	a.fd = fd;
	memory_shows(&a, d, 0);
	check_eq(state_at(&a, 3), PRIVCMD_X_RW);
	check_eq(x_unmap(fd, a.va, N), 0);
	check_eq(state_at(&a, 3), PRIVCMD_X_LAZY);
	memory_shows(&a, d, 0);
	check_eq(munmap(a.va, N * PAGE), 0);
	memory_end(d);
}

/* An open file holds no memory of the domain, whatever was read and written. */
TAP_CASE(memory_holds_nothing)
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0);
	unsigned char *buf = buffer(N);
	struct area a;

	works(file, d);
	a = area_new(file, N);
	memory_end(d);
	check_eq(touch(a.va), SIGBUS);
	check_eq(error_at(&a, 0), -ESRCH);
	check_errno(pread(file, buf, PAGE, 0), EIO);
	check_errno(pwrite(file, buf, PAGE, 0), EIO);
	area_done(&a);
}

/*
 * The domain is destroyed while an area shows some of its memory. These pages stay
 * readable and writable, others cannot be mapped any more, and the domain goes with the
 * last page.
 */
TAP_CASE(memory_domain_destroyed)
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0), i;
	struct area a = area_new(file, N), b = area_new(file, N);
	unsigned char *buf = buffer(N);

	around("4");
	check_eq(touch(page_at(&b, 5)), 0);
	check_eq(munmap(b.va, N * PAGE), 0);
	check_eq(touch(a.va), 0);
	for (i = 1; i < 4; i++)
		check_eq(touch(page_at(&a, i)), 0);
	check_eq(x_unmap(file, page_at(&a, 4), N - 4), 0);
	domain_destroy(d);
	memory_shows(&(struct area){ file, a.va, 4 }, d, 0);
	page_fill(a.va, 4);
	check(page_has(a.va, 4));
	for (i = 4; i < N; i++)
		check_eq(touch(page_at(&a, i)), SIGBUS);
	check_eq(error_at(&a, 5), -EINVAL);
	memory_has(file, 4, 0, N - 4);
	/* A copy would have to map the frame anew. */
	check_errno(pread(file, buf, PAGE, 6 * PAGE), EIO);
	check_errno(pread(file, buf, N * PAGE, 0), EIO);
	check_errno(pwrite(file, buf, PAGE, 0), EIO);
	check(domain_held(d));
	check_eq(x_unmap(file, a.va, 3), 0);
	check(domain_held(d));
	area_done(&a);
	check(domain_gone(d));
	check_errno(pread(file, buf, PAGE, 0), EIO);
}

/* Another process holds the last memory of the domain, by an area alone. */
TAP_CASE(memory_domain_destroyed_under_a_process)
{
	struct domain *d = memory_full(N);
	int file = memory_of(d, 0, N, 0), ready[2], go[2];
	struct area a;
	char byte;
	pid_t pid;

	must(!pipe(ready) && !pipe(go));
	pid = fork();
	if (pid == 0) {
		a = area_new(file, N);
		memory_shows(&a, d, 0);
		close(file);
		must(write(ready[1], "", 1) == 1 && read(go[0], &byte, 1) == 1);
		check(page_has(page_at(&a, 3), domain_seed(d, 3)));
		pause();
	}
	close(file);
	close(ready[1]);
	must(read(ready[0], &byte, 1) == 1);
	domain_destroy(d);
	must(write(go[1], "", 1) == 1);
	check(domain_held(d));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	check(domain_gone(d));
}
