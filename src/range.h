/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Arithmetic on counts and addresses that users give. An overflow makes a range
 * invalid. This file needs no kernel header: tests/host/unit/range.c runs it.
 */
#ifndef PRIVCMD_RANGE_H
#define PRIVCMD_RANGE_H

#include <linux/types.h>

#define RANGE_PAGE_SHIFT	12
#define RANGE_PAGE_MASK		((1ULL << RANGE_PAGE_SHIFT) - 1)

/* Entries of a page table: 8 bytes each, in a page of 4 KiB. */
#define RANGE_TABLE		512U

/*
 * A call must name fewer frames than this: the array of their numbers, 8 bytes
 * each, is then smaller than 4 GiB. These are 2 TiB of memory, twice as much as
 * max_frames allows by default for all mappings of a file.
 */
#define RANGE_MAX_FRAMES	(1ULL << 29)

/* Is [addr, addr + nr pages) page aligned, not empty, not too long, in range? */
static inline int range_valid(__u64 addr, __u64 nr)
{
	__u64 end;

	return nr && nr < RANGE_MAX_FRAMES && !(addr & RANGE_PAGE_MASK) &&
	       !__builtin_add_overflow(addr, nr << RANGE_PAGE_SHIFT, &end);
}

/* Does [addr, addr + nr pages), valid, lie in [start, end)? */
static inline int range_inside(__u64 addr, __u64 nr, __u64 start, __u64 end)
{
	return addr >= start && addr <= end &&
	       nr <= (end - addr) >> RANGE_PAGE_SHIFT;
}

/* The index of the entry of @addr in its page table. */
static inline unsigned int range_index(__u64 addr)
{
	return (addr >> RANGE_PAGE_SHIFT) & (RANGE_TABLE - 1);
}

#endif /* PRIVCMD_RANGE_H */
