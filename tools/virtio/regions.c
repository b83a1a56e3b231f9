// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Finds addresses in the guest's memory, and reads it: see regions.h.
 */
#include <errno.h>
#include <unistd.h>

#include "regions.h"

static const struct region *regions_find(const struct region_table *table,
					 uint64_t addr, uint64_t len)
{
	const struct region *r;
	unsigned int i;

	for (i = 0; i < table->nr; i++) {
		r = &table->region[i];
		if (addr >= r->guest_addr && len <= r->size &&
		    addr - r->guest_addr <= r->size - len)
			return r;
	}
	return NULL;
}

bool regions_have(const struct region_table *table, uint64_t addr, uint64_t len)
{
	return regions_find(table, addr, len);
}

int regions_read(const struct region_table *table, uint64_t addr, void *to,
		 size_t len)
{
	const struct region *r = regions_find(table, addr, len);
	ssize_t n;

	if (table->read)
		return table->read(table, addr, to, len);
	if (!r)
		return -EFAULT;
	if (table->way != REGION_FILE)
		return -EOPNOTSUPP;
	n = pread(r->fd, to, len, r->offset + (addr - r->guest_addr));
	if (n < 0)
		return -errno;
	return n == (ssize_t)len ? 0 : -EIO;
}
