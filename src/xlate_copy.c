// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Auto-translated (PVH, Arm): copies of foreign memory. The frames are in our
 * physmap for as long as a piece takes, and the kernel accesses them as it does
 * any page.
 */
#include <linux/highmem.h>
#include <linux/mm.h>

#include "backend.h"
#include "copy.h"
#include "file.h"
#include "xlate_copy.h"

static int xlate_copy_page(const struct privcmd_piece *piece, struct page *page,
			   size_t offset, size_t len)
{
	void *at = kmap_local_page(page);
	int ret = 0;

	if (piece->write)
		memcpy(at + offset, piece->kernel + piece->done, len);
	else
		ret = privcmd_copy_out(piece, at + offset, len);
	kunmap_local(at);
	return ret;
}

/*
 * @page: the slots of the piece's frames, which are mapped or have an error in
 * @status.
 */
static int xlate_copy_pages(struct privcmd_piece *piece, struct page **page,
			    const s16 *status)
{
	size_t len, offset = piece->offset;
	int ret;

	for (; piece->done < piece->len; page++, status++) {
		len = min(piece->len - piece->done, PAGE_SIZE - offset);
		ret = *status < 0 ? *status :
				    xlate_copy_page(piece, *page, offset, len);
		if (ret)
			return ret;
		piece->done += len;
		offset = 0;
	}
	return 0;
}

/* See privcmd_backend.copy. */
int privcmd_xlate_copy(struct privcmd_piece *piece)
{
	u64 scratch[PRIVCMD_SPARE * PRIVCMD_SCRATCH / sizeof(u64)];
	struct page *pages[PRIVCMD_SPARE] = {};
	struct privcmd_chunk chunk = *piece->span.chunk;
	s16 status[PRIVCMD_SPARE];
	struct privcmd_frames frames = {
		.span = { &chunk, piece->span.first, piece->span.nr },
		.status = status,
		.scratch = scratch,
	};
	int ret;

	chunk.pages = pages;
	ret = privcmd_backend->alloc(piece->pf, &frames.span);
	if (ret)
		return ret;
	/* alloc may have slept; the file may have been restricted meanwhile. */
	if (!privcmd_file_allows(piece->pf, piece->dom)) {
		privcmd_backend->unalloc(&frames.span);
		return -EPERM;
	}
	privcmd_backend->map(piece->dom, &frames);
	ret = xlate_copy_pages(piece, pages, status);
	privcmd_backend->unmap(&frames.span);
	return ret;
}
