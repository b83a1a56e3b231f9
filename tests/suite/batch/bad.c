// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * MMAPBATCH and MMAPBATCH_V2 with wrong arguments: the errno of each, and which
 * of two wrong arguments decides it. The area that the call names stays usable.
 * where.c has wrong addresses.
 */
#include "suite.h"

static const unsigned long cmds[] = {
	0,
	IOCTL_PRIVCMD_MMAPBATCH,
	IOCTL_PRIVCMD_MMAPBATCH_V2,
};

static int raw(int version, int fd, unsigned int dom, unsigned long addr,
	       const void *arr, void *err, unsigned int num)
{
	if (version == 1)
		return v1(fd, dom, (void *)addr, (__u64 *)arr, num);
	return v2(fd, dom, (void *)addr, arr, err, num);
}

BATCH_CASE(struct_unreadable)
{
	int fd = privcmd_open();
	unsigned char *p = buffer(1);

	check_errno(ioctl(fd, cmds[version], NULL), EFAULT);
	check_errno(ioctl(fd, cmds[version], KERNEL_POINTER), EFAULT);
	check_errno(ioctl(fd, cmds[version], aside(1)), EFAULT);
	/* The last byte of the struct cannot be read. */
	check_errno(ioctl(fd, cmds[version],
			  p + PAGE - _IOC_SIZE(cmds[version]) + 1),
		    EFAULT);
	/*
	 * The struct ends right before memory that cannot be read. It is read,
	 * and its num is 0.
	 */
	check_errno(ioctl(fd, cmds[version],
			  p + PAGE - _IOC_SIZE(cmds[version])),
		    EINVAL);
}

BATCH_CASE(num_zero)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 1);
	int err = 0;

	check_errno(raw(version, a.fd, d->id, (long)a.va, d->frame, &err, 0),
		    EINVAL);
	check_errno(raw(version, a.fd, d->id, 0, NULL, NULL, 0), EINVAL);
	area_works(&a, d);
}

TAP_CASE(mmapbatch_num_negative)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 1);

	check_errno(v1(a.fd, d->id, a.va, d->frame, -1), EINVAL);
	check_errno(v1(a.fd, d->id, a.va, d->frame, INT_MIN), EINVAL);
	check_errno(v1(a.fd, d->id, a.va, NULL, -1), EINVAL);
	area_works(&a, d);
}

/*
 * Counts whose size in bytes does not fit 32 bits are wrong, whatever the
 * arrays are.
 */
BATCH_CASE(num_overflows, .rows = "A13 A14")
{
	static const unsigned int num[] = {
		0x20000000, 0x20000001, 0x3fffffff, 0x40000001, 0x7fffffff,
		0x80000000, 0x80000001, 0xe0000001, 0xffffffff,
	};
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 1);
	int err = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(num); i++) {
		check_errno(raw(version, a.fd, d->id, (long)a.va, d->frame,
				&err, num[i]),
			    EINVAL);
		check_errno(raw(version, a.fd, d->id, (long)a.va, NULL, NULL,
				num[i]),
			    EINVAL);
	}
	area_works(&a, d);
}

/*
 * More frames than a file may have. The call is refused before anything is
 * allocated or read.
 */
BATCH_CASE(num_beyond_the_limit, .rows = "A13 B10")
{
	static const unsigned int num[] = { 0x10000001, 0x18000000,
					    0x1fffffff };
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 1);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(num); i++) {
		check_errno(raw(version, a.fd, d->id, (long)a.va, NULL, NULL,
				num[i]),
			    ENOMEM);
		check_errno(raw(version, a.fd, d->id, (long)a.va, d->frame,
				d->frame, num[i]),
			    ENOMEM);
	}
	area_works(&a, d);
}

BATCH_CASE(max_frames)
{
	struct domain *d = domain_new(DOMAIN_ANY, 17);
	int fd, other;
	struct area a, b, c;

	need_ours();
	must(param_set("max_frames", "16"));
	fd = privcmd_open();
	other = privcmd_open();
	check_errno(raw(version, fd, d->id, PAGE, NULL, NULL, 17), ENOMEM);
	/*
	 * The limit counts all mappings of a file together. Another file has
	 * its own count.
	 */
	a = area_new(fd, 10);
	b = area_new(fd, 7);
	c = area_new(other, 16);
	check_eq(batch(version, fd, d->id, a.va, d->frame, NULL, 10), 0);
	check_errno(batch(version, fd, d->id, b.va, d->frame, NULL, 7), ENOMEM);
	check_eq(batch(version, other, d->id, c.va, d->frame, NULL, 16), 0);
	check_eq(munmap(a.va, 10 * PAGE), 0);
	area_works(&b, d);
	area_done(&c);
}

BATCH_CASE(address_unaligned)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 1);
	unsigned long va = (unsigned long)a.va;
	int err = 0;

	check_errno(raw(version, a.fd, d->id, va + 1, d->frame, &err, 1),
		    EINVAL);
	check_errno(raw(version, a.fd, d->id, va + 2048, d->frame, &err, 1),
		    EINVAL);
	check_errno(raw(version, a.fd, d->id, va + 4095, d->frame, &err, 1),
		    EINVAL);
	/* Alignment is checked before the arrays are read. */
	check_errno(raw(version, a.fd, d->id, va + 8, NULL, NULL, 1), EINVAL);
	area_works(&a, d);
}

BATCH_CASE(address_overflows)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	int fd = privcmd_open();

	check_errno(raw(version, fd, d->id, -PAGE, NULL, NULL, 2), EINVAL);
	check_errno(raw(version, fd, d->id, -PAGE * 0x1000, NULL, NULL,
			0x100000),
		    EINVAL);
}

