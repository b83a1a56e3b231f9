// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Frames that the hypervisor lets a PV dom0 map only read-only: pinned page
 * tables of a PV domain. Of three pages, page 1 is such a table.
 */
#include "x/copy.h"

#define TABLE	 1
#define DOMID_IO 0x7ff1

static struct domain *d;

/* Makes a PV domain whose page TABLE is an empty, pinned L1 table. */
static void pin(void)
{
	struct area a = area_new(privcmd_open(), 3);

	d = domain_new(DOMAIN_PV, 3);
	must(map_frames(&a, d, 0));
	memset(page_at(&a, TABLE), 0, PAGE);
	area_done(&a);
	must(check_eq(domain_pin_l1(d, TABLE), 0));
}

static struct area pinned_area(int prot)
{
	need_pv("pinned frames map writable");
	pin();
	return area_prot(privcmd_open(), 3, prot);
}

static bool all_zero(const unsigned char *p)
{
	return !*p && !memcmp(p, p + 1, PAGE - 1);
}

static void check_read_only(const struct area *a)
{
	check_eq(touch(page_at(a, TABLE)), 0);
	check(all_zero(page_at(a, TABLE)));
	check_eq(poke(page_at(a, TABLE), 0), SIGBUS);
	check(all_zero(page_at(a, TABLE)));
	/* The other pages are as before. */
	check(page_has(page_at(a, 0), domain_seed(d, 0)));
	check_eq(poke(page_at(a, 0), *page_at(a, 0)), 0);
	check_eq(poke(page_at(a, 2), *page_at(a, 2)), 0);
	if (driver()) {
		check_eq(state_at(a, 0), PRIVCMD_X_RW);
		check_eq(state_at(a, TABLE), PRIVCMD_X_RO);
		check_eq(state_at(a, 2), PRIVCMD_X_RW);
		check_eq(fdinfo(a->fd, "xen-privcmd-readonly"), 1);
		check_eq(fdinfo(a->fd, "xen-privcmd-frames"), 3);
		check_eq(fdinfo(a->fd, "xen-privcmd-failed"), 0);
	}
}

/*
 * The type count of the table is back at its old value, so it can be unpinned
 * and freed.
 */
static void clean(struct area *a)
{
	area_done(a);
	if (driver())
		check_eq(fdinfo(a->fd, "xen-privcmd-readonly"), 0);
	domain_destroy(d);
	check(domain_gone(d));
}

BATCH_CASE(pinned_table, .rows = "A22")
{
	struct area a = pinned_area(PROT_READ | PROT_WRITE);
	int err[3];

	must(check_eq(batch(version, a.fd, d->id, a.va, d->frame, err, 3), 0));
	check_eq(err[0], 0);
	check_eq(err[TABLE], 0);
	check_eq(err[2], 0);
	check_read_only(&a);
	clean(&a);
}

TAP_CASE(mmap_pinned_table, .rows = "A22")
{
	struct area a = pinned_area(PROT_READ | PROT_WRITE);
	struct privcmd_mmap_entry e[3];
	struct privcmd_mmap m = { .num = 3, .dom = d->id, .entry = e };
	size_t i;

	for (i = 0; i < 3; i++)
		e[i] = (struct privcmd_mmap_entry){
			(unsigned long)page_at(&a, i), d->frame[i], 1
		};
	must(check_eq(ioctl(a.fd, IOCTL_PRIVCMD_MMAP, &m), 0));
	check_read_only(&a);
	clean(&a);
}

/*
 * A write is refused while the table is pinned and succeeds afterwards, in the
 * same mapping.
 */
TAP_CASE(readonly_write_after_unpin, .rows = "A22 B13")
{
	struct area a = pinned_area(PROT_READ | PROT_WRITE);
	struct area b = area_new(privcmd_open(), 3);

	must(map_frames(&a, d, 0));
	check_read_only(&a);
	must(check_eq(domain_unpin(d, TABLE), 0));
	check_eq(poke(page_at(&a, TABLE), 5), 0);
	if (driver()) {
		check_eq(state_at(&a, TABLE), PRIVCMD_X_RW);
		check_eq(fdinfo(a.fd, "xen-privcmd-readonly"), 0);
	}
	must(map_frames(&b, d, 0));
	check_eq(*page_at(&b, TABLE), 5);
	page_fill(page_at(&a, TABLE), 8);
	check(page_has(page_at(&b, TABLE), 8));
	area_done(&b);
	clean(&a);
}

