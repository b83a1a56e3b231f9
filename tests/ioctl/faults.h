/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * A call in which the first point fails that can, then the second one, and so on
 * until it has no more: every time it is refused, with an errno that fits, and
 * has done nothing; then it works. What fails is memory (nth.h) or, in the
 * injection build, hypercalls.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include "suite.h"

/* What is tried, over and over. */
struct operation {
	const char *name;
	int (*call)(void *arg);	    /* 0, or -1 with errno */
	void (*worked)(void *arg);  /* it has done all it should; undone again */
	void (*failed)(void *arg);  /* it has done nothing; may be NULL */
};

struct outcome {
	unsigned int fired;
	unsigned int absorbed;	/* of these: the call worked all the same */
	unsigned int nomem;	/* and with that it failed */
	unsigned int efault;
	unsigned int other;
};

/* Where failures come from. */
struct source {
	void (*arm)(unsigned int n);
	bool (*fired)(void);	/* and no more of it */
	bool (*fits)(int error);
};

struct outcome faults_try(const struct operation *op, void *arg,
			  const struct source *source);

/*
 * Memory: of what the module does by itself so many failures at least with either
 * errno, and these many that have no effect, as there is another way; ANY: nobody
 * counts them. Only with ours they can be counted, and others come beside them:
 * faults_run() goes through those, too.
 */
#define ANY ~0U
void faults_run_ours(const struct operation *op, void *arg, unsigned int nomem,
		     unsigned int efault, unsigned int absorbed);
struct outcome faults_run(const struct operation *op, void *arg,
			  unsigned int nomem, unsigned int efault,
			  unsigned int absorbed);
/* Not one allocation fails but all from that one on, in the way back, too. For
 * what touches nothing. */
void faults_starve(const struct operation *op, void *arg);

/*
 * Hypercalls, in the injection build, with each errno that a caller might take for
 * something else; also: one that the call may make of it, or 0. How many there
 * were, with all of them; outcome.other: and how many it has made that of.
 */
struct outcome faults_hypercalls(const struct operation *op, void *arg, int also);
/* The errno that they have now; and no more of them in this call. */
int faults_errno(void);
void faults_end(void);
/* As many as that fail, one after another, where one did; 1 is the default. */
void faults_times(unsigned int times);
/* The next ones, as many as that. */
void faults_next(int error, unsigned int times);

/* What a case is about, and what there was before. */
struct scene {
	int fd;
	struct domain *d;
	struct area a;
	unsigned int flags; /* of the operation */
	long xen, references;
};

/* Skips the case where there is nothing to make fail. */
void faults_begin(struct scene *s, enum domain_kind kind, size_t n);
/* The same for faults_hypercalls(). */
void injected_begin(struct scene *s, enum domain_kind kind, size_t n);
/* The file has these frames and nothing else. */
void scene_has(const struct scene *s, long frames, long lazy);
/* An area half of which is in one page table, half in the next one. Both tables
 * come with its pages and go with it: nobody else has any in them. */
struct area crossing_area(int fd, size_t n);
/* All pages of the area show those of the domain, from the first one on. */
void scene_shows(const struct scene *s);
/* Moves the area by mremap(). On PV it has no entries afterwards. */
void scene_move(struct scene *s);
/* Everything is as it was, and the file may have as many frames as ever. */
void scene_end(struct scene *s);

#endif /* FAULTS_H */
