// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The cost of a page when one call maps n pages: making the area, mapping,
 * accessing, unmapping, and all of these in turn.
 */
#include "measure.h"

struct phases {
	struct series mmap, map, touch, unmap, caller, pair;
};

#define PHASES(suffix)                                                      \
	{                                                                   \
		.mmap.name = "mmap" suffix, .map.name = "map" suffix,       \
		.touch.name = "touch" suffix, .unmap.name = "unmap" suffix, \
		.caller.name = "unmap_caller" suffix,                       \
		.pair.name = "pair" suffix                                  \
	}

/*
 * The number of areas that are mapped one after the other, so that small n can
 * be measured.
 */
static size_t areas(size_t n)
{
	return n >= 1024 ? 1 : n >= 16 ? 1024 / n : 64;
}

static size_t rounds(size_t n)
{
	return n >= 65536 ? 1 : n >= 4096 ? 3 : 5;
}

/*
 * Measures the unmapping itself, which the caller waits for, and the removal of
 * frames after it.
 */
static void unmap(const struct job *j, struct phases *p, unsigned char **va,
		  size_t k)
{
	uint64_t start = section_begin(), caller, rest = 0;
	size_t i;

	for (i = 0; i < k; i++)
		job_unmap(j, va[i]);
	caller = section_end(start, p->caller.name, j->n, k * j->n);
	if (j->removes_later) {
		start = section_begin();
		job_wait_removed(j);
		rest = section_end(start, p->unmap.name, j->n, k * j->n);
	}
	series_add(&p->caller, caller);
	series_add(&p->unmap, caller + rest);
}

static void side_by_side(const struct job *j, struct phases *p)
{
	size_t k = areas(j->n), i;
	unsigned char *va[k];
	uint64_t start;

	start = section_begin();
	for (i = 0; i < k; i++)
		va[i] = job_area(j);
	series_add(&p->mmap, section_end(start, p->mmap.name, j->n, k * j->n));
	start = section_begin();
	for (i = 0; i < k; i++)
		job_map(j, va[i]);
	series_add(&p->map, section_end(start, p->map.name, j->n, k * j->n));
	if (!j->half_bad) {
		start = section_begin();
		for (i = 0; i < k; i++)
			job_touch(j, va[i]);
		series_add(&p->touch,
			   section_end(start, p->touch.name, j->n, k * j->n));
	}
	unmap(j, p, va, k);
}

static void in_turn(const struct job *j, struct phases *p)
{
	size_t k = areas(j->n), i;
	unsigned char *va;
	uint64_t start;

	start = section_begin();
	for (i = 0; i < k; i++) {
		va = job_area(j);
		job_map(j, va);
		job_unmap(j, va);
	}
	job_wait_removed(j);
	series_add(&p->pair, section_end(start, p->pair.name, j->n, k * j->n));
}

static void measure(const struct job *j, struct phases *p)
{
	size_t i, pages = areas(j->n) * j->n;
	struct phases warm = *p;

	side_by_side(j, &warm);
	for (i = 0; i < rounds(j->n); i++)
		side_by_side(j, p);
	series_print(&p->mmap, j->n, pages);
	series_print(&p->map, j->n, pages);
	if (!j->half_bad)
		series_print(&p->touch, j->n, pages);
	series_print(&p->caller, j->n, pages);
	series_print(&p->unmap, j->n, pages);
}

static void batch_of(size_t n)
{
	struct job j = job_new(DOMAIN_ANY, n);
	struct phases p = PHASES("");
	size_t i, pages = areas(n) * n;

	measure(&j, &p);
	for (i = 0; n < 65536 && i < rounds(n); i++)
		in_turn(&j, &p);
	if (n < 65536)
		series_print(&p.pair, n, pages);
	job_done(&j);
}

TAP_CASE(batch_1)
{
	batch_of(1);
}

TAP_CASE(batch_16)
{
	batch_of(16);
}

TAP_CASE(batch_256)
{
	batch_of(256);
}

TAP_CASE(batch_512)
{
	batch_of(512);
}

TAP_CASE(batch_1024)
{
	batch_of(1024);
}

TAP_CASE(batch_4096, .seconds = 600)
{
	batch_of(4096);
}

TAP_CASE(batch_65536, .seconds = 3600)
{
	batch_of(65536);
}

TAP_CASE(batch_half_bad)
{
	struct job j = job_new(DOMAIN_ANY, 1024);
	struct phases p = PHASES("_bad");
	__u64 *frame = (__u64 *)j.frame;
	size_t i;

	for (i = 1; i < j.n; i += 2)
		frame[i] = BAD_FRAME + i;
	j.half_bad = true;
	measure(&j, &p);
	job_done(&j);
}

TAP_CASE(batch_readonly)
{
	struct job j = job_new(DOMAIN_ANY, 1024);
	struct phases p = PHASES("_ro");

	j.prot = PROT_READ;
	measure(&j, &p);
	job_done(&j);
}

TAP_CASE(batch_hvm)
{
	struct phases p = PHASES("_hvm");
	struct job j;

	need_pv("all targets are HVM domains there");
	j = job_new(DOMAIN_HVM, 1024);
	measure(&j, &p);
	job_done(&j);
}
