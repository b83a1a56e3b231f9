// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * PRIVCMD_X_HYPERCALL, and results that an int cannot hold.
 */
#include "suite.h"

/*
 * From <xen/xen.h>, <xen/version.h> and <xen/memory.h>, which device.h excludes:
 * see domain.h.
 */
#define OP_memory_op	    12
#define OP_xen_version	    17
#define XENVER_version	    0
#define XENVER_extraversion 1
#define XENMEM_maximum_gpfn 14

struct bigger {
	struct privcmd_x_hypercall c;
	unsigned char tail[40];
};

static struct privcmd_x_hypercall version(void)
{
	return (struct privcmd_x_hypercall){
		.size = sizeof(struct privcmd_x_hypercall),
		.op = OP_xen_version,
		.arg = { XENVER_version },
		.result = -1,
	};
}

TAP_CASE(x_hypercall_version)
{
	struct privcmd_x_hypercall c = version();
	int fd = privcmd_open();
	char extra[16] = "x";

	need_ours();
	check_eq(ioctl(fd, PRIVCMD_X_HYPERCALL, &c), 0);
	check_eq(c.result,
		 hypercall(fd, OP_xen_version, XENVER_version, 0, 0, 0, 0));
	check(c.result >> 16 >= 4);
	c.arg[0] = XENVER_extraversion;
	c.arg[1] = (unsigned long)extra;
	check_eq(ioctl(fd, PRIVCMD_X_HYPERCALL, &c), 0);
	check_eq(c.result, 0);
	check_eq(extra[0], '.');
}

/* The hypercall was made. The result says that it failed. */
TAP_CASE(x_hypercall_failing)
{
	struct privcmd_x_hypercall c = version();
	int fd = privcmd_open();

	need_ours();
	c.arg[0] = XENVER_extraversion;
	check_eq(ioctl(fd, PRIVCMD_X_HYPERCALL, &c), 0);
	check_eq(c.result, -EFAULT);
	c = version();
	c.arg[0] = 0x7777;
	check_eq(ioctl(fd, PRIVCMD_X_HYPERCALL, &c), 0);
	check_eq(c.result, -ENOSYS);
}

TAP_CASE(x_hypercall_huge_op, .rows = "A2")
{
	static const __u64 op[] = {
		64,
		128,
		4096,
		0x10000 + OP_xen_version,
		0x80000000,
		0xffffffff,
		(1ULL << 32) + OP_xen_version,
		(1ULL << 63) + OP_xen_version,
		~0ULL,
	};
	int fd = privcmd_open();
	size_t i;

	need_ours();
	for (i = 0; i < ARRAY_SIZE(op); i++) {
		struct privcmd_x_hypercall c = version();

		c.op = op[i];
		check_eq(ioctl(fd, PRIVCMD_X_HYPERCALL, &c), 0);
		if (!check_eq(c.result, -ENOSYS))
			tap_note("op %#llx", op[i]);
	}
}

TAP_CASE(x_hypercall_size)
{
	struct bigger b = { 0 };
	int fd = privcmd_open();
	unsigned int i;

	need_ours();
	check_eq(sizeof(b.c), PRIVCMD_X_HYPERCALL_SIZE_V1);
	for (i = 0; i < PRIVCMD_X_HYPERCALL_SIZE_V1; i++) {
		b.c = version();
		b.c.size = i;
		check_errno(ioctl(fd, PRIVCMD_X_HYPERCALL, &b), EINVAL);
	}
	for (i = 1; i <= sizeof(b.tail); i++) {
		b.c = version();
		b.c.size += i;
		check_eq(ioctl(fd, PRIVCMD_X_HYPERCALL, &b), 0);
		check(b.c.result > 0);
	}
	for (i = 0; i < sizeof(b.tail); i++) {
		b.c = version();
		b.c.size = sizeof(b);
		b.tail[i] = 1;
		check_errno(ioctl(fd, PRIVCMD_X_HYPERCALL, &b), E2BIG);
		check_eq(b.c.result, -1); /* the hypercall was not made */
		b.tail[i] = 0;
	}
}

TAP_CASE(x_hypercall_flags)
{
	struct privcmd_x_hypercall c = version();
	int fd = privcmd_open();

	need_ours();
	c.flags = 1;
	check_errno(ioctl(fd, PRIVCMD_X_HYPERCALL, &c), EINVAL);
	c.flags = 1u << 31;
	check_errno(ioctl(fd, PRIVCMD_X_HYPERCALL, &c), EINVAL);
	check_eq(c.result, -1);
}

TAP_CASE(x_hypercall_unreadable)
{
	unsigned char *p = buffer(1);
	struct privcmd_x_hypercall *c = (void *)(p + PAGE - sizeof(*c));
	int fd = privcmd_open();

	need_ours();
	check_errno(ioctl(fd, PRIVCMD_X_HYPERCALL, NULL), EFAULT);
	check_errno(ioctl(fd, PRIVCMD_X_HYPERCALL, KERNEL_POINTER), EFAULT);
	*(__u32 *)(p + PAGE - 4) = sizeof(*c);
	check_errno(ioctl(fd, PRIVCMD_X_HYPERCALL, p + PAGE - 4), EFAULT);
	*c = version();
	check_eq(ioctl(fd, PRIVCMD_X_HYPERCALL, c), 0);
	c->size++;
	check_errno(ioctl(fd, PRIVCMD_X_HYPERCALL, c), EFAULT);
	*c = version();
	must(!mprotect(p, PAGE, PROT_READ));
	check_errno(ioctl(fd, PRIVCMD_X_HYPERCALL, c), EFAULT);
}

/*
 * A domain whose highest frame number needs more than 31 bits. A PV domain
 * writes its highest frame number to the page that it shares with the
 * hypervisor. Another domain gets a page at such a number.
 */
static __s64 raise_maximum(struct domain *d)
{
#ifdef __x86_64__
	struct area a = area_new(privcmd_open(), 1);
	__u64 frame = domain_shared_info(d);
	int err = 0;

	must(check_eq(v2(a.fd, d->id, a.va, &frame, &err, 1) | err, 0));
	/*
	 * In struct shared_info, arch.max_pfn follows 32 vcpu_info of 64 bytes,
	 * two arrays of 64 words for events, and the wall clock.
	 */
	*(volatile unsigned long *)(a.va + 32 * 64 + 2 * 512 + 16) =
		0x1f2345679UL;
	area_done(&a);
	return 0x1f2345678;
#else
	must(domain_populate_at(d, 0x90000001));
	return 0x90000001;
#endif
}

TAP_HAZARD(hypercall_result_beyond_31_bits, .rows = "B14")
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct privcmd_x_hypercall c = version();
	__s64 want = raise_maximum(d);
	uint16_t id = d->id;
	int fd = privcmd_open();

	need_ours();
	c.op = OP_memory_op;
	c.arg[0] = XENMEM_maximum_gpfn;
	c.arg[1] = (unsigned long)&id;
	check_eq(ioctl(fd, PRIVCMD_X_HYPERCALL, &c), 0);
	check_eq(c.result, want);
	check_eq((int)hypercall(fd, OP_memory_op, XENMEM_maximum_gpfn,
				(long)&id, 0, 0, 0),
		 (int)want);
}
