/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record.c: which frames stand in a range of pages, and how. Copyright (C) 2026
 * the xen-privcmd authors
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

/* The frames that share a page table. Arrays have @nr elements. */
struct privcmd_chunk {
	unsigned int nr;
	s16 common;		/* the status of all, while there is no @status */
	s16 *status;
	xen_pfn_t base;		/* of a contiguous record: the first number, */
	xen_pfn_t *gfn;		/* while this is NULL */
	struct page **pages;	/* backend_xlate: places in our physmap, of the
				 * frames that are there; else NULL */
	struct privcmd_file *payer; /* whom these count for; set with @pages */
	bool spare;		/* part of a struct privcmd_spare */
};

/* A chunk, with all that it may need, for a record that is small. */
#define PRIVCMD_SPARE		8	/* frames */

struct privcmd_spare {
	struct privcmd_chunk chunk;
	xen_pfn_t gfn[PRIVCMD_SPARE];
	struct page *pages[PRIVCMD_SPARE];
	s16 status[PRIVCMD_SPARE];
};

/*
 * Frames in chunks, so that no allocation is larger than a page table's worth.
 * @skew is the page-table slot of frame 0: chunks end where page tables do.
 *
 * A contiguous record needs no numbers, and may have a chunk only where a frame
 * is, or was, something else than @common.
 */
struct privcmd_record {
	unsigned long nr;
	unsigned int skew;
	bool contiguous;
	s16 common;
	xen_pfn_t base;			/* of frame 0 */
	unsigned long count[PRIVCMD_KINDS];	/* frames by kind */
	unsigned long in_chunks;		/* frames */
	struct privcmd_chunk *first;
	struct xarray chunks;		/* from the second one on */
	struct privcmd_spare spare;
};

/* Consecutive frames of one chunk: @nr of them from its element @slot. */
struct privcmd_span {
	struct privcmd_chunk *chunk;
	unsigned int slot;
	unsigned int nr;
};

void privcmd_record_init(struct privcmd_record *record, unsigned long addr,
			 unsigned long nr);
void privcmd_record_destroy(struct privcmd_record *record);
int privcmd_record_grow(struct privcmd_record *record, unsigned long idx,
			struct privcmd_span *span);
int privcmd_record_need(struct privcmd_record *record, unsigned long idx,
			unsigned long nr, struct privcmd_span *span);
int privcmd_record_take(struct privcmd_record *record,
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
				       unsigned int slot)
{
	return chunk->status ? chunk->status[slot] : chunk->common;
}

/*
 * Is there a frame behind this status, as far as the record knows? One that is
 * lazy is there for those who would put another one in its place.
 */
static inline bool privcmd_status_mapped(s16 status)
{
	return status > PRIVCMD_X_NONE;
}

/* Was it asked for, and given? */
static inline bool privcmd_status_present(s16 status)
{
	return status > PRIVCMD_X_LAZY;
}

/* What is known of the @i-th frame of @span, which may have no chunk. */
static inline s16 privcmd_span_status(const struct privcmd_record *record,
				      const struct privcmd_span *span,
				      unsigned int i)
{
	return span->chunk ? privcmd_chunk_status(span->chunk, span->slot + i) :
			     record->common;
}

static inline xen_pfn_t privcmd_span_gfn(const struct privcmd_span *span,
					 unsigned int i)
{
	const struct privcmd_chunk *chunk = span->chunk;

	i += span->slot;
	return chunk->gfn ? chunk->gfn[i] : chunk->base + i;
}

#endif /* PRIVCMD_RECORD_H */
