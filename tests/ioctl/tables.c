// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Mappings that fill whole page tables: where they lie, and what becomes of them
 * and of what is beside them when they go, with drop_tables, which a PV dom0 then
 * empties these tables at once by. Elsewhere the same holds without.
 */
#include <pthread.h>

#include "events.h"
#include "suite.h"

#define TABLE 512UL /* pages */
#define RW    (PROT_READ | PROT_WRITE)

static bool watched;

/* From now on; what is done of it can be seen by drops(). */
static void drop_tables(void)
{
	if (!driver())
		return;
	must(param_set("drop_tables", "1"));
	watched = !xlate();
	if (watched)
		events_record("privcmd_clear");
}

/* Since the last time: @areas went, with so many whole tables in each. */
static void drops(unsigned int areas, unsigned int tables)
{
	char text[32];

	if (!watched)
		return;
	snprintf(text, sizeof(text), " tables=%u\n", tables);
	check_eq(events_seen(text), areas);
	check_eq(events_seen(" privcmd_clear:"), areas);
	events_forget();
}

/*
 * Address space of @n page tables, from the first page of one on, for areas that
 * are mapped with the fast ways on, without which no table is dropped.
 */
static unsigned char *space(size_t n)
{
	uintptr_t va = (uintptr_t)aside((n + 1) * TABLE);

	must(!driver() || param_set("fast", "1"));
	return (unsigned char *)((va + TABLE * PAGE - 1) & -(TABLE * PAGE));
}

static struct area area_at(int fd, unsigned char *va, size_t n)
{
	must(mmap(va, n * PAGE, RW, MAP_SHARED | MAP_FIXED, fd, 0) == va);
	return (struct area){ .fd = fd, .va = va, .n = n };
}

/* Memory of the program's own, with a pattern in it. */
static void own_at(unsigned char *va, size_t n, unsigned int seed)
{
	size_t i;

	must(mmap(va, n * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		  0) == va);
	for (i = 0; i < n; i++)
		page_fill(va + i * PAGE, seed + i);
}

static bool own_is(unsigned char *va, size_t n, unsigned int seed)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!page_has(va + i * PAGE, seed + i))
			return false;
	return true;
}

static bool all_there(const struct area *a, const struct domain *d)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (!page_has(page_at(a, i), domain_seed(d, i)))
			return false;
	return true;
}

static void end_of(struct domain *d)
{
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * A choice of the kernel's is the best place, if it has the huge pages for which
 * it can make that choice. In-tree leaves it to chance.
 */
TAP_CASE(tables_aligned)
{
	int fd = privcmd_open();
	size_t n;

	drop_tables();
	for (n = TABLE; n <= 4 * TABLE; n += 300) {
		struct area a = area_new(fd, n);

		if (watched &&
		    !access("/sys/kernel/mm/transparent_hugepage", F_OK))
			check_eq((uintptr_t)a.va % (TABLE * PAGE), 0);
		area_done(&a);
	}
}

/* Who asks for a place gets it, aligned or not, if it just fits. */
TAP_CASE(tables_hint)
{
	unsigned char *at = space(3) + 5 * PAGE, *va;
	int fd = privcmd_open();

	drop_tables();
	must(!munmap(at, TABLE * PAGE));
	va = mmap(at, TABLE * PAGE, RW, MAP_SHARED, fd, 0);
	check(va == at);
	check_eq(munmap(va, TABLE * PAGE), 0);
}

/* Unmapped and mapped again, in the same tables: what was written is there. */
TAP_CASE(tables_whole, .seconds = 300)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2 * TABLE);
	unsigned char *va = space(2);
	int fd = privcmd_open(), i;
	struct area a;

	drop_tables();
	for (i = 0; i < 2; i++) {
		a = area_at(fd, va, 2 * TABLE);
		must(map_frames(&a, d, 0));
		if (i)
			check(own_is(a.va, a.n, i - 1));
		else
			check(all_there(&a, d));
		for (size_t k = 0; k < a.n; k++)
			page_fill(page_at(&a, k), i + k);
		area_done(&a);
		drops(1, 2);
		check_eq(touch(va), SIGSEGV);
		check_eq(touch(va + (2 * TABLE - 1) * PAGE), SIGSEGV);
	}
	end_of(d);
}

/* Tables that are shared with others lose only what is the area's. */
TAP_CASE(tables_partly, .seconds = 300)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2 * TABLE);
	size_t before = 100, behind = TABLE - before;
	unsigned char *va = space(3);
	int fd = privcmd_open();
	struct area a;

	drop_tables();
	own_at(va, before, 1000);
	a = area_at(fd, va + before * PAGE, 2 * TABLE);
	own_at(a.va + a.n * PAGE, behind, 3000);
	must(map_frames(&a, d, 0));
	check(all_there(&a, d));
	area_done(&a);
	drops(1, 1);
	check(own_is(va, before, 1000));
	check(own_is(va + (3 * TABLE - behind) * PAGE, behind, 3000));
	check_eq(touch(va + before * PAGE), SIGSEGV);
	end_of(d);
}

