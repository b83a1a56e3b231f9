// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Security advisories. The cases assert only the safe outcome.
 *
 * XSA-487: an area must not be split, as two VMAs would then share one mapping,
 * and each would release it. Each case makes a call that would split the area.
 * The call must be refused, or must work without a split. All pages then show
 * their frames, the area can be unmapped as a whole, and the domain's memory is
 * free afterwards. A split area would have lost a part, or would release its
 * frames twice.
 *
 * XSA-482: in a domU each file must be restricted from the moment that it is
 * opened. A hypercall of the new file shows whether it is.
 */
#include "suite.h"

#define RW (PROT_READ | PROT_WRITE)

/* The parts of an area of eight pages that a split would cut off. */
static const struct {
	size_t first, n;
} part[] = {
	{ 0, 1 }, { 0, 7 }, { 7, 1 }, { 1, 7 }, { 3, 1 }, { 2, 4 },
};

static struct domain *d;

static struct area populated(void)
{
	struct area a = area_new(privcmd_open(), 8);

	d = domain_new(DOMAIN_ANY, 8);
	must(map_frames(&a, d, 0));
	return a;
}

/*
 * The area is unchanged. After it is unmapped as a whole, everything is
 * released exactly once.
 */
static void whole_and_clean(struct area *a)
{
	long before;
	size_t i;

	for (i = 0; i < 8; i++)
		check(page_has(page_at(a, i), domain_seed(d, i)));
	area_done(a);
	before = xen_free_pages();
	domain_destroy(d);
	check(domain_gone(d));
	check(xen_free_pages() >= before + 8);
}

TAP_CASE(xsa_487_partial_munmap_refused, .rows = "A19")
{
	struct area a = populated();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(part); i++)
		check_errno(munmap(page_at(&a, part[i].first),
				   part[i].n * PAGE),
			    EINVAL);
	whole_and_clean(&a);
}

/* The part is unmapped together with a neighbour that could be unmapped. */
TAP_CASE(xsa_487_partial_munmap_with_neighbour, .rows = "A19")
{
	unsigned char *va = aside(12);
	struct area a = { privcmd_open(), va + 2 * PAGE, 8 };

	d = domain_new(DOMAIN_ANY, 8);
	must(mmap(a.va, 8 * PAGE, RW, MAP_SHARED | MAP_FIXED, a.fd, 0) == a.va);
	must(map_frames(&a, d, 0));
	check_errno(munmap(va, 6 * PAGE), EINVAL);
	check_errno(munmap(va + 6 * PAGE, 6 * PAGE), EINVAL);
	whole_and_clean(&a);
}

/*
 * For a split that is refused, Linux 6.1 returns ENOMEM and later kernels
 * return EINVAL.
 */
TAP_CASE(xsa_487_partial_map_fixed_refused, .rows = "A19")
{
	struct area a = populated();
	size_t i;
	int fd[] = { -1, a.fd };

	for (i = 0; i < 2 * ARRAY_SIZE(part); i++) {
		int flags = i % 2 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
		void *p = mmap(page_at(&a, part[i / 2].first),
			       part[i / 2].n * PAGE, RW, flags | MAP_FIXED,
			       fd[i % 2], 0);

		check(p == MAP_FAILED && (errno == ENOMEM || errno == EINVAL));
	}
	whole_and_clean(&a);
}

TAP_HAZARD(xsa_487_partial_mprotect_refused, .rows = "A19 B13")
{
	static const int prot[] = { PROT_READ, PROT_NONE };
	struct area a = populated();
	size_t i;

	for (i = 0; i < 2 * ARRAY_SIZE(part); i++) {
		check_errno(mprotect(page_at(&a, part[i / 2].first),
				     part[i / 2].n * PAGE, prot[i % 2]),
			    EINVAL);
		check_eq(poke(page_at(&a, part[i / 2].first),
			      *page_at(&a, part[i / 2].first)),
			 0);
	}
	whole_and_clean(&a);
}

/*
 * The refused call has dropped no entry. The domain does not exist any more, so
 * an entry could not be made again.
 */
TAP_HAZARD(xsa_487_partial_mprotect_keeps_pages, .rows = "A19 B13")
{
	struct area a = populated();
	size_t i;

	domain_destroy(d);
	for (i = 0; i < ARRAY_SIZE(part); i++)
		check_errno(mprotect(page_at(&a, part[i].first),
				     part[i].n * PAGE, PROT_READ),
			    EINVAL);
	for (i = 0; i < 8; i++)
		if (check_eq(touch(page_at(&a, i)), 0))
			check(page_has(page_at(&a, i), domain_seed(d, i)));
	area_done(&a);
	check(domain_gone(d));
}

/* The part gets the protection that it has already: no split, no change. */
TAP_CASE(xsa_487_partial_mprotect_same, .rows = "A19")
{
	struct area a = populated();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(part); i++)
		check_eq(mprotect(page_at(&a, part[i].first), part[i].n * PAGE,
				  RW),
			 0);
	whole_and_clean(&a);
}

TAP_CASE(xsa_487_partial_madvise_refused, .rows = "A19")
{
	static const int advice[] = { MADV_SEQUENTIAL, MADV_RANDOM };
	struct area a = populated();
	size_t i;

	for (i = 0; i < 2 * ARRAY_SIZE(part); i++)
		check_errno(madvise(page_at(&a, part[i / 2].first),
				    part[i / 2].n * PAGE, advice[i % 2]),
			    EINVAL);
	whole_and_clean(&a);
}

TAP_CASE(xsa_487_partial_mlock_refused, .rows = "A19")
{
	struct area a = populated();
	size_t i;

	/* No split, and no effect on the memory of a device. */
	for (i = 0; i < ARRAY_SIZE(part); i++) {
		mlock(page_at(&a, part[i].first), part[i].n * PAGE);
		munlock(page_at(&a, part[i].first), part[i].n * PAGE);
	}
	whole_and_clean(&a);
}

TAP_HAZARD(xsa_487_partial_mremap_refused, .rows = "A19 B1")
{
	struct area a = populated();
	void *to = aside(8);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(part); i++)
		check_eq((long)mremap(page_at(&a, part[i].first),
				      part[i].n * PAGE, part[i].n * PAGE,
				      MREMAP_MAYMOVE | MREMAP_FIXED, to),
			 -1);
	whole_and_clean(&a);
}

/* In dom0 a new file is unrestricted; in a domU it is restricted. */
TAP_CASE(xsa_482_dom0_is_unrestricted, .rows = "A17")
{
	int fd = privcmd_open();

	if (!initial_domain())
		skip("this is not the initial domain");
	check(hypercall(fd, 17 /* xen_version */, 0, 0, 0, 0, 0) > 0);
	if (driver())
		check_eq(fdinfo(fd, "xen-privcmd-domid"), -1);
}

/*
 * This case knows less than tests/guests/inside, which also checks to which domain the
 * file is restricted.
 */
TAP_CASE(xsa_482_domu_born_restricted, .rows = "A17")
{
	int fd = privcmd_open();

	if (initial_domain())
		skip("this is the initial domain, not a domU");
	check_errno(hypercall(fd, 17 /* xen_version */, 0, 0, 0, 0, 0), EPERM);
	check_errno(restrict_to(fd, NO_DOMAIN), EINVAL);
}
