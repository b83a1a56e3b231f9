/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Clocks, figures, and the calls that are measured. Under -icount a nanosecond
 * is an instruction.
 *
 * A figure is a line "value NAME_N NUMBER" (NAME alone if N is 0); whatever was
 * measured also is a line "section NAME_N PAGES", in the order in which the
 * plugin saw it.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include "suite.h"

/* Around everything that a case measures; what it says comes out at the end. */
void measure_begin(void);
void measure_end(void);

void figure(const char *name, size_t n, double value);

/*
 * When the case's main thread runs. First: nobody else does unless it sleeps,
 * neither the worker of the driver, which is then seen by itself, nor what the
 * rig has around; so cases begin. Last: everybody does who has something to do.
 */
enum turn { FIRST, EQUAL, LAST };

enum turn measure_turn(enum turn turn);	/* and what it was before */

uint64_t now(void);	/* ns */

/* What is measured; the first is given to the second, which says what it cost. */
uint64_t section_begin(void);
uint64_t section_end(uint64_t start, const char *name, size_t n, size_t pages);

#define MAX_ROUNDS 21

/* The costs of one thing, measured up to MAX_ROUNDS times. */
struct series {
	const char *name;
	uint64_t cost[MAX_ROUNDS];
	size_t nr;
};

void series_add(struct series *s, uint64_t cost);
/* The middle one, for each of @pages. */
void series_print(const struct series *s, size_t n, size_t pages);

/* calls.c: the calls, which must do what they should. */
struct job {
	int fd;
	int info;		/* its fdinfo */
	const struct domain *dom;
	size_t n;		/* pages of an area */
	const __u64 *frame;
	int *err;
	int prot;
	bool half_bad;		/* every second frame, from the second on */
	bool removes_later;	/* the driver does */
};

struct job job_new(enum domain_kind kind, size_t n);
unsigned char *job_area(const struct job *j);
void job_map(const struct job *j, unsigned char *va);
void job_touch(const struct job *j, unsigned char *va);
void job_unmap(const struct job *j, unsigned char *va);
/* Until no frame of an area that is gone waits for its removal. */
void job_wait_removed(const struct job *j);
void job_done(struct job *j);

#endif /* MEASURE_H */
