// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Mappings that fill whole page tables: their addresses, and what happens to
 * them and to their neighbours when they are unmapped. tables_life.c has those
 * that end with a domain, a process or a thread.
 */
#include "map/tables.h"
#include "x/map.h"

static bool watched;

void watch_clears(void)
{
	if (!driver() || xlate())
		return;
	watched = true;
	events_record("privcmd_clear");
}

void cleared(unsigned int areas)
{
	if (!watched)
		return;
	check_eq(events_seen(" privcmd_clear:"), areas);
	events_forget();
}

unsigned char *space(size_t n)
{
	uintptr_t va = (uintptr_t)aside((n + 1) * TABLE);

	must(!driver() || param_set("fast", "1"));
	return (unsigned char *)((va + TABLE * PAGE - 1) & -(TABLE * PAGE));
}

struct area area_at(int fd, unsigned char *va, size_t n)
{
	must(mmap(va, n * PAGE, RW, MAP_SHARED | MAP_FIXED, fd, 0) == va);
	return (struct area){ .fd = fd, .va = va, .n = n };
}

void own_at(unsigned char *va, size_t n, unsigned int seed)
{
	size_t i;

	must(mmap(va, n * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		  0) == va);
	for (i = 0; i < n; i++)
		page_fill(va + i * PAGE, seed + i);
}

bool own_is(unsigned char *va, size_t n, unsigned int seed)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!page_has(va + i * PAGE, seed + i))
			return false;
	return true;
}

bool all_there(const struct area *a, const struct domain *d)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (!page_has(page_at(a, i), domain_seed(d, i)))
			return false;
	return true;
}

void end_of(struct domain *d)
{
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * An mmap() with an address as a hint gets that address, aligned or not, if the
 * area fits exactly.
 */
TAP_CASE(tables_hint)
{
	unsigned char *at = space(3) + 5 * PAGE, *va;
	int fd = privcmd_open();

	watch_clears();
	must(!munmap(at, TABLE * PAGE));
	va = mmap(at, TABLE * PAGE, RW, MAP_SHARED, fd, 0);
	check(va == at);
	check_eq(munmap(va, TABLE * PAGE), 0);
}

/*
 * Unmapped and mapped again, in the same page tables. The bytes that were
 * written are there.
 */
TAP_CASE(tables_whole, .seconds = 300)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2 * TABLE);
	unsigned char *va = space(2);
	int fd = privcmd_open(), i;
	struct area a;

	watch_clears();
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
		cleared(1);
		check_eq(touch(va), SIGSEGV);
		check_eq(touch(va + (2 * TABLE - 1) * PAGE), SIGSEGV);
	}
	end_of(d);
}

/*
 * Page tables that are shared with other areas lose only the entries of this
 * area.
 */
TAP_CASE(tables_partly, .seconds = 300)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2 * TABLE);
	size_t before = 100, behind = TABLE - before;
	unsigned char *va = space(3);
	int fd = privcmd_open();
	struct area a;

	watch_clears();
	own_at(va, before, 1000);
	a = area_at(fd, va + before * PAGE, 2 * TABLE);
	own_at(a.va + a.n * PAGE, behind, 3000);
	must(map_frames(&a, d, 0));
	check(all_there(&a, d));
	area_done(&a);
	cleared(1);
	check(own_is(va, before, 1000));
	check(own_is(va + (3 * TABLE - behind) * PAGE, behind, 3000));
	check_eq(touch(va + before * PAGE), SIGSEGV);
	end_of(d);
}

/* Neighbours in other page tables: memory, and a mapping that stays. */
TAP_CASE(tables_neighbours, .seconds = 300)
{
	struct domain *d = domain_new(DOMAIN_ANY, TABLE);
	unsigned char *va = space(3);
	int fd = privcmd_open();
	struct area a, b;

	watch_clears();
	own_at(va, TABLE, 5);
	a = area_at(fd, va + TABLE * PAGE, TABLE);
	b = area_at(fd, va + 2 * TABLE * PAGE, TABLE);
	must(map_frames(&a, d, 0));
	must(map_frames(&b, d, 0));
	check_eq(munmap(a.va, a.n * PAGE), 0);
	cleared(1);
	check(own_is(va, TABLE, 5));
	check(all_there(&b, d));
	area_done(&b);
	cleared(1);
	check(own_is(va, TABLE, 5));
	end_of(d);
}

