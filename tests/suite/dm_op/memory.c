// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What the kernel knows of the memory that DM_OP has given to the hypervisor.
 */
#include "dm_op/dm_op.h"

#define PAGEMAP_PRESENT (1ULL << 63)
#define PAGEMAP_PFN	((1ULL << 55) - 1)
#define KPF_DIRTY	(1ULL << 4) /* see linux/kernel-page-flags.h */

/* A number of 8 bytes from a file of /proc, at the index @i. */
static __u64 number_at(const char *path, __u64 i)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	__u64 value;

	if (fd < 0)
		skip("this kernel has no %s", path);
	must(pread(fd, &value, sizeof(value), i * sizeof(value)) ==
	     sizeof(value));
	close(fd);
	return value;
}

static bool marked_dirty(const void *page)
{
	__u64 entry =
		number_at("/proc/self/pagemap", (unsigned long)page / PAGE);

	must(entry & PAGEMAP_PRESENT);
	return number_at("/proc/kpageflags", entry & PAGEMAP_PFN) & KPF_DIRTY;
}

/*
 * The hypervisor may have written to the buffers, and on an auto-translated dom0 no
 * entry of a page table tells that. So the driver marks their pages dirty, or the kernel
 * could drop the answer with a page that is the same on disk. Pages of anonymous memory
 * have no such mark before.
 */
TAP_CASE(dm_op_marks_pages_dirty)
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	unsigned char *p = buffer(3);
	struct xen_dm_op *op = (void *)(p + PAGE);
	struct privcmd_dm_op_buf buf = { op, sizeof(*op) };
	int fd = privcmd_open(), i;

	for (i = 0; i < 3; i++)
		p[i * PAGE] = 1;
	*op = ask_vcpus;
	for (i = 0; i < 3; i++)
		check(!marked_dirty(p + i * PAGE));
	if (has_dm_op(fd, d))
		check_eq(dm_op(fd, d->id, &buf, 1), 0);
	else
		check_errno(dm_op(fd, d->id, &buf, 1), ENOSYS);
	for (i = 0; i < 3; i++)
		check_eq(marked_dirty(p + i * PAGE), i == 1);
}
