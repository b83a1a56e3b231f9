// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * DM_OP: what the hypervisor sees of the buffers and the caller of its answers,
 * wrong arguments, and that no page stays pinned.
 */
#include "dm_op.h"

#define BUFS	 16	/* default of dm_op_max_nr_bufs */
#define BUF_SIZE 4096UL /* of dm_op_buf_max_size */

int dm_op(int fd, unsigned int dom, const struct privcmd_dm_op_buf *bufs,
	  unsigned int num)
{
	struct privcmd_dm_op op = { .dom = dom, .num = num, .ubufs = bufs };

	return ioctl(fd, IOCTL_PRIVCMD_DM_OP, &op);
}

int dm(int fd, unsigned int dom, struct xen_dm_op *op)
{
	struct privcmd_dm_op_buf buf = { op, sizeof(*op) };

	return dm_op(fd, dom, &buf, 1);
}

/* The simplest operation with an answer in its buffer. */
static const struct xen_dm_op ask_vcpus = {
	.op = XEN_DMOP_nr_vcpus,
	.u.nr_vcpus.vcpus = 0x5555,
};

bool has_dm_op(int fd, const struct domain *d)
{
	struct xen_dm_op op = ask_vcpus;

	if (!dm(fd, d->id, &op))
		return true;
	if (errno != ENOSYS)
		bail("XEN_DMOP_nr_vcpus: %s", strerror(errno));
	return false;
}

unsigned int ioreq_server(int fd, const struct domain *d, bool buffered)
{
	struct xen_dm_op op = { .op = XEN_DMOP_create_ioreq_server };

	op.u.create_ioreq_server.handle_bufioreq = buffered;
	op.u.create_ioreq_server.id = 0x5555;
	must(check_eq(dm(fd, d->id, &op), 0));
	return op.u.create_ioreq_server.id;
}

static long vmstat(const char *name)
{
	FILE *f = fopen("/proc/vmstat", "r");
	long value = LONG_MIN, v;
	char key[64];

	if (!f)
		bail("/proc/vmstat: %s", strerror(errno));
	while (fscanf(f, "%63s %ld", key, &v) == 2)
		if (!strcmp(key, name))
			value = v;
	fclose(f);
	return value;
}

/* Pages pinned now: nobody else in this dom0 pins any for long. */
static long pinned(void)
{
	int fd = open("/proc/sys/vm/stat_refresh", O_RDONLY);
	char c;

	/* Each CPU keeps its latest counts to itself, unless asked. */
	if (fd < 0 || read(fd, &c, 1) < 0)
		bail("stat_refresh: %s", strerror(errno));
	close(fd);
	return vmstat("nr_foll_pin_acquired") - vmstat("nr_foll_pin_released");
}

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
	/* To the last byte before what is unreadable: read, and num is 0. */
	check_eq(ioctl(fd, IOCTL_PRIVCMD_DM_OP, p + PAGE - size), 0);
}

/* The probe of libraries: nothing is looked at, not even the domain. */
TAP_CASE(dm_op_num_zero)
{
	struct xen_dm_op op = ask_vcpus;
	struct privcmd_dm_op_buf buf = { &op, sizeof(op) };
	int fd = privcmd_open();

	check_eq(dm_op(fd, 0, NULL, 0), 0);
	check_eq(dm_op(fd, NO_DOMAIN, KERNEL_POINTER, 0), 0);
	check_eq(dm_op(fd, 0xffff, aside(1), 0), 0);
	check_eq(dm_op(fd, DOMID_INVALID, &buf, 0), 0);
	check_eq(op.u.nr_vcpus.vcpus, 0x5555);
}

TAP_CASE(dm_op_restricted)
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	struct domain *other = domain_new(DOMAIN_HVM, 1);
	struct xen_dm_op op = ask_vcpus;
	bool has = has_dm_op(privcmd_open(), d);
	int fd = privcmd_open();

	check_eq(restrict_to(fd, d->id), 0);
	check_errno(dm(fd, other->id, &op), EPERM);
	check_eq(op.u.nr_vcpus.vcpus, 0x5555);
	check_errno(dm(fd, 0, &op), EPERM);
	check_errno(dm(fd, DOMID_SELF, &op), EPERM);
	/* Copied in first; then the gate, before anything is looked at. */
	check_errno(ioctl(fd, IOCTL_PRIVCMD_DM_OP, NULL), EFAULT);
	check_errno(dm_op(fd, other->id, NULL, 0), EPERM);
	check_errno(dm_op(fd, other->id, NULL, BUFS + 1), EPERM);
	check_errno(dm_op(fd, other->id, NULL, 1), EPERM);
	check_eq(dm_op(fd, d->id, NULL, 0), 0);
	check_errno(dm_op(fd, d->id, NULL, BUFS + 1), E2BIG);
	check_errno(dm_op(fd, d->id, NULL, 1), EFAULT);
	if (!has) {
		check_errno(dm(fd, d->id, &op), ENOSYS);
		return;
	}
	check_eq(dm(fd, d->id, &op), 0);
	check_eq(op.u.nr_vcpus.vcpus, 1);
}

