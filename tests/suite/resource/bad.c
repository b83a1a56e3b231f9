// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * MMAP_RESOURCE with wrong arguments: the errno of each, and which of two wrong
 * arguments decides it. Nothing is mapped, and the area stays usable.
 */
#include "resource/resource.h"

/* A refused call has mapped nothing, and the area can be populated. */
static void still_good(struct area *a, const struct domain *d)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		check_eq(touch(page_at(a, i)), SIGBUS);
	check_eq(grants(a, d, 0), 0);
	check_eq(*page_at(a, a->n - 1), 0);
	area_done(a);
}

TAP_CASE(resource_struct_unreadable)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	int fd = privcmd_open();
	unsigned char *p = buffer(1);
	struct privcmd_mmap_resource *r = (void *)(p + PAGE - sizeof(*r));

	check_errno(ioctl(fd, IOCTL_PRIVCMD_MMAP_RESOURCE, NULL), EFAULT);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_MMAP_RESOURCE, KERNEL_POINTER),
		    EFAULT);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_MMAP_RESOURCE, aside(1)), EFAULT);
	check_errno(ioctl(fd, IOCTL_PRIVCMD_MMAP_RESOURCE, (char *)r + 1),
		    EFAULT);
	r->dom = d->id;
	r->type = GRANTS;
	check_eq(ioctl(fd, IOCTL_PRIVCMD_MMAP_RESOURCE, r), 0);
	check_eq(r->num, GRANT_FRAMES);
}

/*
 * The size is written back to the caller's struct. A call that maps writes
 * nothing.
 */
TAP_CASE(resource_struct_read_only)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 1);
	struct privcmd_mmap_resource *r = (void *)buffer(1);

	r->dom = d->id;
	r->type = GRANTS;
	must(!mprotect(r, PAGE, PROT_READ));
	check_errno(ioctl(a.fd, IOCTL_PRIVCMD_MMAP_RESOURCE, r), EFAULT);
	must(!mprotect(r, PAGE, PROT_READ | PROT_WRITE));
	r->num = 1;
	r->addr = (unsigned long)a.va;
	must(!mprotect(r, PAGE, PROT_READ));
	check_eq(ioctl(a.fd, IOCTL_PRIVCMD_MMAP_RESOURCE, r), 0);
	check_eq(touch(a.va), 0);
	area_done(&a);
}

TAP_CASE(resource_restricted)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct domain *other = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 1);
	struct privcmd_mmap_resource r = { .dom = other->id, .type = GRANTS };

	check_eq(restrict_to(a.fd, d->id), 0);
	check_errno(grants(&a, other, 0), EPERM);
	check_errno(resource(a.fd, 0, GRANTS, 0, 0, 1, a.va), EPERM);
	check_errno(resource(a.fd, DOMID_SELF, GRANTS, 0, 0, 1, a.va), EPERM);
	check_errno(ioctl(a.fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &r), EPERM);
	check_eq(r.num, 0);
	check_errno(ioctl(a.fd, IOCTL_PRIVCMD_MMAP_RESOURCE, NULL), EFAULT);
	/* The gate is checked before all other arguments. */
	check_errno(resource(a.fd, other->id, 0x10001, 0, 0, 1UL << 40, NULL),
		    EPERM);
	r.dom = d->id;
	check_eq(ioctl(a.fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &r), 0);
	check_eq(r.num, GRANT_FRAMES);
	still_good(&a, d);
}

TAP_CASE(resource_num_or_address_zero)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 1);

	check_errno(resource(a.fd, d->id, GRANTS, 0, 0, 0, a.va), EINVAL);
	check_errno(resource(a.fd, d->id, GRANTS, 0, 0, 1, NULL), EINVAL);
	still_good(&a, d);
}

/* The number is not truncated. A number that fits is still limited. */
TAP_HAZARD(resource_num_too_large, .rows = "B2 A13 A14")
{
	static const __u64 num[] = {
		0x20000000,
		0x20000001,
		0x7fffffff,
		0x80000001,
		0xffffffff,
		1UL << 32,
		(1UL << 32) + 1,
		1UL << 52,
		(1UL << 52) + 1,
		1UL << 63,
		(1UL << 63) + 1,
		~0UL - PAGE,
		~0UL,
	};
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 1);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(num); i++) {
		check_errno(resource(a.fd, d->id, GRANTS, 0, 0, num[i], a.va),
			    EINVAL);
		check_errno(resource(a.fd, d->id, GRANTS, 0, 0, num[i], NULL),
			    EINVAL);
	}
	check_errno(resource(a.fd, d->id, GRANTS, 0, 0, 0x10000001, a.va),
		    ENOMEM);
	still_good(&a, d);
}

