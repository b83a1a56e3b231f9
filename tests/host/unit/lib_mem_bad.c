// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Host tests of what libxenfm's table of guest memory refuses: numbers that lie,
 * regions in each other's way, descriptors of something else.
 */
#include <fcntl.h>
#include <sys/eventfd.h>

#include "lib_mem.h"

/* What the table must refuse, with nothing mapped and nothing changed. */
static void refused(const struct xenfm_mem_region *r, int fd, int want)
{
	const struct xenfm_mem_region regions[] = { mem_three[1], *r };
	struct xenfm_mem *mem = mem_table();
	int before = mem_mappings(), fds[] = { mem_file(0x8000), fd };

	check_ret(xenfm_mem_add(mem, r, fd), want);
	check_ret(xenfm_mem_set(mem, regions, fds, 2), want);
	check_eq(mem_mappings(), before);
	mem_shows(mem, 0x100000, SIZE_MAX, 0x3000, 0);
	mem_shows(mem, 0x103000, SIZE_MAX, 0x1000, 0x3000);
	mem_shows(mem, 0x8000000000, SIZE_MAX, 0x1001, 0x4321);
	xenfm_mem_free(mem);
	close(fds[0]);
}

TAP_CASE(mem_hostile_numbers)
{
	static const struct xenfm_mem_region bad[] = {
		{ .size = 0 },
		{ .guest_addr = UINT64_MAX, .size = 2 },
		{ .guest_addr = 0x1000, .size = UINT64_MAX },
		{ .user_addr = UINT64_MAX, .size = 2 },
		{ .user_addr = 0x1001, .size = UINT64_MAX - 0xfff },
		{ .mmap_offset = UINT64_MAX, .size = 1 },
		{ .mmap_offset = UINT64_MAX, .size = 2 },
		{ .mmap_offset = UINT64_MAX - 0xfff, .size = 0x1000 },
		{ .mmap_offset = INT64_MAX, .size = 0x1000 },
		{ .mmap_offset = INT64_MAX - 0xfff, .size = 0x1000 },
		{ .mmap_offset = 0x8000, .size = 1 },
		{ .mmap_offset = 0x7fff, .size = 2 },
		{ .size = 0x8001 },
		{ .guest_addr = 0x9000000000, .size = 1ULL << 63 },
		{ .guest_addr = 0x9000000000, .size = INT64_MAX },
		{ .guest_addr = 0x9000000000, .size = 1ULL << 46 },
		{ .size = 0x1000, .xen_flags = 4 },
		{ .size = 0x1000, .xen_flags = XENFM_MEM_NO_ADVANCE },
		{ .size = 0x1000, .xen_flags = 3 },
		{ .size = 0x1000, .xen_flags = 9 },
		{ .size = 0x1000, .xen_flags = 0x100 },
		{ .size = 0x1000, .xen_flags = 0x80000000 },
		{ .size = 0x1000, .xen_flags = 1, .domid = 0x10000 },
		{ .size = 0x1000, .xen_flags = 1, .mmap_offset = 0x1000 },
		{ .size = 0x1000, .xen_flags = 2 },
		{ .guest_addr = XENFM_MEM_GRANT_BIT,
		  .size = 0x1000,
		  .xen_flags = 2,
		  .mmap_offset = 1 },
		{ .guest_addr = XENFM_MEM_GRANT_BIT,
		  .size = 0x1000,
		  .xen_flags = 2,
		  .domid = 0x10000 },
		{ .guest_addr = XENFM_MEM_GRANT_BIT | 0x100000000000,
		  .size = 0x1000,
		  .xen_flags = 2 },
		{ .guest_addr = XENFM_MEM_GRANT_BIT | 0xffffffff000,
		  .size = 0x1001,
		  .xen_flags = 2 },
		{ .guest_addr = XENFM_MEM_GRANT_BIT,
		  .size = XENFM_MEM_GRANT_BIT,
		  .xen_flags = 2 },
	};
	int fd = mem_file(0x8000);

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		unsigned int failed = tap_result->failed;

		refused(&bad[i], fd, -EINVAL);
		if (tap_result->failed != failed)
			tap_note("of region %zu", i);
	}
}

TAP_CASE(mem_overlaps)
{
	static const struct xenfm_mem_region bad[] = {
		{ .guest_addr = 0x100000, .size = 1 },
		{ .guest_addr = 0x102fff, .size = 1 },
		{ .guest_addr = 0xff000, .size = 0x1001 },
		{ .guest_addr = 0xff000, .size = 0x8000 },
		{ .guest_addr = 0, .size = UINT64_MAX },
		{ .guest_addr = 1, .size = UINT64_MAX },
		{ .guest_addr = 0x103fff, .size = 2 },
		{ .guest_addr = 0x7ffffff000, .size = 0x1001 },
		{ .guest_addr = 0x8000001000, .size = 0x1000 },
	};
	struct xenfm_mem_region twice[] = { mem_three[1], mem_three[1] };
	int fd = mem_file(0x8000), fds[] = { fd, fd };
	struct xenfm_mem *mem = mem_table();

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		check_ret(xenfm_mem_add(mem, &bad[i], fd), -EEXIST);
	check_ret(xenfm_mem_set(mem, twice, fds, 2), -EEXIST);
	mem_shows(mem, 0x103000, SIZE_MAX, 0x1000, 0x3000);
	/* As close as can be. */
	check_ret(xenfm_mem_add(mem,
				&(struct xenfm_mem_region){
					.guest_addr = 0xff000, .size = 0x1000 },
				fd),
		  0);
	check_ret(xenfm_mem_add(mem,
				&(struct xenfm_mem_region){
					.guest_addr = 0x8000001001, .size = 1 },
				fd),
		  0);
	check_ret(xenfm_mem_add(mem,
				&(struct xenfm_mem_region){
					.guest_addr = UINT64_MAX, .size = 1 },
				fd),
		  0);
	mem_shows(mem, UINT64_MAX, SIZE_MAX, 1, 0);
	mem_shows(mem, 0xffffe, 5, 2, 0xffe);
	xenfm_mem_free(mem);
}

TAP_CASE(mem_descriptors)
{
	struct xenfm_mem_region r = { .size = 0x1000 };
	char path[64];
	int readable;

	refused(&r, -1, -EBADF);
	refused(&r, 1000000, -EBADF);
	refused(&r, eventfd(0, 0), -ENODEV);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", mem_file(0x8000));
	readable = open(path, O_RDONLY);
	must(readable >= 0);
	refused(&r, readable, -EACCES);
	r.xen_flags = XENFM_MEM_FOREIGN;
	refused(&r, -1, -EBADF);
	refused(&r, readable, -ENOTTY);
	r.guest_addr = XENFM_MEM_GRANT_BIT;
	r.xen_flags = XENFM_MEM_GRANT;
	refused(&r, -1, -EBADF);
	refused(&r, readable, -ENOTTY);
	r.xen_flags |= XENFM_MEM_NO_ADVANCE;
	refused(&r, -1, -EBADF);
	refused(&r, readable, -ENOTTY);
}
