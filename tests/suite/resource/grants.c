// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * MMAP_RESOURCE of grant tables maps the right frames.
 */
#include "resource/resource.h"

/*
 * With neither addr nor num the call returns the number of frames and changes
 * nothing else.
 */
TAP_CASE(resource_size)
{
	struct domain *d = domain_with_grants(DOMAIN_ANY, 1, 7);
	struct privcmd_mmap_resource r = { .dom = d->id, .type = GRANTS };
	struct privcmd_mmap_resource want = r;
	int fd = privcmd_open();

	want.num = 7;
	check_eq(ioctl(fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &r), 0);
	check(!memcmp(&r, &want, sizeof(r)));
	r.num = 0;
	r.idx = want.idx = 3; /* ignored here */
	check_eq(ioctl(fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &r), 0);
	check(!memcmp(&r, &want, sizeof(r)));
}

/* Page i of one mapping is page i - 1 of another one, which starts at frame 1. */
static void grants_seen_twice(struct domain *d)
{
	struct area a = area_new(privcmd_open(), 4), b;
	size_t i, n = 4 * GRANTS_PER_FRAME;

	must(check_eq(grants(&a, d, 0), 0));
	check(zeroes(a.va, 4 * PAGE));
	b = area_new(privcmd_open(), 2);
	must(check_eq(grants(&b, d, 1), 0));
	/* An entry without flags grants nothing. */
	for (i = 0; i < n; i++)
		entry(&a, i)->frame = 0x10000 + i;
	for (i = 0; i < 2 * GRANTS_PER_FRAME; i++)
		check_eq(entry(&b, i)->frame, 0x10000 + i + GRANTS_PER_FRAME);
	for (i = 0; i < 2 * GRANTS_PER_FRAME; i++)
		entry(&b, i)->frame = ~i;
	for (i = 0; i < n; i++)
		check_eq(entry(&a, i)->frame,
			 i / GRANTS_PER_FRAME % 3 == 0 ?
				 0x10000 + i :
				 (uint32_t) ~(i - GRANTS_PER_FRAME));
	area_done(&b);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(resource_grants)
{
	grants_seen_twice(domain_new(DOMAIN_ANY, 1));
}

TAP_CASE(resource_grants_hvm)
{
	grants_seen_twice(domain_new(DOMAIN_HVM, 1));
}

/* As in <xen/gntdev.h>, which libxen-dev lacks. */
struct gntdev_map_grant_ref {
	uint32_t count;
	uint32_t pad;
	uint64_t index;
	struct {
		uint32_t domid, ref;
	} refs[1];
};

#define GNTDEV_MAP_GRANT_REF \
	_IOC(_IOC_NONE, 'G', 0, sizeof(struct gntdev_map_grant_ref))

static int gntdev_open(void)
{
	int fd = open("/dev/xen/gntdev", O_RDWR);

	if (fd < 0)
		skip("this dom0 has no gntdev");
	return fd;
}

/* @at may be NULL. */
static void *map_grant(int gntdev, const struct domain *d, unsigned int ref,
		       void *at)
{
	struct gntdev_map_grant_ref map = {
		.count = 1,
		.refs = { { .domid = d->id, .ref = ref } },
	};
	void *va;

	must(!ioctl(gntdev, GNTDEV_MAP_GRANT_REF, &map));
	va = mmap(at, PAGE, PROT_READ, MAP_SHARED | (at ? MAP_FIXED : 0),
		  gntdev, map.index);
	must(va != MAP_FAILED);
	return va;
}

/* The hypervisor acts on what is written to the frame, so it is the grant table. */
static void hypervisor_reads_grants(struct domain *d)
{
	struct area a = area_new(privcmd_open(), 1);
	volatile grant_entry_v1_t *e;
	int gntdev = gntdev_open();
	void *va;

	must(check_eq(grants(&a, d, 0), 0));
	e = entry(&a, 9);
	e->domid = 0;
	e->frame = d->frame[2];
	e->flags = GTF_permit_access | GTF_readonly;
	va = map_grant(gntdev, d, 9, NULL);
	check(page_has(va, domain_seed(d, 2)));
	check_eq(e->flags, GTF_permit_access | GTF_readonly | GTF_reading);
	check_eq(munmap(va, PAGE), 0);
	close(gntdev);
	check_eq(e->flags, GTF_permit_access | GTF_readonly);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(resource_grants_are_honoured)
{
	hypervisor_reads_grants(domain_new(DOMAIN_ANY, 3));
}

TAP_CASE(resource_grants_are_honoured_hvm)
{
	hypervisor_reads_grants(domain_new(DOMAIN_HVM, 3));
}

/* Which of two neighbours in one page table is unmapped first. */
enum first { GRANT, FRAMES, BOTH };

/*
 * The entry of a grant belongs to gntdev and the hypervisor. If the driver
 * dropped it, the hypervisor would complain when gntdev unmaps the grant, and a
 * debug build would crash.
 */
static void unmap_beside_grant(struct domain *d, enum first first)
{
	volatile grant_entry_v1_t *e;
	struct area g = area_new(privcmd_open(), 1);
	struct area a = { .fd = g.fd, .n = 16 };
	int gntdev = gntdev_open();
	unsigned char *table;

	must(check_eq(grants(&g, d, 0), 0));
	e = entry(&g, 9);
	e->domid = 0;
	e->frame = d->frame[2];
	e->flags = GTF_permit_access | GTF_readonly;

	table = aside(1024);
	table += -(unsigned long)table % (512 * PAGE);
	a.va = table + PAGE;
	must(mmap(a.va, a.n * PAGE, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED, a.fd, 0) == a.va);
	must(map_frames(&a, d, 0));
	must(map_grant(gntdev, d, 9, table) == table);
	check(page_has(table, domain_seed(d, 2)));
	if (first == BOTH) {
		check_eq(munmap(table, (1 + a.n) * PAGE), 0);
	} else if (first == GRANT) {
		check_eq(munmap(table, PAGE), 0);
		check(page_has(page_at(&a, 15), domain_seed(d, 15)));
		check_eq(munmap(a.va, a.n * PAGE), 0);
	} else {
		check_eq(munmap(a.va, a.n * PAGE), 0);
		check(page_has(table, domain_seed(d, 2)));
		check_eq(munmap(table, PAGE), 0);
	}
	close(gntdev);
	check_eq(e->flags, GTF_permit_access | GTF_readonly);
	area_done(&g);
}

TAP_HAZARD(resource_grant_beside_frames, .rows = "A30")
{
	struct domain *d = domain_new(DOMAIN_ANY, 16);

	unmap_beside_grant(d, GRANT);
	unmap_beside_grant(d, FRAMES);
	unmap_beside_grant(d, BOTH);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * More frames than one page table has entries, and more than the hypervisor
 * handles at a time.
 */
TAP_CASE(resource_many_frames, .rows = "A12")
{
	struct domain *d = domain_with_many_grants(1100);
	struct area a = area_new(privcmd_open(), 1100), b;
	size_t i;

	must(check_eq(grants(&a, d, 0), 0));
	for (i = 0; i < a.n; i++)
		entry(&a, i * GRANTS_PER_FRAME + 7)->frame = i + 1;
	b = area_new(privcmd_open(), 600);
	must(check_eq(grants(&b, d, 450), 0));
	for (i = 0; i < b.n; i++)
		check_eq(entry(&b, i * GRANTS_PER_FRAME + 7)->frame, i + 451);
	area_done(&b);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}
