// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * libxenfm's table of guest memory on real devices: foreign regions and grants.
 * tests/host/unit has the regions with wrong numbers.
 */
#include <pthread.h>

#include "resource/resource.h"
#include "libxenfm.h"

#define GRANT(ref) (XENFM_MEM_GRANT_BIT | (uint64_t)(ref) << 12)

static struct xenfm_mem *table(unsigned int flags)
{
	struct xenfm_mem *mem = NULL;

	must(check_eq(xenfm_mem_new(&mem, flags), 0));
	return mem;
}

/* Adds a region at @guest_addr, with a file that is closed at once. */
static int add(struct xenfm_mem *mem, const struct domain *d,
	       uint64_t guest_addr, uint64_t size, uint32_t xen_flags)
{
	struct xenfm_mem_region r = { .guest_addr = guest_addr,
				      .size = size,
				      .user_addr = 0x7f0000000000,
				      .xen_flags = xen_flags,
				      .domid = d->id };
	int fd = xen_flags & XENFM_MEM_GRANT ? open("/dev/xen/gntdev", O_RDWR) :
					       privcmd_open();
	int ret;

	if (fd < 0)
		skip("this dom0 has no gntdev");
	ret = xenfm_mem_add(mem, &r, fd);
	close(fd);
	return ret;
}

/* Gets @want bytes in one piece; @len are there. */
static unsigned char *get(struct xenfm_mem *mem, uint64_t addr, size_t want,
			  size_t len, unsigned int flags)
{
	size_t got = want;
	void *ptr = NULL;

	check_eq(xenfm_mem_get(mem, addr, &got, flags, &ptr), 0);
	must(ptr);
	check_eq(got, len);
	return ptr;
}

static void nothing_at(struct xenfm_mem *mem, uint64_t addr)
{
	size_t len = 1;
	void *ptr;

	check_eq(xenfm_mem_get(mem, addr, &len, 0, &ptr), -EFAULT);
}

/* 300 pages, and four more at which the domain has no memory. */
static void foreign(unsigned int flags)
{
	struct domain *d = domain_new(DOMAIN_HVM, 300);
	uint64_t base = d->frame[0] * PAGE, size = 304 * PAGE;
	struct xenfm_mem *mem = table(flags);
	struct xenfm *fm = opened();
	struct xenfm_mem_info info;
	bool lazy = flags && has(fm, XENFM_FEATURE_MAP);
	unsigned char *p, *page = buffer(1);

	must(check_eq(add(mem, d, base, size, XENFM_MEM_FOREIGN), 0));
	check_eq(xenfm_mem_info(mem, base + 5, &info), 0);
	check_eq(info.lazy, lazy);
	check_eq(info.failed, lazy ? 0 : 4);
	for (size_t i = 0; i < d->n; i += 7)
		check(page_has(get(mem, base + i * PAGE, PAGE, PAGE, 0),
			       domain_seed(d, i)));
	p = get(mem, base + 299 * PAGE, 9 * PAGE, 5 * PAGE, XENFM_MAP_WRITE);
	page_fill(p, 4711);
	check_eq(touch(p + PAGE), SIGBUS);
	xenfm_mem_put(mem, p, 5 * PAGE);
	check_eq(xenfm_read(fm, d->id, base + 299 * PAGE, page, PAGE, NULL), 0);
	check(page_has(page, 4711));
	nothing_at(mem, base + size);
	nothing_at(mem, base - 1);
	check_eq(areas(), 1);
	check_eq(xenfm_mem_remove(mem, base, size, 0x7f0000000000), 0);
	nothing_at(mem, base);
	xenfm_mem_free(mem);
	finish(fm, d);
}

TAP_CASE(library_mem_foreign)
{
	foreign(0);
}

TAP_CASE(library_mem_foreign_lazy)
{
	foreign(XENFM_MEM_LAZY);
}

