/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What the loads of privcmd-stress share. A load is a process that does the
 * same work again and again, each time with other choices, until the time is
 * over. All loads run at the same time, on the same domains. The seed decides
 * all choices of a load, but not how the loads meet.
 */
#ifndef STRESS_H
#define STRESS_H

#include <pthread.h>

#include "dom0/area.h"

struct rng {
	uint64_t state;
};

unsigned int below(struct rng *rng, unsigned int n);
bool one_in(struct rng *rng, unsigned int n);

/* The counters, each of which is the sum over all processes. */
/* clang-format off */
#define COUNTERS(X)                                                            \
	X(ROUNDS, "rounds")                                                    \
	X(MAPPINGS, "mappings made")                                           \
	X(MAPPED, "frames mapped")                                             \
	X(FAILED, "frames failed")                                             \
	X(CHECKED, "pages checked")                                            \
	X(WRITTEN, "pages written")                                            \
	X(REFUSED, "calls refused")                                            \
	X(NO_ROOM, "calls without memory")                                     \
	X(MOVES, "moves")                                                      \
	X(PROTECTED, "protections")                                            \
	X(FORKS, "forks")                                                      \
	X(KILLS, "processes killed, or that ended by themselves")              \
	X(MET, "of them with frames mapped")                                   \
	X(DOMAINS, "domains created and destroyed")                            \
	X(FILES, "files")                                                      \
	X(MEMORY_FILES, "memory files")                                        \
	X(HOGGED, "MiB of pressure")                                           \
	X(FAULTS, "faults injected")
/* clang-format on */
#define COUNTER(name, words) name,
enum counter { COUNTERS(COUNTER) COUNTED };

void count(enum counter what, unsigned long n);
bool running(void);

/* Domains that exist as long as the program. Every load maps them. */
enum { FIRST, HARDWARE, TARGETS };
#define TARGET_PAGES 512
/*
 * No worker writes to pages below this one, so every worker knows their
 * contents.
 */
#define COMMON 256
/* From there on each worker has some pages that only it writes. */
#define OWN	5
#define LOADS	12
#define THREADS 4

extern struct domain *target[TARGETS];
/* The negative errno with which BAD_FRAME cannot be mapped. */
extern int bad_error[TARGETS];

/* One thread of a load. */
struct worker {
	struct rng rng;
	int fd;			   /* the file of its load */
	int common;		   /* the file that all loads share */
	size_t own;		   /* the first of its own pages */
	unsigned int (*seed)[OWN]; /* of its own pages, in each target */
};

/* A worker like @w, for another thread of its load. */
struct worker worker_beside(const struct worker *w, unsigned int thread);

/* view.c: some pages of a target in any order, some of them bad */
#define VIEW_PAGES 640

struct view {
	struct area a;
	unsigned int target;
	int page[VIEW_PAGES]; /* -1: no frame */
};

size_t view_size(struct rng *rng);
/* Makes an area, and chooses frames for its pages. */
void view_new(struct worker *w, struct view *v, int fd, size_t n);
/* Populates @nr pages from @first on with the frames that were chosen for them. */
int view_call(const struct view *v, int version, size_t first, size_t nr,
	      int *err);
/*
 * Both of these. False: there was no memory, which is counted, and nothing is
 * mapped.
 */
bool view_map(struct worker *w, struct view *v, int fd, size_t n);
/* Maps the same pages once more. */
bool view_again(const struct view *v, struct view *copy, int fd);
void view_check(struct worker *w, const struct view *v);
void view_write(struct worker *w, struct view *v);
void view_unmap(struct view *v);
size_t view_good(const struct view *v);
__u64 view_frame(const struct view *v, size_t i);
/* Does the kernel find a page there? For pages that may have no entry. */
bool reachable(const void *page);
/*
 * True if the call failed with ENOMEM on a dom0 where frames need memory, which
 * may be short.
 */
bool no_room(int ret);

/* The loads. */
void load_pages(struct worker *w);
void load_moves(struct worker *w);
void load_one_area(struct worker *w);
void load_areas(struct worker *w);
void load_taken_away(struct worker *w);
void load_killed(struct worker *w);
void load_domains(struct worker *w);
void load_files(struct worker *w);
void load_memory(struct worker *w);
void load_memory_files(struct worker *w);
void load_faults(struct worker *w);

/* Does this kernel have fault injection? */
bool load_faults_here(void);

/* memory_files.c: prepares a file of the loads. */
void memory_files_first(int fd);

/* A round of load_pages. */
void pages_round(struct worker *w);

/* back.c: what must be as before when all loads have ended */
struct had {
	long xen;	 /* pages */
	long dom0; /* KiB: free, could be freed, or in slabs that stay */
	long kept; /* of these, on the CPUs' lists of free pages */
	long slab; /* of these, in slabs that stay */
	long references;
};

/* Makes Xen split what it splits only once, before the first measurement. */
void back_split(void);
struct had back_measure(const int *fds, size_t n);
bool back_nothing_mapped(const int *fds, size_t n);
bool back_nothing_charged(const int *fds, size_t n);
/* The domain leaves the list soon after its last mapping. */
bool back_gone(const struct domain *d);
/* Dom0 is the only domain. */
bool back_no_domain(void);
bool back_memory(const struct had *before, const struct had *after);
/* A leak that back_memory() must notice is measured with its right size. */
bool back_leak_is_seen(const int *fds, size_t n);
bool back_references(const struct had *before, const struct had *after);

#endif /* STRESS_H */