/* Said before the array is read. */
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
	/* The second buffer is named where nothing can be read. */
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

/* Said before the buffer is looked at. */
TAP_CASE(dm_op_buffer_too_large, .rows = "A13 A14")
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	unsigned char *p = buffer(2);
	long before = pinned();
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
	check_eq(pinned(), before);
}

TAP_CASE(dm_op_buf_max_size)
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	unsigned char *p = buffer(5);
	struct privcmd_dm_op_buf buf = { p + 1000, 4 * PAGE };
	struct xen_dm_op *op = (void *)(p + 1000);
	long before = pinned();
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
	buf.uptr = p + PAGE + 1; /* the last of its five pages is not there */
	check_errno(dm_op(fd, d->id, &buf, 1), EFAULT);
	check_eq(pinned(), before);
}

/* Bad memory as the second of two buffers and as the only one. */
static void bad_buffer(int fd, const struct domain *d, void *p, size_t size)
{
	struct xen_dm_op op = ask_vcpus;
	struct privcmd_dm_op_buf buf[] = { { &op, sizeof(op) }, { p, size } };
	long before = pinned();

	if (!check_errno(dm_op(fd, d->id, buf, 2), EFAULT) ||
	    !check_errno(dm_op(fd, d->id, buf + 1, 1), EFAULT))
		tap_note("buffer %p of %zu bytes", p, size);
	check_eq(op.u.nr_vcpus.vcpus, 0x5555);
	check_eq(pinned(), before);
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
	bad_buffer(a.fd, d, a.va, 8); /* nobody can pin a foreign frame */
	check_eq(readable->u.nr_vcpus.vcpus, 0x5555);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(dm_op_buffer_empty)
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	struct xen_dm_op op = ask_vcpus;
	struct privcmd_dm_op_buf buf[] = {
		{ &op, sizeof(op) },
		{ NULL, 0 },
	};
	int fd = privcmd_open();
	long before = pinned();

	if (has_dm_op(fd, d)) {
		check_eq(dm_op(fd, d->id, buf, 2), 0);
		check_eq(op.u.nr_vcpus.vcpus, 1);
		/* The hypervisor wants an operation in the first. */
		check_errno(dm_op(fd, d->id, buf + 1, 1), EFAULT);
	} else {
		check_errno(dm_op(fd, d->id, buf, 2), ENOSYS);
		check_errno(dm_op(fd, d->id, buf + 1, 1), ENOSYS);
	}
	check_eq(pinned(), before);
}

/* An operation that straddles two pages, at every offset that does. */
TAP_CASE(dm_op_across_pages, .rows = "A11")
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	unsigned char *p = buffer(2);
	size_t size = sizeof(ask_vcpus), i;
	long before = pinned();
	int fd = privcmd_open();

	if (!has_dm_op(fd, d))
		skip("this hypervisor has no device models");
	for (i = 0; i <= size; i += 4) {
		struct xen_dm_op *op = (void *)(p + PAGE - size + i);
		struct privcmd_dm_op_buf buf = { op, size };

		*op = ask_vcpus;
		check_eq(dm_op(fd, d->id, &buf, 1), 0);
		check_eq(op->u.nr_vcpus.vcpus, 1);
	}
	check_eq(pinned(), before);
}

/* What the hypervisor says of domains, and of what it does not know. */
TAP_CASE(dm_op_domain)
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	struct xen_dm_op op = ask_vcpus;
	int fd = privcmd_open();
	bool has = has_dm_op(fd, d);

	must(!domain_exists(NO_DOMAIN));
	check_errno(dm(fd, NO_DOMAIN, &op), has ? ESRCH : ENOSYS);
	check_errno(dm(fd, DOMID_INVALID, &op), has ? ESRCH : ENOSYS);
	check_errno(dm(fd, 0xffff, &op), has ? ESRCH : ENOSYS);
	check_errno(dm(fd, 0, &op), has ? EPERM : ENOSYS);
	op.pad = 1;
	check_errno(dm(fd, d->id, &op), has ? EINVAL : ENOSYS);
	op = (struct xen_dm_op){ .op = 0x7fffffff };
	check_errno(dm(fd, d->id, &op), has ? EOPNOTSUPP : ENOSYS);
}

