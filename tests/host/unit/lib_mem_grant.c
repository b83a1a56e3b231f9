// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Host tests of the memory table's grants, on the fake device: the calls that the
 * table makes, and that it unmaps and withdraws all grants.
 */
#include "lib_mem_xen.h"

#define GRANT(ref) (XENFM_MEM_GRANT_BIT | (uint64_t)(ref) << 12)

static struct xenfm_mem_region grants(uint64_t guest_addr, uint64_t size,
				      uint32_t more)
{
	struct xenfm_mem_region r = foreign(guest_addr, size);

	r.xen_flags = XENFM_MEM_GRANT | more;
	return r;
}

TAP_CASE(grant_region_in_advance)
{
	struct xenfm_mem *mem = start(XENFM_MEM_LAZY);
	struct xenfm_mem_info info;

	check_eq(add(mem, grants(GRANT(8) + 5, 0x2ffb, 0), "/dev/zero"), 0);
	check_eq(fake.dup_command, F_DUPFD_CLOEXEC);
	check_eq(fake.announced, 1);
	check_eq(fake.areas[0].domid, 5);
	check_eq(fake.areas[0].ref, 8);
	check_eq(fake.areas[0].size, 3 * 4096);
	check_eq(fake.areas[0].prot, PROT_READ | PROT_WRITE);
	shows(mem, GRANT(8) + 5, SIZE_MAX, 0x2ffb);
	shows(mem, GRANT(9), 9, 9);
	check_eq(fake.announced, 1);
	check_ret(xenfm_mem_info(mem, GRANT(8) + 5, &info), 0);
	check_eq(info.lazy, 0);
	check_eq(outside_of(mem, GRANT(8)), -EFAULT);
	check_eq(outside_of(mem, GRANT(11)), -EFAULT);
	xenfm_mem_free(mem);
	check_eq(fake_left(), 0);
	check_eq(fake.opens, fake.closes);
}

TAP_CASE(grant_region_in_advance_is_one_piece)
{
	struct xenfm_mem *mem = start(0);

	check_eq(add(mem, grants(GRANT(8), 1 << 21, 0), "/dev/zero"), 0);
	shows(mem, GRANT(8), SIZE_MAX, 1 << 21);
	check_eq(fake.announced, 1);
	xenfm_mem_free(mem);
}

TAP_CASE(grant_region_refused)
{
	struct xenfm_mem *mem = start(0);

	/* At the mapping, at the announcement, at once. */
	check_eq(add(mem, grants(GRANT(FAKE_HOLE), 0x1000, 0), "/dev/zero"),
		 -EINVAL);
	/* Where it would begin in no area at all is not even computed. */
	check_eq(add(mem, grants(GRANT(FAKE_HOLE) + 5, 0x1000, 0), "/dev/zero"),
		 -EINVAL);
	check_eq(add(mem, grants(GRANT(0), (FAKE_GRANTS_MAX + 1) * 4096ULL, 0),
		     "/dev/zero"),
		 -ENOMEM);
	check_eq(add(mem, grants(GRANT(0), 0x1000, 0), "/dev/null"), -ENOTTY);
	check_eq(add(mem, grants(GRANT(0), 0x1000, XENFM_MEM_NO_ADVANCE),
		     "/dev/null"),
		 -ENOTTY);
	check_eq(fake_left(), 0);
	check_eq(fake.opens, 5);
	check_eq(fake.closes, 5);
	xenfm_mem_free(mem);
}

/*
 * More than any device has: refused before there is memory for the numbers, and a
 * file that is no such device before that.
 */
TAP_CASE(grant_region_of_terabytes, .rows = "A41")
{
	static const uint64_t sizes[] = { 1ULL << 33, 1ULL << 40, 1ULL << 44 };
	struct xenfm_mem *mem = start(0);

	for (unsigned int i = 0; i < 3; i++) {
		check_eq(add(mem, grants(GRANT(0), sizes[i], 0), "/dev/zero"),
			 -ENOMEM);
		check_eq(add(mem, grants(GRANT(0), sizes[i], 0), "/dev/null"),
			 -ENOTTY);
	}
	check(fake.alloc_most < 4096);
	check_eq(fake.announced, 0);
	check_eq(fake.opens, fake.closes);
	xenfm_mem_free(mem);
}

