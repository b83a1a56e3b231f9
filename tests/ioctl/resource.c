// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * MMAP_RESOURCE: the frames are the right ones, of grant tables and of ioreq
 * servers, behave as a mapping does and go with it. Wrong arguments are in
 * resource_bad.c.
 */
#include <sys/klog.h>

#include "resource.h"
#include <xen/grant_table.h>
#include <xen/hypfs.h>
#include <xen/hvm/ioreq.h>

#define RW (PROT_READ | PROT_WRITE)

struct domain *domain_with_many_grants(unsigned int frames)
{
	char path[] = "/params/gnttab_max_frames", value[16];

	snprintf(value, sizeof(value), "%u", frames);
	if (hypercall(privcmd_open(), __HYPERVISOR_hypfs_op,
		      XEN_HYPFS_OP_write_contents, (unsigned long)path,
		      sizeof(path), (unsigned long)value, strlen(value) + 1))
		skip("gnttab_max_frames cannot be raised: %s", strerror(errno));
	return domain_with_grants(DOMAIN_ANY, 1, frames);
}

unsigned int pages_lost(void)
{
	enum { READ_ALL = 3, SIZE = 1 << 20 };
	char *log = malloc(SIZE), *at = log;
	unsigned int n = 0;
	int len = klogctl(READ_ALL, log, SIZE - 1);

	if (len < 0)
		bail("klogctl: %s", strerror(errno));
	log[len] = 0;
	while ((at = strstr(at, "page lost"))) {
		n++;
		at++;
	}
	free(log);
	return n;
}

static grant_entry_v1_t *entry(const struct area *a, size_t i)
{
	return (grant_entry_v1_t *)a->va + i;
}

static bool zeroes(const void *p, size_t size)
{
	const unsigned char *c = p;

	while (size && !c[size - 1])
		size--;
	return !size;
}

/* Asked with neither addr nor num, it says how many, and touches nothing else. */
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
	r.idx = want.idx = 3; /* means nothing here */
	check_eq(ioctl(fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &r), 0);
	check(!memcmp(&r, &want, sizeof(r)));
}

/* Frame i of one mapping is frame i - 1 of another one, which starts there. */
static void grants_seen_twice(struct domain *d)
{
	struct area a = area_new(privcmd_open(), 4), b;
	size_t i, n = 4 * GRANTS_PER_FRAME;

	must(check_eq(grants(&a, d, 0), 0));
	check(zeroes(a.va, 4 * PAGE));
	b = area_new(privcmd_open(), 2);
	must(check_eq(grants(&b, d, 1), 0));
	/* Without a domain to come from, an entry grants nothing. */
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

/* As of <xen/gntdev.h>, which libxen-dev does not have. */
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

/* The hypervisor goes by what is written there: it is the grant table. */
static void hypervisor_reads_grants(struct domain *d)
{
	struct area a = area_new(privcmd_open(), 1);
	struct gntdev_map_grant_ref map = { .count = 1 };
	int gntdev = open("/dev/xen/gntdev", O_RDWR);
	volatile grant_entry_v1_t *e;
	void *va;

	if (gntdev < 0)
		skip("this dom0 has no gntdev");
	must(check_eq(grants(&a, d, 0), 0));
	e = entry(&a, 9);
	e->domid = 0;
	e->frame = d->frame[2];
	e->flags = GTF_permit_access | GTF_readonly;
	map.refs[0].domid = d->id;
	map.refs[0].ref = 9;
	must(!ioctl(gntdev, GNTDEV_MAP_GRANT_REF, &map));
	va = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, gntdev, map.index);
	must(va != MAP_FAILED);
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

/* More than one page table, and than the hypervisor does at a time. */
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

/* A ring for buffered requests and a page of slots, a slot for each CPU. */
TAP_CASE(resource_ioreq_server)
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	struct area a = area_new(privcmd_open(), 2), b;
	struct privcmd_mmap_resource size = { .dom = d->id, .type = IOREQ };
	struct xen_dm_op op = { .op = XEN_DMOP_set_ioreq_server_state };
	const volatile shared_iopage_t *slots;
	const volatile buffered_iopage_t *ring;
	unsigned int id;

	if (!has_dm_op(a.fd, d)) {
		hazard_if_xlate();
		check_errno(ioctl(a.fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &size),
			    EINVAL);
		check_errno(resource(a.fd, d->id, IOREQ, 0, 0, 2, a.va),
			    EINVAL);
		area_works(&a, domain_new(DOMAIN_HVM, 2));
		return;
	}
	domain_add_vcpu(d);
	id = ioreq_server(a.fd, d, true);
	check_eq(ioctl(a.fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &size), 0);
	check_eq(size.num, 2);
	must(check_eq(resource(a.fd, d->id, IOREQ, id, 0, 2, a.va), 0));
	check(zeroes(a.va, PAGE));

	op.u.set_ioreq_server_state.id = id;
	op.u.set_ioreq_server_state.enabled = 1;
	check_eq(dm(a.fd, d->id, &op), 0);
	ring = (void *)a.va;
	slots = (void *)page_at(&a, 1);
	check_eq(ring->read_pointer + ring->write_pointer, 0);
	check_eq(slots->vcpu_ioreq[0].state, STATE_IOREQ_NONE);
	check(slots->vcpu_ioreq[0].vp_eport != 0);

	/* Second page of the resource, first one of the mapping. */
	b = area_new(privcmd_open(), 1);
	must(check_eq(resource(b.fd, d->id, IOREQ, id, 1, 1, b.va), 0));
	check(!memcmp(b.va, page_at(&a, 1), PAGE));
	b.va[PAGE - 1] = 0x77;
	check_eq(page_at(&a, 1)[PAGE - 1], 0x77);
	area_done(&a);
	check_eq(b.va[PAGE - 1], 0x77);
	domain_destroy(d);
	check(domain_held(d));
	check_eq(b.va[PAGE - 1], 0x77);
	area_done(&b);
	check(domain_gone(d));
}

