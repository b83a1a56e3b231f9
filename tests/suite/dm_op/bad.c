// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * DM_OP with wrong arguments: the errno of each, the order in which they are
 * checked, and that no page stays pinned.
 */
#include "dm_op/dm_op.h"

TAP_CASE(dm_op_struct_unreadable)
{
	int fd = privcmd_open();
	size_t size = sizeof(struct privcmd_dm_op);
	unsigned char *p = buffer(1);

	check_errno(ioctl(fd, IOCTL_PRIVCMD_DM_OP, NULL), EFAULT);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_DM_OP, KERNEL_POINTER), EFAULT);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_DM_OP, aside(1)), EFAULT);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_DM_OP, p + PAGE - size + 1),
		    EFAULT);
	/*
	 * The struct ends right before memory that cannot be read. It is read,
	 * and its num is 0.
	 */
	check_eq(ioctl(fd, IOCTL_PRIVCMD_DM_OP, p + PAGE - size), 0);
}

/* The number of buffers is checked before the array is read. */
TAP_CASE(dm_op_too_many_buffers)
{
	struct privcmd_dm_op_buf buf[BUFS + 1] = { 0 };
	int fd = privcmd_open();

	check_errno(dm_op(fd, NO_DOMAIN, buf, BUFS + 1), E2BIG);
	check_errno(dm_op(fd, NO_DOMAIN, NULL, BUFS + 1), E2BIG);
	check_errno(dm_op(fd, NO_DOMAIN, KERNEL_POINTER, 0x8000), E2BIG);
	check_errno(dm_op(fd, NO_DOMAIN, NULL, 0xffff), E2BIG);
	check_errno(dm_op(fd, NO_DOMAIN, NULL, BUFS), EFAULT);
}

TAP_CASE(dm_op_max_nr_bufs)
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	struct privcmd_dm_op_buf buf[2] = { 0 };
	struct xen_dm_op op = ask_vcpus;
	int fd = privcmd_open();
	char value[32];

	must(param_get("dm_op_max_nr_bufs", value, sizeof(value)));
	check_eq(atoi(value), BUFS);
	must(param_set("dm_op_max_nr_bufs", "1"));
	check_errno(dm_op(fd, d->id, buf, 2), E2BIG);
	if (has_dm_op(fd, d))
		check_eq(dm(fd, d->id, &op), 0);
	must(param_set("dm_op_max_nr_bufs", "0"));
	check_errno(dm(fd, d->id, &op), E2BIG);
	check_eq(dm_op(fd, d->id, NULL, 0), 0);
	must(param_set("dm_op_max_nr_bufs", "65535"));
	check_errno(dm_op(fd, d->id, NULL, 0xffff), EFAULT);
}

TAP_CASE(dm_op_array_unreadable)
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	struct xen_dm_op op = ask_vcpus;
	struct privcmd_dm_op_buf *last;
	unsigned char *p = buffer(1);
	int fd = privcmd_open();

	check_errno(dm_op(fd, d->id, NULL, 1), EFAULT);
	check_errno(dm_op(fd, d->id, KERNEL_POINTER, 1), EFAULT);
	check_errno(dm_op(fd, d->id, (void *)-16UL, 2), EFAULT);
	check_errno(dm_op(fd, d->id, aside(1), 1), EFAULT);
	/* The element of the second buffer cannot be read. */
	last = (void *)(p + PAGE - sizeof(*last));
	*last = (struct privcmd_dm_op_buf){ &op, sizeof(op) };
	check_errno(dm_op(fd, d->id, last, 2), EFAULT);
	check_eq(op.u.nr_vcpus.vcpus, 0x5555);
	if (has_dm_op(fd, d))
		check_eq(dm_op(fd, d->id, last, 1), 0);
}

static const unsigned long huge[] = {
	BUF_SIZE + 1,	   0x7fffffff, 1UL << 31,   1UL << 32,
	(1UL << 32) + 256, 1UL << 63,  ~0UL - PAGE, ~0UL,
};

/* The size is checked before the buffer is accessed. */
TAP_CASE(dm_op_buffer_too_large, .rows = "A13 A14")
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	unsigned char *p = buffer(2);
	long before = pages_pinned();
	struct xen_dm_op op = ask_vcpus;
	struct privcmd_dm_op_buf buf[2] = { { &op, sizeof(op) } };
	int fd = privcmd_open();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(huge); i++) {
		struct privcmd_dm_op_buf one = { p, huge[i] };

		check_errno(dm_op(fd, d->id, &one, 1), E2BIG);
		one.uptr = NULL;
		check_errno(dm_op(fd, d->id, &one, 1), E2BIG);
		one.uptr = KERNEL_POINTER;
		check_errno(dm_op(fd, d->id, &one, 1), E2BIG);
		buf[1] = (struct privcmd_dm_op_buf){ p, huge[i] };
		check_errno(dm_op(fd, d->id, buf, 2), E2BIG);
	}
	check_eq(op.u.nr_vcpus.vcpus, 0x5555);
	check_eq(pages_pinned(), before);
}

