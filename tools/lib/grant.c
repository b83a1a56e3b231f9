// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Regions of grants, mapped through /dev/xen/gntdev: as a whole when the region
 * is added, or piece by piece from xenfm_mem_get() to xenfm_mem_put(). A program
 * first announces grants to the device. The device answers with an offset, and
 * mmap(2) at this offset maps the grants. At the end the program calls munmap(2)
 * first, then it withdraws the announcement.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gntdev.h"
#include "internal.h"

/*
 * Grants in one announcement. The device's own limit is a parameter of its
 * module, by default 64 Ki. This limit bounds the memory of the array that the
 * library makes before it asks the device.
 */
#define GRANTS_MAX (1U << 20)

static uint64_t first_ref(uint64_t guest_addr)
{
	return (guest_addr & ~XENFM_MEM_GRANT_BIT) >> XENFM_PAGE_SHIFT;
}

/* Is the reference of the last of @num grants a 32-bit number? */
static bool have_refs(uint64_t guest_addr, uint64_t num)
{
	return first_ref(guest_addr) + num - 1 <= UINT32_MAX;
}

/* Withdraw an announcement. */
static void withdraw(int fd, uint64_t index, size_t num)
{
	struct gntdev_unmap unmap = { .index = index, .count = num };

	xenfm_ioctl(fd, GNTDEV_UNMAP, &unmap);
}

/* Announce @num grants with consecutive references from @ref on. */
static int announce(int fd, uint32_t domid, uint32_t ref, size_t num,
		    uint64_t *index)
{
	struct gntdev_map *map;
	int ret;

	map = calloc(1, sizeof(*map) + (num - 1) * sizeof(map->refs[0]));
	if (!map)
		return -ENOMEM;
	map->count = num;
	for (size_t i = 0; i < num; i++)
		map->refs[i] = (struct gntdev_ref){ domid, ref + i };
	ret = xenfm_ioctl(fd, GNTDEV_MAP, map);
	*index = map->index;
	free(map);
	return ret;
}

/* Map all pages that contain the @len bytes at @guest_addr. */
static int map_grants(int fd, uint32_t domid, uint64_t guest_addr, uint64_t len,
		      int prot, void **area, uint64_t *index)
{
	uint64_t num = xenfm_pages(guest_addr, len);
	int ret;

	if (num > GRANTS_MAX)
		return -ENOMEM;
	ret = announce(fd, domid, first_ref(guest_addr), num, index);
	if (ret)
		return ret;
	*area = mmap(NULL, num * XENFM_PAGE_SIZE, prot, MAP_SHARED, fd, *index);
	if (*area != MAP_FAILED)
		return 0;
	ret = -errno;
	withdraw(fd, *index, num);
	return ret;
}

static void unmap_grants(int fd, void *area, size_t size, uint64_t index)
{
	munmap(area, size);
	withdraw(fd, index, size / XENFM_PAGE_SIZE);
}

/*
 * Is @fd gntdev? The call names no announcement, so gntdev fails with an errno
 * other than ENOTTY.
 */
static int probe(int fd)
{
	struct gntdev_unmap nothing = { 0 };

	return xenfm_ioctl(fd, GNTDEV_UNMAP, &nothing) == -ENOTTY ? -ENOTTY : 0;
}

int xenfm_grant_map(struct xenfm_region *r, int fd)
{
	const struct xenfm_mem_region *as = &r->as;
	uint64_t num = xenfm_pages(as->guest_addr, as->size);
	int ret;

	if (!(as->guest_addr & XENFM_MEM_GRANT_BIT) ||
	    (!xenfm_region_by_get(r) && !have_refs(as->guest_addr, num)))
		return -EINVAL;
	r->gntdev = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (r->gntdev < 0)
		return -errno;
	ret = probe(r->gntdev);
	if (!ret && !xenfm_region_by_get(r))
		ret = map_grants(r->gntdev, as->domid, as->guest_addr, as->size,
				 PROT_READ | PROT_WRITE, &r->area, &r->index);
	if (ret) {
		close(r->gntdev);
	} else if (!xenfm_region_by_get(r)) {
		r->area_size = num * XENFM_PAGE_SIZE;
		r->start = (char *)r->area + as->guest_addr % XENFM_PAGE_SIZE;
	}
	return ret;
}

void xenfm_grant_unmap(struct xenfm_region *r)
{
	struct xenfm_piece *piece;

	while ((piece = r->pieces)) {
		r->pieces = piece->next;
		xenfm_grant_put(r, piece);
	}
	if (!xenfm_region_by_get(r))
		unmap_grants(r->gntdev, r->area, r->area_size, r->index);
	close(r->gntdev);
}

/*
 * The errno of a grant that cannot be mapped. If the guest has not granted the
 * page, or not writable, its address is wrong: EFAULT.
 */
static int guest_error(int err)
{
	return err == -ENOMEM ? err : -EFAULT;
}

int xenfm_grant_get(const struct xenfm_region *r, uint64_t offset, size_t len,
		    bool write, struct xenfm_piece **piece)
{
	uint64_t guest_addr = r->as.guest_addr + offset;
	struct xenfm_piece *p;
	int ret;

	if (!have_refs(guest_addr, xenfm_pages(guest_addr, len)))
		return -EFAULT;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	ret = map_grants(r->gntdev, r->as.domid, guest_addr, len,
			 PROT_READ | (write ? PROT_WRITE : 0), &p->area,
			 &p->index);
	if (ret) {
		free(p);
		return guest_error(ret);
	}
	p->area_size = xenfm_pages(guest_addr, len) * XENFM_PAGE_SIZE;
	p->start = (char *)p->area + guest_addr % XENFM_PAGE_SIZE;
	*piece = p;
	return 0;
}

void xenfm_grant_put(const struct xenfm_region *r, struct xenfm_piece *piece)
{
	unmap_grants(r->gntdev, piece->area, piece->area_size, piece->index);
	free(piece);
}