/*
 * A table of two halves is replaced by a table of the whole. The first attempt
 * fails.
 */
TAP_CASE(library_mem_set)
{
	struct domain *d = domain_new(DOMAIN_HVM, 20);
	uint64_t base = d->frame[0] * PAGE;
	struct xenfm_mem_region r[] = {
		{ .guest_addr = base + 10 * PAGE,
		  .size = 10 * PAGE,
		  .xen_flags = XENFM_MEM_FOREIGN,
		  .domid = d->id },
		{ .guest_addr = base,
		  .size = 10 * PAGE,
		  .xen_flags = XENFM_MEM_FOREIGN,
		  .domid = d->id },
	};
	struct xenfm_mem *mem = table(0);
	int fds[] = { privcmd_open(), privcmd_open() };

	must(check_eq(xenfm_mem_set(mem, r, fds, 2), 0));
	check(page_has(get(mem, base + 9 * PAGE, 2 * PAGE, PAGE, 0),
		       domain_seed(d, 9)));
	r[1].size = 11 * PAGE;
	check_eq(xenfm_mem_set(mem, r, fds, 2), -EEXIST);
	r[1].guest_addr = BAD_FRAME * PAGE;
	check_eq(xenfm_mem_set(mem, r, fds, 2), frame_error(d, BAD_FRAME));
	check(page_has(get(mem, base + 10 * PAGE, 1, 1, 0),
		       domain_seed(d, 10)));
	check_eq(areas(), 2);
	r[0].guest_addr = base;
	r[0].size = 20 * PAGE;
	check_eq(xenfm_mem_set(mem, r, fds, 1), 0);
	check(page_has(get(mem, base + 9 * PAGE, 2 * PAGE, 2 * PAGE, 0) + PAGE,
		       domain_seed(d, 10)));
	check_eq(areas(), 1);
	domain_destroy(d);
	check(domain_held(d));
	xenfm_mem_free(mem);
	check_eq(areas(), 0);
	check(domain_gone(d));
}

/*
 * The domain grants its first pages as references from 8 on; the last one is
 * read-only.
 */
static struct domain *granting(enum domain_kind kind)
{
	struct domain *d = domain_new(kind, 8);
	struct area a = area_new(privcmd_open(), 1);

	must(check_eq(grants(&a, d, 0), 0));
	for (size_t i = 0; i < d->n; i++) {
		entry(&a, 8 + i)->domid = 0;
		entry(&a, 8 + i)->frame = d->frame[i];
		__sync_synchronize();
		entry(&a, 8 + i)->flags = GTF_permit_access |
					  (i == 7 ? GTF_readonly : 0);
	}
	area_done(&a);
	return d;
}

static bool granted_in_use(const struct domain *d)
{
	struct area a = area_new(privcmd_open(), 1);
	bool used = false;

	must(check_eq(grants(&a, d, 0), 0));
	for (size_t i = 0; i < d->n; i++)
		used |= entry(&a, 8 + i)->flags & (GTF_reading | GTF_writing);
	area_done(&a);
	return used;
}

