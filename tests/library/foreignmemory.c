// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * test-foreignmemory: Debian's unmodified libxenforeignmemory on the device.
 * domain.c builds the domain; the library makes all mappings of the cases.
 */
#include <xenforeignmemory.h>

#include "dom0/area.h"

TAP_MAIN

static xenforeignmemory_handle *opened(void)
{
	xenforeignmemory_handle *fm = xenforeignmemory_open(NULL, 0);

	if (!fm)
		bail("xenforeignmemory_open: %s", strerror(errno));
	return fm;
}

#define RW (PROT_READ | PROT_WRITE)

/* Maps every frame of the domain. Page i shows frame (i * step) % n. */
static unsigned char *map_all(xenforeignmemory_handle *fm,
			      const struct domain *d, size_t step, int prot)
{
	xen_pfn_t frame[d->n];
	int err[d->n];
	unsigned char *va;
	size_t i;

	for (i = 0; i < d->n; i++) {
		frame[i] = d->frame[i * step % d->n];
		err[i] = 0x5555;
	}
	va = xenforeignmemory_map(fm, d->id, prot, d->n, frame, err);
	must(va != NULL);
	for (i = 0; i < d->n; i++)
		check_eq(err[i], 0);
	return va;
}

/* n is prime, so both orders are permutations. */
static void both_ways(struct domain *d)
{
	xenforeignmemory_handle *fm = opened(), *other = opened();
	unsigned char *a = map_all(fm, d, 5, RW),
		      *b = map_all(other, d, 11, RW);
	size_t i;

	for (i = 0; i < d->n; i++) {
		check(page_has(a + i * PAGE, domain_seed(d, i * 5 % d->n)));
		page_fill(a + i * PAGE, i * 5 % d->n);
	}
	for (i = 0; i < d->n; i++) {
		check(page_has(b + i * PAGE, i * 11 % d->n));
		page_fill(b + i * PAGE, (i * 11 % d->n) ^ 0xa5a5);
	}
	for (i = 0; i < d->n; i++)
		check(page_has(a + i * PAGE, (i * 5 % d->n) ^ 0xa5a5));
	check_eq(xenforeignmemory_unmap(fm, a, d->n), 0);
	check_eq(xenforeignmemory_unmap(other, b, d->n), 0);
	check_eq(touch(a), SIGSEGV);
	check_eq(xenforeignmemory_close(fm), 0);
	check_eq(xenforeignmemory_close(other), 0);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(foreignmemory_shuffled_both_ways)
{
	both_ways(domain_new(DOMAIN_ANY, 67));
}

TAP_CASE(foreignmemory_shuffled_both_ways_hvm)
{
	both_ways(domain_new(DOMAIN_HVM, 257));
}

/* As many pages as a batch of a migration, and more than one page table holds. */
TAP_CASE(foreignmemory_1024_pages)
{
	both_ways(domain_new(DOMAIN_ANY, 1031));
}

TAP_CASE(foreignmemory_read_only)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	xenforeignmemory_handle *fm = opened();
	unsigned char *a = map_all(fm, d, 1, PROT_READ);

	check(page_has(a + PAGE, domain_seed(d, 1)));
	check_eq(poke(a, 1), SIGSEGV);
	check_eq(xenforeignmemory_unmap(fm, a, 3), 0);
}

/* What QEMU does in the normal case: buckets with holes, which err[] tells. */
static void holes(struct domain *d)
{
	xenforeignmemory_handle *fm = opened();
	xen_pfn_t frame[20];
	int err[20] = { 0 };
	unsigned char *a;
	size_t i;

	for (i = 0; i < 20; i++)
		frame[i] = i % 3 == 1 || i > 17 ? BAD_FRAME + i : d->frame[i];
	a = xenforeignmemory_map(fm, d->id, RW, 20, frame, err);
	must(a != NULL);
	for (i = 0; i < 20; i++) {
		if (i % 3 == 1 || i > 17) {
			check_eq(err[i], bad_frame_error(2, d));
			if (driver() || !xlate())
				check_eq(touch(a + i * PAGE), SIGBUS);
		} else if (check_eq(err[i], 0)) {
			check(page_has(a + i * PAGE, domain_seed(d, i)));
		}
	}
	check_eq(xenforeignmemory_unmap(fm, a, 20), 0);
	xenforeignmemory_close(fm);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(foreignmemory_holes)
{
	holes(domain_new(DOMAIN_ANY, 20));
}

TAP_CASE(foreignmemory_holes_hvm)
{
	holes(domain_new(DOMAIN_HVM, 20));
}

/*
 * Without err[] one bad frame is a failure of the whole call, and the library
 * unmaps everything.
 */
TAP_CASE(foreignmemory_no_err_array)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	xenforeignmemory_handle *fm = opened();
	xen_pfn_t frame[] = { d->frame[0], BAD_FRAME, d->frame[2] };
	unsigned char *a;

	check(xenforeignmemory_map(fm, d->id, RW, 3, frame, NULL) == NULL);
	frame[1] = d->frame[1];
	a = xenforeignmemory_map(fm, d->id, RW, 3, frame, NULL);
	must(a != NULL);
	check(page_has(a + 2 * PAGE, domain_seed(d, 2)));
	check_eq(xenforeignmemory_unmap(fm, a, 3), 0);
	domain_destroy(d);
	check(domain_gone(d));
}