TAP_CASE(dm_op_buf_max_size)
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	unsigned char *p = buffer(5);
	struct privcmd_dm_op_buf buf = { p + 1000, 4 * PAGE };
	struct xen_dm_op *op = (void *)(p + 1000);
	long before = pages_pinned();
	int fd = privcmd_open();
	char value[32];

	must(param_get("dm_op_buf_max_size", value, sizeof(value)));
	check_eq(atoi(value), BUF_SIZE);
	check_errno(dm_op(fd, d->id, &buf, 1), E2BIG);
	must(param_set("dm_op_buf_max_size", "16384"));
	*op = ask_vcpus;
	if (has_dm_op(fd, d)) {
		check_eq(dm_op(fd, d->id, &buf, 1), 0);
		check_eq(op->u.nr_vcpus.vcpus, 1);
	} else {
		check_errno(dm_op(fd, d->id, &buf, 1), ENOSYS);
	}
	buf.size = 4 * PAGE + 1;
	check_errno(dm_op(fd, d->id, &buf, 1), E2BIG);
	buf.size = 4 * PAGE;
	buf.uptr = p + PAGE + 1; /* the last of its five pages is absent */
	check_errno(dm_op(fd, d->id, &buf, 1), EFAULT);
	check_eq(pages_pinned(), before);
}

/*
 * The buffers are too large together, although each is allowed alone. The call
 * is refused before any page is pinned.
 */
TAP_HAZARD(dm_op_buffers_too_large_together, .rows = "A13 A14")
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	struct privcmd_dm_op_buf *buf = calloc(0xffff, sizeof(*buf));
	struct xen_dm_op op = ask_vcpus;
	unsigned char *p = buffer(1);
	long before = pages_pinned();
	int fd = privcmd_open();
	size_t i;

	/*
	 * Each buffer has 4097 pages; each page needs 8 bytes in the kernel: 2
	 * GiB.
	 */
	must(buf && param_set("dm_op_max_nr_bufs", "65535") &&
	     param_set("dm_op_buf_max_size", "16781312"));
	for (i = 0; i < 0xffff; i++)
		buf[i] = (struct privcmd_dm_op_buf){ p, 4097 * PAGE };
	check_errno(dm_op(fd, d->id, buf, 0xffff), E2BIG);
	check_eq(pages_pinned(), before);
	if (has_dm_op(fd, d))
		check_eq(dm(fd, d->id, &op), 0);
}

/* Bad memory as the second of two buffers, and as the only one. */
static void bad_buffer(int fd, const struct domain *d, void *p, size_t size)
{
	struct xen_dm_op op = ask_vcpus;
	struct privcmd_dm_op_buf buf[] = { { &op, sizeof(op) }, { p, size } };
	long before = pages_pinned();

	if (!check_errno(dm_op(fd, d->id, buf, 2), EFAULT) ||
	    !check_errno(dm_op(fd, d->id, buf + 1, 1), EFAULT))
		tap_note("buffer %p of %zu bytes", p, size);
	check_eq(op.u.nr_vcpus.vcpus, 0x5555);
	check_eq(pages_pinned(), before);
}

TAP_CASE(dm_op_buffer_unreadable, .rows = "A11")
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	struct area a = area_new(privcmd_open(), 1);
	unsigned char *p = buffer(1), *ro = buffer(1);
	const struct xen_dm_op *readable;

	memcpy(ro, &ask_vcpus, sizeof(ask_vcpus));
	readable = (void *)ro;
	must(!mprotect(ro, PAGE, PROT_READ));
	must(map_frames(&a, d, 0));
	bad_buffer(a.fd, d, NULL, 8);
	bad_buffer(a.fd, d, KERNEL_POINTER, 8);
	bad_buffer(a.fd, d, (void *)-8UL, 8);
	bad_buffer(a.fd, d, (void *)-8UL, 64);
	bad_buffer(a.fd, d, aside(1), 1);
	bad_buffer(a.fd, d, aside(2), BUF_SIZE);
	bad_buffer(a.fd, d, p + PAGE - 4, 8); /* spans into a hole */
	bad_buffer(a.fd, d, p + 1, BUF_SIZE);
	bad_buffer(a.fd, d, ro, sizeof(ask_vcpus));
	bad_buffer(a.fd, d, a.va, 8); /* a foreign frame cannot be pinned */
	check_eq(readable->u.nr_vcpus.vcpus, 0x5555);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}