/* The hypervisor's field for the type is 16 bits wide. */
TAP_HAZARD(resource_type_too_wide, .rows = "B2")
{
	static const __u32 type[] = { 0x10000, 0x10001, 0x80000001, 0xffff0001,
				      0xffffffff };
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 1);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(type); i++) {
		check_errno(resource(a.fd, d->id, type[i], 0, 0, 1, a.va),
			    EINVAL);
		check_errno(resource(a.fd, d->id, type[i], 0, 0, 0, NULL),
			    EINVAL);
	}
	still_good(&a, d);
}

TAP_HAZARD(resource_address_unaligned, .rows = "B2")
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 1);

	check_errno(resource(a.fd, d->id, GRANTS, 0, 0, 1, a.va + 1), EINVAL);
	check_errno(resource(a.fd, d->id, GRANTS, 0, 0, 1, a.va + 4095),
		    EINVAL);
	check_errno(resource(a.fd, d->id, GRANTS, 0, 0, 0, (void *)1), EINVAL);
	check_errno(resource(a.fd, d->id, GRANTS, 0, 0, 2, (void *)-PAGE),
		    EINVAL);
	still_good(&a, d);
}

TAP_HAZARD(resource_not_the_whole_area, .rows = "B2")
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 2);
	unsigned char *two = aside(4);
	struct area b = { a.fd, two, 2 }, c = { a.fd, two + 2 * PAGE, 2 };

	check_errno(resource(a.fd, d->id, GRANTS, 0, 0, 1, a.va), EINVAL);
	check_errno(resource(a.fd, d->id, GRANTS, 0, 0, 3, a.va), EINVAL);
	check_errno(resource(a.fd, d->id, GRANTS, 0, 0, 1, a.va + PAGE),
		    EINVAL);
	check_errno(resource(a.fd, d->id, GRANTS, 0, 0, 2, a.va + PAGE),
		    EINVAL);
	check_errno(resource(a.fd, d->id, GRANTS, 0, 0, 2, a.va - PAGE),
		    EINVAL);
	still_good(&a, d);
	must(mmap(b.va, 2 * PAGE, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED, a.fd, 0) == b.va);
	must(mmap(c.va, 2 * PAGE, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED, a.fd, 2 * PAGE) == c.va);
	check_errno(resource(a.fd, d->id, GRANTS, 0, 0, 4, two), EINVAL);
	still_good(&b, d);
	still_good(&c, d);
}

TAP_HAZARD(resource_address_elsewhere, .rows = "B2")
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 2);
	int hcall = open(hypercall_device(), O_RDWR | O_CLOEXEC);
	int self = open("/proc/self/exe", O_RDONLY);
	unsigned char *anon = buffer(2);
	void *where[] = {
		anon,
		aside(2),
		KERNEL_POINTER - PAGE,
		mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, self, 0),
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, hcall,
		     0),
		aside(2),
	};
	size_t i;

	must(where[3] != MAP_FAILED && where[4] != MAP_FAILED);
	munmap(where[5], 2 * PAGE);
	page_fill(anon, 3);
	for (i = 0; i < ARRAY_SIZE(where); i++)
		check_errno(resource(a.fd, d->id, GRANTS, 0, 0, 2, where[i]),
			    EINVAL);
	check(page_has(anon, 3));
	check_eq(*(int *)where[4], 0);
	still_good(&a, d);
}

TAP_HAZARD(resource_twice, .rows = "B2")
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct domain *other = domain_new(DOMAIN_ANY, 2);
	struct area a = area_new(privcmd_open(), 2);
	struct area b = area_new(privcmd_open(), 2);

	must(check_eq(grants(&a, d, 0), 0));
	*a.va = 0x77;
	check_errno(grants(&a, d, 0), EINVAL);
	check_errno(grants(&a, d, 2), EINVAL);
	check_errno(grants(&a, other, 0), EINVAL);
	check_errno(resource(a.fd, d->id, GRANTS, 0, 0, 1, a.va), EINVAL);
	/*
	 * The area shows the same frame as before, and the refused calls have
	 * changed no count.
	 */
	check_eq(*a.va, 0x77);
	must(check_eq(grants(&b, d, 0), 0));
	check_eq(*b.va, 0x77);
	area_done(&b);
	check_eq(munmap(a.va, 2 * PAGE), 0);
	domain_destroy(d);
	check(domain_gone(d));
}

