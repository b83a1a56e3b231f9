// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The record of a range of pages: frame numbers and statuses. This file knows
 * nothing of VMAs or hypercalls.
 *
 * A populating call stages a record of its own; a mapping has one. The lock of
 * the owner protects it.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "record.h"

/* @record is all zeroes. */
void privcmd_record_init(struct privcmd_record *record, unsigned long addr,
			 unsigned long nr)
{
	record->nr = nr;
	record->skew = range_index(addr);
	record->count[PRIVCMD_KIND_NONE] = nr;
	xa_init_flags(&record->chunks, XA_FLAGS_ACCOUNT);
}

static enum privcmd_kind record_kind(s16 status)
{
	return status < 0 ? PRIVCMD_KIND_FAILED : (enum privcmd_kind)status;
}

/* The chunk of the @i-th page table, or NULL if there is none yet. */
struct privcmd_chunk *privcmd_record_chunk(struct privcmd_record *record,
					   unsigned long i)
{
	if (!i)
		return record->first;
	return xa_empty(&record->chunks) ? NULL : xa_load(&record->chunks, i);
}

/*
 * The first chunk from the @i-th on, or NULL. @i becomes its number. The search ends at
 * the last number that a chunk can have, or it would visit empty slots of the array.
 */
struct privcmd_chunk *privcmd_record_next(struct privcmd_record *record,
					  unsigned long *i)
{
	unsigned long last = (record->nr - 1 + record->skew) / RANGE_TABLE;

	if (!*i && record->first)
		return record->first;
	if (*i > last || xa_empty(&record->chunks))
		return NULL;
	return xa_find(&record->chunks, i, last, XA_PRESENT);
}

static struct privcmd_spare *chunk_spare(struct privcmd_chunk *chunk)
{
	return chunk->spare ? container_of(chunk, struct privcmd_spare, chunk) :
			      NULL;
}

/*
 * A chunk of @nr frames. The first small one is a part of the record: accounted memory
 * for a page or two would cost more than mapping them.
 */
static struct privcmd_chunk *chunk_new(struct privcmd_record *record,
				       unsigned int nr)
{
	struct privcmd_chunk *chunk = &record->spare.chunk;

	if (nr <= PRIVCMD_SPARE && !chunk->spare)
		chunk->spare = true;
	else
		chunk = kzalloc(sizeof(*chunk), GFP_KERNEL_ACCOUNT);
	if (chunk)
		chunk->nr = nr;
	return chunk;
}

static void chunk_free(struct privcmd_chunk *chunk)
{
	if (chunk->spare)
		return;
	kfree(chunk->status);
	kfree(chunk->gfn);
	kfree(chunk->pages);
	kfree(chunk);
}

static int chunk_add_gfn(struct privcmd_chunk *chunk)
{
	struct privcmd_spare *spare = chunk_spare(chunk);

	chunk->gfn = spare ? spare->gfn :
			     kmalloc_array(chunk->nr, sizeof(*chunk->gfn),
					   GFP_KERNEL_ACCOUNT);
	return chunk->gfn ? 0 : -ENOMEM;
}

static int chunk_add_status(struct privcmd_chunk *chunk)
{
	struct privcmd_spare *spare = chunk_spare(chunk);

	chunk->status = spare ? spare->status :
				kcalloc(chunk->nr, sizeof(*chunk->status),
					GFP_KERNEL_ACCOUNT);
	return chunk->status ? 0 : -ENOMEM;
}

static int chunk_expand_status(struct privcmd_chunk *chunk)
{
	unsigned int i;

	if (chunk_add_status(chunk))
		return -ENOMEM;
	for (i = 0; i < chunk->nr; i++)
		chunk->status[i] = chunk->common;
	return 0;
}

/* Allocate the array of slots; no slot is taken yet. */
int privcmd_chunk_add_pages(struct privcmd_chunk *chunk)
{
	struct privcmd_spare *spare = chunk_spare(chunk);

	chunk->pages = spare ? spare->pages :
			       kcalloc(chunk->nr, sizeof(*chunk->pages),
				       GFP_KERNEL_ACCOUNT);
	return chunk->pages ? 0 : -ENOMEM;
}

