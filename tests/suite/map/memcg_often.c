// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What calls allocate is freed with the call or with the open file, and counts against
 * the memory control group until then. The group's count of memory shows losses that
 * are too small for the memory of the whole machine.
 */
#include <sched.h>

#include "dom0/late.h"
#include "map/memcg.h"
#include "memory/memory.h"

/* Bytes. The kernel itself keeps up to 256 KiB of a group's memory for each CPU. */
#define LOST (384L << 10)

struct user {
	int fd;
	struct domain *d;
	struct area a; /* of another file, lazy; it has a->n pages of @d */
	unsigned char *buf;
};

static long in_group(void)
{
	return memcg_get("memory.current", "");
}

/*
 * Makes a call very often in a process of the group. @times calls that each lost a
 * little would lose more than LOST together.
 */
static void loses_nothing(void (*call)(struct user *u), struct user *u,
			  int times)
{
	cpu_set_t one;
	long before, now = 0;
	pid_t pid;
	int i, how;

	memcg_new();
	pid = fork();
	if (pid == 0) {
		memcg_join();
		/* Each CPU keeps memory of its own. */
		CPU_ZERO(&one);
		CPU_SET(0, &one);
		must(!sched_setaffinity(0, sizeof(one), &one));
		if (u->a.n) {
			u->a = area_new(privcmd_open(), u->a.n);
			must(!x_map_area(&u->a, u->d, 0, LAZY));
		}
		for (i = 0; i < 100; i++)
			call(u);
		before = in_group();
		for (i = 0; i < times; i++)
			call(u);
		/* The kernel frees some memory a little later. */
		if (!check(tap_soon((now = in_group()) - before < LOST, now)))
			tap_note("%ld bytes before, %ld after", before, now);
		_exit(0);
	}
	must(pid > 0 && waitpid(pid, &how, 0) == pid);
	check_eq(how, 0);
}

static void open_and_close(struct user *u)
{
	(void)u;
	close(privcmd_open());
}

TAP_CASE(memcg_open_often, .rows = "A20")
{
	struct user u = { 0 };

	loses_nothing(open_and_close, &u, 3000);
}

static void memory_and_close(struct user *u)
{
	int file = memory_file(u->fd, u->d, u->d->frame[0], 1, 0);

	must(file >= 0);
	close(file);
}

TAP_CASE(memcg_memory_often, .rows = "A20")
{
	struct user u = { .d = memory_full(1), .fd = privcmd_open() };

	loses_nothing(memory_and_close, &u, 3000);
}

static struct user lazy_user(size_t n)
{
	return (struct user){
		.fd = privcmd_open(),
		.d = domain_new(DOMAIN_ANY, n),
		.a.n = n,
	};
}

static void by_a_new_file(struct user *u)
{
	int fd = privcmd_open();

	must(!x_unmap(fd, u->a.va, 1));
	must(!x_map(fd, u->d->id, u->a.va, u->d->frame, 1, LAZY, NULL));
	close(fd);
}

/*
 * A mapping keeps nothing of a closed file, although the file has populated one of its
 * pages, and although the mapping is never empty.
 */
TAP_HAZARD(memcg_area_of_many_files, .rows = "A20 A24")
{
	struct user u;

	need_ours();
	u = lazy_user(2);
	loses_nothing(by_a_new_file, &u, 3000);
}

static void with_statuses(struct user *u)
{
	must(!x_unmap(u->a.fd, u->a.va, 512));
	must(!x_map(u->a.fd, u->d->id, u->a.va, u->d->frame, 512, LAZY,
		    (void *)u->buf));
}

TAP_CASE(memcg_x_map_often, .rows = "A20")
{
	struct user u;

	need_ours();
	u = lazy_user(513);
	u.buf = buffer(1);
	loses_nothing(with_statuses, &u, 500);
}

static void write_pages(struct user *u)
{
	struct privcmd_x_copy c = {
		.size = sizeof(c),
		.flags = PRIVCMD_X_COPY_WRITE,
		.dom = u->d->id,
		.frames = (unsigned long)u->d->frame,
		.num = 8,
		.len = 8 * PAGE,
		.buf = (unsigned long)u->buf,
	};

	must(!ioctl(u->fd, PRIVCMD_X_COPY, &c));
	must(c.done == 8 * PAGE);
}

TAP_CASE(memcg_x_copy_often, .rows = "A20")
{
	struct user u = { 0 };

	need_ours();
	u.fd = privcmd_open();
	u.d = domain_new(DOMAIN_ANY, 8);
	u.buf = buffer(8);
	loses_nothing(write_pages, &u, 100);
}

#define WRITERS 40

static pthread_barrier_t writers;

static void *write_at_once(void *arg)
{
	pthread_barrier_wait(&writers);
	pthread_barrier_wait(&writers);
	write_pages(arg);
	return NULL;
}

/* Each call has a buffer of 32 KiB while it waits for a page of its caller. */
static void copies_wait(struct user *u)
{
	pthread_t t[WRITERS];
	struct late l;
	long before;
	int i;

	late_new(&l, 8);
	u->buf = l.pages;
	late_take(&l, 0);
	must(!pthread_barrier_init(&writers, NULL, WRITERS + 1));
	for (i = 0; i < WRITERS; i++)
		must(!pthread_create(&t[i], NULL, write_at_once, u));
	pthread_barrier_wait(&writers);
	before = in_group();
	pthread_barrier_wait(&writers);
	for (i = 0; i < WRITERS; i++)
		late_wanted(&l, 0);
	/* The rest may have been in stock before. */
	check(in_group() - before > WRITERS * (24L << 10));
	late_give(&l, 0);
	for (i = 0; i < WRITERS; i++)
		pthread_join(t[i], NULL);
	late_done(&l);
}

TAP_HAZARD(memcg_x_copy_waits, .rows = "B10")
{
	struct user u = { 0 };
	pid_t pid;
	int how;

	need_ours();
	u.fd = privcmd_open();
	u.d = domain_new(DOMAIN_ANY, 8);
	memcg_new();
	pid = fork();
	if (pid == 0) {
		memcg_join();
		copies_wait(&u);
		_exit(0);
	}
	must(pid > 0 && waitpid(pid, &how, 0) == pid);
	check_eq(how, 0);
}