/* A mapping shows frames by their numbers or a resource, never both. */
TAP_HAZARD(resource_after_batch, .rows = "B2")
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct area a = area_new(privcmd_open(), 2), b = area_new(a.fd, 2);
	__u64 bad[] = { BAD_FRAME, BAD_FRAME };
	int err[2];

	must(map_frames(&a, d, 0));
	check_errno(grants(&a, d, 0), EINVAL);
	check(page_has(page_at(&a, 1), domain_seed(d, 1)));
	check_eq(munmap(a.va, 2 * PAGE), 0);
	/* That is so even if all frames have failed. */
	must(check_eq(v2(b.fd, d->id, b.va, bad, err, 2), 0));
	check(err[0] == bad_frame_error(2, d) &&
	      err[1] == bad_frame_error(2, d));
	check_errno(grants(&b, d, 0), EINVAL);
	check_eq(touch(b.va), SIGBUS);
	area_works(&b, d);
}

BATCH_CASE(into_a_resource, .hazard = true, .rows = "B2 A1")
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct area a = area_new(privcmd_open(), 2);

	must(check_eq(grants(&a, d, 0), 0));
	*a.va = 0x77;
	check_errno(batch(version, a.fd, d->id, a.va, d->frame, NULL, 2),
		    EINVAL);
	check_errno(batch(version, a.fd, d->id, page_at(&a, 1), d->frame, NULL,
			  1),
		    EINVAL);
	check_eq(*a.va, 0x77);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* Xen 4.17 and 4.20 were tested. The errno changed in between. */
static int unknown_type(void)
{
	return xen_version() > XEN_VERSION(4, 17) ? EINVAL : EOPNOTSUPP;
}

/* These are the hypervisor's errnos. Nothing is mapped. */
TAP_CASE(resource_refused)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct area a = area_new(privcmd_open(), 2);

	hazard_if_xlate();
	must(!domain_exists(NO_DOMAIN));
	check_errno(resource(a.fd, NO_DOMAIN, GRANTS, 0, 0, 2, a.va), ESRCH);
	check_errno(resource(a.fd, NO_DOMAIN, GRANTS, 0, 0, 0, NULL), ESRCH);
	check_errno(resource(a.fd, 0xffff, GRANTS, 0, 0, 2, a.va), ESRCH);
	check_errno(resource(a.fd, DOMID_INVALID, GRANTS, 0, 0, 0, NULL),
		    ESRCH);
	/* Dom0 cannot map resources of itself. */
	check_errno(resource(a.fd, 0, GRANTS, 0, 0, 2, a.va), EPERM);
	check_errno(resource(a.fd, 0, GRANTS, 0, 0, 0, NULL), EPERM);
	check_errno(resource(a.fd, d->id, 77, 0, 0, 2, a.va), unknown_type());
	check_errno(resource(a.fd, d->id, GRANTS, 2, 0, 2, a.va), EINVAL);
	check_errno(resource(a.fd, d->id, GRANTS, ~0U, 0, 0, NULL), EINVAL);
	check_errno(resource(a.fd, d->id, GRANTS, 0, GRANT_FRAMES, 2, a.va),
		    EINVAL);
	check_errno(resource(a.fd, d->id, GRANTS, 0, GRANT_FRAMES - 1, 2, a.va),
		    EINVAL);
	check_errno(resource(a.fd, d->id, GRANTS, 0, ~0U, 2, a.va), EINVAL);
	still_good(&a, d);
}

/* Xen 4.17 returns the errno in place of the number of frames. */
TAP_CASE(resource_size_of_unknown_type)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	int fd = privcmd_open();

	check_errno(resource(fd, d->id, 77, 0, 0, 0, NULL), unknown_type());
	check_errno(resource(fd, d->id, 0xffff, 1, 0, 0, NULL), unknown_type());
}

/* The last of many frames fails. */
TAP_CASE(resource_last_frame_fails, .rows = "A12 A20")
{
	struct domain *d = domain_with_many_grants(1030);
	struct area a = area_new(privcmd_open(), 1030);
	long free;

	hazard_if_xlate();
	/*
	 * After this all grant frames exist, so asking for them again costs Xen
	 * nothing.
	 */
	must(check_eq(grants(&a, d, 0), 0));
	check_eq(munmap(a.va, a.n * PAGE), 0);
	a = area_new(a.fd, 1030);
	free = xen_free_pages();
	check_errno(grants(&a, d, 1), EINVAL);
	check_eq(touch(a.va), SIGBUS);
	check_eq(touch(page_at(&a, 600)), SIGBUS);
	check(xen_free_pages_back(free, 16));
	check_eq(pages_lost(), 0);
	check_eq(grants(&a, d, 0), 0);
	check_eq(touch(page_at(&a, 1029)), 0);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}
