// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The table of guest memory: regions in the order of their guest addresses, and
 * the search in it. region.c maps a region. The numbers come from a front end.
 * add() checks that the last byte of a region has an address, so the sums in
 * other functions do not overflow.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct table {
	struct xenfm_region *regions;
	size_t num;
};

struct xenfm_mem {
	struct table table;
	bool lazy;
	pthread_mutex_t lock; /* protects the pieces of all regions */
};

static uint64_t last_byte(const struct xenfm_mem_region *r)
{
	return r->guest_addr + (r->size - 1);
}

/* Index of the first region whose last byte is at or after @addr, or t->num. */
static size_t find(const struct table *t, uint64_t addr)
{
	size_t low = 0, high = t->num, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (last_byte(&t->regions[mid].as) < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The region that contains @addr, or NULL. */
static struct xenfm_region *lookup(const struct xenfm_mem *mem, uint64_t addr)
{
	size_t i = find(&mem->table, addr);

	if (i == mem->table.num || mem->table.regions[i].as.guest_addr > addr)
		return NULL;
	return &mem->table.regions[i];
}

static void end_table(struct table *t)
{
	for (size_t i = 0; i < t->num; i++)
		xenfm_region_unmap(&t->regions[i]);
	free(t->regions);
	*t = (struct table){ 0 };
}

/* All steps that can fail come first, so the table is unchanged on failure. */
static int add(struct table *t, const struct xenfm_mem_region *as, int fd,
	       bool lazy)
{
	struct xenfm_region *regions, r;
	size_t at;
	int ret;

	if (!as->size || as->size - 1 > UINT64_MAX - as->guest_addr ||
	    as->size - 1 > UINT64_MAX - as->user_addr)
		return -EINVAL;
	at = find(t, as->guest_addr);
	if (at < t->num && t->regions[at].as.guest_addr <= last_byte(as))
		return -EEXIST;

	regions = realloc(t->regions, (t->num + 1) * sizeof(*regions));
	if (!regions)
		return -ENOMEM;
	t->regions = regions;
	ret = xenfm_region_map(&r, as, fd, lazy);
	if (ret)
		return ret;

	memmove(regions + at + 1, regions + at,
		(t->num - at) * sizeof(*regions));
	regions[at] = r;
	t->num++;
	return 0;
}

XENFM_API int xenfm_mem_new(struct xenfm_mem **mem, unsigned int flags)
{
	int saved = errno;
	struct xenfm_mem *m;

	if (flags & ~XENFM_MEM_LAZY)
		return -EINVAL;
	m = calloc(1, sizeof(*m));
	errno = saved;
	if (!m)
		return -ENOMEM;
	m->lazy = flags & XENFM_MEM_LAZY;
	pthread_mutex_init(&m->lock, NULL);
	*mem = m;
	return 0;
}

XENFM_API void xenfm_mem_free(struct xenfm_mem *mem)
{
	int saved = errno;

	if (!mem)
		return;
	end_table(&mem->table);
	pthread_mutex_destroy(&mem->lock);
	free(mem);
	errno = saved;
}

XENFM_API int xenfm_mem_set(struct xenfm_mem *mem,
			    const struct xenfm_mem_region *regions,
			    const int *fds, size_t num)
{
	struct table new = { 0 };
	int saved = errno;
	int ret = 0;

	for (size_t i = 0; i < num && !ret; i++)
		ret = add(&new, &regions[i], fds[i], mem->lazy);
	if (ret) {
		end_table(&new);
	} else {
		end_table(&mem->table);
		mem->table = new;
	}
	errno = saved;
	return ret;
}

XENFM_API int xenfm_mem_add(struct xenfm_mem *mem,
			    const struct xenfm_mem_region *region, int fd)
{
	int saved = errno;
	int ret = add(&mem->table, region, fd, mem->lazy);

	errno = saved;
	return ret;
}

XENFM_API int xenfm_mem_remove(struct xenfm_mem *mem, uint64_t guest_addr,
			       uint64_t size, uint64_t user_addr)
{
	struct xenfm_region *r = lookup(mem, guest_addr);
	struct table *t = &mem->table;
	int saved = errno;

	if (!r || r->as.guest_addr != guest_addr || r->as.size != size ||
	    r->as.user_addr != user_addr)
		return -ENOENT;
	xenfm_region_unmap(r);
	t->num--;
	memmove(r, r + 1, (t->regions + t->num - r) * sizeof(*r));
	errno = saved;
	return 0;
}

XENFM_API int xenfm_mem_info(const struct xenfm_mem *mem, uint64_t guest_addr,
			     struct xenfm_mem_info *info)
{
	const struct xenfm_region *r = lookup(mem, guest_addr);

	if (!r)
		return -EFAULT;
	*info = (struct xenfm_mem_info){
		.guest_addr = r->as.guest_addr,
		.size = r->as.size,
		.failed = r->failed,
		.lazy = r->lazy,
		.xen_flags = r->as.xen_flags,
	};
	return 0;
}

static int get_piece(struct xenfm_mem *mem, struct xenfm_region *r,
		     uint64_t offset, size_t len, bool write, void **ptr)
{
	struct xenfm_piece *piece;
	int ret = xenfm_grant_get(r, offset, len, write, &piece);

	if (ret)
		return ret;
	pthread_mutex_lock(&mem->lock);
	piece->next = r->pieces;
	r->pieces = piece;
	pthread_mutex_unlock(&mem->lock);
	*ptr = piece->start;
	return 0;
}

XENFM_API int xenfm_mem_get(struct xenfm_mem *mem, uint64_t guest_addr,
			    size_t *len, unsigned int flags, void **ptr)
{
	struct xenfm_region *r = lookup(mem, guest_addr);
	uint64_t offset, here;
	int saved = errno;
	int ret = 0;

	if (!*len || (flags & ~XENFM_MAP_WRITE))
		return -EINVAL;
	if (!r)
		return -EFAULT;
	offset = guest_addr - r->as.guest_addr;
	here = r->as.size - offset;
	if (here > *len)
		here = *len;
	if (!xenfm_region_by_get(r)) {
		*ptr = r->start + offset;
	} else {
		if (here > XENFM_PIECE_MAX)
			here = XENFM_PIECE_MAX;
		ret = get_piece(mem, r, offset, here, flags & XENFM_MAP_WRITE,
				ptr);
	}
	if (!ret)
		*len = here;
	errno = saved;
	return ret;
}

/* Remove the piece that begins at @ptr from the list of @r, or return NULL. */
static struct xenfm_piece *remove_piece(struct xenfm_region *r, const char *ptr)
{
	struct xenfm_piece *piece, **link;

	for (link = &r->pieces; (piece = *link); link = &piece->next) {
		if (piece->start != ptr)
			continue;
		*link = piece->next;
		return piece;
	}
	return NULL;
}

XENFM_API void xenfm_mem_put(struct xenfm_mem *mem, void *ptr, size_t len)
{
	struct xenfm_piece *piece = NULL;
	struct xenfm_region *r;
	int saved = errno;

	(void)len;
	for (size_t i = 0; i < mem->table.num && !piece; i++) {
		r = &mem->table.regions[i];
		if (!xenfm_region_by_get(r))
			continue;
		pthread_mutex_lock(&mem->lock);
		piece = remove_piece(r, ptr);
		pthread_mutex_unlock(&mem->lock);
		if (piece)
			xenfm_grant_put(r, piece);
	}
	errno = saved;
}

XENFM_API int xenfm_mem_guest_addr(const struct xenfm_mem *mem,
				   uint64_t user_addr, size_t len,
				   uint64_t *guest_addr)
{
	if (!len)
		return -EINVAL;
	for (size_t i = 0; i < mem->table.num; i++) {
		const struct xenfm_mem_region *r = &mem->table.regions[i].as;
		uint64_t offset = user_addr - r->user_addr;

		if (user_addr < r->user_addr || offset >= r->size ||
		    len > r->size - offset)
			continue;
		*guest_addr = r->guest_addr + offset;
		return 0;
	}
	return -EFAULT;
}