static int chunk_insert(struct privcmd_record *record, unsigned long i,
			struct privcmd_chunk *chunk)
{
	int ret = 0;

	if (i)
		ret = xa_err(xa_store(&record->chunks, i, chunk,
				      GFP_KERNEL_ACCOUNT));
	else
		record->first = chunk;
	if (!ret)
		record->in_chunks += chunk->nr;
	return ret;
}

void privcmd_record_destroy(struct privcmd_record *record)
{
	struct privcmd_chunk *chunk;
	unsigned long i;

	for (i = 0; (chunk = privcmd_record_next(record, &i)); i++) {
		if (i)
			cond_resched();
		chunk_free(chunk);
	}
	if (!xa_empty(&record->chunks))
		xa_destroy(&record->chunks);
}

/*
 * Make the chunk whose first frame is @idx; the record has none there yet. Its frames
 * have the status and the numbers that frames without a chunk have.
 */
static struct privcmd_chunk *chunk_make(struct privcmd_record *record,
					unsigned long idx)
{
	unsigned long pos = idx + record->skew;
	struct privcmd_chunk *chunk;

	chunk = chunk_new(record, min_t(unsigned long, record->nr - idx,
					RANGE_TABLE - pos % RANGE_TABLE));
	if (!chunk)
		return NULL;
	chunk->common = record->common;
	chunk->base = record->base + idx;
	if (!chunk_insert(record, pos / RANGE_TABLE, chunk))
		return chunk;
	chunk_free(chunk);
	return NULL;
}

/*
 * For staging: make the chunk of frame @idx, the first frame without one. It
 * has room for statuses, and for numbers unless the record is contiguous. @span
 * is the whole chunk.
 */
int privcmd_record_grow(struct privcmd_record *record, unsigned long idx,
			struct privcmd_span *span)
{
	struct privcmd_chunk *chunk = chunk_make(record, idx);

	if (!chunk || chunk_add_status(chunk) ||
	    (!record->contiguous && chunk_add_gfn(chunk)))
		return -ENOMEM;
	*span = (struct privcmd_span){ .chunk = chunk, .nr = chunk->nr };
	return 0;
}

/* As privcmd_record_span(), and make the chunk if it is missing. */
int privcmd_record_need(struct privcmd_record *record, unsigned long idx,
			unsigned long nr, struct privcmd_span *span)
{
	privcmd_record_span(record, idx, nr, span);
	if (!span->chunk)
		span->chunk = chunk_make(record, idx - span->first);
	return span->chunk ? 0 : -ENOMEM;
}

/* Allocate the array of statuses, so that privcmd_record_set() cannot fail. */
int privcmd_chunk_need_status(struct privcmd_chunk *chunk)
{
	return chunk->status ? 0 : chunk_expand_status(chunk);
}

/* The numbers of the frames of @span; @spare has room for all of them. */
const xen_pfn_t *privcmd_span_gfns(const struct privcmd_span *span,
				   xen_pfn_t *spare)
{
	unsigned int i;

	if (span->chunk->gfn)
		return span->chunk->gfn + span->first;
	for (i = 0; i < span->nr; i++)
		spare[i] = privcmd_span_gfn(span, i);
	return spare;
}

/*
 * Give the frames of @span the numbers in @gfn, or if that is NULL those from @base on.
 * The span has a chunk and none of its frames are mapped. Nothing is allocated if the
 * frames have these numbers already.
 */
int privcmd_record_renumber(const struct privcmd_span *span,
			    const xen_pfn_t *gfn, xen_pfn_t base)
{
	struct privcmd_chunk *chunk = span->chunk;
	unsigned int i = 0;

	if (!chunk->gfn) {
		while (i < span->nr &&
		       privcmd_span_gfn(span, i) == (gfn ? gfn[i] : base + i))
			i++;
		if (i == span->nr)
			return 0;
		if (chunk_add_gfn(chunk))
			return -ENOMEM;
		for (i = 0; i < chunk->nr; i++)
			chunk->gfn[i] = chunk->base + i;
	}
	for (i = 0; i < span->nr; i++)
		chunk->gfn[span->first + i] = gfn ? gfn[i] : base + i;
	return 0;
}