/* Neighbours in other tables: memory, and a mapping that stays. */
TAP_CASE(tables_neighbours, .seconds = 300)
{
	struct domain *d = domain_new(DOMAIN_ANY, TABLE);
	unsigned char *va = space(3);
	int fd = privcmd_open();
	struct area a, b;

	drop_tables();
	own_at(va, TABLE, 5);
	a = area_at(fd, va + TABLE * PAGE, TABLE);
	b = area_at(fd, va + 2 * TABLE * PAGE, TABLE);
	must(map_frames(&a, d, 0));
	must(map_frames(&b, d, 0));
	check_eq(munmap(a.va, a.n * PAGE), 0);
	drops(1, 1);
	check(own_is(va, TABLE, 5));
	check(all_there(&b, d));
	area_done(&b);
	drops(1, 1);
	check(own_is(va, TABLE, 5));
	end_of(d);
}

/* Replaced by memory, and by another area of the device. */
TAP_CASE(tables_map_fixed, .seconds = 300)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2 * TABLE);
	unsigned char *va = space(2);
	int fd = privcmd_open();
	struct area a;

	drop_tables();
	a = area_at(fd, va, 2 * TABLE);
	must(map_frames(&a, d, 0));
	a = area_at(fd, va, 2 * TABLE);
	drops(1, 2);
	check_eq(touch(va), SIGBUS);
	must(map_frames(&a, d, 0));
	check(all_there(&a, d));
	own_at(va, 2 * TABLE, 77);
	drops(1, 2);
	check(own_is(va, 2 * TABLE, 77));
	end_of(d);
	check(own_is(va, 2 * TABLE, 77));
}

/* One munmap() of several areas and of what is between them. */
TAP_CASE(tables_several, .seconds = 300)
{
	struct domain *d = domain_new(DOMAIN_ANY, TABLE);
	unsigned char *va = space(4);
	int fd = privcmd_open();
	struct area a, b;

	drop_tables();
	a = area_at(fd, va, TABLE);
	own_at(va + TABLE * PAGE, TABLE, 9);
	b = area_at(fd, va + 2 * TABLE * PAGE, TABLE);
	own_at(va + 3 * TABLE * PAGE, TABLE, 10);
	must(map_frames(&a, d, 0));
	must(map_frames(&b, d, 0));
	check_eq(munmap(va, 3 * TABLE * PAGE), 0);
	drops(2, 1);
	check(own_is(va + 3 * TABLE * PAGE, TABLE, 10));
	end_of(d);
}

/* Moved, to another place in its tables too, and back. */
TAP_HAZARD(tables_mremap, .rows = "B1", .seconds = 300)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2 * TABLE);
	unsigned char *place[] = { space(3) + 7 * PAGE, space(2) };
	struct area a = area_new(privcmd_open(), 2 * TABLE);
	size_t i;

	drop_tables();
	must(map_frames(&a, d, 0));
	for (i = 0; i < ARRAY_SIZE(place); i++) {
		must(mremap(a.va, a.n * PAGE, a.n * PAGE,
			    MREMAP_MAYMOVE | MREMAP_FIXED,
			    place[i]) == place[i]);
		a.va = place[i];
		check(all_there(&a, d));
	}
	area_done(&a);
	end_of(d);
}

/* Every second frame is not there; and nothing is, in the second table. */
TAP_CASE(tables_holes, .seconds = 300)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2 * TABLE);
	struct area a = { privcmd_open(), space(2), 2 * TABLE };
	int *err = calloc(a.n, sizeof(*err));
	size_t i;

	must(err);
	drop_tables();
	area_at(a.fd, a.va, a.n);
	for (i = 0; i < a.n; i++)
		if (i % 2 || i >= TABLE)
			d->frame[i] = BAD_FRAME;
	must(!v2(a.fd, d->id, a.va, d->frame, err, a.n));
	for (i = 0; i < a.n; i++)
		check((err[i] < 0) == (i % 2 || i >= TABLE));
	area_done(&a);
	drops(1, 2);
	end_of(d);
}

TAP_CASE(tables_read_only, .seconds = 300)
{
	struct domain *d = domain_new(DOMAIN_ANY, TABLE);
	struct area a = { privcmd_open(), space(1), TABLE };

	must(mmap(a.va, a.n * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, a.fd,
		  0) == a.va);
	must(map_frames(&a, d, 0));
	check(all_there(&a, d));
	drop_tables();
	area_done(&a);
	drops(1, 1);
	end_of(d);
}

