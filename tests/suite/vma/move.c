// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Mappings that are moved, protected or advised upon. xsa.c has the calls that
 * would split a mapping.
 */
#include "suite.h"

#define RW (PROT_READ | PROT_WRITE)

static void move(struct area *a)
{
	unsigned char *va = aside(a->n), *old = a->va;

	must(mremap(a->va, a->n * PAGE, a->n * PAGE,
		    MREMAP_MAYMOVE | MREMAP_FIXED, va) == va);
	a->va = va;
	check_eq(touch(old), SIGSEGV);
	check_eq(touch(old + (a->n - 1) * PAGE), SIGSEGV);
}

static void all_there(const struct area *a, const struct domain *d)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		check(page_has(page_at(a, i), domain_seed(d, i)));
}

TAP_HAZARD(vma_mremap_same_size, .rows = "B1")
{
	struct domain *d = domain_new(DOMAIN_ANY, 20);
	struct area a = area_new(privcmd_open(), 20);
	struct area b = area_new(privcmd_open(), 20);
	int i;

	must(map_frames(&a, d, 0));
	must(map_frames(&b, d, 0));
	for (i = 0; i < 3; i++) {
		move(&a);
		all_there(&a, d);
	}
	/* The page is writable, and still the domain's memory. */
	page_fill(page_at(&a, 7), 4);
	check(page_has(page_at(&b, 7), 4));
	area_done(&b);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* Moved, and unmapped before any access. */
TAP_HAZARD(vma_mremap_then_unmap, .rows = "B1")
{
	struct domain *d = domain_new(DOMAIN_ANY, 20);
	struct area a = area_new(privcmd_open(), 20);

	must(map_frames(&a, d, 0));
	move(&a);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* After the move the ioctls know the mapping by its new address. */
TAP_HAZARD(vma_mremap_with_holes, .rows = "B1 B4")
{
	struct domain *d = domain_new(DOMAIN_ANY, 6);
	struct area a = area_new(privcmd_open(), 6);
	unsigned char *old = a.va;
	__u64 frame[6];
	int err[6], i;

	for (i = 0; i < 6; i++)
		frame[i] = i == 2 || i == 3 ? BAD_FRAME : d->frame[i];
	must(check_eq(v2(a.fd, d->id, a.va, frame, err, 6), 0));
	move(&a);
	check_eq(touch(page_at(&a, 2)), SIGBUS);
	check_errno(v2(a.fd, d->id, old + 2 * PAGE, d->frame + 2, err, 2),
		    EINVAL);
	check_eq(v2(a.fd, d->id, page_at(&a, 2), d->frame + 2, err, 2), 0);
	all_there(&a, d);
	if (driver()) {
		check_eq(state_at(&a, 2), PRIVCMD_X_RW);
		check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 6);
	}
	area_done(&a);
}

TAP_HAZARD(vma_mremap_unpopulated, .rows = "B1")
{
	struct domain *d = domain_new(DOMAIN_ANY, 6);
	struct area a = area_new(privcmd_open(), 6);

	move(&a);
	check_eq(touch(a.va), SIGBUS);
	area_works(&a, d);
}

/* A refill from a domain that does not exist any more. */
TAP_HAZARD(vma_mremap_domain_destroyed, .rows = "B1")
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = area_new(privcmd_open(), 3);

	need_pv("entries move with the mapping, nothing is refilled");
	must(map_frames(&a, d, 0));
	domain_destroy(d);
	move(&a);
	check_eq(touch(a.va), SIGBUS);
	area_done(&a);
	check(domain_gone(d));
}

TAP_HAZARD(vma_mremap_refused, .rows = "B1")
{
	struct domain *d = domain_new(DOMAIN_ANY, 6);
	struct area a = area_new(privcmd_open(), 6);
	void *to = aside(16);

	must(map_frames(&a, d, 0));
#define REFUSED(from, old, new, flags) \
	check_eq((long)mremap(from, (old)*PAGE, (new) * PAGE, flags, to), -1)
	REFUSED(a.va, 6, 7, MREMAP_MAYMOVE); /* larger */
	REFUSED(a.va, 6, 16, MREMAP_MAYMOVE | MREMAP_FIXED);
	REFUSED(a.va, 6, 7, 0);
	REFUSED(a.va, 6, 4, 0); /* smaller: a split */
	REFUSED(a.va, 6, 4, MREMAP_MAYMOVE | MREMAP_FIXED);
	REFUSED(a.va, 2, 2, MREMAP_MAYMOVE | MREMAP_FIXED); /* a part */
	REFUSED(a.va + 2 * PAGE, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED);
	REFUSED(a.va + 2 * PAGE, 1, 1, MREMAP_MAYMOVE | MREMAP_FIXED);
	REFUSED(a.va, 0, 6, MREMAP_MAYMOVE); /* a second mapping */
	REFUSED(a.va, 6, 6, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
	all_there(&a, d);
	area_done(&a);
}

/*
 * The protection holds in the hypervisor's page tables: a page without write
 * access cannot be written.
 */
TAP_HAZARD(vma_mprotect_both_ways, .rows = "B13")
{
	struct domain *d = domain_new(DOMAIN_ANY, 5);
	struct area a = area_new(privcmd_open(), 5);
	size_t len = 5 * PAGE, i;

	must(map_frames(&a, d, 0));
	check_eq(mprotect(a.va, len, PROT_READ), 0);
	for (i = 0; i < 5; i++)
		check_eq(poke(page_at(&a, i), 1), SIGSEGV);
	all_there(&a, d);
	check_eq(mprotect(a.va, len, RW), 0);
	for (i = 0; i < 5; i++)
		check_eq(poke(page_at(&a, i), *page_at(&a, i)), 0);
	all_there(&a, d);
	check_eq(mprotect(a.va, len, PROT_NONE), 0);
	for (i = 0; i < 5; i++)
		check_eq(touch(page_at(&a, i)), SIGSEGV);
	check_eq(mprotect(a.va, len, RW), 0);
	all_there(&a, d);
	check_eq(poke(a.va, *a.va), 0);
	area_done(&a);
}

/* The area is made read-only, and the kernel writes to it for the program. */
TAP_HAZARD(vma_mprotect_kernel_access, .rows = "B13 B18")
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 1);
	int zero = open("/dev/zero", O_RDONLY);

	must(map_frames(&a, d, 0) && zero >= 0);
	check_eq(mprotect(a.va, PAGE, PROT_READ), 0);
	check_errno(read(zero, a.va, PAGE), EFAULT);
	check(page_has(a.va, domain_seed(d, 0)));
	check_eq(mprotect(a.va, PAGE, RW), 0);
	check_eq(read(zero, a.va, PAGE), PAGE);
	check_eq(*a.va, 0);
	area_done(&a);
}

