// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * MMAPBATCH and MMAPBATCH_V2 at wrong addresses: a part of an area, or memory
 * that is not an area of the driver. An area of another file is not wrong:
 * map/other_file.c.
 */
#include "suite.h"

/* The first call for an area must name the whole area, no more and no less. */
BATCH_CASE(not_the_whole_area, .rows = "A20")
{
	struct domain *d = domain_new(DOMAIN_ANY, 8);
	struct area a = area_new(privcmd_open(), 6);
	unsigned char *va = a.va;

	check_errno(batch(version, a.fd, d->id, va, d->frame, NULL, 5), EINVAL);
	check_errno(batch(version, a.fd, d->id, va, d->frame, NULL, 1), EINVAL);
	check_errno(batch(version, a.fd, d->id, va, d->frame, NULL, 7), EINVAL);
	check_errno(batch(version, a.fd, d->id, va + PAGE, d->frame, NULL, 5),
		    EINVAL);
	check_errno(batch(version, a.fd, d->id, va + PAGE, d->frame, NULL, 6),
		    EINVAL);
	check_errno(batch(version, a.fd, d->id, va - PAGE, d->frame, NULL, 7),
		    EINVAL);
	check_eq(touch(va), SIGBUS);
	area_works(&a, d);
}

BATCH_CASE(across_two_areas)
{
	struct domain *d = domain_new(DOMAIN_ANY, 8);
	int fd = privcmd_open();
	unsigned char *va = aside(8);
	struct area a = { fd, va, 4 }, b = { fd, va + 4 * PAGE, 4 };

	must(mmap(a.va, 4 * PAGE, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED, fd, 0) == a.va);
	must(mmap(b.va, 4 * PAGE, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED, fd, 4 * PAGE) == b.va);
	check_errno(batch(version, fd, d->id, va, d->frame, NULL, 8), EINVAL);
	check_errno(batch(version, fd, d->id, va + PAGE, d->frame, NULL, 4),
		    EINVAL);
	area_works(&a, d);
	area_works(&b, d);
}

BATCH_CASE(address_elsewhere)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct area a = area_new(privcmd_open(), 2);
	unsigned char *anon = buffer(2), *exe;
	int on_stack, self = open("/proc/self/exe", O_RDONLY);
	void *where[7];
	size_t i;

	exe = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, self, 0);
	must(exe != MAP_FAILED);
	where[0] = NULL;
	where[1] = aside(2);
	where[2] = anon;
	where[3] = exe;
	where[4] = (void *)((unsigned long)&on_stack & -PAGE);
	where[5] = KERNEL_POINTER - 4096;
	where[6] = aside(2);
	munmap(where[6], 2 * PAGE);
	page_fill(anon, 3);
	for (i = 0; i < ARRAY_SIZE(where); i++)
		check_errno(batch(version, a.fd, d->id,
				  (void *)((long)where[i] & -PAGE), d->frame,
				  NULL, 2),
			    EINVAL);
	check(page_has(anon, 3));
	area_works(&a, d);
}

BATCH_CASE(address_in_a_hypercall_buffer)
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	struct area a = area_new(privcmd_open(), 2);
	int fd = open(hypercall_device(), O_RDWR | O_CLOEXEC);
	void *va;

	must(fd >= 0);
	va = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must(va != MAP_FAILED);
	check_errno(batch(version, a.fd, d->id, va, d->frame, NULL, 2), EINVAL);
	check_eq(*(int *)va, 0);
	area_works(&a, d);
}
