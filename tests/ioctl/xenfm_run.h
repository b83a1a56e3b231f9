/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * The tool run by a test: start it, wait, compare what it wrote. And frames
 * whose numbers follow each other, as the tool's arguments are ranges.
 */
#ifndef XENFM_RUN_H
#define XENFM_RUN_H

#include "libxenfm.h"

struct run {
	pid_t pid;
	int out, err;	/* files in memory, for what it writes */
};

/* What the last run that ended wrote, zero-terminated, and how it ended. */
extern struct ended {
	int status;	/* as it exited, or minus the signal */
	char *out, *err;
	size_t len;	/* of out */
} ran;

/* Arguments are words with a space between them. */
struct run run_start(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void run_end(struct run *r);
/* Another program than the tool, by its path. */
void run_program(const char *path, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* What the next runs of the tool read: so many bytes. Until then, nothing. */
void run_input(const void *bytes, size_t len);
bool run_has_written(const struct run *r);
void run_as(uid_t uid, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define xenfm(...) run_as(0, __VA_ARGS__)

/* The last run wrote exactly this and had no complaint. */
#define check_out(want) check_run(__FILE__, __LINE__, 0, want, "%s", "")
/* It ended with that status, that output and that complaint. */
#define check_failed(status, want, ...) \
	check_run(__FILE__, __LINE__, status, want, __VA_ARGS__)
void check_run(const char *file, int line, int status, const char *out,
	       const char *err, ...) __attribute__((format(printf, 5, 6)));

/* Three neighbours, in the order of their numbers. Frames of a PV domain come
 * in the order that the hypervisor likes. */
struct three {
	struct domain *d;
	__u64 first;
	size_t page[3];	/* which of the domain's pages each is */
};

struct three three_new(void);
struct three three_of(struct domain *d);	/* skips if there are none */

#endif /* XENFM_RUN_H */
