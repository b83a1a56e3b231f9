// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * DM_OP: the hypervisor sees the buffers, the caller sees the answers, and no
 * page stays pinned. bad.c has wrong arguments.
 */
#include "dm_op/dm_op.h"

#include "dom0/late.h"

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

const struct xen_dm_op ask_vcpus = {
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

unsigned int ioreq_servers(const struct domain *d)
{
	int fd = privcmd_open();
	unsigned int id, n = 0;

	for (id = 0; id < 8; id++) {
		struct xen_dm_op op = { .op = XEN_DMOP_get_ioreq_server_info };

		op.u.get_ioreq_server_info.id = id;
		op.u.get_ioreq_server_info.flags = XEN_DMOP_no_gfns;
		n += !dm(fd, d->id, &op);
	}
	close(fd);
	return n;
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

long pages_pinned(void)
{
	int fd = open("/proc/sys/vm/stat_refresh", O_RDONLY);
	char c;

	/* Each CPU counts for itself. Reading stat_refresh adds up the counts. */
	if (fd < 0 || read(fd, &c, 1) < 0)
		bail("stat_refresh: %s", strerror(errno));
	close(fd);
	return vmstat("nr_foll_pin_acquired") - vmstat("nr_foll_pin_released");
}

/*
 * Libraries probe with a call without buffers. The driver looks at nothing, not
 * even at the domain.
 */
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
	/*
	 * The struct is copied in first. Then the gate refuses, before anything
	 * in it is checked.
	 */
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

/*
 * The call has passed the gate and waits for the page of its buffer. The file
 * is then restricted to domain @to.
 */
static void late_buffer(const struct domain *d, unsigned int to, int want)
{
	struct privcmd_dm_op_buf buf = { .size = sizeof(struct xen_dm_op) };
	struct privcmd_dm_op call = { .dom = d->id, .num = 1, .ubufs = &buf };
	long pinned = pages_pinned();
	int fd = privcmd_open();
	struct xen_dm_op *op;
	struct late l;

	late_new(&l, 1);
	memcpy(l.copy, &ask_vcpus, sizeof(ask_vcpus));
	buf.uptr = l.pages;
	op = (struct xen_dm_op *)l.pages;
	late_take(&l, 0);
	late_call(&l, fd, IOCTL_PRIVCMD_DM_OP, &call);
	late_wanted(&l, 0);
	check_eq(restrict_to(fd, to), 0);
	late_give(&l, 0);
	if (want)
		check_errno(late_end(&l), want);
	else
		check_eq(late_end(&l), 0);
	check_eq(op->u.nr_vcpus.vcpus, want ? 0x5555 : 1);
	late_done(&l);
	check_eq(pages_pinned(), pinned);
	close(fd);
}

TAP_HAZARD(dm_op_restricted_meanwhile, .rows = "A51 B16")
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	bool has = has_dm_op(privcmd_open(), d);

	late_buffer(d, NO_DOMAIN, EPERM);
	late_buffer(d, d->id, has ? 0 : ENOSYS);
}

TAP_CASE(dm_op_buffer_empty)
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	struct xen_dm_op op = ask_vcpus;
	/* The second address is not at the beginning of a page. */
	void *const empty[] = { NULL, (void *)8 };
	struct privcmd_dm_op_buf buf[] = {
		{ &op, sizeof(op) },
		{ NULL, 0 },
	};
	int fd = privcmd_open();
	long before = pages_pinned();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(empty); i++) {
		op = ask_vcpus;
		buf[1].uptr = empty[i];
		if (!has_dm_op(fd, d)) {
			check_errno(dm_op(fd, d->id, buf, 2), ENOSYS);
			check_errno(dm_op(fd, d->id, buf + 1, 1), ENOSYS);
			continue;
		}
		check_eq(dm_op(fd, d->id, buf, 2), 0);
		check_eq(op.u.nr_vcpus.vcpus, 1);
		/* The first buffer must hold an operation. */
		check_errno(dm_op(fd, d->id, buf + 1, 1), EFAULT);
	}
	check_eq(pages_pinned(), before);
}

/* An operation that crosses a page boundary, at each possible offset. */
TAP_CASE(dm_op_across_pages, .rows = "A11")
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	unsigned char *p = buffer(2);
	size_t size = sizeof(ask_vcpus), i;
	long before = pages_pinned();
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
	check_eq(pages_pinned(), before);
}

/*
 * The hypervisor's errnos for domains, and for an operation that it does not
 * know.
 */
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

/* Up to 16 buffers go to the hypervisor, whose own limit is 2. */
TAP_CASE(dm_op_many_buffers)
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	struct xen_dm_op op[BUFS];
	struct privcmd_dm_op_buf buf[BUFS];
	long before = pages_pinned();
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
	check_eq(pages_pinned(), before);
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
	if (!HAS_RINGS) {
		op = (struct xen_dm_op){ .op = XEN_DMOP_create_ioreq_server };
		op.u.create_ioreq_server.handle_bufioreq = 1;
		check_errno(dm(fd, d->id, &op), EINVAL);
	}
	id[0] = ioreq_server(fd, d, HAS_RINGS);
	id[1] = ioreq_server(fd, d, false);
	check(id[0] < 8 && id[1] < 8 && id[0] != id[1]);

	op = (struct xen_dm_op){ .op = XEN_DMOP_get_ioreq_server_info };
	op.u.get_ioreq_server_info.id = id[0];
	op.u.get_ioreq_server_info.flags = XEN_DMOP_no_gfns;
	check_eq(dm(fd, d->id, &op), 0);
	check_eq(op.u.get_ioreq_server_info.bufioreq_port != 0, HAS_RINGS);

	op = (struct xen_dm_op){ .op = XEN_DMOP_destroy_ioreq_server };
	op.u.destroy_ioreq_server.id = id[0];
	check_eq(dm(fd, d->id, &op), 0);
	check_errno(dm(fd, d->id, &op), ENOENT);
	op.u.destroy_ioreq_server.id = id[1];
	check_eq(dm(fd, d->id, &op), 0);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * The hypervisor writes to a second buffer, and not beyond the part that it was
 * asked for.
 */
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
	/* At the first question all pages count as written. */
	for (i = 0; i < 8; i++)
		check_eq(bitmap[i], 0xff);
	check_eq(bitmap[-1], 0x5a);
	check_eq(bitmap[8], 0x5a);
	/* The buffer is one byte too short. */
	buf[1].size = 7;
	check_errno(dm_op(fd, d->id, buf, 2), EINVAL);
	domain_destroy(d);
	check(domain_gone(d));
}

/* Calls that succeed and calls that fail, 5000 times: no page stays pinned. */
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
	long before = pages_pinned();
	bool has = has_dm_op(fd, d), ok = true;

	for (i = 0; i < 5000; i++) {
		errno = 0;
		ok = ok && (dm_op(fd, d->id, buf, 1) == 0 || !has);
		ok = ok && dm_op(fd, d->id, buf, 2) == -1 && errno == EFAULT;
	}
	check(ok);
	check_eq(pages_pinned(), before);
}
