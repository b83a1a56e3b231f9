// SPDX-License-Identifier: GPL-2.0-only
/*
 * Auto-translated (PVH, Arm): bytes of foreign frames, which come into our
 * physmap for as long as it takes, where the kernel sees them like any page.
 * Copyright (C) 2026 the xen-privcmd authors
 */
#include <linux/highmem.h>
#include <linux/mm.h>

#include "privcmd.h"

static int copy_one(struct page *page, size_t offset,
		    const struct privcmd_buf *buf, size_t at, size_t len,
		    bool write)
{
	void *window = kmap_local_page(page);
	int ret = 0;

	if (write)
		memcpy(window + offset, buf->kernel + at, len);
	else
		ret = privcmd_copy_out(buf, at, window + offset, len);
	kunmap_local(window);
	return ret;
}

size_t privcmd_xlate_copy(domid_t dom, const struct privcmd_span *from,
			  size_t offset, const struct privcmd_buf *buf,
			  size_t len, bool write, int *error)
{
	u64 scratch[PRIVCMD_SPARE * PRIVCMD_SCRATCH / sizeof(u64)];
	struct page *pages[PRIVCMD_SPARE] = {};
	struct privcmd_chunk chunk = *from->chunk;
	struct privcmd_span span = { &chunk, from->slot, from->nr };
	s16 status[PRIVCMD_SPARE];
	size_t done, some;
	unsigned int i;

	chunk.pages = pages;
	*error = privcmd_backend->alloc(buf->pf, &span);
	if (*error)
		return 0;
	/* That may have waited: has the file been restricted meanwhile? */
	if (!privcmd_file_may_touch(buf->pf, dom)) {
		privcmd_backend->unalloc(&span);
		*error = -EPERM;
		return 0;
	}
	privcmd_backend->map(dom, &span, status, scratch);
	for (i = 0, done = 0; done < len; i++, done += some) {
		some = min(len - done, PAGE_SIZE - offset);
		*error = status[i] < 0 ? status[i] :
					 copy_one(pages[i], offset, buf, done,
						  some, write);
		if (*error)
			break;
		offset = 0;
	}
	privcmd_backend->unmap(&span);
	return done;
}
