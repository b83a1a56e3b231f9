// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A hostile program with a file that is restricted to one domain. No ioctl of
 * the device tells it anything about another domain, or changes anything there.
 * tests/host/lint/lint checks that every ioctl is in this file's table.
 */
#include "eventfd/eventfd.h"

static struct domain *mine, *other;
static struct area a; /* of the restricted file, never populated */
static int efd;
static __u64 result = 0x5555;
static int err[2] = { 0x5555, 0x5555 };
static struct xen_dm_op create = { .op = XEN_DMOP_create_ioreq_server };
static struct privcmd_dm_op_buf create_buf = { &create, sizeof(create) };
static struct privcmd_mmap_entry entry_arg;
static uint32_t port = 1;

union arg {
	struct privcmd_hypercall hypercall;
	struct privcmd_mmap mmap;
	struct privcmd_mmapbatch v1;
	struct privcmd_mmapbatch_v2 v2;
	struct privcmd_dm_op dm_op;
	domid_t domid;
	struct privcmd_mmap_resource resource;
	struct privcmd_irqfd irqfd;
	struct privcmd_ioeventfd ioeventfd;
	struct privcmd_pcidev_get_gsi gsi;
	struct privcmd_x_map x_map;
	struct privcmd_x_unmap x_unmap;
	struct privcmd_x_status x_status;
	struct privcmd_x_copy x_copy;
	struct privcmd_x_hypercall x_hypercall;
	struct privcmd_x_memory x_memory;
	unsigned char bytes[128];
};

static void a_hypercall(union arg *u, unsigned int dom)
{
	(void)dom; /* the version, a harmless hypercall */
	u->hypercall.op = __HYPERVISOR_xen_version;
}

static void an_x_hypercall(union arg *u, unsigned int dom)
{
	(void)dom;
	u->x_hypercall.size = sizeof(u->x_hypercall);
	u->x_hypercall.op = __HYPERVISOR_xen_version;
}

static void a_mmap(union arg *u, unsigned int dom)
{
	entry_arg = (struct privcmd_mmap_entry){
		.va = (unsigned long)a.va,
		.mfn = other->frame[0],
		.npages = 1,
	};
	u->mmap = (struct privcmd_mmap){ 1, dom, &entry_arg };
}

static void a_v1(union arg *u, unsigned int dom)
{
	u->v1 = (struct privcmd_mmapbatch){ 2, dom, (unsigned long)a.va,
					    (void *)other->frame };
}

static void a_v2(union arg *u, unsigned int dom)
{
	u->v2 = (struct privcmd_mmapbatch_v2){ 2, dom, (unsigned long)a.va,
					       (void *)other->frame, err };
}

static void a_dm_op(union arg *u, unsigned int dom)
{
	u->dm_op = (struct privcmd_dm_op){ dom, 1, &create_buf };
}

static void a_dm_op_probe(union arg *u, unsigned int dom)
{
	u->dm_op = (struct privcmd_dm_op){ dom, 0, NULL };
}

static void grants_of(union arg *u, unsigned int dom)
{
	u->resource = (struct privcmd_mmap_resource){
		.dom = dom,
		.type = GRANTS,
		.num = 2,
		.addr = (unsigned long)a.va,
	};
}

static void size_of_grants(union arg *u, unsigned int dom)
{
	u->resource =
		(struct privcmd_mmap_resource){ .dom = dom, .type = GRANTS };
}

static void an_irqfd(union arg *u, unsigned int dom)
{
	u->irqfd = (struct privcmd_irqfd){
		.dm_op = (unsigned long)&create,
		.size = sizeof(create),
		.fd = efd,
		.dom = dom,
	};
}

static void an_irqfd_off(union arg *u, unsigned int dom)
{
	an_irqfd(u, dom);
	u->irqfd.flags = IRQFD_OFF;
}

static void an_ioeventfd(union arg *u, unsigned int dom)
{
	u->ioeventfd = (struct privcmd_ioeventfd){
		.ioreq = (unsigned long)a.va,
		.ports = (unsigned long)&port,
		.addr = DEVICE,
		.addr_len = 4,
		.event_fd = efd,
		.vcpus = 1,
		.dom = dom,
	};
}

static void an_ioeventfd_off(union arg *u, unsigned int dom)
{
	an_ioeventfd(u, dom);
	u->ioeventfd.flags = IOEVENTFD_OFF;
}

