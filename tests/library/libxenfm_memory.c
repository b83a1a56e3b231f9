// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * libxenfm's file of a domain's memory on a real device, alone and as a region of
 * a table of guest memory. tests/suite has the file itself.
 */
#include <sys/stat.h>

#include "libxenfm.h"

/* HVM domains, as their frames have consecutive numbers. */
static struct xenfm *opened_for_memory(void)
{
	struct xenfm *fm = opened();

	if (!has(fm, XENFM_FEATURE_MEMORY))
		skip("the driver has no X_MEMORY");
	return fm;
}

/* A file of the domain's pages from @first on. The handle is closed. */
static int memory_of(const struct domain *d, size_t first, uint64_t num,
		     unsigned int flags)
{
	struct xenfm *fm = opened_for_memory();
	int fd = -1;

	must(check_eq(xenfm_memory(fm, d->id, d->frame[first], num, flags, &fd),
		      0));
	must(fd >= 0);
	xenfm_close(fm);
	return fd;
}

static unsigned char *map_file(int fd, size_t pages, int prot)
{
	unsigned char *a = mmap(NULL, pages * PAGE, prot, MAP_SHARED, fd, 0);

	must(a != MAP_FAILED);
	return a;
}

static void gone(struct domain *d)
{
	domain_destroy(d);
	check(domain_gone(d));
}

TAP_CASE(library_memory)
{
	struct domain *d = domain_new(DOMAIN_HVM, 70);
	struct xenfm *fm = opened_for_memory();
	unsigned char *page = buffer(1), *other, *a;
	int fd = memory_of(d, 1, 68, 0);
	struct stat st;

	check_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	must(!fstat(fd, &st));
	check(S_ISREG(st.st_mode));
	check_eq(st.st_size, 68 * PAGE);
	for (size_t i = 0; i < 68; i++) {
		check_eq(pread(fd, page, PAGE, i * PAGE), PAGE);
		check(page_has(page, domain_seed(d, i + 1)));
	}
	check_eq(pread(fd, page, PAGE, 68 * PAGE), 0);
	page_fill(page, 4711);
	check_eq(pwrite(fd, page, PAGE, 67 * PAGE), PAGE);
	a = map_file(fd, 68, PROT_READ | PROT_WRITE);
	close(fd);
	check(page_has(a + 67 * PAGE, 4711));
	page_fill(a, 4712);
	other = map_all(fm, d, 1, 0);
	check(page_has(other + PAGE, 4712));
	check(page_has(other + 68 * PAGE, 4711));
	check(page_has(other + 69 * PAGE, domain_seed(d, 69)));
	check_eq(xenfm_unmap(fm, other, 70), 0);
	check_eq(munmap(a, 68 * PAGE), 0);
	finish(fm, d);
}

/* The file keeps a dead domain only while pages of it are mapped. */
TAP_CASE(library_memory_holds_mapped_pages)
{
	struct domain *d = domain_new(DOMAIN_HVM, 2), *e;
	int fd = memory_of(d, 0, 2, 0), other;
	unsigned char *a = map_file(fd, 2, PROT_READ);

	check_eq(touch(a), 0);
	domain_destroy(d);
	check(domain_held(d));
	check_eq(munmap(a, 2 * PAGE), 0);
	check(domain_gone(d));
	check_errno(pread(fd, buffer(1), 1, 0), EIO);
	close(fd);
	e = domain_new(DOMAIN_HVM, 2);
	other = memory_of(e, 0, 2, 0);
	a = map_file(other, 2, PROT_READ); /* lazy */
	gone(e);
	check_eq(touch(a), SIGBUS);
	check_eq(munmap(a, 2 * PAGE), 0);
	close(other);
}

/* The frame of one page of a PV domain has any number. */
TAP_CASE(library_memory_of_a_frame)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	unsigned char *page = buffer(1);

	for (size_t i = 0; i < d->n; i++) {
		int fd = memory_of(d, i, 1, 0);

		check_eq(read(fd, page, PAGE), PAGE);
		check(page_has(page, domain_seed(d, i)));
		close(fd);
	}
	gone(d);
}