/* The kernel accesses the pages for the program. */
TAP_HAZARD(readonly_kernel_access, .rows = "B13 B18")
{
	struct area a = pinned_area(PROT_READ | PROT_WRITE);
	int zero = open("/dev/zero", O_RDONLY), p[2];
	unsigned char *plain = buffer(1);

	must(map_frames(&a, d, 0) && !pipe(p));
	check_errno(read(zero, page_at(&a, TABLE), PAGE), EFAULT);
	memset(plain, 1, PAGE);
	check_eq(write(p[1], page_at(&a, TABLE), PAGE), PAGE);
	check_eq(read(p[0], plain, PAGE), PAGE);
	check(all_zero(plain));
	check_read_only(&a);
	must(check_eq(domain_unpin(d, TABLE), 0));
	check_eq(read(zero, page_at(&a, TABLE), PAGE), PAGE);
	check_eq(poke(page_at(&a, TABLE), 5), 0);
	clean(&a);
}

/*
 * A read-only area needs only a read-only mapping, so the frame counts as fully
 * mapped.
 */
BATCH_CASE(pinned_table_in_read_only_area, .rows = "A22")
{
	struct area a = pinned_area(PROT_READ);
	int err[3];

	must(check_eq(batch(version, a.fd, d->id, a.va, d->frame, err, 3), 0));
	check_eq(err[TABLE], 0);
	check(all_zero(page_at(&a, TABLE)));
	check_eq(poke(page_at(&a, TABLE), 0), SIGSEGV);
	if (driver()) {
		check_eq(state_at(&a, TABLE), PRIVCMD_X_RW);
		check_eq(fdinfo(a.fd, "xen-privcmd-readonly"), 0);
	}
	clean(&a);
}

TAP_CASE(readonly_retry_off, .rows = "A22")
{
	struct area a = pinned_area(PROT_READ | PROT_WRITE);
	int err[3] = { 0 };

	if (driver())
		must(param_set("ro_retry", "N"));
	must(check_eq(v2(a.fd, d->id, a.va, d->frame, err, 3), 0));
	check_eq(err[0], 0);
	check_eq(err[TABLE], -EBUSY);
	check_eq(err[2], 0);
	check_eq(touch(page_at(&a, TABLE)), SIGBUS);
	check(page_has(page_at(&a, 2), domain_seed(d, 2)));
	if (driver()) {
		struct privcmd_x_frame f = { 9, 9, 9 };

		check_eq(fdinfo(a.fd, "xen-privcmd-failed"), 1);
		check_eq(status(a.fd, page_at(&a, TABLE), &f, 1), 0);
		check(f.state == PRIVCMD_X_NONE && f.error == -EBUSY);
		/* The frame has failed, so the page can be populated again. */
		must(param_set("ro_retry", "Y"));
		check_eq(v2(a.fd, d->id, page_at(&a, TABLE), d->frame + TABLE,
			    err, 1),
			 0);
		check_eq(err[0], 0);
		check_read_only(&a);
	}
	clean(&a);
}

/*
 * A writable mapping keeps a page from becoming a page table. When it is
 * unmapped, it leaves no other trace.
 */
