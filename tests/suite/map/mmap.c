// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The ioctl MMAP, for PV dom0s only: runs of frames, all or nothing. vma/vma.c
 * tests the system call mmap.
 */
#include "dom0/late.h"

static int mmap_runs(int fd, unsigned int dom, struct privcmd_mmap_entry *e,
		     int num)
{
	struct privcmd_mmap m = { .num = num, .dom = dom, .entry = e };

	return ioctl(fd, IOCTL_PRIVCMD_MMAP, &m);
}

static struct privcmd_mmap_entry run(const struct area *a, size_t page,
				     __u64 mfn, __u64 n)
{
	return (struct privcmd_mmap_entry){ (unsigned long)page_at(a, page),
					    mfn, n };
}

/* One entry for each page of the area. They show the domain's pages in order. */
static void singles(struct privcmd_mmap_entry *e, const struct area *a,
		    const struct domain *d)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		e[i] = run(a, i, d->frame[i], 1);
}

static struct area pv_area(size_t n)
{
	need_pv("MMAP is PV only");
	return area_new(privcmd_open(), n);
}

TAP_CASE(mmap_auto_translated)
{
	struct privcmd_mmap m = { .num = 1 };
	int fd = privcmd_open();

	if (!xlate())
		skip("PV dom0: MMAP works there");
	check_errno(ioctl(fd, IOCTL_PRIVCMD_MMAP, &m), ENOSYS);
	m.num = 0;
	check_errno(ioctl(fd, IOCTL_PRIVCMD_MMAP, &m), ENOSYS);
	/* The call is refused before anything is read. */
	check_errno(ioctl(fd, IOCTL_PRIVCMD_MMAP, NULL), ENOSYS);
}

TAP_CASE(mmap_one_entry_per_page, .rows = "A3")
{
	struct area a = pv_area(5), b = area_new(privcmd_open(), 5);
	struct domain *d = domain_new(DOMAIN_PV, 5);
	struct privcmd_mmap_entry e[5];
	size_t i;

	singles(e, &a, d);
	must(check_eq(mmap_runs(a.fd, d->id, e, 5), 0));
	must(map_frames(&b, d, 0));
	for (i = 0; i < 5; i++) {
		check(page_has(page_at(&a, i), domain_seed(d, i)));
		page_fill(page_at(&a, i), i);
		check(page_has(page_at(&b, i), i));
	}
	area_done(&a);
	area_done(&b);
}

/*
 * Runs of several frames. The guest frames of an HVM domain have consecutive
 * numbers.
 */
TAP_CASE(mmap_long_runs, .rows = "A3")
{
	struct area a = pv_area(600);
	struct domain *d = domain_new(DOMAIN_HVM, 600);
	struct privcmd_mmap_entry e[3] = {
		run(&a, 0, 300, 1),
		run(&a, 1, 0, 299),
		run(&a, 300, 300, 300),
	};
	size_t i;

	must(check_eq(mmap_runs(a.fd, d->id, e, 3), 0));
	for (i = 0; i < 600; i++)
		check(page_has(page_at(&a, i), domain_seed(d, i == 0  ? 300 :
							      i < 300 ? i - 1 :
									i)));
	area_done(&a);
}

TAP_CASE(mmap_struct_unreadable)
{
	unsigned char *p = buffer(1);
	int fd = privcmd_open();

	need_pv("MMAP is PV only");
	check_errno(ioctl(fd, IOCTL_PRIVCMD_MMAP, NULL), EFAULT);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_MMAP, KERNEL_POINTER), EFAULT);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_MMAP, p + PAGE - 8), EFAULT);
	check_eq(ioctl(fd, IOCTL_PRIVCMD_MMAP, p + PAGE - 16), 0); /* num 0 */
}

TAP_CASE(mmap_num)
{
	struct area a = pv_area(2);
	struct domain *d = domain_new(DOMAIN_PV, 2);
	struct privcmd_mmap_entry e[2];

	singles(e, &a, d);
	check_eq(mmap_runs(a.fd, d->id, e, 0), 0);
	check_eq(mmap_runs(a.fd, d->id, NULL, 0), 0);
	check_eq(touch(a.va), SIGBUS);
	check_errno(mmap_runs(a.fd, d->id, e, -1), EINVAL);
	check_errno(mmap_runs(a.fd, d->id, e, INT_MIN), EINVAL);
	check_errno(mmap_runs(a.fd, d->id, NULL, -1), EINVAL);
	check_eq(touch(a.va), SIGBUS);
	area_works(&a, d);
}

