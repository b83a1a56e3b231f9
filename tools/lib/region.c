// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Maps one region of guest memory: an ordinary file, or frames of a domain.
 * grant.c maps grants. mem.c has checked that the last byte of the region has an
 * address. This file checks everything else about its numbers.
 */
#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "internal.h"

/* How long the mapping of a region retries frames that are paged out. */
#define PAGED_TIMEOUT_MS 2000

/* Offset and length of a mapping of @fd must be multiples of this. */
static uint64_t page_size_of(int fd)
{
	struct statfs fs;

	if (!fstatfs(fd, &fs) && fs.f_type == HUGETLBFS_MAGIC)
		return fs.f_bsize;
	return sysconf(_SC_PAGESIZE);
}

static int map_file(struct xenfm_region *r, int fd)
{
	const struct xenfm_mem_region *as = &r->as;
	uint64_t page, before, size;
	struct stat st;

	/* The end in the file, rounded up to a page, must not overflow. */
	if (as->size > INT64_MAX / 2 || as->mmap_offset > INT64_MAX / 2)
		return -EINVAL;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode) &&
	    as->mmap_offset + as->size > (uint64_t)st.st_size)
		return -EINVAL;

	page = page_size_of(fd);
	before = as->mmap_offset % page;
	size = (before + as->size + page - 1) / page * page;
	if (size > SIZE_MAX)
		return -ENOMEM;
	r->area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		       as->mmap_offset - before);
	if (r->area == MAP_FAILED)
		return -errno;
	r->area_size = size;
	r->start = (char *)r->area + before;
	r->lazy = S_ISREG(st.st_mode) && xenfm_is_memory(fd);
	return 0;
}

/* Count the frames that failed. If all have, return the error of the first. */
static int count_failed(struct xenfm_region *r, const int *err, size_t num)
{
	for (size_t i = 0; i < num; i++)
		r->failed += err[i] != 0;
	return r->failed == num ? err[0] : 0;
}

static int map_foreign_frames(struct xenfm_region *r, size_t num)
{
	unsigned int flags = XENFM_MAP_WRITE | (r->lazy ? XENFM_MAP_LAZY : 0);
	int *err = NULL;
	int ret;

	if (!r->lazy) {
		err = calloc(num, sizeof(*err));
		if (!err)
			return -ENOMEM;
	}
	ret = xenfm_map_range(r->xfm, r->as.domid,
			      r->as.guest_addr >> XENFM_PAGE_SHIFT, num, flags,
			      PAGED_TIMEOUT_MS, err, &r->area);
	if (!ret && err) {
		ret = count_failed(r, err, num);
		if (ret)
			xenfm_unmap(r->xfm, r->area, num);
	}
	free(err);
	return ret;
}

/* Check the driver's limits early, before the array of results is made. */
static int check_size(const struct xenfm *xfm, uint64_t num)
{
	uint64_t max = xenfm_info(xfm)->max_frames;

	if (num > UINT32_MAX)
		return -EINVAL;
	return max && num > max ? -ENOMEM : 0;
}

static int map_foreign(struct xenfm_region *r, int fd, bool lazy)
{
	uint64_t num = xenfm_pages(r->as.guest_addr, r->as.size);
	int ret;

	if (num > SIZE_MAX / XENFM_PAGE_SIZE)
		return -EINVAL;
	ret = xenfm_open_fd(&r->xfm, fd, 0);
	if (ret)
		return ret;
	r->lazy = lazy && (xenfm_info(r->xfm)->features & XENFM_FEATURE_MAP);
	ret = check_size(r->xfm, num);
	if (!ret)
		ret = map_foreign_frames(r, num);
	if (ret) {
		xenfm_close(r->xfm);
		return ret;
	}
	r->area_size = num * XENFM_PAGE_SIZE;
	r->start = (char *)r->area + r->as.guest_addr % XENFM_PAGE_SIZE;
	return 0;
}

int xenfm_region_map(struct xenfm_region *r, const struct xenfm_mem_region *as,
		     int fd, bool lazy)
{
	struct xenfm_region new = { .as = *as, .gntdev = -1 };
	int ret;

	if (as->xen_flags && (as->mmap_offset || as->domid > UINT16_MAX))
		return -EINVAL;
	switch (as->xen_flags) {
	case 0:
		ret = map_file(&new, fd);
		break;
	case XENFM_MEM_FOREIGN:
		ret = map_foreign(&new, fd, lazy);
		break;
	case XENFM_MEM_GRANT:
	case XENFM_MEM_GRANT | XENFM_MEM_NO_ADVANCE:
		ret = xenfm_grant_map(&new, fd);
		break;
	default:
		ret = -EINVAL;
	}
	if (!ret)
		*r = new;
	return ret;
}

void xenfm_region_unmap(struct xenfm_region *r)
{
	if (r->as.xen_flags & XENFM_MEM_GRANT) {
		xenfm_grant_unmap(r);
		return;
	}
	munmap(r->area, r->area_size);
	xenfm_close(r->xfm);
}
