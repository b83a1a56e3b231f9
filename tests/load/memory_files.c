// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Memory files are made, mapped, read, written, passed over a socket and closed, in this
 * process and in children that are killed. Each page is read in two ways: through an area,
 * and by read(2).
 */
#include <sys/mman.h>
#include <sys/socket.h>

#include "dom0/pass.h"
#include "stress.h"

#define AREA_PAGES 32

/* A memory file of all pages of HARDWARE, whose frames follow one another. */
struct memory {
	struct worker *w;
	int file;
	bool read_only;
	unsigned char *buf; /* a page */
};

static unsigned int expected(const struct memory *m, size_t page)
{
	const struct worker *w = m->w;

	if (page >= w->own && page < w->own + OWN)
		return w->seed[HARDWARE][page - w->own];
	return domain_seed(target[HARDWARE], page);
}

/* A page that no worker writes, or one that only this worker writes. */
static size_t any_page(struct worker *w)
{
	return one_in(&w->rng, 4) ? w->own + below(&w->rng, OWN) :
				    below(&w->rng, COMMON);
}

/*
 * The first memory file of an open device makes a mount, which stays. So each file of the
 * loads has made one before anything is measured.
 */
void memory_files_first(int fd)
{
	struct privcmd_x_memory x = {
		.size = sizeof(x),
		.dom = target[HARDWARE]->id,
		.num = 1,
	};

	close(ioctl(fd, PRIVCMD_X_MEMORY, &x));
}

/* The file's maker is a file of the load, or one of its own that may be restricted. */
static int make(struct worker *w, unsigned int flags)
{
	struct privcmd_x_memory x = {
		.size = sizeof(x),
		.flags = flags,
		.dom = target[HARDWARE]->id,
		.first = target[HARDWARE]->frame[0],
		.num = TARGET_PAGES,
	};
	int maker, file;

	if (one_in(&w->rng, 2))
		return ioctl(one_in(&w->rng, 2) ? w->fd : w->common,
			     PRIVCMD_X_MEMORY, &x);
	maker = privcmd_open();
	if (one_in(&w->rng, 2))
		check_eq(restrict_to(maker, x.dom), 0);
	file = ioctl(maker, PRIVCMD_X_MEMORY, &x);
	close(maker);
	return file;
}

/*
 * Sends the file, and closes its descriptor. Returns the one that was received. Some
 * messages are left in the queue, and go with the socket.
 */
static int passed(struct worker *w, int file)
{
	int sock[2], received;

	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock));
	pass_send(sock[0], file);
	close(file);
	received = pass_receive(sock[1]);
	if (one_in(&w->rng, 2))
		pass_send(sock[0], received);
	close(sock[0]);
	close(sock[1]);
	return received;
}

/*
 * Reads a page as the kernel does for a program, so that a page without a slot is no
 * signal. On an auto-translated dom0 slots may be short.
 */
static void check_page(const struct memory *m, const void *va, size_t page)
{
	const void *copy = page_copy(va);

	count(CHECKED, 1);
	if (!copy && xlate())
		count(NO_ROOM, 1);
	else if (check(copy) && !check(page_has(copy, expected(m, page))))
		tap_note("wrong: page %zu of an area", page);
}

static void read_page(const struct memory *m, size_t page)
{
	ssize_t ret = pread(m->file, m->buf, PAGE, page * PAGE);

	if (no_room(ret))
		return;
	count(CHECKED, 1);
	if (check_eq(ret, PAGE) && !check(page_has(m->buf, expected(m, page))))
		tap_note("wrong: page %zu of a file", page);
}

/* One of this worker's own pages gets a pattern that it never had before. */
static void write_page(const struct memory *m)
{
	unsigned int i = below(&m->w->rng, OWN);
	unsigned int *seed = &m->w->seed[HARDWARE][i];
	off_t at = (m->w->own + i) * PAGE;
	ssize_t ret;

	page_fill(m->buf, *seed + 0x10001);
	ret = pwrite(m->file, m->buf, PAGE, at);
	if (m->read_only) {
		check_eq(ret, -1);
		check_eq(errno, EBADF);
		count(REFUSED, 1);
	} else if (!no_room(ret) && check_eq(ret, PAGE)) {
		*seed += 0x10001;
		count(WRITTEN, 1);
	}
}

/* An area of some pages: some of them are accessed, released, and accessed again. */
static void use_area(const struct memory *m)
{
	struct rng *rng = &m->w->rng;
	size_t n = 1 + below(rng, AREA_PAGES), first, i;
	struct privcmd_x_unmap x = { .size = sizeof(x) };
	unsigned char *va;

	first = one_in(rng, 4) ? m->w->own : below(rng, COMMON - AREA_PAGES);
	if (first == m->w->own && n > OWN)
		n = OWN;
	va = mmap(NULL, n * PAGE, PROT_READ | (m->read_only ? 0 : PROT_WRITE),
		  MAP_SHARED, m->file, first * PAGE);
	must(check(va != MAP_FAILED));
	count(MAPPINGS, 1);
	for (i = 0; i < n; i += 1 + below(rng, 3))
		check_page(m, va + i * PAGE, first + i);
	i = below(rng, n);
	x.addr = (unsigned long)va + i * PAGE;
	x.num = 1 + below(rng, n - i);
	check_eq(ioctl(one_in(rng, 2) ? m->file : m->w->common, PRIVCMD_X_UNMAP,
		       &x),
		 0);
	write_page(m);
	for (i = 0; i < n; i++)
		check_page(m, va + i * PAGE, first + i);
	check_eq(munmap(va, n * PAGE), 0);
}

/* A child has the file and no area. It is killed at work, or ends. */
static void use_in_child(const struct memory *m)
{
	unsigned char *va;
	size_t i;
	pid_t pid;

	pid = fork();
	if (pid == 0) {
		va = mmap(NULL, COMMON * PAGE, PROT_READ, MAP_SHARED, m->file,
			  0);
		must(check(va != MAP_FAILED));
		for (i = 0; i < COMMON; i++) {
			check_page(m, va + i * PAGE, i);
			read_page(m, i);
		}
		_exit(0);
	}
	must(pid > 0);
	usleep(below(&m->w->rng, 20000));
	kill(pid, SIGKILL);
	must(waitpid(pid, NULL, 0) == pid);
	count(KILLS, 1);
}

static void round_of_memory_files(struct worker *w, unsigned char *buf)
{
	bool read_only = one_in(&w->rng, 3);
	struct memory m = { .w = w, .read_only = read_only, .buf = buf };
	unsigned int n = 1 + below(&w->rng, 4);

	m.file = make(w, (read_only ? PRIVCMD_X_MEMORY_READ_ONLY : 0) |
				 (one_in(&w->rng, 2) ?
					  PRIVCMD_X_MEMORY_ZERO_HOLES :
					  0));
	must(check(m.file >= 0));
	while (n--) {
		if (one_in(&w->rng, 3))
			m.file = passed(w, m.file);
		use_area(&m);
		write_page(&m);
		read_page(&m, any_page(w));
	}
	if (one_in(&w->rng, 4))
		use_in_child(&m);
	check_eq(fdinfo(m.file, "xen-privcmd-frames"), 0);
	check_eq(fdinfo(m.file, "xen-privcmd-lazy"), 0);
	check_eq(fdinfo(m.file, "xen-privcmd-failed"), 0);
	close(m.file);
	count(MEMORY_FILES, 1);
	count(ROUNDS, 1);
}

void load_memory_files(struct worker *w)
{
	unsigned char *buf = buffer(1);

	while (running())
		round_of_memory_files(w, buf);
}
