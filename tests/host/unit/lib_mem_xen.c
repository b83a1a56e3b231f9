// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Host tests of the memory table's foreign regions, on the fake device: the calls
 * that the table makes, and that it unmaps all areas.
 */
#include "lib_mem_xen.h"

static int add_foreign(struct xenfm_mem *mem, uint64_t guest_addr,
		       uint64_t size)
{
	return add(mem, foreign(guest_addr, size), "/dev/null");
}

TAP_CASE(foreign_region)
{
	struct xenfm_mem *mem = start(0);
	struct xenfm_mem_info info;

	check_eq(add_foreign(mem, 0x100800, 0x2000), 0);
	check_eq(fake.opens, 1);
	check_eq(fake.dup_command, F_DUPFD_CLOEXEC);
	check_eq(fake.calls[1].request, 0x5041);
	check_eq(fake.calls[1].x_map.flags, 2);
	check_eq(fake.calls[1].x_map.dom, 5);
	check_eq(fake.calls[1].x_map.frames, 0x100);
	check_eq(fake.calls[1].x_map.num, 3);
	check_eq(fake.areas[0].prot, PROT_READ | PROT_WRITE);
	shows(mem, 0x100800, SIZE_MAX, 0x2000);
	shows(mem, 0x1027ff, 2, 1);
	check_ret(xenfm_mem_info(mem, 0x100800, &info), 0);
	check_eq(info.lazy, 0);
	check_eq(info.failed, 0);
	check_eq(info.xen_flags, XENFM_MEM_FOREIGN);
	check_ret(xenfm_mem_remove(mem, 0x100800, 0x2000, 0x10000), 0);
	check_eq(fake_left(), 0);
	check_eq(fake.closes, 1);
	xenfm_mem_free(mem);
}

TAP_CASE(foreign_region_with_holes)
{
	struct xenfm_mem *mem = start(0);
	struct xenfm_mem_info info;

	check_eq(add_foreign(mem, 0x1ffe000, 0x5000), 0);
	check_ret(xenfm_mem_info(mem, 0x2002fff, &info), 0);
	check_eq(info.failed, 3);
	shows(mem, 0x1fff000, 0x1000, 0x1000);
	xenfm_mem_free(mem);
	check_eq(fake_left(), 0);
	check_eq(fake.closes, 1);
}

/* Frames that are paged out at first are mapped all the same. */
TAP_CASE(foreign_region_of_paged_frames)
{
	struct xenfm_mem *mem = start(0);
	struct xenfm_mem_info info;

	fake.paged_rounds = 2;
	check_eq(add_foreign(mem, FAKE_PAGED * 4096, 0x2000), 0);
	check_eq(fake.sleeps, 2);
	check_ret(xenfm_mem_info(mem, FAKE_PAGED * 4096, &info), 0);
	check_eq(info.failed, 0);
	shows(mem, FAKE_PAGED * 4096, SIZE_MAX, 0x2000);
	xenfm_mem_free(mem);
}

TAP_CASE(foreign_region_of_nothing)
{
	struct xenfm_mem *mem = start(0);
	struct xenfm_mem_region r = foreign(0, 0x1000);

	check_eq(add_foreign(mem, 0x2000000, 0x3000), -EINVAL);
	check_eq(add_foreign(mem, 0x3000000, 0x3000), -EBUSY);
	r.domid = FAKE_DOM_GONE;
	check_eq(add(mem, r, "/dev/null"), -ESRCH);
	r.domid = FAKE_DOM_FOREIGN;
	check_eq(add(mem, r, "/dev/null"), -EPERM);
	check_eq(fake_left(), 0);
	check_eq(fake.mmaps, 4);
	check_eq(fake.opens, 4);
	check_eq(fake.closes, 4);
	check_eq(add_foreign(mem, 0, 0x1000), 0);
	xenfm_mem_free(mem);
}

TAP_CASE(foreign_region_lazy)
{
	struct xenfm_mem *mem = start(XENFM_MEM_LAZY);
	struct xenfm_mem_info info;

	check_eq(add_foreign(mem, 0x1ffe000, 0x5000), 0);
	check_eq(fake.calls[1].x_map.flags, 6);
	check_eq(fake.calls[1].x_map.status, 0);
	check_ret(xenfm_mem_info(mem, 0x1ffe000, &info), 0);
	check_eq(info.lazy, 1);
	check_eq(info.failed, 0);
	xenfm_mem_free(mem);
}

/* Where the driver cannot: at once, and the caller can see that. */
TAP_CASE(foreign_region_lazy_intree)
{
	struct xenfm_mem *mem = start(XENFM_MEM_LAZY);
	struct xenfm_mem_info info;

	fake_start_intree();
	check_eq(add_foreign(mem, 0x1ffe000, 0x5000), 0);
	check_eq(fake.calls[2].request, 0x00205004);
	check_ret(xenfm_mem_info(mem, 0x1ffe000, &info), 0);
	check_eq(info.lazy, 0);
	check_eq(info.failed, 3);
	shows(mem, 0x1fff000, 0x1000, 0x1000);
	xenfm_mem_free(mem);
}

/* Set maps the new table first, and of a bad one nothing stays. */
TAP_CASE(foreign_set_is_all_or_nothing)
{
	struct xenfm_mem_region r[] = { foreign(0x1000, 0x1000),
					foreign(0x2000000, 0x1000) };
	struct xenfm_mem *mem = start(0);
	int fds[] = { device("/dev/null"), device("/dev/null") };

	check_ret(xenfm_mem_set(mem, r, fds, 1), 0);
	check_ret(xenfm_mem_set(mem, r, fds, 2), -EINVAL);
	check_eq(fake.opens, 3);
	check_eq(fake.closes, 2);
	shows(mem, 0x1000, 1, 1);
	check_ret(xenfm_mem_set(mem, NULL, NULL, 0), 0);
	check_eq(fake.closes, 3);
	xenfm_mem_free(mem);
}

TAP_CASE(foreign_region_of_max_frames)
{
	struct xenfm_mem *mem = start(0);

	fake.info.max_frames = 3;
	check_eq(add_foreign(mem, 0x100000, 0x3000), 0);
	shows(mem, 0x100000, SIZE_MAX, 0x3000);
	check_eq(add_foreign(mem, 0x200000, 0x4000), -ENOMEM);
	/* Three pages have the bytes, but they touch four. */
	check_eq(add_foreign(mem, 0x200001, 0x3000), -ENOMEM);
	xenfm_mem_free(mem);
}

/*
 * Refused before there is memory for the results. The last two are more than the
 * fake allows.
 */
TAP_CASE(foreign_region_of_terabytes, .rows = "A41")
{
	struct xenfm_mem *mem = start(0);

	check_eq(add_foreign(mem, 0, 1ULL << 60), -EINVAL);
	check_eq(add_foreign(mem, 0, 1ULL << 44), -EINVAL);
	check_eq(add_foreign(mem, 0, (1ULL << 44) - 4096), -ENOMEM);
	check_eq(add_foreign(mem, 0, 1ULL << 41), -ENOMEM);
	check(fake.alloc_most < 4096);
	check_eq(fake.opens, fake.closes);
	xenfm_mem_free(mem);
}