TAP_CASE(mmap_entries_unreadable)
{
	struct area a = pv_area(2);
	struct domain *d = domain_new(DOMAIN_PV, 2);
	struct privcmd_mmap_entry *e = (void *)(buffer(1) + PAGE - sizeof(*e));

	check_errno(mmap_runs(a.fd, d->id, NULL, 1), EFAULT);
	check_errno(mmap_runs(a.fd, d->id, KERNEL_POINTER, 1), EFAULT);
	/* The second of two entries cannot be read. */
	e[0] = run(&a, 0, d->frame[0], 1);
	check_errno(mmap_runs(a.fd, d->id, e, 2), EFAULT);
	/* The array is read before the VMA is looked up. */
	e[0].va = PAGE;
	check_errno(mmap_runs(a.fd, d->id, e, 2), EFAULT);
	check_eq(touch(a.va), SIGBUS);
	area_works(&a, d);
}

/* Entries that are not contiguous, or do not cover exactly the area. */
TAP_CASE(mmap_not_contiguous, .rows = "A3")
{
	struct area a = pv_area(4);
	struct domain *d = domain_new(DOMAIN_PV, 4);
	struct privcmd_mmap_entry good[4], e[4];

	singles(good, &a, d);
#define REFUSED(num, ...)                                            \
	do {                                                         \
		memcpy(e, good, sizeof(e));                          \
		__VA_ARGS__;                                         \
		check_errno(mmap_runs(a.fd, d->id, e, num), EINVAL); \
		check_eq(touch(a.va), SIGBUS);                       \
	} while (0)
	REFUSED(4, e[2].va += PAGE);		    /* a hole, an overlap */
	REFUSED(4, e[1].va -= PAGE);		    /* one address twice */
	REFUSED(4, e[0] = good[1]; e[1] = good[0]); /* wrong order */
	REFUSED(4, e[3].va = (unsigned long)aside(1));
	REFUSED(3, (void)0); /* too few pages */
	REFUSED(3, memmove(e, e + 1, 3 * sizeof(*e)));
	REFUSED(4, e[3].npages = 2); /* too many pages */
	REFUSED(4, e[0].npages = 2);
	REFUSED(1, (void)0);
	area_works(&a, d);
}

TAP_CASE(mmap_entry_wrong)
{
	struct area a = pv_area(2);
	struct domain *d = domain_new(DOMAIN_PV, 2);
	struct privcmd_mmap_entry good[2], e[2];
	static const __u64 many[] = {
		0,	    1ULL << 31,	      1ULL << 32, (1ULL << 32) + 1,
		1ULL << 52, (1ULL << 52) + 1, 1ULL << 63, ~0ULL,
	};
	size_t i;

	singles(good, &a, d);
	for (i = 0; i < ARRAY_SIZE(many); i++)
		REFUSED(2, e[1].npages = many[i]);
	for (i = 0; i < ARRAY_SIZE(many); i++)
		REFUSED(2, e[0].npages = many[i]);
	REFUSED(2, e[0].va++);
	REFUSED(2, e[1].va += 2048);
	REFUSED(2, e[0].va += 4095; e[1].va += 4095);
	REFUSED(2, e[0].va = -PAGE; e[1].va = 0);
	REFUSED(1, e[0].va = -PAGE; e[0].npages = 2);
	/* Each entry may be so long, but not both together. */
	REFUSED(2, e[0].npages = e[1].npages = 1ULL << 28;
		e[1].va = e[0].va + (PAGE << 28));
	area_works(&a, d);
}

TAP_HAZARD(mmap_address_elsewhere, .rows = "B3")
{
	struct area a = pv_area(2);
	struct domain *d = domain_new(DOMAIN_PV, 2);
	unsigned char *anon = buffer(2);
	struct area where[] = {
		{ a.fd, anon, 2 },
		{ a.fd, aside(2), 2 },
		{ a.fd, NULL, 2 },
		{ a.fd, KERNEL_POINTER - 4096, 2 },
	};
	struct privcmd_mmap_entry e[2];
	size_t i;

	page_fill(anon, 3);
	for (i = 0; i < ARRAY_SIZE(where); i++) {
		singles(e, &where[i], d);
		check_errno(mmap_runs(a.fd, d->id, e, 2), EINVAL);
	}
	check(page_has(anon, 3));
	area_works(&a, d);
}

TAP_CASE(mmap_twice, .rows = "A1")
{
	struct area a = pv_area(2);
	struct domain *d = domain_new(DOMAIN_PV, 4);
	struct privcmd_mmap_entry e[2];

	singles(e, &a, d);
	must(check_eq(mmap_runs(a.fd, d->id, e, 2), 0));
	check_errno(mmap_runs(a.fd, d->id, e, 2), EINVAL);
	check_errno(mmap_runs(a.fd, d->id, e + 1, 1), EINVAL);
	check_errno(v2(a.fd, d->id, a.va, d->frame + 2, (int[2]){ 0 }, 2),
		    EINVAL);
	check(page_has(a.va, domain_seed(d, 0)));
	check(page_has(page_at(&a, 1), domain_seed(d, 1)));
	area_done(&a);
}

#define CHANGED 128 /* entries; the array is read in two halves */

/*
 * The driver reads the entries twice. Each half of the array is on a page of
 * its own, and the second one is given when the first one has been taken away.
 * So the call has measured all entries when it waits for the first page again,
 * and then reads what @change has made of them.
 */