BATCH_CASE(arrays_unreadable, .rows = "A20 A21")
{
	struct domain *d = domain_new(DOMAIN_ANY, 600);
	struct area a = area_new(privcmd_open(), 600);
	unsigned char *p = buffer(2);
	unsigned long va = (unsigned long)a.va;
	int err[600];

	check_errno(raw(version, a.fd, d->id, va, NULL, err, 600), EFAULT);
	check_errno(raw(version, a.fd, d->id, va, KERNEL_POINTER, err, 600),
		    EFAULT);
	check_errno(raw(version, a.fd, d->id, va, (void *)-8UL, err, 600),
		    EFAULT);
	/* The last of the 600 elements cannot be read. */
	memcpy(p + 2 * PAGE - 599 * 8, d->frame, 599 * 8);
	check_errno(raw(version, a.fd, d->id, va, p + 2 * PAGE - 599 * 8, err,
			600),
		    EFAULT);
	/* Nothing was mapped. */
	check_eq(touch(a.va), SIGBUS);
	check_eq(touch(page_at(&a, 599)), SIGBUS);
	/* The arrays are read before the VMA is looked up. */
	check_errno(raw(version, a.fd, d->id, PAGE, NULL, err, 600), EFAULT);
	area_works(&a, d);
}

TAP_CASE(mmapbatch_v2_err_unwritable, .rows = "A20")
{
	struct domain *d = domain_new(DOMAIN_ANY, 600);
	struct area a = area_new(privcmd_open(), 600);
	unsigned char *p = buffer(2);

	check_errno(v2(a.fd, d->id, a.va, d->frame, NULL, 600), EFAULT);
	check_errno(v2(a.fd, d->id, a.va, d->frame, KERNEL_POINTER, 600),
		    EFAULT);
	check_errno(v2(a.fd, d->id, a.va, d->frame,
		       (int *)(p + 2 * PAGE - 599 * 4), 600),
		    EFAULT);
	must(!mprotect(p, 2 * PAGE, PROT_READ));
	check_errno(v2(a.fd, d->id, a.va, d->frame, (int *)p, 600), EFAULT);
	check_errno(v2(a.fd, d->id, (void *)PAGE, d->frame, NULL, 600), EFAULT);
	check_eq(touch(a.va), SIGBUS);
	area_works(&a, d);
}

/* V1 writes its marks into the array of frame numbers. */
TAP_CASE(mmapbatch_array_read_only)
{
	struct domain *d = domain_new(DOMAIN_ANY, 4);
	struct area a = area_new(privcmd_open(), 4);
	unsigned char *p = buffer(1);

	memcpy(p, d->frame, 4 * 8);
	((__u64 *)p)[2] = BAD_FRAME;
	must(!mprotect(p, PAGE, PROT_READ));
	check_errno(v1(a.fd, d->id, a.va, (__u64 *)p, 4), EFAULT);
	area_done(&a);
}

/*
 * A domain that does not exist is an error of each frame, which the array
 * reports.
 */
BATCH_CASE(no_such_domain)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = area_new(privcmd_open(), 3);
	int err[3] = { 0 };
	size_t i;

	must(!domain_exists(NO_DOMAIN));
	check_eq(batch(version, a.fd, NO_DOMAIN, a.va, d->frame, err, 3), 0);
	for (i = 0; i < 3; i++)
		check_eq(err[i], version == 1 ? -EIO : -ESRCH);
	area_done(&a);
}

/* Ids that are not domains. No frame is ever mapped for them. */
BATCH_CASE(reserved_domids)
{
	static const unsigned int id[] = { 0x7ff1, 0x7ff2, 0x7ff3,
					   0x7ff4, 0x7fff, 0xffff };
	__u64 frame[2] = { BAD_FRAME | 0x0fff0000000000,
			   BAD_FRAME | 0x0ffe0000000000 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(id); i++) {
		struct area a = area_new(privcmd_open(), 2);
		int err[2] = { 0 };
		int ret = batch(version, a.fd, id[i], a.va, frame, err, 2);

		check((ret == 0 && err[0] < 0 && err[1] < 0) ||
		      (ret == -1 && errno == EINVAL));
		area_done(&a);
		close(a.fd);
	}
}

/*
 * Bits of a frame number that no entry can hold must not be dropped, as the
 * rest of the number may be a good frame.
 */
BATCH_CASE(frame_too_wide)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	static const int bit[] = { 40, 41, 44, 51, 52, 60, 63 };
	size_t i, n = ARRAY_SIZE(bit);
	struct area a = area_new(privcmd_open(), n);
	__u64 frame[ARRAY_SIZE(bit)];
	int err[ARRAY_SIZE(bit)] = { 0 };

	for (i = 0; i < n; i++)
		frame[i] = d->frame[0] | 1ULL << bit[i];
	check_eq(batch(version, a.fd, d->id, a.va, frame, err, n), 0);
	for (i = 0; i < n; i++)
		if (!check_eq(err[i], version == 1 ? -EIO : -EINVAL))
			tap_note("bit %d of the frame number was dropped",
				 bit[i]);
	area_done(&a);
}

TAP_CASE(mmapbatch_v2_frame_all_ones)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = area_new(privcmd_open(), 3);
	__u64 frame[] = { ~0ULL, d->frame[1], ~0ULL >> 12 };
	int err[3] = { 0 };

	check_eq(v2(a.fd, d->id, a.va, frame, err, 3), 0);
	check_eq(err[0], -EINVAL);
	check_eq(err[1], 0);
	check_eq(err[2], -EINVAL);
	check(page_has(page_at(&a, 1), domain_seed(d, 1)));
	area_done(&a);
}