/* Set the status of all frames that have no chunk. */
void privcmd_record_set_rest(struct privcmd_record *record, s16 status)
{
	unsigned long rest = record->nr - record->in_chunks;

	record->count[record_kind(record->common)] -= rest;
	record->count[record_kind(status)] += rest;
	record->common = status;
}

/* Make a chunk of the same frames as @from, and move the numbers of @from to it. */
static int record_adopt_chunk(struct privcmd_record *record, unsigned long i,
			      struct privcmd_chunk *from)
{
	struct privcmd_chunk *chunk = chunk_new(record, from->nr);
	int ret;

	if (!chunk)
		return -ENOMEM;
	chunk->common = record->common;
	chunk->base = from->base;
	ret = chunk_insert(record, i, chunk);
	if (ret) {
		chunk_free(chunk);
		return ret;
	}
	if (!from->gfn)
		return 0;
	if (!from->spare) {
		swap(chunk->gfn, from->gfn);
		return 0;
	}
	memcpy(chunk_spare(chunk)->gfn, from->gfn,
	       sizeof(chunk_spare(chunk)->gfn));
	return chunk_add_gfn(chunk);
}

/*
 * Make @record, which is empty, a record of the frames of @from, all with the
 * status @common. The arrays of numbers move to @record. Those of a spare chunk
 * are copied: both records make their chunks in the same order, so the same
 * chunk is spare in both. @from keeps its statuses. -EINTR: killed; -ENOMEM.
 */
int privcmd_record_adopt(struct privcmd_record *record,
			 struct privcmd_record *from, s16 common)
{
	struct privcmd_chunk *chunk;
	unsigned long i;
	int ret;

	record->nr = from->nr;
	record->skew = from->skew;
	record->contiguous = from->contiguous;
	record->base = from->base;
	record->common = common;
	for (i = 0; (chunk = privcmd_record_next(from, &i)); i++) {
		if (fatal_signal_pending(current))
			return -EINTR;
		if (i)
			cond_resched();
		ret = record_adopt_chunk(record, i, chunk);
		if (ret)
			return ret;
	}
	record->count[PRIVCMD_KIND_NONE] = 0;
	record->count[record_kind(common)] = record->nr;
	return 0;
}

/*
 * @span: the frames from @idx on, @nr at most, that lie in one chunk. In a contiguous
 * record span->chunk may be NULL.
 */
void privcmd_record_span(struct privcmd_record *record, unsigned long idx,
			 unsigned long nr, struct privcmd_span *span)
{
	unsigned long pos = idx + record->skew;

	span->chunk = privcmd_record_chunk(record, pos / RANGE_TABLE);
	/* Only the first chunk may start inside a page table. */
	span->first = pos < RANGE_TABLE ? idx : pos % RANGE_TABLE;
	span->nr = min_t(unsigned long, nr, RANGE_TABLE - pos % RANGE_TABLE);
}

static bool record_all_equal(const s16 *status, unsigned int nr)
{
	/* Each status equals the one behind it. */
	return nr == 1 ||
	       !memcmp(status, status + 1, (nr - 1) * sizeof(*status));
}

/*
 * Set the statuses of the frames of @span, which has a chunk. -ENOMEM: nothing was set.
 * That cannot happen if the chunk has an array of statuses, or if @span is the whole
 * chunk and all of its statuses become the same.
 */
int privcmd_record_set(struct privcmd_record *record,
		       const struct privcmd_span *span, const s16 *status)
{
	struct privcmd_chunk *chunk = span->chunk;
	unsigned int i;
	s16 *old;
	int ret;

	if (!chunk->status && record_all_equal(status, span->nr)) {
		if (status[0] == chunk->common)
			return 0;
		if (span->nr == chunk->nr) {
			record->count[record_kind(chunk->common)] -= chunk->nr;
			record->count[record_kind(status[0])] += chunk->nr;
			chunk->common = status[0];
			return 0;
		}
	}
	if (!chunk->status) {
		ret = chunk_expand_status(chunk);
		if (ret)
			return ret;
	}
	old = chunk->status + span->first;
	for (i = 0; i < span->nr; i++) {
		record->count[record_kind(old[i])]--;
		record->count[record_kind(status[i])]++;
		old[i] = status[i];
	}
	return 0;
}
