// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The module's arithmetic on what users name, run on the host: src/range.h.
 */
#include "tap.h"
#include "../../../src/range.h"

TAP_MAIN

TAP_CASE(range_valid_shape)
{
	check(range_valid(0, 1));
	check(range_valid(0x1000, 512));
	check(!range_valid(0x1000, 0));
	check(!range_valid(0x1001, 1));
	check(!range_valid(0x1fff, 1));
}

TAP_CASE(range_valid_count_limit)
{
	check(range_valid(0, (1ULL << 29) - 1));
	check(!range_valid(0, 1ULL << 29));
	check(!range_valid(0, 0x20000001));
	check(!range_valid(0, 1ULL << 52));
	check(!range_valid(0, ~0ULL));
}

TAP_CASE(range_valid_end_of_address_space)
{
	check(range_valid(~0ULL << 12, 0) == 0);
	check(!range_valid(~0ULL << 12, 1));
	check(range_valid((~0ULL << 12) - 0x1000, 1));
	check(!range_valid((~0ULL << 12) - 0x1000, 2));
	check(!range_valid(1ULL << 63, ~0ULL >> 12));
}

TAP_CASE(range_inside_bounds)
{
	const __u64 start = 0x10000, end = 0x14000;

	check(range_inside(0x10000, 4, start, end));
	check(range_inside(0x13000, 1, start, end));
	check(!range_inside(0x10000, 5, start, end));
	check(!range_inside(0x13000, 2, start, end));
	check(!range_inside(0xf000, 1, start, end));
	check(!range_inside(0x14000, 1, start, end));
	check(!range_inside(0x15000, 1, start, end));
	check(!range_inside(0x10000, 1ULL << 52, start, end));
	check(!range_inside(0x10000, ~0ULL, start, end));
}

TAP_CASE(range_index_of_its_table)
{
	check_eq(range_index(0), 0);
	check_eq(range_index(0x1fffff), 511);
	check_eq(range_index(0x200000), 0);
	check_eq(range_index(0x7f0000201000), 1);
}
