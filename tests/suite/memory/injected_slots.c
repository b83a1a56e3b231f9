// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Memory files on an auto-translated dom0 that runs short of slots. Like
 * faults/injected.c this needs the module of `make INJECT=1`.
 */
#include "faults/injected.h"
#include "memory/memory.h"

static void need_slots(void)
{
	need_injection();
	if (!xlate())
		skip("PV dom0: foreign frames need no slots there");
}

/*
 * A memory file gets half of all slots at most, as a restricted file does: whoever has
 * got the descriptor must not use up the slots of other programs. An access that gets
 * none is SIGBUS, and the next one asks again.
 */
TAP_CASE(memory_injected_share, .rows = "A47")
{
	struct area a, b, c;
	unsigned long lost;
	struct domain *d;
	int file, i;

	need_slots();
	d = memory_full(64);
	file = memory_of(d, 0, 64, 0);
	a = area_new(file, 64);
	around("1");
	lost = slots_lost(d);
	must(lost <= 10);
	slots_limit(40);
	for (i = 0; i < 20; i++)
		check_eq(touch(page_at(&a, i)), 0);
	for (i = 20; i < 23; i++) {
		check_eq(touch(page_at(&a, i)), SIGBUS);
		check_eq(state_at(&a, i), PRIVCMD_X_LAZY);
	}
	memory_has(file, 20, 44, 0);
	/* The object counts, not the open file or the area. */
	c = area_new(memory_reopen(file, O_RDWR), 64);
	check_eq(touch(c.va), SIGBUS);
	check_eq(munmap(c.va, 64 * PAGE), 0);
	/* The rest is there for the others. */
	b = area_new(privcmd_open(), 20 - lost);
	check(map_frames(&b, d, 0));
	area_done(&b);
	check_eq(touch(page_at(&a, 20)), SIGBUS);
	/* A slot that the object gives back is its own to use. */
	check_eq(x_unmap(file, a.va, 1), 0);
	check_eq(touch(page_at(&a, 20)), 0);
	check_eq(touch(page_at(&a, 21)), SIGBUS);
	slots_limit(0);
	memory_shows(&a, d, 0);
	area_done(&a);
	memory_end(d);
}

/* An area of a memory file that the restricted file @fd makes. */
static struct area file_of_restricted(int fd, const struct domain *d)
{
	int file = memory_file(fd, d, d->frame[0], 64, 0);

	must(check(file >= 0));
	return area_new(file, 64);
}

/* Pages from @first on, as many as there should be slots for, and none more. */
static void has_slots(const struct area *a, int first, int n)
{
	int i;

	for (i = first; i < first + n; i++)
		check_eq(touch(page_at(a, i)), 0);
	check_eq(touch(page_at(a, i)), SIGBUS);
	check_eq(state_at(a, i), PRIVCMD_X_LAZY);
}

/*
 * The memory files of a restricted file count against it, too: all of them together, with
 * the file's own mappings, get half of all slots. Otherwise a program could use up all
 * slots with many memory files. Of 80 slots one restricted file may have 40, and all
 * restricted files 60.
 */
TAP_CASE(memory_injected_share_of_the_maker, .rows = "A47")
{
	struct area a, b, other, own;
	int maker = privcmd_open(), stranger = privcmd_open();
	unsigned char *buf = buffer(1);
	unsigned long lost;
	struct domain *d;

	need_slots();
	d = memory_full(64);
	must(!restrict_to(maker, d->id) && !restrict_to(stranger, d->id));
	a = file_of_restricted(maker, d);
	b = file_of_restricted(maker, d);
	other = file_of_restricted(stranger, d);
	own = area_new(maker, 1);
	around("1");
	lost = slots_lost(d);
	must(lost <= 10);
	slots_limit(80);
	for (int i = 0; i < 25; i++)
		check_eq(touch(page_at(&a, i)), 0);
	has_slots(&b, 0, 15);
	has_slots(&a, 25, 0);
	check_errno(batch(2, maker, d->id, own.va, d->frame, NULL, 1), ENOMEM);
	check_errno(pread(a.fd, buf, PAGE, 0), ENOMEM);
	memory_has(a.fd, 25, 39, 0);
	memory_has(b.fd, 15, 49, 0);
	/* The file of another maker has its own share. */
	has_slots(&other, 0, 20 - lost);
	/* What one file gives back, another of the same maker may use. */
	check_eq(x_unmap(a.fd, a.va, 2), 0);
	has_slots(&b, 15, 2);
	/* Areas whose descriptors are closed count, too. */
	close(b.fd);
	has_slots(&a, 0, 0);
	check_eq(munmap(b.va, 64 * PAGE), 0);
	has_slots(&a, 25, 17);
	check_eq(x_unmap(a.fd, a.va, 64), 0);
	check_eq(munmap(own.va, PAGE), 0);
	/* Nothing stays counted against the maker. */
	own = area_new(maker, 40);
	check(map_frames(&own, d, 0));
	has_slots(&a, 0, 0);
	area_done(&own);
	slots_limit(0);
	memory_shows(&a, d, 0);
	area_done(&a);
	area_done(&other);
	memory_end(d);
}

/*
 * A read or a write that gets no slot fails with ENOMEM. The frame may be there, so it is
 * no hole, also with ZERO_HOLES.
 */
TAP_CASE(memory_injected_no_slots, .rows = "A47")
{
	static const unsigned int flags[] = { 0, ZERO_HOLES };
	unsigned char *buf;
	struct domain *d;
	struct area held;
	size_t i;

	need_slots();
	d = memory_full(2);
	buf = buffer(2);
	slots_limit(slots_lost(d) + 1);
	held = area_new(privcmd_open(), 1);
	must(map_frames(&held, d, 0));
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		int file = memory_of(d, 0, 2, flags[i]);

		check_errno(pread(file, buf, 2 * PAGE, 0), ENOMEM);
		check_errno(pwrite(file, buf, 1, 0), ENOMEM);
		check_eq(buf[0], 0);
		close(file);
	}
	area_done(&held);
	slots_limit(0);
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		int file = memory_of(d, 0, 2, flags[i]);

		check_eq(pread(file, buf, 2 * PAGE, 0), 2 * PAGE);
		check(page_has(buf, domain_seed(d, 0)));
		check(page_has(buf + PAGE, domain_seed(d, 1)));
		close(file);
	}
	memory_end(d);
}
