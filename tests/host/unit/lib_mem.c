// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Host tests of libxenfm's table of guest memory, with ordinary files: what it
 * makes of regions and addresses. What it refuses is in lib_mem_bad.c, foreign
 * regions are in lib_mem_xen.c, and grants are in lib_mem_grant.c.
 */
#include "lib_mem.h"

TAP_CASE(mem_new_and_free)
{
	struct xenfm_mem *mem = NULL;
	size_t len = 1;
	uint64_t addr;
	void *ptr;

	check_ret(xenfm_mem_new(&mem, 2), -EINVAL);
	check(!mem);
	check_ret(xenfm_mem_new(&mem, 0), 0);
	check_ret(xenfm_mem_get(mem, 0, &len, 0, &ptr), -EFAULT);
	check_ret(xenfm_mem_guest_addr(mem, 0, 1, &addr), -EFAULT);
	check_ret(xenfm_mem_remove(mem, 0, 0, 0), -ENOENT);
	check_ret(xenfm_mem_set(mem, NULL, NULL, 0), 0);
	xenfm_mem_free(mem);
	xenfm_mem_free(NULL);
}

/* What a byte of it is. */
#define AT(offset) ((unsigned char)((offset) ^ (offset) >> 8 ^ (offset) >> 16))

int mem_file(size_t size)
{
	int fd = memfd_create("guest", MFD_CLOEXEC);
	unsigned char *bytes;

	must(fd >= 0 && !ftruncate(fd, size));
	bytes = mmap(NULL, size, PROT_WRITE, MAP_SHARED, fd, 0);
	must(bytes != MAP_FAILED);
	for (size_t i = 0; i < size; i++)
		bytes[i] = AT(i);
	munmap(bytes, size);
	return fd;
}

const struct xenfm_mem_region mem_three[3] = {
	{ .guest_addr = 0x100000, .size = 0x3000, .user_addr = 0x7f0000000000 },
	{ .guest_addr = 0x8000000000,
	  .size = 0x1001,
	  .user_addr = 0x7f0000100000,
	  .mmap_offset = 0x4321 },
	{ .guest_addr = 0x103000,
	  .size = 0x1000,
	  .user_addr = 0x10000,
	  .mmap_offset = 0x3000 },
};

struct xenfm_mem *mem_table(void)
{
	int fd = mem_file(0x8000), fds[] = { fd, fd, fd };
	struct xenfm_mem *mem = NULL;

	must(check_eq(xenfm_mem_new(&mem, 0), 0));
	check_ret(xenfm_mem_set(mem, mem_three, fds, 3), 0);
	close(fd);
	return mem;
}

void mem_shows(struct xenfm_mem *mem, uint64_t addr, size_t want, size_t len,
	       size_t offset)
{
	size_t got = want;
	unsigned char *p;
	void *ptr = NULL;

	check_ret(xenfm_mem_get(mem, addr, &got, 0, &ptr), 0);
	must(ptr);
	check_eq(got, len);
	p = ptr;
	for (size_t i = 0; i < got; i++)
		must(check_eq(p[i], AT(offset + i)));
	xenfm_mem_put(mem, ptr, got);
}

int mem_outside(struct xenfm_mem *mem, uint64_t addr)
{
	void *const untouched = (void *)0x1234;
	void *ptr = untouched;
	size_t len = 77;
	int ret = xenfm_mem_get(mem, addr, &len, XENFM_MAP_WRITE, &ptr);

	check(ptr == untouched);
	check_eq(len, 77);
	return ret;
}

TAP_CASE(mem_addresses)
{
	struct xenfm_mem *mem = mem_table();

	mem_shows(mem, 0x100000, 1, 1, 0);
	mem_shows(mem, 0x100ffd, 9, 9, 0xffd);
	mem_shows(mem, 0x102fff, 2, 1, 0x2fff); /* regions are never joined */
	mem_shows(mem, 0x103000, SIZE_MAX, 0x1000, 0x3000);
	mem_shows(mem, 0x103fff, 1, 1, 0x3fff);
	mem_shows(mem, 0x8000000000, SIZE_MAX, 0x1001, 0x4321);
	mem_shows(mem, 0x8000001000, 0x1000, 1, 0x5321);
	check_eq(mem_outside(mem, 0), -EFAULT);
	check_eq(mem_outside(mem, 0xfffff), -EFAULT);
	check_eq(mem_outside(mem, 0x104000), -EFAULT);
	check_eq(mem_outside(mem, 0x7fffffffff), -EFAULT);
	check_eq(mem_outside(mem, 0x8000001001), -EFAULT);
	check_eq(mem_outside(mem, UINT64_MAX), -EFAULT);
	xenfm_mem_free(mem);
}

