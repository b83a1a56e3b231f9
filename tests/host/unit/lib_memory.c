// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Host tests of libxenfm's file of a domain's memory: the call that makes it, and
 * such a file as a region of a memory table. ioctl numbers are literals here.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "lib_start.h"

#define ALL_FLAGS (XENFM_MEMORY_READ_ONLY | XENFM_MEMORY_ZERO_HOLES)

static off_t size_of(int fd)
{
	struct stat st;

	must(!fstat(fd, &st));
	return st.st_size;
}

TAP_CASE(memory_asks_the_driver)
{
	struct xenfm *h = start();
	struct privcmd_x_memory *m = &fake.calls[0].x_memory;
	unsigned char page[4096];
	int fd = -1;

	check_ret(xenfm_memory(h, 5, 7, 3, 0, &fd), 0);
	check_eq(fake.nr_calls, 1);
	check_eq(fake.calls[0].request, 0x5046);
	check_eq(m->size, 32);
	check_eq(m->flags, 0);
	check_eq(m->dom, 5);
	check_eq(m->pad[0] | m->pad[1] | m->pad[2], 0);
	check_eq(m->first, 7);
	check_eq(m->num, 3);
	must(fd >= 0);
	check_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	check_eq(size_of(fd), 3 * 4096);
	check_eq(pread(fd, page, sizeof(page), 4096), 4096);
	check(fake_page_is(page, 0, 8));
	/* The file needs the handle no more. */
	xenfm_close(h);
	check_eq(pwrite(fd, page, 1, 0), 1);
	close(fd);
}

TAP_CASE(memory_passes_the_flags)
{
	struct xenfm *h = start();
	unsigned char byte = 0;
	int fd = -1;

	check_ret(xenfm_memory(h, 0xfff, 0, 1, XENFM_MEMORY_READ_ONLY, &fd), 0);
	check_eq(fake.calls[0].x_memory.flags, 1);
	check_errno(pwrite(fd, &byte, 1, 0), EBADF);
	close(fd);
	check_ret(xenfm_memory(h, 5, 0, 1, XENFM_MEMORY_ZERO_HOLES, &fd), 0);
	check_eq(fake.calls[1].x_memory.flags, 2);
	close(fd);
	check_ret(xenfm_memory(h, 5, 0, 1, ALL_FLAGS, &fd), 0);
	check_eq(fake.calls[2].x_memory.flags, 3);
	close(fd);
	xenfm_close(h);
}

/* No number is cut, and the largest ones reach the driver. */
TAP_CASE(memory_numbers)
{
	const uint64_t most = 0x7ffffffffffff;
	struct xenfm *h = start();
	int fd = -1;

	check_ret(xenfm_memory(h, 0x10005, 0, 1, 0, &fd), -EINVAL);
	check_ret(xenfm_memory(h, 5, 0, 1, 4, &fd), -EINVAL);
	check_ret(xenfm_memory(h, 5, 0, 1, 0x80000000, &fd), -EINVAL);
	check_eq(fake.nr_calls, 0);
	check_ret(xenfm_memory(h, 5, 0, 0, 0, &fd), -EINVAL);
	check_ret(xenfm_memory(h, 5, 0, most + 1, 0, &fd), -EINVAL);
	check_ret(xenfm_memory(h, 5, UINT64_MAX, 2, 0, &fd), -EINVAL);
	check_eq(fake.calls[2].x_memory.first, UINT64_MAX);
	check_eq(fd, -1);
	check_ret(xenfm_memory(h, 5, 0, most, 0, &fd), 0);
	check_eq(size_of(fd), 0x7ffffffffffff000);
	close(fd);
	xenfm_close(h);
}

TAP_CASE(memory_passes_the_errno)
{
	static const int errs[] = { EPERM, EINVAL, EMFILE, ENFILE, ENOMEM };
	struct xenfm *h = start();
	int fd = -7;

	for (size_t i = 0; i < sizeof(errs) / sizeof(*errs); i++) {
		fake.memory_errno = errs[i];
		check_ret(xenfm_memory(h, 5, 0, 1, 0, &fd), -errs[i]);
	}
	check_eq(fd, -7);
	xenfm_close(h);
}

TAP_CASE(memory_other_driver)
{
	struct xenfm *h;
	int fd = -7;

	fake_start_intree();
	h = opened();
	check_ret(xenfm_memory(h, 5, 0, 1, 0, &fd), -EOPNOTSUPP);
	xenfm_close(h);
	/* One that knows the other private ioctls. */
	fake_start();
	fake.info.features &= ~XENFM_FEATURE_MEMORY;
	h = opened();
	check_ret(xenfm_memory(h, 5, 0, 1, 0, &fd), -EOPNOTSUPP);
	check_eq(fake.nr_calls, 0);
	check_eq(fd, -7);
	xenfm_close(h);
}

