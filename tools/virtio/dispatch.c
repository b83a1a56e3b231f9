// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Finds the device of a request. There are requests without a device: INVALIDATE, which
 * asks to forget mappings of the guest's memory, and this program has none. And an access
 * to a range that its device has left meanwhile.
 */
#include <stddef.h>

#include "device.h"
#include "dispatch.h"
#include "ioreq.h"
#include "range.h"

static struct device *dispatch_find(struct request *r)
{
	unsigned int devfn = 0;
	uint64_t first, last;
	enum space space;

	if (!ioreq_space(r, &space, &devfn))
		return NULL;
	if (space == SPACE_PCI)
		return range_find(space, devfn, &first, &last);
	/* Repeated accesses may run into the neighbour's range. */
	return range_find(space, r->addr, &r->first, &r->last);
}

void dispatch(struct request *r)
{
	struct device *d = dispatch_find(r);

	if (d) {
		device_post(d, r);
		return;
	}
	ioreq_refuse(r);
	ioreq_complete(r);
}