TAP_CASE(mem_get_arguments)
{
	struct xenfm_mem *mem = mem_table();
	size_t len = 0;
	void *ptr;

	check_ret(xenfm_mem_get(mem, 0x100000, &len, 0, &ptr), -EINVAL);
	len = 1;
	check_ret(xenfm_mem_get(mem, 0x100000, &len, 2, &ptr), -EINVAL);
	xenfm_mem_put(mem, &len, 1); /* nothing of ours: nothing happens */
	xenfm_mem_free(mem);
}

TAP_CASE(mem_is_the_files_memory)
{
	int fd = mem_file(0x1000);
	struct xenfm_mem_region r = { .guest_addr = 0, .size = 0x1000 };
	struct xenfm_mem *mem;
	unsigned char byte;
	size_t len = 1;
	void *ptr;

	check_ret(xenfm_mem_new(&mem, XENFM_MEM_LAZY), 0);
	check_ret(xenfm_mem_add(mem, &r, fd), 0);
	check_ret(xenfm_mem_get(mem, 5, &len, XENFM_MAP_WRITE, &ptr), 0);
	*(unsigned char *)ptr = 0xee;
	check_eq(pread(fd, &byte, 1, 5), 1);
	check_eq(byte, 0xee);
	byte = 0xdd;
	check_eq(pwrite(fd, &byte, 1, 5), 1);
	check_eq(*(unsigned char *)ptr, 0xdd);
	xenfm_mem_put(mem, ptr, len);
	xenfm_mem_free(mem);
	close(fd);
}

TAP_CASE(mem_guest_addr)
{
	struct xenfm_mem *mem = mem_table();
	uint64_t addr = 1;

	check_ret(xenfm_mem_guest_addr(mem, 0x7f0000000000, 0x3000, &addr), 0);
	check_eq(addr, 0x100000);
	check_ret(xenfm_mem_guest_addr(mem, 0x7f0000102fff - 0x2000, 1, &addr),
		  0);
	check_eq(addr, 0x8000000fff);
	check_ret(xenfm_mem_guest_addr(mem, 0x10fff, 1, &addr), 0);
	check_eq(addr, 0x103fff);
	addr = 7;
	check_ret(xenfm_mem_guest_addr(mem, 0x7f0000000000, 0x3001, &addr),
		  -EFAULT);
	check_ret(xenfm_mem_guest_addr(mem, 0x7f0000002fff, SIZE_MAX, &addr),
		  -EFAULT);
	/* The last byte of a region, and one byte more. */
	check_ret(xenfm_mem_guest_addr(mem, 0x7f0000002fff, 2, &addr), -EFAULT);
	check_ret(xenfm_mem_guest_addr(mem, 0xffff, 2, &addr), -EFAULT);
	check_ret(xenfm_mem_guest_addr(mem, 0x11000, 1, &addr), -EFAULT);
	check_ret(xenfm_mem_guest_addr(mem, UINT64_MAX, 1, &addr), -EFAULT);
	check_ret(xenfm_mem_guest_addr(mem, 0x10000, 0, &addr), -EINVAL);
	check_eq(addr, 7);
	xenfm_mem_free(mem);
}

TAP_CASE(mem_remove)
{
	struct xenfm_mem *mem = mem_table();

	check_ret(xenfm_mem_remove(mem, 0x100000, 0x3000, 0), -ENOENT);
	check_ret(xenfm_mem_remove(mem, 0x100000, 0x2fff, 0x7f0000000000),
		  -ENOENT);
	check_ret(xenfm_mem_remove(mem, 0x100001, 0x3000, 0x7f0000000000),
		  -ENOENT);
	check_ret(xenfm_mem_remove(mem, 0x100000, 0x3000, 0x7f0000000000), 0);
	check_ret(xenfm_mem_remove(mem, 0x100000, 0x3000, 0x7f0000000000),
		  -ENOENT);
	check_eq(mem_outside(mem, 0x102fff), -EFAULT);
	mem_shows(mem, 0x103000, 5, 5, 0x3000);
	mem_shows(mem, 0x8000000000, 5, 5, 0x4321);
	xenfm_mem_free(mem);
}

