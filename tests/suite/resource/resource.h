/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * MMAP_RESOURCE as the cases call it. Include this file before suite.h.
 */
#ifndef RESOURCE_H
#define RESOURCE_H

#include "dm_op/dm_op.h"
#include <xen/grant_table.h>
#include <xen/memory.h>

#define IOREQ  XENMEM_resource_ioreq_server
#define GRANTS XENMEM_resource_grant_table

/* Frames that the grant table of domain_new()'s domains may have. */
#define GRANT_FRAMES 4

/* The number of grants in a frame of version 1 of the interface. */
#define GRANTS_PER_FRAME (PAGE / sizeof(grant_entry_v1_t))

static inline int resource(int fd, unsigned int dom, unsigned int type,
			   unsigned int id, unsigned int idx, __u64 num,
			   const void *addr)
{
	struct privcmd_mmap_resource r = {
		.dom = dom,
		.type = type,
		.id = id,
		.idx = idx,
		.num = num,
		.addr = (unsigned long)addr,
	};

	return ioctl(fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &r);
}

/*
 * A domain whose grant table may have more frames than the hypervisor allows by
 * default. Skips the case if the limit cannot be raised.
 */
struct domain *domain_with_many_grants(unsigned int frames);

/*
 * How often the kernel has logged since boot that a page cannot be used again.
 * It logs that ten times and is then silent for a while.
 */
unsigned int pages_lost(void);

/* Maps frames of the grant table from @idx on, as many as @a has pages. */
static inline int grants(const struct area *a, const struct domain *d,
			 unsigned int idx)
{
	return resource(a->fd, d->id, GRANTS, 0, idx, a->n, a->va);
}

/* The grant @i of a mapping of the grant table. */
static inline grant_entry_v1_t *entry(const struct area *a, size_t i)
{
	return (grant_entry_v1_t *)a->va + i;
}

static inline bool zeroes(const void *p, size_t size)
{
	const unsigned char *c = p;

	while (size && !c[size - 1])
		size--;
	return !size;
}

#endif /* RESOURCE_H */
