/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * What the files of privcmd-fuzz share. A sequence is a list of numbers, each of
 * which is one call: the number seeds every choice that the call makes. It runs
 * in a process of its own, with domains of its own, so that it does the same
 * whenever it runs, but for how its threads meet.
 *
 *	main.c          options, the loop, what must be back at the end
 *	sequence.c      sequences, made up or from another one; the corpus
 *	world.c         the process of a sequence and what its calls share
 *	value.c         arguments: good ones, nearly good ones, bad ones
 *	map.c           calls that map and unmap frames
 *	copy.c          those that copy or only tell
 *	device_model.c  DM_OP, IRQFD, IOEVENTFD, MMAP_RESOURCE
 *	memory.c        mmap() and its like, touching
 *	life.c          processes, domains, files and eventfds that come and go
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "stress.h"

/* sequence.c */
#define MAX_CALLS 64
#define MAX_DEPTH 24

struct sequence {
	unsigned int from[MAX_DEPTH]; /* its ancestors, and its own number */
	unsigned int depth;
	bool as_user;		      /* restricted files, no root */
	unsigned int threads, n;
	uint32_t call[MAX_CALLS];
};

void sequence_new(struct sequence *s, uint64_t seed, unsigned int number);
void sequence_from(struct sequence *s, uint64_t seed, unsigned int number,
		   const struct sequence *parent);
/* "3/17/230": sequence 230, which was made of 17, which was made of 3. */
bool sequence_parse(struct sequence *s, uint64_t seed, const char *name);
const char *sequence_name(const struct sequence *s);
void corpus_add(const struct sequence *s);
unsigned int corpus_size(void);
/* The next to run; every other one comes of the corpus. */
void sequence_next(struct sequence *s, uint64_t seed, unsigned int number);

/* What a call has at hand. */
struct caller {
	struct rng rng;
	unsigned int thread;
	bool forked;		/* no malloc() there: other threads are gone */
	unsigned char *own;	/* OWN_PAGES that nobody else writes, then none */
};

/* world.c */
#define SLOTS	   12
#define SLOT_PAGES 64
#define OWN_PAGES  8
#define FILES	   5
#define EVENTFDS   4
#define GUEST_PAGES 64

struct world {
	bool as_user;
	unsigned char *arena;	/* the slots, then address space with nothing */
	int file[FILES];
	int memfd;
	int efd[EVENTFDS];
	struct domain *passing;	/* comes and goes */
	unsigned int server;	/* an ioreq server of HARDWARE, if there is one */
};

extern struct world world;

/* In a process of its own; what it exits with. A helper of the suite that cannot go
 * on exits with another number, 0 maybe. */
enum { WORLD_BAD = 40, WORLD_GOOD };
void world_run(const struct sequence *s) __attribute__((noreturn));
void call_one(struct caller *c, uint32_t number);
/* memcpy(), of what may not be there. */
bool try_copy(void *to, const void *from, size_t len);
unsigned long calls_made(void);
void world_share(void);
void print_calls(void);

/* value.c */
unsigned int pick(struct caller *c, const unsigned int *of, unsigned int n);
#define PICK(c, ...)                                                 \
	pick(c, (const unsigned int[]){ __VA_ARGS__ },               \
	     sizeof((const unsigned int[]){ __VA_ARGS__ }) /         \
		     sizeof(unsigned int))
uint64_t any64(struct caller *c);
int any_file(struct caller *c);
/* Where calls of the driver may be told to go. */
__u64 any_address(struct caller *c);
/* Pages of one slot, for calls that must not leave it. */
unsigned char *any_pages(struct caller *c, size_t *n);
__u64 any_count(struct caller *c);
unsigned int any_domid(struct caller *c);
/* One frame number; an address of @n of them, filled in as they suit @dom. */
__u64 any_frame(struct caller *c, unsigned int dom);
__u64 any_frames(struct caller *c, unsigned int dom, __u64 n);
/* Where @size bytes of answers may go. */
__u64 any_buffer(struct caller *c);
/* A struct's size, mostly its own. */
__u32 any_size(struct caller *c, size_t size);

/* The calls: what they return is the driver's and not looked at. */
#define CALLS(X)                                                             \
	X(mmapbatch) X(mmapbatch_v2) X(mmap_frames) X(x_map) X(x_unmap)      \
	X(x_status) X(x_copy) X(x_info) X(hypercall) X(gsi) X(unknown)       \
	X(restrict) X(dm_op) X(resource) X(irqfd) X(ioeventfd) X(server)     \
	X(map) X(unmap) X(move) X(protect) X(advise) X(touch) X(pin)         \
	X(fork) X(domain) X(file) X(eventfd) X(parameter) X(fdinfo)
#define DECLARE(name) void call_##name(struct caller *c);
CALLS(DECLARE)

#endif /* FUZZ_H */