TAP_CASE(dm_op_pv_domain)
{
	struct domain *d = domain_new(DOMAIN_PV, 1);
	struct xen_dm_op op = ask_vcpus;

	check_errno(dm(privcmd_open(), d->id, &op), EINVAL);
	check_eq(op.u.nr_vcpus.vcpus, 0x5555);
}

/* Up to 16 buffers go to the hypervisor, which draws its own line at 2. */
TAP_CASE(dm_op_many_buffers)
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	struct xen_dm_op op[BUFS];
	struct privcmd_dm_op_buf buf[BUFS];
	long before = pinned();
	int fd = privcmd_open();
	bool has;
	size_t i;

	has = has_dm_op(fd, d);
	for (i = 0; i < BUFS; i++) {
		op[i] = ask_vcpus;
		buf[i] = (struct privcmd_dm_op_buf){ op + i, sizeof(op[i]) };
	}
	check_errno(dm_op(fd, d->id, buf, BUFS), has ? E2BIG : ENOSYS);
	check_errno(dm_op(fd, d->id, buf, 3), has ? E2BIG : ENOSYS);
	if (has)
		check_eq(dm_op(fd, d->id, buf, 2), 0);
	check_eq(pinned(), before);
}

TAP_CASE(dm_op_ioreq_server)
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	struct xen_dm_op op;
	int fd = privcmd_open();
	unsigned int id[2];

	if (!has_dm_op(fd, d)) {
		op = (struct xen_dm_op){ .op = XEN_DMOP_create_ioreq_server };
		check_errno(dm(fd, d->id, &op), ENOSYS);
		return;
	}
	domain_add_vcpu(d);
	id[0] = ioreq_server(fd, d, true);
	id[1] = ioreq_server(fd, d, false);
	check(id[0] < 8 && id[1] < 8 && id[0] != id[1]);

	op = (struct xen_dm_op){ .op = XEN_DMOP_get_ioreq_server_info };
	op.u.get_ioreq_server_info.id = id[0];
	op.u.get_ioreq_server_info.flags = XEN_DMOP_no_gfns;
	check_eq(dm(fd, d->id, &op), 0);
	check(op.u.get_ioreq_server_info.bufioreq_port != 0);

	op = (struct xen_dm_op){ .op = XEN_DMOP_destroy_ioreq_server };
	op.u.destroy_ioreq_server.id = id[0];
	check_eq(dm(fd, d->id, &op), 0);
	check_errno(dm(fd, d->id, &op), ENOENT);
	op.u.destroy_ioreq_server.id = id[1];
	check_eq(dm(fd, d->id, &op), 0);
	domain_destroy(d);
	check(domain_gone(d));
}

/* A second buffer, written by the hypervisor up to what it is asked for. */
TAP_CASE(dm_op_second_buffer, .rows = "A11")
{
	struct domain *d = domain_new(DOMAIN_HVM, 64);
	struct xen_dm_op op = { .op = XEN_DMOP_track_dirty_vram };
	unsigned char *p = buffer(2), *bitmap = p + PAGE - 3;
	struct privcmd_dm_op_buf buf[] = { { &op, sizeof(op) }, { bitmap, 8 } };
	int fd = privcmd_open();
	unsigned int i;

#ifndef __x86_64__
	skip("Xen tracks the video memory of x86 domains only");
#endif
	domain_add_vcpu(d);
	op.u.track_dirty_vram.nr = 64;
	op.u.track_dirty_vram.first_pfn = d->frame[0];
	memset(p, 0x5a, 2 * PAGE);
	check_eq(dm_op(fd, d->id, buf, 2), 0);
	/* Asked for the first time: all of it may have been written to. */
	for (i = 0; i < 8; i++)
		check_eq(bitmap[i], 0xff);
	check_eq(bitmap[-1], 0x5a);
	check_eq(bitmap[8], 0x5a);
	/* One bit short. */
	buf[1].size = 7;
	check_errno(dm_op(fd, d->id, buf, 2), EINVAL);
	domain_destroy(d);
	check(domain_gone(d));
}

/* Good ones, bad ones and hopeless ones: nothing adds up. */
TAP_CASE(dm_op_often, .rows = "A11 A22")
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	unsigned char *p = buffer(1);
	struct xen_dm_op op = ask_vcpus;
	struct privcmd_dm_op_buf buf[] = {
		{ &op, sizeof(op) },
		{ p + PAGE - 4, 8 },
	};
	int fd = privcmd_open(), i;
	long before = pinned();
	bool has = has_dm_op(fd, d), ok = true;

	for (i = 0; i < 5000; i++) {
		errno = 0;
		ok = ok && (dm_op(fd, d->id, buf, 1) == 0 || !has);
		ok = ok && dm_op(fd, d->id, buf, 2) == -1 && errno == EFAULT;
	}
	check(ok);
	check_eq(pinned(), before);
}