TAP_CASE(mem_info)
{
	struct xenfm_mem *mem = mem_table();
	struct xenfm_mem_info info;

	check_ret(xenfm_mem_info(mem, 0x8000000005, &info), 0);
	check_eq(info.guest_addr, 0x8000000000);
	check_eq(info.size, 0x1001);
	check_eq(info.failed | info.lazy | info.xen_flags, 0);
	check_ret(xenfm_mem_info(mem, 0x104000, &info), -EFAULT);
	xenfm_mem_free(mem);
}

/*
 * Counts the mappings of the files of mem_file(). If @size is not 0, only mappings
 * of exactly @size bytes at @offset of the file count.
 */
static int mappings_of(unsigned long offset, unsigned long size)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long start, end, at;
	char line[512];
	int n = 0;

	while (fgets(line, sizeof(line), f)) {
		if (!strstr(line, "memfd:guest"))
			continue;
		must(sscanf(line, "%lx-%lx %*s %lx", &start, &end, &at) == 3);
		n += !size || (end - start == size && at == offset);
	}
	fclose(f);
	return n;
}

int mem_mappings(void)
{
	return mappings_of(0, 0);
}

/*
 * A file of huge pages is mapped in whole huge pages. The machine may have none, so
 * the case uses an ordinary file, and the fake says that it has huge pages.
 */
TAP_CASE(mem_huge_pages)
{
	const struct xenfm_mem_region r = { .guest_addr = 0x100000,
					    .size = 0x1fff,
					    .mmap_offset = 0x3ff000 };
	const size_t huge = 0x200000;
	int fd = mem_file(3 * huge);
	struct xenfm_mem *mem;

	fake_start();
	fake.huge_page = huge;
	check_ret(xenfm_mem_new(&mem, 0), 0);
	check_ret(xenfm_mem_add(mem, &r, fd), 0);
	check_eq(mem_mappings(), 1);
	check_eq(mappings_of(huge, 2 * huge), 1);
	mem_shows(mem, 0x100000, SIZE_MAX, 0x1fff, 0x3ff000);
	xenfm_mem_free(mem);
	check_eq(mem_mappings(), 0);
	close(fd);
}

TAP_CASE(mem_set_replaces_all)
{
	const struct xenfm_mem_region r = { .guest_addr = 0x102000,
					    .size = 0x1000,
					    .mmap_offset = 0x800 };
	struct xenfm_mem *mem = mem_table();
	int fd = mem_file(0x2000), before;

	/* In the way of the old table, but that is going. */
	check_ret(xenfm_mem_set(mem, &r, &fd, 1), 0);
	check_eq(mem_mappings(), 1);
	mem_shows(mem, 0x102000, 0x2000, 0x1000, 0x800);
	check_eq(mem_outside(mem, 0x100000), -EFAULT);
	check_ret(xenfm_mem_set(mem, NULL, NULL, 0), 0);
	before = mem_mappings();
	check_eq(before, 0);
	xenfm_mem_free(mem);
}

/* More regions than any machine has slots for memory, in a wild order. */
TAP_CASE(mem_many_regions)
{
	const uint64_t step = 0x10000, n = 509;
	struct xenfm_mem *mem;
	int fd = mem_file(0x4000);

	check_ret(xenfm_mem_new(&mem, 0), 0);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t at = i * 173 % n;
		struct xenfm_mem_region r = { .guest_addr = at * step,
					      .size = 0x1000 + at,
					      .user_addr = at * step,
					      .mmap_offset = at };

		must(check_eq(xenfm_mem_add(mem, &r, fd), 0));
	}
	for (uint64_t at = 0; at < n; at++) {
		mem_shows(mem, at * step, SIZE_MAX, 0x1000 + at, at);
		check_eq(mem_outside(mem, at * step + 0x1000 + at), -EFAULT);
	}
	for (uint64_t at = 0; at < n; at += 2)
		check_eq(xenfm_mem_remove(mem, at * step, 0x1000 + at,
					  at * step),
			 0);
	for (uint64_t at = 0; at < n; at++) {
		if (at % 2)
			mem_shows(mem, at * step, 3, 3, at);
		else
			check_eq(mem_outside(mem, at * step), -EFAULT);
	}
	xenfm_mem_free(mem);
	check_eq(mem_mappings(), 0);
}
