// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * MMAP_RESOURCE: its frames behave like those of other mappings, and are
 * removed with the mapping. grants.c and ioreq.c check which
 * frames they are; bad.c has wrong arguments.
 */
#include <sys/klog.h>

#include "resource/resource.h"
#include <xen/hypfs.h>

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

/* Entries that were dropped are made again as they were. */
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

/* The area is populated while it may not be accessed, and accessed later. */
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

/* The mapping holds the domain. The file may be closed. */
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

/*
 * The hypervisor still gives frames of a dying domain. They hold the domain as
 * other frames do.
 */
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

/* Neither calls that work nor calls that fail leave anything behind. */
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
