// SPDX-License-Identifier: GPL-2.0-only
/*
 * The record of a range of pages: frame numbers and what became of each. Knows
 * nothing of VMAs or hypercalls. Copyright (C) 2026 the xen-privcmd authors
 *
 * A record belongs to a call while it is staged and to a mapping from then on;
 * its owner's lock protects it.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "privcmd.h"

/* @record is all zeroes. */
void privcmd_record_init(struct privcmd_record *record, unsigned long addr,
			 unsigned long nr)
{
	record->nr = nr;
	record->skew = range_slot(addr);
	record->count[PRIVCMD_KIND_NONE] = nr;
	xa_init_flags(&record->chunks, XA_FLAGS_ACCOUNT);
}

static enum privcmd_kind kind(s16 status)
{
	return status < 0 ? PRIVCMD_KIND_FAILED : (enum privcmd_kind)status;
}

/* The @i-th chunk, which is of the @i-th page table; NULL: there is none yet. */
struct privcmd_chunk *privcmd_record_chunk(struct privcmd_record *record,
					   unsigned long i)
{
	if (!i)
		return record->first;
	return xa_empty(&record->chunks) ? NULL : xa_load(&record->chunks, i);
}

/*
 * The next chunk that there is, from the @i-th on; @i becomes its number. Behind
 * the last that there may be the search would look through empty slots.
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

static struct privcmd_spare *spare_of(struct privcmd_chunk *chunk)
{
	return chunk->spare ? container_of(chunk, struct privcmd_spare, chunk) :
			      NULL;
}

/*
 * Room for @nr frames. A small record needs no memory but its own: for a page or
 * two, memory that is accounted for costs more than mapping them.
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
	struct privcmd_spare *spare = spare_of(chunk);

	chunk->gfn = spare ? spare->gfn :
			     kmalloc_array(chunk->nr, sizeof(*chunk->gfn),
					   GFP_KERNEL_ACCOUNT);
	return chunk->gfn ? 0 : -ENOMEM;
}

static int chunk_add_status(struct privcmd_chunk *chunk)
{
	struct privcmd_spare *spare = spare_of(chunk);

	chunk->status = spare ? spare->status :
				kcalloc(chunk->nr, sizeof(*chunk->status),
					GFP_KERNEL_ACCOUNT);
	return chunk->status ? 0 : -ENOMEM;
}

static int chunk_diversify(struct privcmd_chunk *chunk)
{
	unsigned int i;

	if (chunk_add_status(chunk))
		return -ENOMEM;
	for (i = 0; i < chunk->nr; i++)
		chunk->status[i] = chunk->common;
	return 0;
}

/* Room for places, none of which are there yet. */
int privcmd_chunk_add_pages(struct privcmd_chunk *chunk)
{
	struct privcmd_spare *spare = spare_of(chunk);

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
 * The chunk of frame @idx, which has none yet and is the first of it; all of its
 * frames are as those of the record are where it has no chunk.
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
 * For staging: the chunk of frame @idx, the first that has none yet, sized to
 * the end of the record, with room for numbers, if it wants any, and statuses.
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

/* As privcmd_record_span(), but that there is a chunk then. */
int privcmd_record_need(struct privcmd_record *record, unsigned long idx,
			unsigned long nr, struct privcmd_span *span)
{
	privcmd_record_span(record, idx, nr, span);
	if (!span->chunk)
		span->chunk = chunk_make(record, idx - span->slot);
	return span->chunk ? 0 : -ENOMEM;
}

/* Room for a status of each frame: privcmd_record_set() cannot fail then. */
int privcmd_chunk_need_status(struct privcmd_chunk *chunk)
{
	return chunk->status ? 0 : chunk_diversify(chunk);
}

/* Numbers of @span, @nr of them; @spare has room for them. */
const xen_pfn_t *privcmd_span_gfns(const struct privcmd_span *span,
				   xen_pfn_t *spare)
{
	unsigned int i;

	if (span->chunk->gfn)
		return span->chunk->gfn + span->slot;
	for (i = 0; i < span->nr; i++)
		spare[i] = privcmd_span_gfn(span, i);
	return spare;
}

/*
 * The frames of @span, which has a chunk and none of which are there, get the
 * numbers in @gfn, or if that is NULL those from @base on. Numbers that the
 * chunk has already need no room.
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
		chunk->gfn[span->slot + i] = gfn ? gfn[i] : base + i;
	return 0;
}

/* Frames that no chunk knows: they become @status. */
void privcmd_record_set_rest(struct privcmd_record *record, s16 status)
{
	unsigned long rest = record->nr - record->in_chunks;

	record->count[kind(record->common)] -= rest;
	record->count[kind(status)] += rest;
	record->common = status;
}

/* A chunk of the same frames as @from, whose array of numbers it gets. */
static int take_chunk(struct privcmd_record *record, unsigned long i,
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
	memcpy(spare_of(chunk)->gfn, from->gfn, sizeof(spare_of(chunk)->gfn));
	return chunk_add_gfn(chunk);
}

/*
 * @record, empty, becomes a record of the same frames as @from, of which
 * @common is known. The arrays of numbers move, but for a spare chunk's, which is
 * copied to the same chunk's: chunks of both are made in the same order, and so
 * the same one of them is spare. @from keeps the rest.
 */
int privcmd_record_take(struct privcmd_record *record,
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
		ret = take_chunk(record, i, chunk);
		if (ret)
			return ret;
	}
	record->count[PRIVCMD_KIND_NONE] = 0;
	record->count[kind(common)] = record->nr;
	return 0;
}

/*
 * The frames from @idx on, @nr at most, that lie in one chunk. A contiguous
 * record may have none there.
 */
void privcmd_record_span(struct privcmd_record *record, unsigned long idx,
			 unsigned long nr, struct privcmd_span *span)
{
	unsigned long pos = idx + record->skew;

	span->chunk = privcmd_record_chunk(record, pos / RANGE_TABLE);
	/* Only the first chunk may start inside a page table. */
	span->slot = pos < RANGE_TABLE ? idx : pos % RANGE_TABLE;
	span->nr = min_t(unsigned long, nr, RANGE_TABLE - pos % RANGE_TABLE);
}

static bool all_equal(const s16 *status, unsigned int nr)
{
	/* Each is like the one behind it. */
	return nr == 1 ||
	       !memcmp(status, status + 1, (nr - 1) * sizeof(*status));
}

/*
 * Note the statuses of the frames of @span. -ENOMEM: nothing is noted; cannot
 * happen when all become the same and were something else before.
 */
int privcmd_record_set(struct privcmd_record *record,
		       const struct privcmd_span *span, const s16 *status)
{
	struct privcmd_chunk *chunk = span->chunk;
	unsigned int i;
	s16 *old;
	int ret;

	if (!chunk->status && all_equal(status, span->nr)) {
		if (status[0] == chunk->common)
			return 0;
		if (span->nr == chunk->nr) {
			record->count[kind(chunk->common)] -= chunk->nr;
			record->count[kind(status[0])] += chunk->nr;
			chunk->common = status[0];
			return 0;
		}
	}
	if (!chunk->status) {
		ret = chunk_diversify(chunk);
		if (ret)
			return ret;
	}
	old = chunk->status + span->slot;
	for (i = 0; i < span->nr; i++) {
		record->count[kind(old[i])]--;
		record->count[kind(status[i])]++;
		old[i] = status[i];
	}
	return 0;
}
