// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The table of ranges and of addresses of kicks.
 */
#include "tap.h"

#include "platform.h"
#include "range.h"
#include "requests.h"

static struct device one, two;

static struct device *find(enum space space, uint64_t addr)
{
	uint64_t first, last;

	return range_find(space, addr, &first, &last);
}

/* The edges of a range, and of the space. */
TAP_CASE(ranges_found)
{
	uint64_t first = 0, last = 0;

	check_eq(platform_map_range(&one, 0x1000, 0x100), 0);
	check_eq(platform_map_range(&two, 0x1100, 0x100), 0);
	check_eq(platform_map_pci(&two, 0x1000), 0);
	check(!find(SPACE_MEMORY, 0xfff));
	check(find(SPACE_MEMORY, 0x1000) == &one);
	check(range_find(SPACE_MEMORY, 0x10ff, &first, &last) == &one);
	check_eq(first, 0x1000);
	check_eq(last, 0x10ff);
	check(find(SPACE_MEMORY, 0x1100) == &two);
	check(!find(SPACE_MEMORY, 0x1200));
	check(find(SPACE_PCI, 0x1000) == &two);
	check(!find(SPACE_PCI, 0x1001));
}

TAP_CASE(ranges_overlapping)
{
	check_eq(platform_map_range(&one, 0x1000, 0x100), 0);
	check_eq(platform_map_range(&two, 0x10ff, 1), -EEXIST);
	check_eq(platform_map_range(&two, 0xfff, 2), -EEXIST);
	check_eq(platform_map_range(&one, 0x0, 0x10000), -EEXIST);
	check_eq(platform_map_range(&two, 0xfff, 1), 0);
	check_eq(fake_xen.added, 2);
}

TAP_CASE(ranges_wrong)
{
	check_eq(platform_map_range(&one, 0x1000, 0), -EINVAL);
	check_eq(platform_map_range(&one, UINT64_MAX, 2), -EINVAL);
	check_eq(platform_map_range(&one, UINT64_MAX, 1), 0);
}

/* The hypervisor's refusal leaves nothing behind. */
TAP_CASE(ranges_refused)
{
	fake_xen.add = -ENOMEM;
	check_eq(platform_map_range(&one, 0x1000, 0x100), -ENOMEM);
	check(!find(SPACE_MEMORY, 0x1000));
	fake_xen.add = 0;
	check_eq(platform_map_range(&two, 0x1000, 0x100), 0);
}

TAP_CASE(ranges_removed)
{
	check_eq(platform_map_range(&one, 0x1000, 0x100), 0);
	check_eq(platform_map_range(&two, 0x2000, 0x100), 0);
	check_eq(platform_unmap_range(&one, 0x1000, 0x80), -ENOENT);
	check_eq(platform_unmap_range(&two, 0x1000, 0x100), -ENOENT);
	check_eq(platform_unmap_range(&one, 0x3000, 0x100), -ENOENT);
	check_eq(fake_xen.added, 2);
	check_eq(platform_unmap_range(&one, 0x1000, 0x100), 0);
	check(!find(SPACE_MEMORY, 0x1000));
	check(find(SPACE_MEMORY, 0x2000) == &two);
	check_eq(platform_unmap_range(&two, 0x2000, 0x100), 0);
	check_eq(fake_xen.added, 0);
}

TAP_CASE(ranges_full)
{
	unsigned int i;

	for (i = 0; i < 1000; i++)
		if (platform_map_range(&one, 0x1000 * (i + 1), 0x10))
			break;
	check_eq(platform_map_range(&one, 0x1000 * (i + 1), 0x10), -ENOMEM);
	check_eq(fake_xen.added, i);
}

/* All queues of a device have one address. It is a range of its own once. */
TAP_CASE(kicks_shared_address)
{
	must(!platform_map_range(&one, 0x1000, 0x100));
	check_eq(platform_bind_kick(&one, 0x1080, 2, 0, 10), 0);
	check_eq(platform_bind_kick(&one, 0x1080, 2, 1, 11), 0);
	check_eq(platform_bind_kick(&one, 0x1090, 2, 0, 12), 0);
	check_eq(fake_xen.kicks_added, 2);
	check_eq(fake_xen.bound, 3);
	check_eq(platform_unbind_kick(&one, 0x1080, 2, 0, 10), 0);
	check_eq(fake_xen.kicks_added, 2);
	check_eq(platform_unbind_kick(&one, 0x1080, 2, 1, 11), 0);
	check_eq(fake_xen.kicks_added, 1);
	check_eq(platform_unbind_kick(&one, 0x1090, 2, 0, 12), 0);
	check_eq(fake_xen.kicks_added, 0);
	check_eq(fake_xen.bound, 0);
}

TAP_CASE(kicks_outside)
{
	must(!platform_map_range(&one, 0x1000, 0x100));
	must(!platform_map_range(&two, 0x1100, 0x100));
	check_eq(platform_bind_kick(&one, 0x1100, 2, 0, 10), -EINVAL);
	check_eq(platform_bind_kick(&one, 0x10ff, 2, 0, 10), -EINVAL);
	check_eq(platform_bind_kick(&one, 0x2000, 2, 0, 10), -EINVAL);
	check_eq(platform_bind_kick(&one, 0x10fe, 2, 0, 10), 0);
	check_eq(fake_xen.bound, 1);
}

TAP_CASE(kicks_refused)
{
	must(!platform_map_range(&one, 0x1000, 0x100));
	fake_xen.bind = -EBUSY;
	check_eq(platform_bind_kick(&one, 0x1080, 2, 0, 10), -EBUSY);
	check_eq(fake_xen.kicks_added, 0);
	fake_xen.bind = 0;
	fake_xen.add_kicks = -ENOMEM;
	check_eq(platform_bind_kick(&one, 0x1080, 2, 0, 10), -ENOMEM);
	check_eq(fake_xen.bound, 0);
	fake_xen.add_kicks = 0;
	check_eq(platform_bind_kick(&one, 0x1080, 2, 0, 10), 0);
	check_eq(fake_xen.kicks_added, 1);
}
