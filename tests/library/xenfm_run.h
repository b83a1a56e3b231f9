/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Runs the tool: start it, wait, compare what it wrote. Also frames with
 * consecutive numbers, as the tool takes ranges.
 */
#ifndef XENFM_RUN_H
#define XENFM_RUN_H

#include "libxenfm.h"

struct run {
	pid_t pid;
	int out, err;	/* files in memory that receive its output */
};

/* The output of the last run that ended, zero-terminated, and how it ended. */
extern struct ended {
	int status;	/* exit status, or minus the number of the signal */
	char *out, *err;
	size_t len;	/* of out */
} ran;

/* Arguments are words with a space between them. */
struct run run_start(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void run_end(struct run *r);
/* Runs another program than the tool, by its path. */
void run_program(const char *path, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/*
 * The next runs of the tool read these bytes from standard input. Without this
 * they read nothing.
 */
void run_input(const void *bytes, size_t len);
bool run_has_written(const struct run *r);
void run_as(uid_t uid, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define xenfm(...) run_as(0, __VA_ARGS__)

/* The last run wrote exactly this and no error message. */
#define check_out(want) check_run(__FILE__, __LINE__, 0, want, "%s", "")
/* The last run ended with this status, this output and this error message. */
#define check_failed(status, want, ...) \
	check_run(__FILE__, __LINE__, status, want, __VA_ARGS__)
void check_run(const char *file, int line, int status, const char *out,
	       const char *err, ...) __attribute__((format(printf, 5, 6)));

/*
 * Three frames with consecutive numbers, in this order. The hypervisor gives
 * the frames of a PV domain in any order.
 */
struct three {
	struct domain *d;
	__u64 first;
	size_t page[3];	/* which page of the domain each frame is */
};

struct three three_new(void);
struct three three_of(struct domain *d);	/* skips if there are none */

#endif /* XENFM_RUN_H */