/* A handle of such a file tells the driver, and makes nothing. */
TAP_CASE(memory_as_a_handle)
{
	struct xenfm *h = start(), *of_file = NULL;
	int fd = -1, other = -7;
	void *addr = h;

	check_ret(xenfm_memory(h, 5, 0, 1, 0, &fd), 0);
	check_ret(xenfm_open_fd(&of_file, fd, 0), 0);
	must(of_file);
	check_eq(xenfm_info(of_file)->driver, XENFM_DRIVER_XEN_PRIVCMD);
	check_ret(xenfm_memory(of_file, 5, 0, 1, 0, &other), -ENOTTY);
	check_ret(xenfm_restrict(of_file, 5), -ENOTTY);
	check_ret(xenfm_map_range(of_file, 5, 0, 1, 0, 0, NULL, &addr),
		  -ENOTTY);
	check_eq(other, -7);
	check(addr == h);
	xenfm_close(of_file);
	xenfm_close(h);
	close(fd);
}

static struct xenfm_mem *table(void)
{
	struct xenfm_mem *mem = NULL;

	must(check_eq(xenfm_mem_new(&mem, 0), 0));
	return mem;
}

/* A region from the second page of the file on. */
static const struct xenfm_mem_region second = {
	.guest_addr = 0x100000,
	.size = 0x2000,
	.mmap_offset = 0x1000,
};

TAP_CASE(memory_as_a_region)
{
	struct xenfm *h = start();
	struct xenfm_mem *mem = table();
	struct xenfm_mem_info info;
	size_t len = SIZE_MAX;
	int fd = -1;
	void *ptr;

	check_ret(xenfm_memory(h, 5, 0x10, 3, 0, &fd), 0);
	xenfm_close(h);
	check_ret(xenfm_mem_add(mem, &second, fd), 0);
	close(fd);
	check_ret(xenfm_mem_get(mem, 0x100000, &len, XENFM_MAP_WRITE, &ptr), 0);
	check_eq(len, 0x2000);
	check(fake_page_is(ptr, 0, 0x11));
	check(fake_page_is(ptr, 1, 0x12));
	xenfm_mem_put(mem, ptr, len);
	check_ret(xenfm_mem_info(mem, 0x100001, &info), 0);
	check_eq(info.lazy, 1);
	check_eq(info.failed, 0);
	check_eq(info.xen_flags, 0);
	xenfm_mem_free(mem);
	check_eq(fake_left(), 0);
}

TAP_CASE(memory_as_a_bad_region)
{
	struct xenfm *h = start();
	struct xenfm_mem *mem = table();
	struct xenfm_mem_region r = second;
	int fd = -1, reader = -1;

	check_ret(xenfm_memory(h, 5, 0, 2, 0, &fd), 0);
	check_ret(xenfm_memory(h, 5, 0, 3, XENFM_MEMORY_READ_ONLY, &reader), 0);
	check_ret(xenfm_mem_add(mem, &r, fd), -EINVAL); /* too short */
	check_ret(xenfm_mem_add(mem, &r, reader), -EACCES);
	r.xen_flags = XENFM_MEM_FOREIGN;
	r.mmap_offset = 0;
	check_ret(xenfm_mem_add(mem, &r, fd), -ENOTTY);
	xenfm_mem_free(mem);
	xenfm_close(h);
	close(fd);
	close(reader);
}

static void check_not_lazy(int fd)
{
	struct xenfm_mem *mem = table();
	struct xenfm_mem_info info;

	check_ret(xenfm_mem_add(mem, &second, fd), 0);
	check_ret(xenfm_mem_info(mem, 0x100000, &info), 0);
	check_eq(info.lazy, 0);
	xenfm_mem_free(mem);
	close(fd);
}

/*
 * A file whose ioctls all succeed, as those of a FUSE file may, is no memory file:
 * its answer does not say that the driver has such files. The device answers
 * X_INFO, too, but is no regular file.
 */
TAP_CASE(memory_like_files)
{
	struct xenfm *h = start();
	int fd = -1;

	check_not_lazy(open(xenfm_device(), O_RDWR));
	check_ret(xenfm_memory(h, 5, 0, 3, 0, &fd), 0);
	fake.info.features = 0;
	check_not_lazy(fd);
	xenfm_close(h);
}