static void a_gsi(union arg *u, unsigned int dom)
{
	(void)dom;
	u->gsi.gsi = 0x5555;
}

static void another_restriction(union arg *u, unsigned int dom)
{
	u->domid = dom;
}

static void an_x_map(union arg *u, unsigned int dom)
{
	u->x_map = (struct privcmd_x_map){
		.size = sizeof(u->x_map),
		.dom = dom,
		.addr = (unsigned long)a.va,
		.num = 2,
		.frames = (unsigned long)other->frame,
	};
}

static void a_lazy_x_map(union arg *u, unsigned int dom)
{
	an_x_map(u, dom);
	u->x_map.flags = PRIVCMD_X_MAP_LAZY | PRIVCMD_X_MAP_CONTIGUOUS;
	u->x_map.frames = other->frame[0];
}

static void an_x_copy(union arg *u, unsigned int dom)
{
	u->x_copy = (struct privcmd_x_copy){
		.size = sizeof(u->x_copy),
		.dom = dom,
		.frames = (unsigned long)other->frame,
		.num = 1,
		.len = sizeof(result),
		.buf = (unsigned long)&result,
	};
}

static void an_x_copy_into(union arg *u, unsigned int dom)
{
	an_x_copy(u, dom);
	u->x_copy.flags = PRIVCMD_X_COPY_WRITE;
}

static void an_x_memory(union arg *u, unsigned int dom)
{
	u->x_memory = (struct privcmd_x_memory){
		.size = sizeof(u->x_memory),
		.dom = dom,
		.first = other->frame[0],
		.num = 2,
	};
}

/* A mapping of the other domain, made by a file without a restriction. */
static struct area *foreign_area(void)
{
	static struct area foreign;

	if (!foreign.va) {
		foreign = area_new(privcmd_open(), 1);
		must(map_frames(&foreign, other, 0));
	}
	return &foreign;
}

static void an_x_unmap(union arg *u, unsigned int dom)
{
	(void)dom;
	u->x_unmap = (struct privcmd_x_unmap){
		.size = sizeof(u->x_unmap),
		.addr = (unsigned long)foreign_area()->va,
		.num = 1,
	};
}

static void a_status(union arg *u, unsigned int dom)
{
	(void)dom;
	u->x_status = (struct privcmd_x_status){
		.size = sizeof(u->x_status),
		.addr = (unsigned long)foreign_area()->va,
		.num = 1,
		.status = (unsigned long)&result,
	};
}

static const struct {
	unsigned long cmd;
	void (*make)(union arg *u, unsigned int dom);
	int want;
	bool everywhere; /* every driver has this ioctl */
} table[] = {
	{ IOCTL_PRIVCMD_HYPERCALL, a_hypercall, EPERM, true },
	{ IOCTL_PRIVCMD_MMAP, a_mmap, EPERM, true },
	{ IOCTL_PRIVCMD_MMAPBATCH, a_v1, EPERM, true },
	{ IOCTL_PRIVCMD_MMAPBATCH_V2, a_v2, EPERM, true },
	{ IOCTL_PRIVCMD_DM_OP, a_dm_op, EPERM, true },
	{ IOCTL_PRIVCMD_DM_OP, a_dm_op_probe, EPERM, true },
	{ IOCTL_PRIVCMD_RESTRICT, another_restriction, EINVAL, true },
	{ IOCTL_PRIVCMD_MMAP_RESOURCE, grants_of, EPERM, true },
	{ IOCTL_PRIVCMD_MMAP_RESOURCE, size_of_grants, EPERM, true },
	{ IOCTL_PRIVCMD_IRQFD, an_irqfd, EPERM, false },
	{ IOCTL_PRIVCMD_IRQFD, an_irqfd_off, EPERM, false },
	{ IOCTL_PRIVCMD_IOEVENTFD, an_ioeventfd, EPERM, false },
	{ IOCTL_PRIVCMD_IOEVENTFD, an_ioeventfd_off, EPERM, false },
	{ IOCTL_PRIVCMD_PCIDEV_GET_GSI, a_gsi, EPERM, false },
	{ PRIVCMD_X_MAP, an_x_map, EPERM, false },
	{ PRIVCMD_X_MAP, a_lazy_x_map, EPERM, false },
	{ PRIVCMD_X_UNMAP, an_x_unmap, EPERM, false },
	{ PRIVCMD_X_STATUS, a_status, EPERM, false },
	{ PRIVCMD_X_COPY, an_x_copy, EPERM, false },
	{ PRIVCMD_X_COPY, an_x_copy_into, EPERM, false },
	{ PRIVCMD_X_HYPERCALL, an_x_hypercall, EPERM, false },
	{ PRIVCMD_X_MEMORY, an_x_memory, EPERM, false },
};