TAP_CASE(resource_ioreq_server_unbuffered)
{
	struct domain *d = domain_new(DOMAIN_HVM, 2);
	struct area a = area_new(privcmd_open(), 2), b;
	struct xen_dm_op op = { .op = XEN_DMOP_destroy_ioreq_server };
	unsigned int id;

	hazard_if_xlate();
	if (!has_dm_op(a.fd, d))
		skip("this hypervisor has no device models");
	id = ioreq_server(a.fd, d, false);
	/* There is no ring, and the slots behind it do not count then. */
	check_errno(resource(a.fd, d->id, IOREQ, id, 0, 2, a.va), ENOENT);
	check_errno(resource(a.fd, d->id, IOREQ, id + 1, 0, 2, a.va), ENOENT);
	check_errno(resource(a.fd, d->id, IOREQ, 0x10000 | id, 0, 2, a.va),
		    EINVAL);
	check_eq(touch(a.va) & touch(page_at(&a, 1)), SIGBUS);
	area_works(&a, d);
	b = area_new(a.fd, 1);
	check_eq(resource(b.fd, d->id, IOREQ, id, 1, 1, b.va), 0);
	check(zeroes(b.va, PAGE));
	/* The server goes, its page stays for who has it. */
	op.u.destroy_ioreq_server.id = id;
	check_eq(dm(a.fd, d->id, &op), 0);
	check_eq(poke(b.va, 1), 0);
	area_done(&b);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(resource_read_only)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 1);
	struct area b = area_prot(privcmd_open(), 1, PROT_READ);

	must(check_eq(grants(&a, d, 0), 0));
	must(check_eq(grants(&b, d, 0), 0));
	entry(&a, 3)->frame = 77;
	check_eq(entry(&b, 3)->frame, 77);
	check_eq(poke(b.va, 1), SIGSEGV);
	area_done(&b);
	area_done(&a);
}

TAP_CASE(resource_counted)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 4);
	struct privcmd_x_frame f[4];
	int i;

	need_ours();
	check_errno(grants(&a, d, 1), EINVAL);
	check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 0);
	check_eq(fdinfo(a.fd, "xen-privcmd-failed"), 0);
	check_eq(status(a.fd, a.va, f, 4), 0);
	for (i = 0; i < 4; i++)
		check_eq(f[i].state | f[i].error, 0);
	must(check_eq(grants(&a, d, 0), 0));
	check_eq(fdinfo(a.fd, "xen-privcmd-frames"), 4);
	check_eq(fdinfo(a.fd, "xen-privcmd-readonly"), 0);
	check_eq(fdinfo(a.fd, "xen-privcmd-failed"), 0);
	for (i = 0; i < 4; i++)
		check_eq(state_at(&a, i), PRIVCMD_X_RW);
	area_done(&a);
}

TAP_CASE(resource_max_frames)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	struct area a = area_new(privcmd_open(), 4);
	struct area b = area_new(a.fd, 3);

	need_ours();
	must(param_set("max_frames", "3"));
	check_errno(grants(&a, d, 0), ENOMEM);
	check_eq(touch(a.va), SIGBUS);
	check_eq(grants(&b, d, 0), 0);
	check_eq(munmap(b.va, 3 * PAGE), 0);
	must(param_set("max_frames", "4"));
	check_eq(grants(&a, d, 0), 0);
	area_done(&a);
}