TAP_CASE(library_memory_read_only)
{
	struct domain *d = domain_new(DOMAIN_HVM, 2);
	int fd = memory_of(d, 0, 2, XENFM_MEMORY_READ_ONLY);
	unsigned char *a = map_file(fd, 2, PROT_READ);

	check(page_has(a + PAGE, domain_seed(d, 1)));
	check_errno(pwrite(fd, "x", 1, 0), EBADF);
	check(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) ==
	      MAP_FAILED);
	check_eq(errno, EACCES);
	check_errno(mprotect(a, 2 * PAGE, PROT_READ | PROT_WRITE), EACCES);
	check_eq(munmap(a, 2 * PAGE), 0);
	close(fd);
	gone(d);
}

TAP_CASE(library_memory_holes)
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	int fd = memory_of(d, 0, 3, 0);
	int zero = memory_of(d, 0, 3, XENFM_MEMORY_ZERO_HOLES);
	unsigned char *page = buffer(4), *a = map_file(zero, 3, PROT_READ);

	memset(page, 0xee, 4 * PAGE);
	check_eq(pread(fd, page, 3 * PAGE, 0), PAGE);
	check_errno(pread(fd, page, PAGE, PAGE), EIO);
	check_errno(pwrite(fd, page, PAGE, PAGE), EIO);
	check_eq(pread(zero, page, 4 * PAGE, 0), 3 * PAGE);
	check(page_has(page, domain_seed(d, 0)));
	for (size_t i = PAGE; i < 3 * PAGE; i++)
		must(check_eq(page[i], 0));
	check_eq(page[3 * PAGE], 0xee);
	check_errno(pwrite(zero, page, PAGE, PAGE), EIO);
	check_eq(touch(a), 0);
	check_eq(touch(a + PAGE), SIGBUS);
	check_eq(munmap(a, 3 * PAGE), 0);
	close(fd);
	close(zero);
	gone(d);
}

TAP_CASE(library_memory_restricted)
{
	struct domain *d = domain_new(DOMAIN_HVM, 1);
	struct domain *e = domain_new(DOMAIN_HVM, 1);
	struct xenfm *fm = opened_for_memory();
	unsigned char *page = buffer(1);
	int fd = -1, before = -1;

	must(check_eq(xenfm_memory(fm, e->id, e->frame[0], 1, 0, &before), 0));
	check_eq(xenfm_restrict(fm, d->id), 0);
	check_eq(xenfm_memory(fm, e->id, e->frame[0], 1, 0, &fd), -EPERM);
	check_eq(fd, -1);
	check_eq(xenfm_memory(fm, d->id, d->frame[0], 1, 0, &fd), 0);
	check_eq(read(fd, page, PAGE), PAGE);
	check(page_has(page, domain_seed(d, 0)));
	/* The file that was made before is not concerned. */
	check_eq(read(before, page, PAGE), PAGE);
	check(page_has(page, domain_seed(e, 0)));
	close(fd);
	close(before);
	gone(e);
	finish(fm, d);
}

TAP_CASE(library_memory_wrong)
{
	const uint64_t most = 0x7ffffffffffff;
	struct xenfm *fm = opened_for_memory();
	int fd = -1;

	check_eq(xenfm_memory(fm, 0x10001, 0, 1, 0, &fd), -EINVAL);
	check_eq(xenfm_memory(fm, 1, 0, 1, 4, &fd), -EINVAL);
	check_eq(xenfm_memory(fm, 1, 0, 0, 0, &fd), -EINVAL);
	check_eq(xenfm_memory(fm, 1, 0, most + 1, 0, &fd), -EINVAL);
	check_eq(xenfm_memory(fm, 1, UINT64_MAX, 2, 0, &fd), -EINVAL);
	check_eq(fd, -1);
	/* The hypervisor is not asked, so there need not be a domain. */
	check_eq(xenfm_memory(fm, NO_DOMAIN, 0, most, 0, &fd), 0);
	check_errno(read(fd, buffer(1), 1), EIO);
	close(fd);
	xenfm_close(fm);
}

TAP_CASE(library_memory_of_another_driver)
{
	struct xenfm *fm = opened();
	int fd = -1;

	if (driver())
		skip("the loaded driver is xen-privcmd");
	check_eq(xenfm_memory(fm, 0, 0, 1, 0, &fd), -EOPNOTSUPP);
	check_eq(fd, -1);
	xenfm_close(fm);
}

