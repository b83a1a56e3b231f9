// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The module stays loaded while anything of a memory file lives, wherever it is, and no
 * longer. The rig unloads the module at the end of a run, so a reference that stays
 * fails the run, too.
 */
#include <linux/io_uring.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "dom0/pass.h"
#include "memory/memory.h"

#define N 4

static int kept = -1, sock[2];
static struct area area;
static pid_t child;

/*
 * Each function keeps the file in one way and closes its descriptor. Its counterpart
 * releases what was kept.
 */

static void keep_it(int file)
{
	kept = file;
}

static void close_it(void)
{
	must(!close(kept));
}

static void keep_path(int file)
{
	kept = memory_reopen(file, O_PATH);
	must(check(kept >= 0));
	close(file);
}

static void keep_reopened(int file)
{
	kept = memory_reopen(file, O_RDONLY);
	must(check(kept >= 0));
	close(file);
}

static void keep_area(int file)
{
	area = area_new(file, N);
	check_eq(touch(area.va), 0);
	close(file);
}

static void keep_lazy_area(int file)
{
	area = area_new(file, N);
	close(file);
}

static void unmap_area(void)
{
	check_eq(munmap(area.va, N * PAGE), 0);
}

static void keep_in_queue(int file)
{
	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	pass_send(sock[1], file);
	close(file);
}

static void receive_and_close(void)
{
	close(pass_receive(sock[0]));
	close(sock[0]);
	close(sock[1]);
}

static void close_queue(void)
{
	close(sock[0]);
	close(sock[1]);
}

static void keep_in_child(int file)
{
	child = fork();
	if (child == 0) {
		area_new(file, N);
		pause();
	}
	close(file);
}

static void kill_child(void)
{
	kill(child, SIGKILL);
	must(waitpid(child, NULL, 0) == child);
}

static void keep_in_ring(int file)
{
	struct io_uring_params params = { 0 };

	kept = syscall(SYS_io_uring_setup, 2, &params);
	if (kept < 0)
		skip("this kernel has no io_uring");
	must(!syscall(SYS_io_uring_register, kept, IORING_REGISTER_FILES, &file,
		      1));
	close(file);
}

static const struct {
	const char *where;
	void (*keep)(int file);
	void (*release)(void);
} place[] = {
	{ "a descriptor", keep_it, close_it },
	{ "an O_PATH descriptor", keep_path, close_it },
	{ "a descriptor that was opened again", keep_reopened, close_it },
	{ "an area", keep_area, unmap_area },
	{ "an area without frames", keep_lazy_area, unmap_area },
	{ "a queue that is read", keep_in_queue, receive_and_close },
	{ "a queue that is not read", keep_in_queue, close_queue },
	{ "a process that is killed", keep_in_child, kill_child },
	{ "an io_uring", keep_in_ring, close_it },
};

static bool references_are(long n)
{
	return tap_soon(module_references() == n, module_references());
}

/*
 * A file whose maker is closed already. An open device that has made a memory file has
 * a mount, which holds the module, too.
 */
static int lone_file(const struct domain *d)
{
	int fd = privcmd_open(), file;

	file = memory_file(fd, d, d->frame[0], N, 0);
	must(check(file >= 0));
	close(fd);
	return file;
}

TAP_CASE(memory_keeps_the_module, .rows = "A57")
{
	struct domain *d = memory_full(N);
	long before = module_references();
	size_t i;
	int file;

	for (i = 0; i < ARRAY_SIZE(place); i++) {
		file = lone_file(d);
		check(module_references() > before);
		place[i].keep(file);
		if (!check(module_references() > before))
			tap_note("%s does not keep the module", place[i].where);
		place[i].release();
		if (!check(references_are(before)))
			tap_note("%s keeps the module", place[i].where);
	}
	memory_end(d);
}

/* Each file counts for itself, in whatever order they go. */
TAP_CASE(memory_keeps_the_module_each)
{
	struct domain *d = memory_full(N);
	long before = module_references(), with_one = 0, all;
	int file[3], i;

	for (i = 0; i < 3; i++) {
		file[i] = lone_file(d);
		if (!i)
			with_one = module_references();
	}
	all = module_references();
	check(with_one > before && all > with_one);
	close(file[1]);
	check(module_references() < all);
	close(file[0]);
	check(references_are(with_one));
	check(module_references() > before);
	close(file[2]);
	check(references_are(before));
	/* Again and again: no reference is lost or left. */
	for (i = 0; i < 100; i++)
		close(lone_file(d));
	check(references_are(before));
	memory_end(d);
}

/* The device keeps what its memory files need, and gives it back when it is closed. */
TAP_CASE(memory_keeps_the_module_by_its_maker)
{
	struct domain *d = memory_full(N);
	long before = module_references(), with_device;
	int fd = privcmd_open(), i;

	with_device = module_references();
	close(memory_file(fd, d, d->frame[0], N, 0));
	check(module_references() > with_device);
	with_device = module_references();
	for (i = 0; i < 10; i++)
		close(memory_file(fd, d, d->frame[0], N, 0));
	check(references_are(with_device));
	close(fd);
	check(references_are(before));
	memory_end(d);
}

/* The kernel collects sockets that nobody can receive when it releases another socket. */
static bool collected(long n)
{
	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	close(sock[0]);
	close(sock[1]);
	return module_references() == n;
}

/*
 * The only descriptors of two sockets are in each other's queue, together with the file.
 * Nobody can receive them any more, so the kernel collects them.
 */
TAP_CASE(memory_in_a_cycle, .rows = "A57")
{
	struct domain *d = memory_full(N);
	long before = module_references();
	int file = lone_file(d), other[2];
	struct area a;

	a = area_new(file, N);
	memory_shows(&a, d, 0);
	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, other));
	pass_send(sock[0], other[1]);
	pass_send(other[0], sock[1]);
	pass_send(sock[0], file);
	pass_send(other[0], file);
	close(file);
	check_eq(munmap(a.va, N * PAGE), 0);
	check(module_references() > before);
	close(sock[0]);
	close(sock[1]);
	close(other[0]);
	close(other[1]);
	check(tap_soon(collected(before), module_references()));
	memory_end(d);
}

/* A watch on the inode does not keep it. */
TAP_CASE(memory_watched)
{
	struct domain *d = memory_full(N);
	long before = module_references();
	int watch = inotify_init1(IN_CLOEXEC), file;
	char path[32];

	if (watch < 0)
		skip("this kernel has no inotify");
	file = lone_file(d);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	check(inotify_add_watch(watch, path, IN_ALL_EVENTS) >= 0);
	close(file);
	check(references_are(before));
	close(watch);
	memory_end(d);
}
