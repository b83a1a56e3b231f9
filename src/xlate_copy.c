// SPDX-License-Identifier: GPL-2.0-only
/*
 * Auto-translated (PVH, Arm): bytes of foreign frames, which come into our
 * physmap for as long as it takes, where the kernel sees them like any page.
 * Copyright (C) 2026 the xen-privcmd authors
 */
#include <linux/highmem.h>
#include <linux/mm.h>

#include "privcmd.h"

static void copy_one(struct page *page, size_t offset, void *buf, size_t len,
		     bool write)
{
	void *window = kmap_local_page(page);

	if (write)
		memcpy(window + offset, buf, len);
	else
		memcpy(buf, window + offset, len);
	kunmap_local(window);
}

size_t privcmd_xlate_copy(domid_t dom, const struct privcmd_span *from,
			  size_t offset, void *buf, size_t len, bool write,
			  int *error)
{
	u64 scratch[PRIVCMD_SPARE * PRIVCMD_SCRATCH / sizeof(u64)];
	struct page *pages[PRIVCMD_SPARE] = {};
	struct privcmd_chunk chunk = *from->chunk;
	struct privcmd_span span = { &chunk, from->slot, from->nr };
	s16 status[PRIVCMD_SPARE];
	size_t done, some;
	unsigned int i;

	chunk.pages = pages;
	*error = privcmd_backend->alloc(&span);
	if (*error)
		return 0;
	privcmd_backend->map(dom, &span, status, scratch);
	for (i = 0, done = 0; done < len; i++, done += some) {
		if (status[i] < 0) {
			*error = status[i];
			break;
		}
		some = min(len - done, PAGE_SIZE - offset);
		copy_one(pages[i], offset, buf + done, some, write);
		offset = 0;
	}
	privcmd_backend->unmap(pages, span.nr);
	return done;
}