/* At an address of the caller, over an existing mapping. */
TAP_CASE(foreignmemory_map_over_a_mapping)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3),
		      *e = domain_new(DOMAIN_ANY, 3);
	xenforeignmemory_handle *fm = opened();
	unsigned char *a = map_all(fm, d, 1, RW);
	xen_pfn_t frame[] = { e->frame[2], e->frame[1], e->frame[0] };
	int err[3];

	check(xenforeignmemory_map2(fm, e->id, a, RW, MAP_FIXED, 3, frame,
				    err) == a);
	check(page_has(a, domain_seed(e, 2)));
	check(page_has(a + 2 * PAGE, domain_seed(e, 0)));
	domain_destroy(d);
	check(domain_gone(d));
	check_eq(xenforeignmemory_unmap(fm, a, 3), 0);
}

TAP_CASE(foreignmemory_no_such_domain)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	xenforeignmemory_handle *fm = opened();
	xen_pfn_t frame = d->frame[0];
	int err = 0;
	void *a = xenforeignmemory_map(fm, NO_DOMAIN, RW, 1, &frame, &err);

	check(!a || err == -ESRCH);
	if (a)
		check_eq(xenforeignmemory_unmap(fm, a, 1), 0);
}

TAP_CASE(foreignmemory_restrict)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2),
		      *e = domain_new(DOMAIN_ANY, 1);
	xenforeignmemory_handle *fm = opened();
	xen_pfn_t frame = e->frame[0];
	unsigned char *a;
	int err;

	must(check_eq(xenforeignmemory_restrict(fm, d->id), 0));
	check(xenforeignmemory_map(fm, e->id, RW, 1, &frame, &err) == NULL);
	check_eq(errno, EPERM);
	check_errno(xenforeignmemory_restrict(fm, e->id), EINVAL);
	a = map_all(fm, d, 1, RW);
	check(page_has(a, domain_seed(d, 0)));
	check_eq(xenforeignmemory_unmap(fm, a, 2), 0);
}

/* Programs close the library's handle while frames are mapped. */
TAP_CASE(foreignmemory_close_before_unmap)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	xenforeignmemory_handle *fm = opened();
	unsigned char *a = map_all(fm, d, 1, RW);

	check_eq(xenforeignmemory_close(fm), 0);
	check(page_has(a + PAGE, domain_seed(d, 1)));
	check_eq(munmap(a, 2 * PAGE), 0);
	domain_destroy(d);
	check(domain_gone(d));
}

/* From <xen/memory.h>, which cannot be included together with device.h. */
#define XENMEM_resource_grant_table 1

/* An entry of version 1 is 8 bytes; the second four are its frame number. */
static volatile uint32_t *grant_frame(void *va, size_t i)
{
	return (uint32_t *)va + 2 * i + 1;
}

static void grant_table(struct domain *d)
{
	xenforeignmemory_handle *fm = opened(), *other = opened();
	xenforeignmemory_resource_handle *a, *b;
	void *va = NULL, *vb = NULL;
	size_t size = 0, i;

	check_eq(xenforeignmemory_resource_size(
			 fm, d->id, XENMEM_resource_grant_table, 0, &size),
		 0);
	check_eq(size, 4 * PAGE);
	a = xenforeignmemory_map_resource(
		fm, d->id, XENMEM_resource_grant_table, 0, 0, 4, &va, RW, 0);
	must(a && va);
	b = xenforeignmemory_map_resource(
		other, d->id, XENMEM_resource_grant_table, 0, 1, 2, &vb, RW, 0);
	must(b && vb);
	for (i = 0; i < 4 * 512; i++)
		*grant_frame(va, i) = 3 * i;
	for (i = 0; i < 2 * 512; i++)
		check_eq(*grant_frame(vb, i), 3 * (i + 512));
	*grant_frame(vb, 0) = 7;
	check_eq(*grant_frame(va, 512), 7);
	check_eq(xenforeignmemory_unmap_resource(fm, a), 0);
	check_eq(xenforeignmemory_unmap_resource(other, b), 0);
	check_eq(touch(va), SIGSEGV);
	check_eq(xenforeignmemory_unmap_resource(fm, NULL), 0);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(foreignmemory_grant_table)
{
	grant_table(domain_new(DOMAIN_ANY, 1));
}

TAP_CASE(foreignmemory_grant_table_hvm)
{
	grant_table(domain_new(DOMAIN_HVM, 1));
}

/* The library unmaps what it could not fill, and returns the driver's errno. */
TAP_CASE(foreignmemory_resource_refused)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	xenforeignmemory_handle *fm = opened();
	size_t size = 0x5555;
	void *va = NULL;

	check(!xenforeignmemory_map_resource(
		fm, d->id, XENMEM_resource_grant_table, 0, 1, 4, &va, RW, 0));
	check_eq(errno, EINVAL);
	check(!xenforeignmemory_map_resource(fm, NO_DOMAIN,
					     XENMEM_resource_grant_table, 0, 0,
					     1, &va, RW, 0));
	check_eq(errno, ESRCH);
	check_errno(xenforeignmemory_resource_size(fm, NO_DOMAIN,
						   XENMEM_resource_grant_table,
						   0, &size),
		    ESRCH);
	must(check_eq(xenforeignmemory_restrict(fm, d->id + 1), 0));
	check_errno(xenforeignmemory_resource_size(
			    fm, d->id, XENMEM_resource_grant_table, 0, &size),
		    EPERM);
	check(!xenforeignmemory_map_resource(
		fm, d->id, XENMEM_resource_grant_table, 0, 0, 1, &va, RW, 0));
	check_eq(errno, EPERM);
}
