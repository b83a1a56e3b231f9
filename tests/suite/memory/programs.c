// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * How vhost-user back ends map the regions of a guest that a front end gives them as
 * descriptors. Each case makes the system calls of one program, in its order. The guest
 * has two regions: one from the beginning of a file on, and one behind a hole of it.
 */
#include <sys/stat.h>

#include "memory/memory.h"

static const char guest[] = "######......####";

static const struct region {
	off_t offset; /* of the descriptor */
	size_t pages;
} regions[] = {
	{ 0, 6 },
	{ 12 * PAGE, 4 },
};

/* The region is mapped at @va: the right pages, and writes reach the guest. */
static void region_works(unsigned char *va, const struct domain *d,
			 const struct region *r, int file)
{
	struct area a = { .fd = file, .va = va, .n = r->pages };
	unsigned char *buf = buffer(1);

	memory_shows(&a, d, r->offset / PAGE);
	page_fill(va + PAGE, 123);
	check_eq(pread(file, buf, PAGE, r->offset + PAGE), PAGE);
	check(page_has(buf, 123));
	page_fill(va + PAGE, domain_seed(d, r->offset / PAGE + 1));
}

static void each_region(void (*use)(int file, const struct domain *d,
				    const struct region *r))
{
	struct domain *d = memory_domain(guest);
	int file = memory_of(d, 0, strlen(guest), 0);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(regions); i++) {
		/* The front end sends a descriptor for each region. */
		int fd = dup(file);

		use(fd, d, &regions[i]);
		close(fd);
	}
	memory_has(file, 0, 0, 0);
	close(file);
	memory_end(d);
}

/* libvhost-user before 2023: all of the file up to the end of the region. */
static void old_libvhost_user(int file, const struct domain *d,
			      const struct region *r)
{
	size_t len = r->pages * PAGE + r->offset;
	unsigned char *va;

	va = mmap(0, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
		  file, 0);
	must(check(va != MAP_FAILED));
	check_eq(madvise(va, len, MADV_DONTDUMP), 0);
	region_works(va + r->offset, d, r, file);
	check_eq(munmap(va, len), 0);
}

TAP_CASE(memory_as_old_libvhost_user)
{
	each_region(old_libvhost_user);
}

/* libvhost-user since then: the region alone. */
static void libvhost_user(int file, const struct domain *d,
			  const struct region *r)
{
	size_t len = r->pages * PAGE;
	unsigned char *va;

	va = mmap(0, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
		  file, r->offset);
	must(check(va != MAP_FAILED));
	check_eq(madvise(va, len, MADV_DONTDUMP), 0);
	region_works(va, d, r, file);
	check_eq(munmap(va, len), 0);
}

TAP_CASE(memory_as_libvhost_user)
{
	each_region(libvhost_user);
}

/*
 * DPDK: the length is aligned to the block size of the file, and the pages are to be
 * populated. It wants the pages of rings in a dump, and goes on without.
 */
static void dpdk(int file, const struct domain *d, const struct region *r)
{
	size_t len = r->pages * PAGE + r->offset, align;
	unsigned char *va;
	struct stat st;

	must(!fstat(file, &st));
	align = st.st_blksize;
	check_eq(align, PAGE);
	len = (len + align - 1) / align * align;
	va = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		  file, 0);
	must(check(va != MAP_FAILED));
	check_eq(madvise(va, len, MADV_DONTDUMP), 0);
	check_errno(madvise(va + r->offset, PAGE, MADV_DODUMP), EINVAL);
	check_errno(madvise(va, len, MADV_DODUMP), EINVAL);
	memory_has(file, 0, len / PAGE, 0);
	region_works(va + r->offset, d, r, file);
	check_eq(munmap(va, len), 0);
}

TAP_CASE(memory_as_dpdk)
{
	each_region(dpdk);
}

/* rust-vmm, whose older versions look for the end of the file, and come back. */
static void rust_vmm(int file, const struct domain *d, const struct region *r)
{
	size_t len = r->pages * PAGE;
	off_t end = lseek(file, 0, SEEK_END);
	unsigned char *va;

	check(end >= r->offset + (off_t)len);
	check_eq(lseek(file, 0, SEEK_SET), 0);
	va = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_NORESERVE | MAP_SHARED,
		  file, r->offset);
	must(check(va != MAP_FAILED));
	region_works(va, d, r, file);
	check_eq(munmap(va, len), 0);
}

TAP_CASE(memory_as_rust_vmm)
{
	each_region(rust_vmm);
}

/* QEMU and crosvm reserve address space, and map over it. */
static void over_a_reservation(int file, const struct domain *d,
			       const struct region *r)
{
	size_t len = r->pages * PAGE;
	unsigned char *va = aside(r->pages + 2) + PAGE;

	must(check(mmap(va, len, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_FIXED | MAP_NORESERVE, file,
			r->offset) == va));
	check_eq(madvise(va, len, MADV_DONTFORK), 0);
	madvise(va, len, MADV_HUGEPAGE); /* if the kernel has it */
	region_works(va, d, r, file);
	check_eq(munmap(va - PAGE, len + 2 * PAGE), 0);
}

TAP_CASE(memory_as_qemu)
{
	each_region(over_a_reservation);
}

/*
 * A guest gives a page back, and gets another one at the same number, before the back end
 * accesses it. The file names the number, so it shows the new page.
 */
TAP_CASE(memory_ballooned_page)
{
	struct domain *d = memory_full(4);
	int file = memory_of(d, 0, 4, 0);
	struct area a = area_new(file, 4);
	unsigned char *buf = buffer(1);

	around("1");
	check_eq(touch(a.va), 0);
	must(domain_repopulate_at(d, d->frame[2]));
	page_fill(page_at(&a, 2), 33);
	check_eq(pread(file, buf, PAGE, 2 * PAGE), PAGE);
	check(page_has(buf, 33));
	check(page_has(a.va, domain_seed(d, 0)));
	check(page_has(page_at(&a, 3), domain_seed(d, 3)));
	area_done(&a);
	memory_end(d);
}
