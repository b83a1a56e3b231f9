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

#include "privcmd.h"

void privcmd_record_init(struct privcmd_record *record, unsigned long addr,
			 unsigned long nr)
{
	memset(record, 0, sizeof(*record));
	record->nr = nr;
	record->skew = range_slot(addr);
	record->count[PRIVCMD_KIND_NONE] = nr;
	xa_init_flags(&record->chunks, XA_FLAGS_ACCOUNT);
}

static void chunk_free(struct privcmd_chunk *chunk)
{
	kfree(chunk->status);
	kfree(chunk->gfn);
	kfree(chunk->pages);
	kfree(chunk);
}

void privcmd_record_destroy(struct privcmd_record *record)
{
	struct privcmd_chunk *chunk;
	unsigned long i;

	xa_for_each(&record->chunks, i, chunk) {
		chunk_free(chunk);
		cond_resched();
	}
	xa_destroy(&record->chunks);
}

static int chunk_insert(struct privcmd_record *record, unsigned long i,
			struct privcmd_chunk *chunk)
{
	return xa_err(xa_store(&record->chunks, i, chunk, GFP_KERNEL_ACCOUNT));
}

/*
 * For staging: the chunk of frame @idx, the first that has none yet, sized to
 * the end of the record, with room for numbers and statuses.
 */
int privcmd_record_grow(struct privcmd_record *record, unsigned long idx,
			struct privcmd_span *span)
{
	unsigned long pos = idx + record->skew;
	struct privcmd_chunk *chunk;
	int ret = -ENOMEM;

	chunk = kzalloc(sizeof(*chunk), GFP_KERNEL_ACCOUNT);
	if (!chunk)
		return -ENOMEM;
	chunk->nr = min_t(unsigned long, record->nr - idx,
			  RANGE_TABLE - pos % RANGE_TABLE);
	chunk->gfn = kmalloc_array(chunk->nr, sizeof(*chunk->gfn),
				   GFP_KERNEL_ACCOUNT);
	chunk->status =
		kcalloc(chunk->nr, sizeof(*chunk->status), GFP_KERNEL_ACCOUNT);
	if (chunk->gfn && chunk->status)
		ret = chunk_insert(record, pos / RANGE_TABLE, chunk);
	if (ret) {
		chunk_free(chunk);
		return ret;
	}
	*span = (struct privcmd_span){ .chunk = chunk, .nr = chunk->nr };
	return 0;
}

/*
 * @record, empty, becomes a record of the same frames as @from, with nothing
 * known of them. The arrays of numbers move; @from keeps the rest.
 */
int privcmd_record_take(struct privcmd_record *record,
			struct privcmd_record *from)
{
	struct privcmd_chunk *chunk, *new;
	unsigned long i;
	int ret;

	record->nr = from->nr;
	record->skew = from->skew;
	xa_for_each(&from->chunks, i, chunk) {
		if (fatal_signal_pending(current))
			return -EINTR;
		new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
		if (!new)
			return -ENOMEM;
		new->nr = chunk->nr;
		new->common = PRIVCMD_X_NONE;
		ret = chunk_insert(record, i, new);
		if (ret) {
			chunk_free(new);
			return ret;
		}
		swap(new->gfn, chunk->gfn);
		cond_resched();
	}
	return 0;
}

/* The frames from @idx on, @nr at most, that lie in one chunk. */
void privcmd_record_span(struct privcmd_record *record, unsigned long idx,
			 unsigned long nr, struct privcmd_span *span)
{
	unsigned long pos = idx + record->skew;

	span->chunk = xa_load(&record->chunks, pos / RANGE_TABLE);
	/* Only the first chunk may start inside a page table. */
	span->slot = pos < RANGE_TABLE ? idx : pos % RANGE_TABLE;
	span->nr = min_t(unsigned long, nr, span->chunk->nr - span->slot);
}

static enum privcmd_kind kind(s16 status)
{
	return status < 0 ? PRIVCMD_KIND_FAILED : (enum privcmd_kind)status;
}

static bool all_equal(const s16 *status, unsigned int nr)
{
	unsigned int i;

	for (i = 1; i < nr; i++)
		if (status[i] != status[0])
			return false;
	return true;
}

static int chunk_diversify(struct privcmd_chunk *chunk)
{
	unsigned int i;

	chunk->status = kmalloc_array(chunk->nr, sizeof(*chunk->status),
				      GFP_KERNEL_ACCOUNT);
	if (!chunk->status)
		return -ENOMEM;
	for (i = 0; i < chunk->nr; i++)
		chunk->status[i] = chunk->common;
	return 0;
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