static void begin(void)
{
	mine = domain_new(DOMAIN_HVM, 2);
	other = domain_new(DOMAIN_HVM, 2);
	a = area_new(privcmd_open(), 2);
	efd = eventfd_new();
	check_eq(restrict_to(a.fd, mine->id), 0);
}

static int wanted(size_t i)
{
	return table[i].cmd == IOCTL_PRIVCMD_MMAP && xlate() ? ENOSYS :
							       table[i].want;
}

/* The call is refused, and its struct is unchanged. */
static void refused(size_t i, unsigned int dom)
{
	union arg u, was;

	memset(&u, 0, sizeof(u));
	table[i].make(&u, dom);
	was = u;
	if (!check_errno(ioctl(a.fd, table[i].cmd, &u), wanted(i)) ||
	    !check(!memcmp(&u, &was, sizeof(u))))
		tap_note("ioctl %#lx, row %zu, domain %#x", table[i].cmd, i,
			 dom);
}

static void nothing_happened(void)
{
	struct area look = area_new(privcmd_open(), 2);
	struct area g = area_new(look.fd, GRANT_FRAMES);
	size_t i;

	must(map_frames(&look, other, 0));
	for (i = 0; i < 2; i++)
		check(page_has(page_at(&look, i), domain_seed(other, i)));
	must(check_eq(grants(&g, other, 0), 0));
	check(zeroes(g.va, GRANT_FRAMES * PAGE));
	check_eq(ioreq_servers(other), 0);
	/* The caller's memory is unchanged, too. */
	check_eq(err[0] & err[1], 0x5555);
	check_eq(result, 0x5555);
	check_eq(create.u.create_ioreq_server.id, 0);
	check_eq(touch(a.va), SIGBUS);
	check_eq(touch(page_at(&a, 1)), SIGBUS);
	eventfd_signal(efd);
	usleep(20000);
	check_eq(eventfd_signals(efd), 1);
	check_eq(ioreq_servers(other), 0);
	munmap(g.va, g.n * PAGE);
	munmap(look.va, look.n * PAGE);
	if (driver()) {
		check(page_has(foreign_area()->va, domain_seed(other, 0)));
		munmap(foreign_area()->va, PAGE);
	}
	if (driver())
		check_eq(fdinfo(a.fd, "xen-privcmd-domid"), mine->id);
	area_works(&a, mine);
	domain_destroy(other);
	check(domain_gone(other));
}

TAP_CASE(restrict_whole_table, .rows = "B9 B16")
{
	size_t i;

	begin();
	for (i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].everywhere || driver())
			refused(i, other->id);
	nothing_happened();
}

/* Domids that mean no domain of their own, but might be taken for one. */
TAP_CASE(restrict_whole_table_by_other_names)
{
	static const unsigned int name[] = {
		0,	    DOMID_SELF, DOMID_IO, DOMID_XEN,	 DOMID_COW,
		DOMID_IDLE, DOMID_MASK, 0x8000,	  DOMID_INVALID, 0xffff,
		NO_DOMAIN,
	};
	size_t i, k;

	begin();
	for (i = 0; i < ARRAY_SIZE(table); i++)
		for (k = 0; k < ARRAY_SIZE(name); k++)
			if (table[i].everywhere || driver())
				refused(i, name[k]);
	for (i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].everywhere || driver())
			refused(i, 0x8000 | mine->id);
	nothing_happened();
}

/* X_INFO has no gate, and answers the same to every file. */
TAP_CASE(restrict_info_tells_nothing)
{
	struct privcmd_x_info open = { .size = sizeof(open) };
	struct privcmd_x_info restricted = { .size = sizeof(open) };
	int fd = privcmd_open();

	need_ours();
	begin();
	check_eq(ioctl(fd, PRIVCMD_X_INFO, &open), 0);
	check_eq(ioctl(a.fd, PRIVCMD_X_INFO, &restricted), 0);
	check(!memcmp(&open, &restricted, sizeof(open)));
}
