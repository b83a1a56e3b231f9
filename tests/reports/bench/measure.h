/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Clocks, figures, and the calls that are measured. Under -icount a nanosecond
 * is an instruction.
 *
 * A figure is a line "value NAME_N NUMBER", or with NAME alone if N is 0. Each
 * measured section also is a line "section NAME_N PAGES", in the order in which
 * the plugin has seen them.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include "dom0/area.h"

/* Enclose everything that a case measures. Output appears at measure_end(). */
void measure_begin(void);
void measure_end(void);

void figure(const char *name, size_t n, double value);

/*
 * The priority of the case's main thread. FIRST: no other process runs unless
 * the thread sleeps. So neither the reaper, which is then measured by itself,
 * nor the rig's processes disturb it. Cases begin with this. LAST: all other
 * processes come first.
 */
enum turn { FIRST, EQUAL, LAST };

enum turn measure_turn(enum turn turn);	/* returns the priority before */

uint64_t now(void);	/* ns */

/* The start of a section is passed to section_end(), which returns its cost. */
uint64_t section_begin(void);
uint64_t section_end(uint64_t start, const char *name, size_t n, size_t pages);

#define MAX_ROUNDS 21

/* The costs of one operation, measured up to MAX_ROUNDS times. */
struct series {
	const char *name;
	uint64_t cost[MAX_ROUNDS];
	size_t nr;
};

void series_add(struct series *s, uint64_t cost);
/* Prints the median, divided by @pages. */
void series_print(const struct series *s, size_t n, size_t pages);

/* calls.c: the calls, each of which is checked. */
struct job {
	int fd;
	int info;		/* its fdinfo */
	const struct domain *dom;
	size_t n;		/* pages of an area */
	const __u64 *frame;
	int *err;
	int prot;
	bool half_bad;		/* every second frame is bad, from the second one on */
	bool removes_later;	/* the driver leaves frames to the reaper */
};

struct job job_new(enum domain_kind kind, size_t n);
int job_info(int fd);		/* the fdinfo of @fd */
unsigned char *job_area(const struct job *j);
void job_map(const struct job *j, unsigned char *va);
void job_touch(const struct job *j, unsigned char *va);
void job_unmap(const struct job *j, unsigned char *va);
/* Waits until no frame of an unmapped area waits for the reaper. */
void job_wait_removed(const struct job *j);
void job_done(struct job *j);

#endif /* MEASURE_H */
