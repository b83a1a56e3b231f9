/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What the files of privcmd-fuzz share. A sequence is a list of calls. Each
 * call has a number that seeds all of its choices. A sequence runs in a process
 * of its own, with domains of its own, so it does the same each time that it
 * runs, except for how its threads meet.
 *
 *	main.c          options, the loop, the checks at the end
 *	sequence.c      sequences, new ones or changed ones
 *	corpus.c        sequences that are kept, as text
 *	world.c         the process of a sequence and what its calls share
 *	value.c         arguments: good ones, nearly good ones, bad ones
 *	map.c           calls that map and unmap frames
 *	copy.c          calls that copy or only answer
 *	device_model.c  DM_OP, IRQFD, IOEVENTFD, MMAP_RESOURCE
 *	memory.c        mmap() and the like, accesses
 *	memory_file.c   X_MEMORY and its files
 *	kcov.c          which code of the module ran
 *	life.c          processes, domains, files and eventfds that come and go
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "stress.h"

/* sequence.c */
#define MAX_CALLS 64
#define MAX_DEPTH 24
#define THREADS_MAX 4

/* One of CALLS, and the seed of all choices that it makes. */
struct call {
	unsigned int what;
	uint32_t seed;
};

struct sequence {
	unsigned int line;	      /* the line of the file that it came from, or 0 */
	unsigned int from[MAX_DEPTH]; /* its ancestors, and its own number */
	unsigned int depth;
	bool as_user;		      /* restricted files, not root */
	unsigned int threads, n;
	struct call call[MAX_CALLS];
};

struct call any_call(struct rng *rng);
/*
 * A name of a sequence. "17": the sequence that the seed makes of this number.
 * "17/230": number 230, made by changing number 17. "@3": the third sequence of
 * the file. "@3/230": number 230, made by changing that one. A name depends on
 * nothing but the seed and the file.
 */
bool sequence_parse(struct sequence *s, uint64_t seed, const char *name);
const char *sequence_name(const struct sequence *s);
/* The next sequence to run. Every second one is made from the corpus. */
void sequence_next(struct sequence *s, uint64_t seed, unsigned int number);

/*
 * corpus.c: the sequences that others are made from, and the file that they
 * come from. A line is a sequence: "user 2 map:1f x_map:4c49ea2b" is the
 * caller's kind, the number of threads, and each call with its seed in
 * hexadecimal.
 */
void corpus_read(const char *path);
unsigned int corpus_lines(void);
/* NULL: there is no such line. The first line is 1. */
const struct sequence *corpus_line(unsigned int line);
void corpus_add(const struct sequence *s);
unsigned int corpus_size(void);
const struct sequence *corpus_any(struct rng *rng);
void corpus_print(const char *before, const struct sequence *s);

/* What a call works with. */
struct caller {
	struct rng rng;
	unsigned int thread;
	/* no malloc() there, as the process has no other threads */
	bool forked;
	/* OWN_PAGES that only this thread writes, then a page without access */
	unsigned char *own;
};

/* world.c */
#define SLOTS	   13
#define SLOT_PAGES 64
#define BIG	   12	/* the slot with more pages: whole page tables */
#define BIG_PAGES  1024
#define OWN_PAGES  8
#define FILES	   5
#define EVENTFDS   4
#define MEMORY_FILES 4
#define GUEST_PAGES 64

/* What was last mapped in this slot. Other threads may have changed it since. */
struct slot {
	unsigned int file;	/* index */
	size_t first, n;	/* pages of the slot */
	unsigned int dom;	/* NO_DOMAIN: nothing is mapped yet */
};

struct world {
	bool as_user;
	struct slot slot[SLOTS];
	unsigned int server_slot;	/* of the newest server's page */
	int file[FILES];
	int memfd;
	int efd[EVENTFDS];
	/* of X_MEMORY; a copy of nothing in the place of one that was closed */
	int memory_file[MEMORY_FILES];
	int nothing;		/* /dev/null */
	/* a domain that is made and destroyed again and again */
	struct domain *passing;
	unsigned int server;	/* an ioreq server of HARDWARE, if there is one */
	int port;		/* of its vcpu, for a user; 0: none */
	int memory;		/* /dev/xen/hypercall */
};

