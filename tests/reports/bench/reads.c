// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * One page of another domain is read once. xl dump-core and programs that look
 * into guests do this all the time. Uses the cheapest way that the driver has.
 */
#include "measure.h"

static unsigned char copy[PAGE] __attribute__((aligned(4096)));

static void read_mapped(const struct job *j)
{
	unsigned char *va = job_area(j);

	job_map(j, va);
	memcpy(copy, va, PAGE);
	job_unmap(j, va);
}

static void read_copied(const struct job *j)
{
	struct privcmd_x_copy c = {
		.size = sizeof(c),
		.dom = j->dom->id,
		.frames = (unsigned long)j->frame,
		.num = 1,
		.len = PAGE,
		.buf = (unsigned long)copy,
	};

	must(!ioctl(j->fd, PRIVCMD_X_COPY, &c) && c.done == PAGE);
}

/*
 * So many reads in a row, as one is too short to measure. One more round warms
 * up.
 */
#define READS  64
#define ROUNDS 5

TAP_CASE(read_4k, .seconds = 600)
{
	struct job j = job_new(DOMAIN_ANY, 1);
	struct series reads = { .name = "read_4k" };
	const struct privcmd_x_info *ours = driver();
	bool copies = ours && ours->features & PRIVCMD_X_FEATURE_COPY;
	uint64_t start;
	struct series warm = reads;
	size_t i, k;

	memset(copy, 1, sizeof(copy));
	for (k = 0; k <= ROUNDS; k++) {
		start = section_begin();
		for (i = 0; i < READS; i++) {
			if (copies)
				read_copied(&j);
			else
				read_mapped(&j);
		}
		job_wait_removed(&j);
		series_add(k ? &reads : &warm,
			   section_end(start, reads.name, 0, READS));
	}
	series_print(&reads, 0, READS);
	job_done(&j);
}