/* The area was made without write access. */
TAP_HAZARD(vma_mprotect_born_read_only, .rows = "B13")
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct area a = area_prot(privcmd_open(), 2, PROT_READ);
	struct area b = area_new(privcmd_open(), 2);

	must(map_frames(&a, d, 0));
	must(map_frames(&b, d, 0));
	check_eq(poke(a.va, 1), SIGSEGV);
	check_eq(mprotect(a.va, 2 * PAGE, RW), 0);
	page_fill(a.va, 12);
	check(page_has(b.va, 12));
	check(page_has(page_at(&a, 1), domain_seed(d, 1)));
	area_done(&a);
	area_done(&b);
}

/* The protection changes before the area is populated. */
TAP_HAZARD(vma_mprotect_unpopulated, .rows = "B13")
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct area a = area_new(privcmd_open(), 2);

	check_eq(mprotect(a.va, 2 * PAGE, PROT_READ), 0);
	check_eq(touch(a.va), SIGBUS);
	must(map_frames(&a, d, 0));
	check_eq(poke(a.va, 1), SIGSEGV);
	check_eq(mprotect(a.va, 2 * PAGE, RW), 0);
	check_eq(poke(a.va, *a.va), 0);
	all_there(&a, d);
	area_done(&a);
}

/* One call for the whole area and a neighbour of another kind. */
TAP_HAZARD(vma_mprotect_with_neighbour, .rows = "B13")
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	unsigned char *va = buffer(4);
	struct area a = { privcmd_open(), va + PAGE, 2 };

	must(mmap(a.va, 2 * PAGE, RW, MAP_SHARED | MAP_FIXED, a.fd, 0) == a.va);
	must(map_frames(&a, d, 0));
	check_eq(mprotect(va, 4 * PAGE, PROT_READ), 0);
	check_eq(poke(va, 1), SIGSEGV);
	check_eq(poke(a.va, 1), SIGSEGV);
	check_eq(poke(va + 3 * PAGE, 1), SIGSEGV);
	check_eq(mprotect(va, 4 * PAGE, RW), 0);
	check_eq(poke(a.va, *a.va) | poke(va, 1) | poke(va + 3 * PAGE, 1), 0);
	all_there(&a, d);
	area_done(&a);
}

/* Advice is refused or has no effect. It never drops or keeps an entry. */
TAP_CASE(vma_madvise)
{
	static const struct {
		int advice, err;
	} advice[] = {
		{ MADV_DONTNEED, EINVAL },  { MADV_FREE, EINVAL },
		{ MADV_DOFORK, EINVAL },    { MADV_DODUMP, EINVAL },
		{ MADV_COLD, EINVAL },	    { MADV_PAGEOUT, EINVAL },
		{ MADV_HUGEPAGE, -1 },	    { MADV_REMOVE, -1 },
		{ MADV_NORMAL, 0 },	    { MADV_DONTFORK, 0 },
		{ MADV_DONTDUMP, 0 },	    { MADV_WILLNEED, -1 },
		{ MADV_POPULATE_READ, -1 }, { MADV_POPULATE_WRITE, -1 },
	};
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	struct area a = area_new(privcmd_open(), 4);
	size_t i;

	must(map_frames(&a, d, 0));
	for (i = 0; i < ARRAY_SIZE(advice); i++) {
		int ret = madvise(a.va, 4 * PAGE, advice[i].advice);

		if (!check(advice[i].err == -1 ||
			   (ret ? errno : 0) == advice[i].err))
			tap_note("advice %d: %d, %s", advice[i].advice, ret,
				 strerror(errno));
		check_eq(poke(page_at(&a, i % 4), *page_at(&a, i % 4)), 0);
	}
	all_there(&a, d);
	check_eq(mlock(a.va, 4 * PAGE), 0);
	check_eq(munlock(a.va, 4 * PAGE), 0);
	all_there(&a, d);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* The advice covers the whole area, so nothing is split. */
TAP_CASE(vma_madvise_sequential_whole)
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	struct area a = area_new(privcmd_open(), 4);

	must(map_frames(&a, d, 0));
	check_eq(madvise(a.va, 4 * PAGE, MADV_SEQUENTIAL), 0);
	all_there(&a, d);
	check_eq(madvise(a.va, 4 * PAGE, MADV_NORMAL), 0);
	all_there(&a, d);
	area_done(&a);
}