/* Replaced by another area of the device, then by memory. */
TAP_CASE(tables_map_fixed, .seconds = 300)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2 * TABLE);
	unsigned char *va = space(2);
	int fd = privcmd_open();
	struct area a;

	watch_clears();
	a = area_at(fd, va, 2 * TABLE);
	must(map_frames(&a, d, 0));
	a = area_at(fd, va, 2 * TABLE);
	cleared(1);
	check_eq(touch(va), SIGBUS);
	must(map_frames(&a, d, 0));
	check(all_there(&a, d));
	own_at(va, 2 * TABLE, 77);
	cleared(1);
	check(own_is(va, 2 * TABLE, 77));
	end_of(d);
	check(own_is(va, 2 * TABLE, 77));
}

/* One munmap() of several areas and of the memory between them. */
TAP_CASE(tables_several, .seconds = 300)
{
	struct domain *d = domain_new(DOMAIN_ANY, TABLE);
	unsigned char *va = space(4);
	int fd = privcmd_open();
	struct area a, b;

	watch_clears();
	a = area_at(fd, va, TABLE);
	own_at(va + TABLE * PAGE, TABLE, 9);
	b = area_at(fd, va + 2 * TABLE * PAGE, TABLE);
	own_at(va + 3 * TABLE * PAGE, TABLE, 10);
	must(map_frames(&a, d, 0));
	must(map_frames(&b, d, 0));
	check_eq(munmap(va, 3 * TABLE * PAGE), 0);
	cleared(2);
	check(own_is(va + 3 * TABLE * PAGE, TABLE, 10));
	end_of(d);
}

/* Moved within page tables, and to other ones. */
TAP_HAZARD(tables_mremap, .rows = "B1", .seconds = 300)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2 * TABLE);
	unsigned char *place[] = { space(3) + 7 * PAGE, space(2) };
	struct area a = area_new(privcmd_open(), 2 * TABLE);
	size_t i;

	watch_clears();
	must(map_frames(&a, d, 0));
	for (i = 0; i < ARRAY_SIZE(place); i++) {
		must(mremap(a.va, a.n * PAGE, a.n * PAGE,
			    MREMAP_MAYMOVE | MREMAP_FIXED,
			    place[i]) == place[i]);
		a.va = place[i];
		check(all_there(&a, d));
	}
	/* After a move the entries are still dropped with few hypercalls. */
	if (watched) {
		events_forget();
		check_eq(x_unmap(a.fd, a.va, a.n), 0);
		check(events_seen(" privcmd_clear:") > 0);
	}
	area_done(&a);
	end_of(d);
}

/*
 * Every second frame of the first page table is absent, and all frames of the
 * second one.
 */
TAP_CASE(tables_holes, .seconds = 300)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2 * TABLE);
	struct area a = { privcmd_open(), space(2), 2 * TABLE };
	int *err = calloc(a.n, sizeof(*err));
	size_t i;

	must(err);
	watch_clears();
	area_at(a.fd, a.va, a.n);
	for (i = 0; i < a.n; i++)
		if (i % 2 || i >= TABLE)
			d->frame[i] = BAD_FRAME;
	must(!v2(a.fd, d->id, a.va, d->frame, err, a.n));
	for (i = 0; i < a.n; i++)
		check_eq(err[i],
			 i % 2 || i >= TABLE ? bad_frame_error(2, d) : 0);
	area_done(&a);
	cleared(1);
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
	watch_clears();
	area_done(&a);
	cleared(1);
	end_of(d);
}