static void changed_meanwhile(size_t pages, unsigned int last,
			      void (*change)(struct privcmd_mmap_entry *e))
{
	struct area a = pv_area(pages);
	struct domain *d = domain_new(DOMAIN_PV, pages);
	struct privcmd_mmap m = { .num = CHANGED, .dom = d->id };
	size_t half = CHANGED / 2 * sizeof(*m.entry);
	struct privcmd_mmap_entry *e;
	struct late l;

	late_new(&l, 2);
	e = late_array(l.copy, half);
	m.entry = late_array(l.pages, half);
	singles(e, &a, d);
	e[CHANGED - 1].npages = last;
	memcpy(l.pages, l.copy, 2 * PAGE);

	late_call_again(&l, a.fd, IOCTL_PRIVCMD_MMAP, &m);
	change(e);
	memcpy(l.pages + PAGE, l.copy + PAGE, PAGE);
	late_give(&l, 0);
	check_errno(late_end(&l), EINVAL);
	late_done(&l);
	check_eq(touch(a.va), SIGBUS);
	check_eq(touch(page_at(&a, pages - 1)), SIGBUS);
	area_works(&a, d);
	close(a.fd);
	domain_destroy(d);
	check(domain_gone(d));
}

static void grow(struct privcmd_mmap_entry *e)
{
	e[CHANGED - 1].npages++;
}

/* More numbers than the chunks of the call can hold. */
static void grow_much(struct privcmd_mmap_entry *e)
{
	e[CHANGED - 1].npages += 4096;
}

static void shrink(struct privcmd_mmap_entry *e)
{
	e[CHANGED - 1].npages--;
}

static void move(struct privcmd_mmap_entry *e)
{
	for (size_t i = 0; i < CHANGED; i++)
		e[i].va += PAGE;
}

TAP_HAZARD(mmap_entries_change_meanwhile, .rows = "A3 B12")
{
	changed_meanwhile(CHANGED, 1, grow);
	changed_meanwhile(CHANGED, 1, grow_much);
	changed_meanwhile(CHANGED + 1, 2, shrink);
	changed_meanwhile(CHANGED, 1, move);
}

TAP_CASE(mmap_max_frames)
{
	struct area a = pv_area(17);
	struct domain *d = domain_new(DOMAIN_HVM, 17);
	struct privcmd_mmap_entry e = run(&a, 0, 0, 0x10000001);

	need_ours();
	check_errno(mmap_runs(a.fd, d->id, &e, 1), ENOMEM);
	must(param_set("max_frames", "16"));
	e.npages = 17;
	check_errno(mmap_runs(a.fd, d->id, &e, 1), ENOMEM);
	check_eq(touch(a.va), SIGBUS);
	must(param_set("max_frames", "17"));
	check_eq(mmap_runs(a.fd, d->id, &e, 1), 0);
	check(page_has(page_at(&a, 16), domain_seed(d, 16)));
	area_done(&a);
}

/* The first frame that fails ends the call, and what it mapped before is undone. */
TAP_CASE(mmap_frame_fails, .rows = "A20")
{
	struct area a = pv_area(4);
	struct domain *d = domain_new(DOMAIN_PV, 4);
	struct privcmd_mmap_entry e[4];
	int err[4] = { 0 }, i;
	__u64 bad[4] = { d->frame[0], d->frame[1], BAD_FRAME, d->frame[3] };
	struct area b = area_new(privcmd_open(), 4);

	/* The errno of this frame. */
	must(check_eq(v2(b.fd, d->id, b.va, bad, err, 4), 0));
	check_eq(err[2], bad_frame_error(2, d));
	singles(e, &a, d);
	e[2].mfn = BAD_FRAME;
	check_errno(mmap_runs(a.fd, d->id, e, 4), -err[2]);
	for (i = 0; i < 4; i++)
		check_eq(touch(page_at(&a, i)), SIGBUS);
	if (driver())
		check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 0);
	/* Two frames fail. The errno is that of the first one. */
	e[1].mfn = 1ULL << 63;
	check_errno(mmap_runs(a.fd, d->id, e, 4), EINVAL);
	e[1].mfn = BAD_FRAME;
	e[2].mfn = 1ULL << 63;
	check_errno(mmap_runs(a.fd, d->id, e, 4), -err[2]);
	singles(e, &a, d);
	if (check_eq(mmap_runs(a.fd, d->id, e, 4), 0))
		check(page_has(page_at(&a, 3), domain_seed(d, 3)));
	area_done(&a);
	area_done(&b);
}

TAP_CASE(mmap_no_such_domain)
{
	struct area a = pv_area(2);
	struct domain *d = domain_new(DOMAIN_PV, 2);
	struct privcmd_mmap_entry e[2];

	singles(e, &a, d);
	check_errno(mmap_runs(a.fd, NO_DOMAIN, e, 2), ESRCH);
	check_eq(touch(a.va), SIGBUS);
	area_works(&a, d);
}
