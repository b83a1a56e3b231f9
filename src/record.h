/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A record: for each page of a range, the number of the frame that it should show, and
 * the frame's status.
 */
#ifndef PRIVCMD_RECORD_H
#define PRIVCMD_RECORD_H

#include <linux/types.h>
#include <linux/xarray.h>
#include <xen/interface/xen.h>
#include <xen/privcmd_x.h>

#include "range.h"

/*
 * The status of a frame in 16 bits: PRIVCMD_X_NONE, _LAZY, _RW, _RO, or the
 * negative errno of a frame that failed.
 */
enum privcmd_kind {
	PRIVCMD_KIND_NONE = PRIVCMD_X_NONE,
	PRIVCMD_KIND_LAZY = PRIVCMD_X_LAZY,
	PRIVCMD_KIND_RW = PRIVCMD_X_RW,
	PRIVCMD_KIND_RO = PRIVCMD_X_RO,
	PRIVCMD_KIND_FAILED,
	PRIVCMD_KINDS
};

/* The frames whose pages share a page table. The arrays have @nr elements. */
struct privcmd_chunk {
	unsigned int nr;
	s16 common;		/* the status of all frames while @status is NULL */
	s16 *status;
	xen_pfn_t base;		/* the number of the first frame, and the others
				 * follow it, while @gfn is NULL */
	xen_pfn_t *gfn;
	struct page **pages;	/* backend_xlate: the slots of the frames that are
				 * mapped; else NULL */
	struct privcmd_file *payer; /* slots are counted against it; set with @pages */
	bool spare;		/* part of a struct privcmd_spare */
};

/* Frames of the chunk that a record holds in itself, with all of its arrays. */
#define PRIVCMD_SPARE		8

struct privcmd_spare {
	struct privcmd_chunk chunk;
	xen_pfn_t gfn[PRIVCMD_SPARE];
	struct page *pages[PRIVCMD_SPARE];
	s16 status[PRIVCMD_SPARE];
};

/*
 * The frames are divided into chunks, so that no allocation is larger than what
 * one page table needs. A chunk ends where its page table ends; @skew is the
 * index of frame 0 in its page table.
 *
 * A contiguous record needs no numbers, until a later call changes some. It
 * needs a chunk only where the status of a frame differs from @common, or once
 * did.
 */
struct privcmd_record {
	unsigned long nr;
	unsigned int skew;
	bool contiguous;
	s16 common;
	xen_pfn_t base;			/* of frame 0 */
	unsigned long count[PRIVCMD_KINDS];	/* frames by kind */
	unsigned long in_chunks;		/* frames that have a chunk */
	struct privcmd_chunk *first;
	struct xarray chunks;		/* all but the first */
	struct privcmd_spare spare;
};

/*
 * A span: @nr consecutive frames of one chunk, from element @first of its
 * arrays on.
 */
struct privcmd_span {
	struct privcmd_chunk *chunk;
	unsigned int first;
	unsigned int nr;
};

void privcmd_record_init(struct privcmd_record *record, unsigned long addr,
			 unsigned long nr);
void privcmd_record_destroy(struct privcmd_record *record);
int privcmd_record_grow(struct privcmd_record *record, unsigned long idx,
			struct privcmd_span *span);
int privcmd_record_need(struct privcmd_record *record, unsigned long idx,
			unsigned long nr, struct privcmd_span *span);
int privcmd_record_adopt(struct privcmd_record *record,
			 struct privcmd_record *from, s16 common);
int privcmd_record_renumber(const struct privcmd_span *span,
			    const xen_pfn_t *gfn, xen_pfn_t base);
void privcmd_record_set_rest(struct privcmd_record *record, s16 status);
void privcmd_record_span(struct privcmd_record *record, unsigned long idx,
			 unsigned long nr, struct privcmd_span *span);
int privcmd_record_set(struct privcmd_record *record,
		       const struct privcmd_span *span, const s16 *status);
struct privcmd_chunk *privcmd_record_chunk(struct privcmd_record *record,
					   unsigned long i);
struct privcmd_chunk *privcmd_record_next(struct privcmd_record *record,
					  unsigned long *i);
int privcmd_chunk_add_pages(struct privcmd_chunk *chunk);
int privcmd_chunk_need_status(struct privcmd_chunk *chunk);
const xen_pfn_t *privcmd_span_gfns(const struct privcmd_span *span,
				   xen_pfn_t *spare);

static inline s16 privcmd_chunk_status(const struct privcmd_chunk *chunk,
				       unsigned int i)
{
	return chunk->status ? chunk->status[i] : chunk->common;
}

/*
 * Does this status belong to a page that has a frame? A lazy page has one:
 * another frame may be mapped there only after X_UNMAP.
 */
static inline bool privcmd_status_mapped(s16 status)
{
	return status > PRIVCMD_X_NONE;
}

/* Has the hypervisor mapped the frame? */
static inline bool privcmd_status_present(s16 status)
{
	return status > PRIVCMD_X_LAZY;
}

/* The status of the @i-th frame of @span, which may have no chunk. */
static inline s16 privcmd_span_status(const struct privcmd_record *record,
				      const struct privcmd_span *span,
				      unsigned int i)
{
	return span->chunk ? privcmd_chunk_status(span->chunk, span->first + i) :
			     record->common;
}

static inline xen_pfn_t privcmd_span_gfn(const struct privcmd_span *span,
					 unsigned int i)
{
	const struct privcmd_chunk *chunk = span->chunk;

	i += span->first;
	return chunk->gfn ? chunk->gfn[i] : chunk->base + i;
}

#endif /* PRIVCMD_RECORD_H */