extern struct world world;

unsigned char *slot_base(unsigned int slot);
size_t slot_room(unsigned int slot);

/*
 * Runs a sequence in a process of its own. These are its exit statuses. A
 * function of the suite that cannot go on exits with another status, perhaps 0.
 */
enum { WORLD_BAD = 40, WORLD_GOOD };
void world_run(const struct sequence *s) __attribute__((noreturn));
void call_one(struct caller *c, struct call call);
/* memcpy() for memory that may be absent; false: it was. */
bool try_copy(void *to, const void *from, size_t len);
unsigned long calls_made(void);
void world_share(void);
void print_calls(void);
const char *call_name(unsigned int what);

/* kcov.c */
void coverage_share(void);
/*
 * The number of blocks of the module that have run until now; 0: they are not
 * counted.
 */
long coverage_blocks(void);
void coverage_prepare(unsigned int threads);
/* Called before the thread's first call, and after each of its calls. */
void coverage_begin(unsigned int thread);
void coverage_take(unsigned int thread);

/* value.c */
unsigned int pick(struct caller *c, const unsigned int *of, unsigned int n);
#define PICK(c, ...)                                                 \
	pick(c, (const unsigned int[]){ __VA_ARGS__ },               \
	     sizeof((const unsigned int[]){ __VA_ARGS__ }) /         \
		     sizeof(unsigned int))
uint64_t any64(struct caller *c);
int any_file(struct caller *c);
/* An address that calls of the driver may name. */
__u64 any_address(struct caller *c);
/* Pages of one slot, for calls that must not leave it. */
struct pages {
	unsigned int slot;
	unsigned char *va;
	size_t first, n;
};

struct pages any_pages(struct caller *c);
/* Arguments that fit together, except for one now and then. */
struct place {
	unsigned int slot;
	int fd;
	unsigned int dom;
	__u64 addr, n;
};

struct place any_place(struct caller *c);
/* Records what a call has populated, for later calls. */
void place_taken(const struct place *p, int ret);
__u64 any_count(struct caller *c);
unsigned int any_domid(struct caller *c);
bool domain_is_ours(unsigned int dom);
/* One frame number. */
__u64 any_frame(struct caller *c, unsigned int dom);
/* The address of @n frame numbers, chosen so that they suit @dom. */
__u64 any_frames(struct caller *c, unsigned int dom, __u64 n);
/* An address for @size bytes of answers. */
__u64 any_buffer(struct caller *c);
/* The size of a struct, usually the right one. */
__u32 any_size(struct caller *c, size_t size);

/* device_model.c: what a user cannot get by itself */
void device_model_begin(void);

/*
 * life.c: the number of pages of FIRST that can only be mapped read-only, if
 * the platform has such pages
 */
#define TABLES 2
void tables_make(void);

/* life.c: the frame number that call_parameter() has paged out */
#define PAGED_OUT 40

/* life.c: module parameters as they were before the first sequence */
void parameters_keep(void);
void parameters_restore(void);

/* The calls. Their results are ignored. */
#define CALLS(X)                                                             \
	X(mmapbatch) X(mmapbatch_v2) X(mmap_frames) X(x_map) X(x_unmap)      \
	X(x_status) X(x_copy) X(x_info) X(hypercall) X(gsi) X(unknown)       \
	X(restrict) X(dm_op) X(resource) X(irqfd) X(ioeventfd) X(server)     \
	X(map) X(unmap) X(move) X(protect) X(advise) X(touch) X(pin)         \
	X(x_memory) X(memory_map) X(memory_io) X(memory_file)                \
	X(fork) X(domain) X(table) X(file) X(eventfd) X(parameter) X(fdinfo)
#define DECLARE(name) void call_##name(struct caller *c);
CALLS(DECLARE)

enum {
#define INDEX(name) CALL_##name,
	CALLS(INDEX) NR_CALLS
};

#endif /* FUZZ_H */