static void grants_in_advance(struct domain *d)
{
	struct xenfm_mem *mem = table(XENFM_MEM_LAZY);
	unsigned char *p;

	/* The last grant cannot be written. */
	check_eq(add(mem, d, GRANT(8), 8 * PAGE, XENFM_MEM_GRANT), -EINVAL);
	check(!granted_in_use(d));
	must(check_eq(add(mem, d, GRANT(8), 7 * PAGE, XENFM_MEM_GRANT), 0));
	check(granted_in_use(d));
	p = get(mem, GRANT(8), 9 * PAGE, 7 * PAGE, XENFM_MAP_WRITE);
	for (size_t i = 0; i < 7; i++)
		check(page_has(p + i * PAGE, domain_seed(d, i)));
	page_fill(p, 1);
	check(page_has(get(mem, GRANT(8), PAGE, PAGE, 0), 1));
	nothing_at(mem, GRANT(15));
	check_eq(xenfm_mem_remove(mem, GRANT(8), 7 * PAGE, 0x7f0000000000), 0);
	check(!granted_in_use(d));
	xenfm_mem_free(mem);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(library_mem_grants)
{
	grants_in_advance(granting(DOMAIN_ANY));
}

TAP_CASE(library_mem_grants_hvm)
{
	grants_in_advance(granting(DOMAIN_HVM));
}

TAP_CASE(library_mem_grants_by_get)
{
	struct domain *d = granting(DOMAIN_ANY);
	struct xenfm_mem *mem = table(0);
	unsigned char *p, *q;
	size_t len = 1;
	void *ptr;

	must(check_eq(add(mem, d, GRANT(0), 1ULL << 44,
			  XENFM_MEM_GRANT | XENFM_MEM_NO_ADVANCE),
		      0));
	check(!granted_in_use(d));
	p = get(mem, GRANT(10) + 5, PAGE, PAGE, XENFM_MAP_WRITE);
	check(granted_in_use(d));
	p[0] = 0x5a;
	p[PAGE - 1] = 0xa5;
	q = get(mem, GRANT(10) + 5, PAGE, PAGE, 0);
	check(q != p);
	check_eq(q[0], 0x5a);
	check_eq(q[PAGE - 1], 0xa5);
	check_eq(poke(q, 1), SIGSEGV);
	xenfm_mem_put(mem, p, PAGE);
	check_eq(q[0], 0x5a);
	xenfm_mem_put(mem, q, PAGE);
	check(!granted_in_use(d));
	/* Read-only grants can be read. A page that is not granted is no memory. */
	p = get(mem, GRANT(15), 1, 1, 0);
	check(page_has(p, domain_seed(d, 7)));
	xenfm_mem_put(mem, p, 1);
	check_eq(xenfm_mem_get(mem, GRANT(15), &len, XENFM_MAP_WRITE, &ptr),
		 -EFAULT);
	nothing_at(mem, GRANT(16));
	nothing_at(mem, GRANT(0xfffffff));
	check(!granted_in_use(d));
	xenfm_mem_free(mem);
	domain_destroy(d);
	check(domain_gone(d));
}

static struct xenfm_mem *shared;

static void *get_and_put(void *first)
{
	uint64_t addr = GRANT(8) + (uintptr_t)first * PAGE;
	void *wrong = NULL;

	for (int i = 0; i < 50 && !wrong; i++) {
		size_t len = 2 * PAGE;
		void *ptr;

		if (xenfm_mem_get(shared, addr, &len, 0, &ptr)) {
			wrong = first;
			break;
		}
		if (len != 2 * PAGE)
			wrong = ptr;
		xenfm_mem_put(shared, ptr, len);
	}
	return wrong;
}

/*
 * Four threads use one table without a lock. They map overlapping pairs of
 * pages again and again. Each call must return both pages, and no grant stays
 * mapped in the end.
 */
TAP_CASE(library_mem_grants_by_threads)
{
	struct domain *d = granting(DOMAIN_ANY);
	pthread_t thread[4];

	shared = table(0);
	must(check_eq(add(shared, d, GRANT(8), 8 * PAGE,
			  XENFM_MEM_GRANT | XENFM_MEM_NO_ADVANCE),
		      0));
	for (uintptr_t i = 0; i < ARRAY_SIZE(thread); i++)
		must(!pthread_create(&thread[i], NULL, get_and_put,
				     (void *)(i + 1)));
	for (size_t i = 0; i < ARRAY_SIZE(thread); i++) {
		void *wrong = NULL;

		check_eq(pthread_join(thread[i], &wrong), 0);
		check(!wrong);
	}
	check(!granted_in_use(d));
	xenfm_mem_free(shared);
	domain_destroy(d);
	check(domain_gone(d));
}