/* Entries that went come back as what they were. */
TAP_HAZARD(resource_refill, .rows = "B1 B13")
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 2);
	struct area b = area_new(privcmd_open(), 2);
	unsigned char *va = aside(2);

	must(check_eq(grants(&a, d, 0) | grants(&b, d, 0), 0));
	entry(&a, GRANTS_PER_FRAME)->frame = 1;
	must(mremap(a.va, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		    va) == va);
	a.va = va;
	check_eq(entry(&a, GRANTS_PER_FRAME)->frame, 1);
	entry(&b, 5)->frame = 2;
	check_eq(entry(&a, 5)->frame, 2);
	must(!mprotect(a.va, 2 * PAGE, PROT_READ));
	check_eq(poke(a.va, 1), SIGSEGV);
	check_eq(entry(&a, 5)->frame, 2);
	must(!mprotect(a.va, 2 * PAGE, RW));
	entry(&a, 6)->frame = 3;
	check_eq(entry(&b, 6)->frame, 3);
	check_errno(munmap(a.va, PAGE), EINVAL);
	check_eq(entry(&a, 6)->frame, 3);
	area_done(&b);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* Made while nobody may look, looked at later. */
TAP_HAZARD(resource_without_access, .rows = "B13")
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_prot(privcmd_open(), 2, PROT_NONE);
	struct area b = area_new(a.fd, 2);

	must(check_eq(grants(&b, d, 0), 0));
	must(check_eq(grants(&a, d, 0), 0));
	entry(&b, GRANTS_PER_FRAME + 1)->frame = 8;
	must(!mprotect(a.va, 2 * PAGE, RW));
	check_eq(entry(&a, GRANTS_PER_FRAME + 1)->frame, 8);
	entry(&a, 1)->frame = 9;
	check_eq(entry(&b, 1)->frame, 9);
	check_eq(munmap(a.va, 2 * PAGE), 0);
	area_done(&b);
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_HAZARD(resource_refill_of_another_domain, .rows = "B16")
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 2);
	unsigned char *va = aside(2);

	need_pv("entries move with the mapping, nothing is refilled");
	must(check_eq(grants(&a, d, 0), 0));
	check_eq(restrict_to(a.fd, d->id + 1), 0);
	check_eq(entry(&a, 1)->frame, 0);
	must(mremap(a.va, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		    va) == va);
	a.va = va;
	check_eq(touch(a.va), SIGBUS);
	area_done(&a);
}

/* The mapping holds the domain, the file need not be there. */
TAP_CASE(resource_outlives_domain_and_file)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 2);

	must(check_eq(grants(&a, d, 0), 0));
	close(a.fd);
	entry(&a, 5)->frame = 55;
	domain_destroy(d);
	check(domain_held(d));
	check_eq(entry(&a, 5)->frame, 55);
	check_eq(munmap(a.va, 2 * PAGE), 0);
	check(domain_gone(d));
}

TAP_CASE(resource_after_fork_and_kill)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 2);
	int status;

	must(check_eq(grants(&a, d, 0), 0));
	if (fork() == 0) {
		struct area b;

		check_eq(touch(a.va), SIGSEGV);
		b = area_new(privcmd_open(), 2);
		must(check_eq(grants(&b, d, 0), 0));
		raise(SIGKILL);
	}
	wait(&status);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	check_eq(touch(a.va), 0);
	area_done(&a);
	domain_destroy(d);
	check(domain_gone(d));
}

/* The hypervisor still gives its frames out, and they hold it as others do. */
TAP_CASE(resource_of_a_dying_domain)
{
	struct domain *d = domain_new(DOMAIN_ANY, 1);
	struct area a = area_new(privcmd_open(), 1);
	struct area b = area_new(privcmd_open(), 1);

	must(check_eq(grants(&a, d, 0), 0));
	domain_destroy(d);
	must(domain_held(d));
	must(check_eq(grants(&b, d, 0), 0));
	entry(&a, 4)->frame = 44;
	check_eq(entry(&b, 4)->frame, 44);
	area_done(&a);
	check(domain_held(d));
	area_done(&b);
	check(domain_gone(d));
}

/* Neither those that work nor those that fail leave anything behind. */
TAP_CASE(resource_often, .rows = "A22")
{
	int fd = privcmd_open(), i;
	bool ok = true;
	long before;

	hazard_if_xlate();
	before = xen_free_pages();
	for (i = 0; i < 20; i++) {
		struct domain *d = domain_new(DOMAIN_ANY, 1);
		struct area a = area_new(fd, GRANT_FRAMES);
		int k;

		for (k = 0; k < 50; k++)
			ok = ok && grants(&a, d, 1) == -1 && errno == EINVAL;
		ok = ok && grants(&a, d, 0) == 0;
		munmap(a.va, a.n * PAGE);
		domain_destroy(d);
		ok = ok && domain_gone(d);
	}
	check(ok);
	check(xen_free_pages_back(before, 64));
	check_eq(pages_lost(), 0);
}
