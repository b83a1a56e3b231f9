/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Runs one call again and again. In the first run the first point fails that
 * can fail, in the second run the second one, and so on. Each run must be
 * refused with a fitting errno and must have changed nothing. The last run, in
 * which no point is left to fail, must succeed. The failures are of memory
 * (nth.h) or, in the injection build, of hypercalls.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include "suite.h"

/* The call that is run again and again. */
struct operation {
	const char *name;
	int (*call)(void *arg);	    /* 0, or -1 with errno */
	void (*worked)(void *arg);  /* checks a run that succeeded, and undoes it */
	/* checks that a refused run changed nothing; may be NULL */
	void (*failed)(void *arg);
};

struct outcome {
	unsigned int fired;
	unsigned int absorbed;	/* of these: the call succeeded all the same */
	unsigned int nomem;	/* of these: the call failed with ENOMEM */
	unsigned int efault;
	unsigned int other;
};

/* The source of the failures. */
struct source {
	void (*arm)(unsigned int n);
	bool (*fired)(void);	/* disarms it; did it fire? */
	bool (*fits)(int error);
};

struct outcome faults_try(const struct operation *op, void *arg,
			  const struct source *source);

/*
 * Failures of memory. The module's own allocations and copies must make the
 * call fail at least @nomem times with ENOMEM and @efault times with EFAULT.
 * @absorbed of the failures must have no effect, as the module has another way.
 * ANY: that number is not checked. All of this is asserted only where nth_exact().
 *
 * faults_run_ours() covers only the module's own points, which can be counted.
 * faults_run() also covers the others.
 */
#define ANY ~0U
void faults_run_ours(const struct operation *op, void *arg, unsigned int nomem,
		     unsigned int efault, unsigned int absorbed);
struct outcome faults_run(const struct operation *op, void *arg,
			  unsigned int nomem, unsigned int efault,
			  unsigned int absorbed);
/*
 * Not one allocation fails, but all that do not fit into a number of bytes, also
 * while the call undoes its work. The number grows from run to run. For calls that
 * access no user memory that is absent.
 */
void faults_starve(const struct operation *op, void *arg);

/*
 * Failures of hypercalls, in the injection build, with each errno that a caller
 * might mistake for something else. @also: an errno that the call may turn them
 * into, or 0. The outcome is the sum of all runs; outcome.other counts the runs
 * that ended with @also.
 */
struct outcome faults_hypercalls(const struct operation *op, void *arg, int also);
/* The errno that hypercalls fail with in this run. */
int faults_errno(void);
/* No further hypercall of this run fails. */
void faults_end(void);
/* Sets how many hypercalls fail in a row in each run; 1 is the default. */
void faults_times(unsigned int times);
/* The next @times hypercalls fail with @error. */
void faults_next(int error, unsigned int times);

/* What a case works on, and what there was before it. */
struct scene {
	int fd;
	struct domain *d;
	struct area a;
	unsigned int flags; /* of the operation */
	/* of Xen's free pages and of the module's users, before */
	long xen, references;
};

/* Skips the case if nothing can be made to fail. */
void faults_begin(struct scene *s, enum domain_kind kind, size_t n);
/* The same, for faults_hypercalls(). */
void injected_begin(struct scene *s, enum domain_kind kind, size_t n);
/* The file has exactly so many frames and so many lazy frames. */
void scene_has(const struct scene *s, long frames, long lazy);
/* The same for an operation that must have left nothing; @arg is the scene. */
void scene_empty(void *arg);
/*
 * An area of which one half is in one page table and the other half in the
 * next. No other area has pages in these tables, so they are allocated for it
 * and freed with it.
 */
struct area crossing_area(int fd, size_t n);
/* Page i of the area shows page i of the domain, for all pages. */
void scene_shows(const struct scene *s);
/* Moves the area by mremap(). On PV it has no entries afterwards. */
void scene_move(struct scene *s);
/*
 * Everything is as it was before, and the file may have as many frames as
 * before.
 */
void scene_end(struct scene *s);

#endif /* FAULTS_H */