TAP_CASE(readonly_unmap_drops_the_write_reference, .rows = "A22")
{
	struct area a = area_new(privcmd_open(), 3);

	need_pv("not the way to hold a page there");
	d = domain_new(DOMAIN_PV, 3);
	must(map_frames(&a, d, 0));
	memset(page_at(&a, TABLE), 0, PAGE);
	check_errno(domain_pin_l1(d, TABLE), EINVAL);
	area_done(&a);
	check_eq(domain_pin_l1(d, TABLE), 0);
	check_eq(domain_unpin(d, TABLE), 0);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * An entry that the hypervisor refuses must not change the counts of the page
 * that holds it.
 */
TAP_CASE(readonly_refused_often, .rows = "A22")
{
	struct area a = pinned_area(PROT_READ | PROT_WRITE);
	int i;

	area_done(&a);
	for (i = 0; i < 200; i++) {
		a = area_new(a.fd, 3);
		must(map_frames(&a, d, 0));
		check_eq(poke(page_at(&a, TABLE), 0), SIGBUS);
		area_done(&a);
	}
	a = area_new(a.fd, 3);
	clean(&a);
}

TAP_HAZARD(readonly_mprotect, .rows = "B13")
{
	struct area a = pinned_area(PROT_READ | PROT_WRITE);

	must(map_frames(&a, d, 0));
	check_eq(mprotect(a.va, 3 * PAGE, PROT_READ), 0);
	check(all_zero(page_at(&a, TABLE)));
	if (driver()) {
		check_eq(state_at(&a, TABLE), PRIVCMD_X_RO);
		check_eq(fdinfo(a.fd, "xen-privcmd-readonly"), 1);
	}
	check_eq(poke(page_at(&a, TABLE), 0), SIGSEGV);
	check_eq(mprotect(a.va, 3 * PAGE, PROT_READ | PROT_WRITE), 0);
	check_read_only(&a);
	must(check_eq(domain_unpin(d, TABLE), 0));
	check_eq(poke(page_at(&a, TABLE), 1), 0);
	clean(&a);
}

TAP_HAZARD(readonly_mremap, .rows = "B1 B13")
{
	struct area a = pinned_area(PROT_READ | PROT_WRITE);
	unsigned char *va = aside(3);

	must(map_frames(&a, d, 0));
	/* A frame that is read-only already stays so. */
	if (driver())
		must(param_set("ro_retry", "N"));
	must(mremap(a.va, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		    va) == va);
	a.va = va;
	check_read_only(&a);
	clean(&a);
}

/*
 * The table is pinned between two accesses. A page that was writable is
 * refilled read-only.
 */
TAP_HAZARD(readonly_pinned_before_refill, .rows = "B1 B13")
{
	struct area a = area_new(privcmd_open(), 3);
	unsigned char *va = aside(3);

	need_pv("pinned frames map writable");
	d = domain_new(DOMAIN_PV, 3);
	must(map_frames(&a, d, 0));
	memset(page_at(&a, TABLE), 0, PAGE);
	must(mremap(a.va, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		    va) == va);
	a.va = va;
	must(check_eq(domain_pin_l1(d, TABLE), 0));
	check_read_only(&a);
	clean(&a);
}

/*
 * Auto-translated: the hypercall that maps a frame has no argument for the kind
 * of access.
 */
BATCH_CASE(pinned_table_auto_translated, .rows = "A22")
{
	struct area a;
	int err[3];

	if (!xlate())
		skip("PV dom0: see pinned_table");
	pin();
	a = area_new(privcmd_open(), 3);
	must(check_eq(batch(version, a.fd, d->id, a.va, d->frame, err, 3), 0));
	check_eq(err[TABLE], 0);
	check(all_zero(page_at(&a, TABLE)));
	if (driver())
		check_eq(state_at(&a, TABLE), PRIVCMD_X_RW);
	clean(&a);
}

/*
 * Xen may accept an entry and clear its write bit, as it does for the page of
 * an IO-APIC. The driver must read back what the page table holds.
 */
TAP_CASE(readonly_stripped_by_the_hypervisor)
{
	struct area a = area_new(privcmd_open(), 1);
	__u64 ioapic = 0xfec00;
	unsigned char byte = 0;
	int err = 0;

	need_pv("no page table of the driver's to strip it in");
	need_ours();
	must(check_eq(v2(a.fd, DOMID_IO, a.va, &ioapic, &err, 1), 0));
	if (err)
		skip("this Xen does not let dom0 map its IO-APIC (%s)",
		     strerror(-err));
	if (state_at(&a, 0) == PRIVCMD_X_RW)
		skip("this Xen lets dom0 write its IO-APIC");
	check_eq(state_at(&a, 0), PRIVCMD_X_RO);
	check_eq(touch(a.va), 0);
	/*
	 * The hypervisor accepts the writable entry and clears the write bit
	 * again.
	 */
	check_eq(poke(a.va, 0), SIGBUS);
	check_eq(state_at(&a, 0), PRIVCMD_X_RO);
	check_errno(x_copy(a.fd, DOMID_IO, &ioapic, 1, 0, 1, &byte, WRITE),
		    EACCES);
	check_eq(x_copied, 0);
	area_done(&a);
}

/* The gate is asked again when a write makes a read-only page writable. */
TAP_HAZARD(readonly_upgrade_restricted, .rows = "B13 B16")
{
	struct area a = pinned_area(PROT_READ | PROT_WRITE);

	need_ours();
	must(map_frames(&a, d, 0));
	check_eq(restrict_to(a.fd, d->id + 1), 0);
	must(check_eq(domain_unpin(d, TABLE), 0));
	check_eq(poke(page_at(&a, TABLE), 1), SIGBUS);
	check(all_zero(page_at(&a, TABLE)));
	check_eq(state_at(&a, TABLE), PRIVCMD_X_RO);
	/* Pages that need no new entry work on. */
	check_eq(poke(page_at(&a, 0), 1), 0);
	clean(&a);
}

/*
 * A mapped page stays readable, whatever is tried on it. The frame of a dead
 * domain is not a page table any more, so the hypervisor may allow the write.
 */
TAP_HAZARD(readonly_write_after_the_end_of_the_domain, .rows = "B13 A22")
{
	struct area a = pinned_area(PROT_READ | PROT_WRITE);
	int sig;

	must(map_frames(&a, d, 0));
	check_read_only(&a);
	domain_destroy(d);
	check_eq(touch(page_at(&a, TABLE)), 0);
	for (int i = 0; i < 3; i++) {
		sig = poke(page_at(&a, TABLE), 1);
		check(sig == 0 || sig == SIGBUS);
		must(check_eq(touch(page_at(&a, TABLE)), 0));
		check_eq(*page_at(&a, TABLE), sig ? 0 : 1);
	}
	check(page_has(page_at(&a, 0), domain_seed(d, 0)));
	area_done(&a);
	check(domain_gone(d));
}