/* A handle of the file shows and releases pages, and nothing else. */
TAP_CASE(library_memory_status)
{
	struct domain *d = domain_new(DOMAIN_HVM, 2);
	int fd = memory_of(d, 0, 3, 0);
	unsigned char *a = map_file(fd, 3, PROT_READ | PROT_WRITE);
	struct xenfm *fm = NULL;
	struct xenfm_frame f[3];
	void *addr;

	must(check_eq(xenfm_open_fd(&fm, fd, 0), 0));
	close(fd);
	check_eq(xenfm_info(fm)->driver, XENFM_DRIVER_XEN_PRIVCMD);
	must(check_eq(xenfm_status(fm, a, 3, f), 0));
	for (size_t i = 0; i < 3; i++)
		check_eq(f[i].state, XENFM_FRAME_LAZY);
	check(page_has(a + PAGE, domain_seed(d, 1)));
	check_eq(touch(a + 2 * PAGE), SIGBUS);
	must(check_eq(xenfm_status(fm, a + PAGE, 2, f), 0));
	check_eq(f[0].state, XENFM_FRAME_RW);
	check_eq(f[1].state, XENFM_FRAME_NONE);
	check(f[1].error < 0);
	/* The pages are not empty afterwards, but lazy. */
	check_eq(xenfm_release(fm, a, 3), 0);
	must(check_eq(xenfm_status(fm, a, 3, f), 0));
	for (size_t i = 0; i < 3; i++)
		check_eq(f[i].state, XENFM_FRAME_LAZY);
	check(page_has(a + PAGE, domain_seed(d, 1)));
	check_eq(xenfm_map_range(fm, d->id, d->frame[0], 1, 0, 0, NULL, &addr),
		 -ENOTTY);
	check_eq(xenfm_read(fm, d->id, 0, buffer(1), 1, NULL), -ENOTTY);
	check_eq(xenfm_restrict(fm, d->id), -ENOTTY);
	check_eq(munmap(a, 3 * PAGE), 0);
	finish(fm, d);
}

static struct xenfm_mem *table_of(const struct xenfm_mem_region *r, int fd)
{
	struct xenfm_mem *mem = NULL;

	must(check_eq(xenfm_mem_new(&mem, 0), 0));
	must(check_eq(xenfm_mem_add(mem, r, fd), 0));
	return mem;
}

/* A region of 20 pages from the second page of the file on, and one hole. */
TAP_CASE(library_memory_as_a_region)
{
	struct domain *d = domain_new(DOMAIN_HVM, 21);
	const uint64_t base = 0x100000;
	const struct xenfm_mem_region r = { .guest_addr = base,
					    .size = 21 * PAGE,
					    .mmap_offset = PAGE };
	int fd = memory_of(d, 0, 22, 0), status = -1;
	struct xenfm_mem *mem = table_of(&r, fd);
	struct xenfm_mem_info info;
	size_t len = SIZE_MAX;
	unsigned char *p;
	void *ptr = NULL;
	pid_t child;

	close(fd);
	check_eq(xenfm_mem_info(mem, base + 7, &info), 0);
	check_eq(info.lazy, 1);
	check_eq(info.failed, 0);
	check_eq(info.xen_flags, 0);
	must(check_eq(xenfm_mem_get(mem, base, &len, XENFM_MAP_WRITE, &ptr),
		      0));
	check_eq(len, 21 * PAGE);
	p = ptr;
	for (size_t i = 0; i < 20; i++)
		check(page_has(p + i * PAGE, domain_seed(d, i + 1)));
	check_eq(touch(p + 20 * PAGE), SIGBUS);
	child = fork();
	if (!child)
		_exit(touch(p) == SIGSEGV ? 0 : 1);
	check_eq(waitpid(child, &status, 0), child);
	check_eq(status, 0);
	xenfm_mem_put(mem, ptr, len);
	xenfm_mem_free(mem);
	gone(d);
}

TAP_CASE(library_memory_as_a_bad_region)
{
	struct domain *d = domain_new(DOMAIN_HVM, 3);
	struct xenfm_mem_region r = { .size = 3 * PAGE };
	int reader = memory_of(d, 0, 3, XENFM_MEMORY_READ_ONLY);
	int fd = memory_of(d, 0, 2, 0);
	struct xenfm_mem *mem = NULL;

	must(check_eq(xenfm_mem_new(&mem, 0), 0));
	check_eq(xenfm_mem_add(mem, &r, reader), -EACCES);
	check_eq(xenfm_mem_add(mem, &r, fd), -EINVAL); /* too short */
	r.size = 2 * PAGE;
	r.xen_flags = XENFM_MEM_FOREIGN;
	r.domid = d->id;
	check_eq(xenfm_mem_add(mem, &r, fd), -ENOTTY);
	xenfm_mem_free(mem);
	close(fd);
	close(reader);
	gone(d);
}