TAP_CASE(grants_come_and_go)
{
	struct xenfm_mem *mem = start(0);
	size_t len = 0x1800, len2 = 1;
	void *ptr, *ptr2;

	check_eq(add(mem, grants(GRANT(0), 1ULL << 62, XENFM_MEM_NO_ADVANCE),
		     "/dev/zero"),
		 0);
	check_eq(fake.announced, 0);
	check_ret(xenfm_mem_get(mem, GRANT(3) + 0x900, &len, XENFM_MAP_WRITE,
				&ptr),
		  0);
	check_eq(len, 0x1800);
	check_eq(fake.areas[0].ref, 3);
	check_eq(fake.areas[0].size, 3 * 4096);
	check_eq(fake.areas[0].prot, PROT_READ | PROT_WRITE);
	check(ptr == fake.areas[0].start + 0x900);
	check_ret(xenfm_mem_get(mem, GRANT(3) + 0x900, &len2, 0, &ptr2), 0);
	check_eq(fake.areas[1].size, 4096);
	check_eq(fake.areas[1].prot, PROT_READ);
	check_eq(fake_left(), 2);
	errno = 4711;
	xenfm_mem_put(mem, ptr, len);
	check_eq(errno, 4711);
	check_eq(fake.areas[0].size, 0);
	check(!fake.areas[0].start && fake.areas[1].start);
	xenfm_mem_put(mem, ptr, len); /* once too often */
	xenfm_mem_put(mem, ptr2, len2);
	check_eq(fake_left(), 0);
	shows(mem, GRANT(0x100), 1 << 21, 1 << 20);
	shows(mem, GRANT(0x200) + 1, SIZE_MAX, 1 << 20);
	xenfm_mem_free(mem);
	check_eq(fake.opens, fake.closes);
}

TAP_CASE(grants_that_are_none)
{
	struct xenfm_mem *mem = start(0);
	struct xenfm_mem_region all =
		grants(GRANT(0), 1ULL << 63, XENFM_MEM_NO_ADVANCE);

	check_eq(add(mem, all, "/dev/zero"), 0);
	check_eq(outside_of(mem, GRANT(FAKE_HOLE)), -EFAULT);
	check_eq(outside_of(mem, GRANT(0x100000000)), -EFAULT);
	check_eq(outside_of(mem, UINT64_MAX), -EFAULT);
	check_eq(outside_of(mem, GRANT(0xffffffff) + 0xfff), -EFAULT);
	check_eq(outside_of(mem, 0), -EFAULT);
	check_eq(fake_left(), 0);
	/* Only a lack of memory is not the guest's fault. */
	fake.mmap_errno = ENOMEM;
	check_eq(outside_of(mem, GRANT(1)), -ENOMEM);
	fake.mmap_errno = EPERM;
	check_eq(outside_of(mem, GRANT(1)), -EFAULT);
	check_eq(fake_left(), 0);
	xenfm_mem_free(mem);
	check_eq(fake.opens, fake.closes);
}

/* What nobody put goes with the region. */
TAP_CASE(grants_forgotten)
{
	struct xenfm_mem *mem = start(0);
	size_t len = 1;
	void *ptr;

	check_eq(add(mem, grants(GRANT(0), 0x10000, XENFM_MEM_NO_ADVANCE),
		     "/dev/zero"),
		 0);
	check_ret(xenfm_mem_get(mem, GRANT(1), &len, 0, &ptr), 0);
	check_ret(xenfm_mem_get(mem, GRANT(2), &len, 0, &ptr), 0);
	check_eq(fake_left(), 2);
	check_ret(xenfm_mem_remove(mem, GRANT(0), 0x10000, 0x10000), 0);
	check_eq(fake_left(), 0);
	xenfm_mem_put(mem, ptr, len);
	xenfm_mem_free(mem);
}

/* Another thread gets and puts grants of the same region. */
static struct {
	struct xenfm_mem *mem;
	void *ptr;
	unsigned int calls;
} other;

static void get_other(void)
{
	size_t len = 1;

	other.calls++;
	check_ret(xenfm_mem_get(other.mem, GRANT(7), &len, 0, &other.ptr), 0);
}

static void put_other(void)
{
	other.calls++;
	xenfm_mem_put(other.mem, other.ptr, 1);
}

/*
 * Threads share the region's list of mapped grants, so each change of this list
 * needs the table's lock. While a thread asks for the lock, another thread may
 * change the list.
 */
TAP_CASE(grants_of_other_threads)
{
	size_t len = 1;
	void *ptr;

	other.mem = start(0);
	check_eq(add(other.mem, grants(GRANT(0), 0x10000, XENFM_MEM_NO_ADVANCE),
		     "/dev/zero"),
		 0);
	fake.before_lock = get_other;
	check_ret(xenfm_mem_get(other.mem, GRANT(1), &len, 0, &ptr), 0);
	check_eq(other.calls, 1);
	check_eq(fake_left(), 2);
	fake.before_lock = put_other;
	xenfm_mem_put(other.mem, ptr, len);
	check_eq(other.calls, 2);
	check_eq(fake_left(), 0);
	check_ret(xenfm_mem_get(other.mem, GRANT(1), &len, 0, &ptr), 0);
	fake.before_lock = get_other;
	xenfm_mem_put(other.mem, ptr, len);
	check_eq(other.calls, 3);
	check_eq(fake_left(), 1);
	fake.before_lock = put_other;
	check_ret(xenfm_mem_get(other.mem, GRANT(1), &len, 0, &ptr), 0);
	check_eq(other.calls, 4);
	check_eq(fake_left(), 1);
	xenfm_mem_put(other.mem, ptr, len);
	check_eq(fake_left(), 0);
	xenfm_mem_free(other.mem);
}
