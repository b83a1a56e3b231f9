/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arithmetic on pages and addresses that users name: overflow is an answer,
 * not an accident. Needs no kernel header; tests/unit/range.c runs it.
 */
#ifndef PRIVCMD_RANGE_H
#define PRIVCMD_RANGE_H

#include <linux/types.h>

#define RANGE_PAGE_SHIFT	12
#define RANGE_PAGE_MASK		((1ULL << RANGE_PAGE_SHIFT) - 1)

/* Frames that one page table maps: 8-byte entries in a 4 KiB page. */
#define RANGE_TABLE		512U

/*
 * Frames that one call may name: the array of their numbers, 8 bytes each,
 * stays below 4 GiB. That is 2 TiB of memory, twice what max_frames allows by
 * default for all mappings of a file.
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

/* Which entry of its page table does the page at @addr have? */
static inline unsigned int range_slot(__u64 addr)
{
	return (addr >> RANGE_PAGE_SHIFT) & (RANGE_TABLE - 1);
}

#endif /* PRIVCMD_RANGE_H */