/* The last references to a domain's frames are those of its entries. */
TAP_CASE(tables_dead_domain, .seconds = 300)
{
	struct domain *d = domain_new(DOMAIN_ANY, TABLE);
	struct area a = area_at(privcmd_open(), space(1), TABLE);

	must(map_frames(&a, d, 0));
	domain_destroy(d);
	check(all_there(&a, d));
	check(domain_held(d));
	drop_tables();
	check_eq(munmap(a.va, a.n * PAGE), 0);
	drops(1, 1);
	check(domain_gone(d));
}

/* The child has none of it, and a mapping of its own at the same place. */
TAP_CASE(tables_fork, .seconds = 300)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2 * TABLE);
	struct area a = area_at(privcmd_open(), space(2), 2 * TABLE);

	drop_tables();
	must(map_frames(&a, d, 0));
	if (!fork()) {
		check_eq(touch(a.va), SIGSEGV);
		a = area_at(a.fd, a.va, a.n);
		check(map_frames(&a, d, 0));
		check(all_there(&a, d));
		check_eq(munmap(a.va, a.n * PAGE), 0);
		_exit(0);
	}
	wait(NULL);
	drops(1, 2);
	check(all_there(&a, d));
	area_done(&a);
	drops(1, 2);
	end_of(d);
}

/* The tables of a process that ends are no longer the hypervisor's. */
TAP_CASE(tables_exit, .seconds = 300)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2 * TABLE);
	int how;

	drop_tables();
	for (how = 0; how < 2; how++) {
		pid_t pid = fork();

		if (!pid) {
			struct area a =
				area_at(privcmd_open(), space(2), 2 * TABLE);

			must(map_frames(&a, d, 0));
			if (how)
				kill(getpid(), SIGKILL);
			_exit(0);
		}
		must(waitpid(pid, NULL, 0) == pid);
		drops(1, 0);
	}
	end_of(d);
}

TAP_CASE(tables_not_dropped)
{
	struct domain *d = domain_new(DOMAIN_ANY, TABLE);
	struct area a = area_at(privcmd_open(), space(1), TABLE);

	drop_tables();
	if (driver())
		must(param_set("drop_tables", "0"));
	must(map_frames(&a, d, 0));
	area_done(&a);
	drops(1, 0);
	end_of(d);
}

/* What others do while tables of the same level are taken out and put back. */
static struct {
	unsigned char *va;
	struct domain *d;
	struct area stays;
	volatile bool stop;
} race;

static void *touch_neighbours(void *unused)
{
	(void)unused;
	while (!race.stop) {
		check(own_is(race.va, 16, 21));
		check(own_is(race.va + (TABLE - 16) * PAGE, 16,
			     21 + TABLE - 16));
		check(page_has(page_at(&race.stays, 3),
			       domain_seed(race.d, 3)));
	}
	return NULL;
}

/* Page tables come and go beside them. */
static void *make_neighbours(void *unused)
{
	unsigned char *va = race.va + 4 * TABLE * PAGE;

	(void)unused;
	while (!race.stop) {
		own_at(va, 2, 5);
		check(own_is(va, 2, 5));
		must(mmap(va, TABLE * PAGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			  0) == va);
	}
	return NULL;
}

/* The area itself: there or not, it is never anything else. */
static void *look_inside(void *unused)
{
	const void *page;
	size_t i = 0;

	(void)unused;
	for (; !race.stop; i = (i + 37) % TABLE) {
		page = page_copy(race.va + (TABLE + i) * PAGE);
		if (page)
			check(page_has(page, domain_seed(race.d, i)));
	}
	return NULL;
}

TAP_CASE(tables_threads, .seconds = 300)
{
	void *(*work[])(void *) = { touch_neighbours, make_neighbours,
				    look_inside };
	pthread_t thread[ARRAY_SIZE(work)];
	int fd = privcmd_open(), round;
	struct area a;
	size_t i;

	race.d = domain_new(DOMAIN_ANY, 2 * TABLE);
	drop_tables();
	race.va = space(5);
	own_at(race.va, TABLE, 21);
	race.stays = area_at(fd, race.va + 3 * TABLE * PAGE, TABLE);
	must(map_frames(&race.stays, race.d, 0));
	/* Its copy gets a place before there is a hole in which it could lie. */
	must(page_copy(race.va));
	for (i = 0; i < ARRAY_SIZE(work); i++)
		must(!pthread_create(&thread[i], NULL, work[i], NULL));
	for (round = 0; round < 60; round++) {
		a = area_at(fd, race.va + TABLE * PAGE, 2 * TABLE);
		must(map_frames(&a, race.d, 0));
		/* half of them are replaced, half go */
		if (round % 2)
			check_eq(munmap(a.va, a.n * PAGE), 0);
	}
	race.stop = true;
	for (i = 0; i < ARRAY_SIZE(work); i++)
		pthread_join(thread[i], NULL);
	drops(60, 2);
	check(own_is(race.va, TABLE, 21));
	check(all_there(&race.stays, race.d));
	area_done(&race.stays);
	end_of(race.d);
}
