// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Mappings that fill whole page tables and end with a process, after their
 * domain, or while other threads work beside them.
 */
#include <pthread.h>

#include "map/tables.h"

/* The entries hold the last references to a domain's frames. */
TAP_CASE(tables_dead_domain, .seconds = 300)
{
	struct domain *d = domain_new(DOMAIN_ANY, TABLE);
	struct area a = area_at(privcmd_open(), space(1), TABLE);

	must(map_frames(&a, d, 0));
	domain_destroy(d);
	check(all_there(&a, d));
	check(domain_held(d));
	watch_clears();
	check_eq(munmap(a.va, a.n * PAGE), 0);
	cleared(1);
	check(domain_gone(d));
}

/*
 * The child has nothing of the mapping, and makes a mapping of its own at the
 * same address.
 */
TAP_CASE(tables_fork, .seconds = 300)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2 * TABLE);
	struct area a = area_at(privcmd_open(), space(2), 2 * TABLE);

	watch_clears();
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
	cleared(1);
	check(all_there(&a, d));
	area_done(&a);
	cleared(1);
	end_of(d);
}

/*
 * The page tables of a process that has ended do not belong to the hypervisor's
 * page tables any more.
 */
TAP_CASE(tables_exit, .seconds = 300)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2 * TABLE);
	int how;

	watch_clears();
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
		cleared(1);
	}
	end_of(d);
}

/* What other threads do while page tables of the same level are cleared. */
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

/* Page tables are allocated and freed beside them. */
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

/* The area itself: a page is either absent or shows the right frame. */
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

/*
 * 60 areas of two page tables are mapped and removed while three threads work
 * in the neighbourhood.
 *
 * Each check has one right answer. Neighbours keep their bytes. A page of the
 * area is absent or shows its own frame. The event counts exactly 60 clears. So
 * an entry that is dropped too often, too late or at a wrong address fails a
 * check.
 */
TAP_CASE(tables_threads, .seconds = 300)
{
	void *(*work[])(void *) = { touch_neighbours, make_neighbours,
				    look_inside };
	pthread_t thread[ARRAY_SIZE(work)];
	int fd = privcmd_open(), round;
	struct area a;
	size_t i;

	race.d = domain_new(DOMAIN_ANY, 2 * TABLE);
	watch_clears();
	race.va = space(5);
	own_at(race.va, TABLE, 21);
	race.stays = area_at(fd, race.va + 3 * TABLE * PAGE, TABLE);
	must(map_frames(&race.stays, race.d, 0));
	/*
	 * page_copy() allocates its page before there is a hole in which that
	 * page could lie.
	 */
	must(page_copy(race.va));
	for (i = 0; i < ARRAY_SIZE(work); i++)
		must(!pthread_create(&thread[i], NULL, work[i], NULL));
	for (round = 0; round < 60; round++) {
		a = area_at(fd, race.va + TABLE * PAGE, 2 * TABLE);
		must(map_frames(&a, race.d, 0));
		/* Half of the areas are replaced, half are unmapped. */
		if (round % 2)
			check_eq(munmap(a.va, a.n * PAGE), 0);
	}
	race.stop = true;
	for (i = 0; i < ARRAY_SIZE(work); i++)
		pthread_join(thread[i], NULL);
	cleared(60);
	check(own_is(race.va, TABLE, 21));
	check(all_there(&race.stays, race.d));
	area_done(&race.stays);
	end_of(race.d);
}
