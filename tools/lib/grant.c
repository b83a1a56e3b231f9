// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Regions of grants, through /dev/xen/gntdev: mapped as a whole when they are
 * added, or piece by piece while somebody uses them. The device wants grants
 * announced, then mapped at the offset that it answers with; and at the end
 * munmap first, then the announcement taken back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gntdev.h"
#include "internal.h"

/*
 * Grants that are announced at once. The device's own limit is a parameter of its
 * module and 64 Ki by default; this bounds what their numbers take before it is
 * asked.
 */
#define GRANTS_MAX (1U << 20)

static uint64_t first_ref(uint64_t guest_addr)
{
	return (guest_addr & ~XENFM_MEM_GRANT_BIT) >> XENFM_PAGE_SHIFT;
}

/* Of @num grants from that address on, is the last a reference, too? */
static bool have_refs(uint64_t guest_addr, uint64_t num)
{
	return first_ref(guest_addr) + num - 1 <= UINT32_MAX;
}

static void forget(int fd, uint64_t index, size_t num)
{
	struct gntdev_unmap unmap = { .index = index, .count = num };

	xenfm_ioctl(fd, GNTDEV_UNMAP, &unmap);
}

/* @num grants from @ref on, one after the other. */
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

/* All pages that the @len bytes at @guest_addr are in. */
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
	forget(fd, *index, num);
	return ret;
}

static void unmap_grants(int fd, void *area, size_t size, uint64_t index)
{
	munmap(area, size);
	forget(fd, index, size / XENFM_PAGE_SIZE);
}

/* Is it gntdev at all? It has announced nothing of no grants. */
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

/* A grant that the guest has not given, or not so, is an address it lied about. */
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
