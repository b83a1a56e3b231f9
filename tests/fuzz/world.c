// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * The process of a sequence: domains, files and slots of its own, threads that
 * make its calls, and a look at what is left of them.
 */
#include <grp.h>
#include <setjmp.h>
#include <sys/eventfd.h>

#include "fuzz.h"

#define THREADS_MAX 4
#define SECONDS_MAX 120
#define NOBODY	    65534

enum {
#define INDEX(name) CALL_##name,
	CALLS(INDEX) NR_CALLS
};

struct world world;
struct domain *target[TARGETS];

/* Of all processes together. */
static unsigned long *made;
static const struct sequence *sequence;
static pthread_barrier_t ready;
static _Thread_local sigjmp_buf *volatile guard;

void world_share(void)
{
	made = mmap(NULL, NR_CALLS * sizeof(*made), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (made == MAP_FAILED)
		bail("no memory");
}

unsigned long calls_made(void)
{
	unsigned long n = 0;
	int i;

	for (i = 0; i < NR_CALLS; i++)
		n += made[i];
	return n;
}

void print_calls(void)
{
	static const char *const name[] = {
#define NAME(name) #name,
		CALLS(NAME)
	};
	int i;

	for (i = 0; i < NR_CALLS; i++)
		tap_note("%lu %s", made[i], name[i]);
}

void call_one(struct caller *c, uint32_t number)
{
	static void (*const call[])(struct caller *) = {
#define ENTRY(name) call_##name,
		CALLS(ENTRY)
	};
	unsigned int i;

	c->rng.state = number;
	/* Half of all calls have to do with a mapping. */
	i = one_in(&c->rng, 3) ? PICK(c, CALL_map, CALL_map, CALL_mmapbatch_v2,
				      CALL_x_map, CALL_touch, CALL_x_unmap) :
				 below(&c->rng, NR_CALLS);
	__atomic_add_fetch(&made[i], 1, __ATOMIC_RELAXED);
	call[i](c);
}

static void on_fault(int signal)
{
	if (guard)
		siglongjmp(*guard, 1);
	sigaction(signal, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
}

bool try_copy(void *to, const void *from, size_t len)
{
	sigjmp_buf where;

	if (sigsetjmp(where, 0)) {
		guard = NULL;
		return false;
	}
	guard = &where;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	memcpy(to, from, len);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	guard = NULL;
	return true;
}

static void *run_thread(void *arg)
{
	struct caller c = { .thread = (unsigned long)arg };
	unsigned int i;

	c.own = buffer(OWN_PAGES);
	pthread_barrier_wait(&ready);
	for (i = c.thread; i < sequence->n; i += sequence->threads)
		call_one(&c, sequence->call[i]);
	return NULL;
}

/* A mapping in each slot that begins as one, so that first calls find some. */
static void make_arena(void)
{
	const size_t size = SLOTS * SLOT_PAGES * PAGE;
	unsigned int i;

	world.arena = aside(2 * SLOTS * SLOT_PAGES);
	must(mprotect(world.arena, size, PROT_NONE) == 0);
	for (i = 0; i < SLOTS - 2; i++) {
		void *va = world.arena + i * SLOT_PAGES * PAGE;
		bool ours = i < SLOTS - 4;

		mmap(va, SLOT_PAGES * PAGE, PROT_READ | PROT_WRITE,
		     MAP_FIXED |
			     (ours ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS),
		     ours ? world.file[i % FILES] : -1, 0);
	}
}

/* As a user all are restricted; else the second and the third are. */
static void make_files(void)
{
	unsigned int i;

	for (i = 0; i < FILES; i++) {
		world.file[i] = privcmd_open();
		if (world.as_user || i == 1 || i == 2)
			must(restrict_to(world.file[i],
					 target[i / 2 % 2]->id) == 0);
	}
	for (i = 0; i < EVENTFDS; i++)
		world.efd[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	world.memfd = memfd_create("fuzz", MFD_CLOEXEC);
	must(world.memfd >= 0 &&
	     ftruncate(world.memfd, SLOT_PAGES * PAGE) == 0);
}

static void become_nobody(void)
{
	must(setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 &&
	     setuid(NOBODY) == 0);
}

static void catch_faults(void)
{
	struct sigaction action = {
		.sa_handler = on_fault,
		.sa_flags = SA_NODEFER,
	};

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	signal(SIGALRM, SIG_DFL);
	alarm(SECONDS_MAX);
}

static void begin(void)
{
	world.as_user = sequence->as_user;
	target[FIRST] = domain_new(DOMAIN_ANY, GUEST_PAGES);
	target[HARDWARE] = domain_with_vcpu(DOMAIN_HVM, GUEST_PAGES);
	if (world.as_user)
		world.passing = domain_new(DOMAIN_ANY, 16);
	(void)BAD_FRAME; /* known from here on, to all threads */
	make_files();
	make_arena();
	catch_faults();
	if (world.as_user)
		become_nobody();
}

/* What was made through a file goes with the mappings and eventfds. */
static bool nothing_left(int fd)
{
	static const char *const field[] = {
		"xen-privcmd-frames",
		"xen-privcmd-later",
		"xen-privcmd-irqfds",
		"xen-privcmd-ioeventfds",
	};
	unsigned int i, tries;
	long n = 0;

	for (i = 0; i < ARRAY_SIZE(field); i++) {
		for (tries = 0; tries < 300; tries++) {
			n = fdinfo(fd, field[i]);
			if (n <= 0)
				break;
			usleep(10000);
		}
		if (n > 0) {
			tap_note("%s: %ld of a file are left", field[i], n);
			return false;
		}
	}
	return true;
}

static bool end(void)
{
	unsigned int i;
	bool good = true;

	munmap(world.arena, 2 * SLOTS * SLOT_PAGES * PAGE);
	for (i = 0; i < EVENTFDS; i++)
		close(world.efd[i]);
	for (i = 0; driver() && i < FILES; i++)
		good = nothing_left(world.file[i]) && good;
	return good;
}

void world_run(const struct sequence *s)
{
	pthread_t thread[THREADS_MAX];
	unsigned long i;

	sequence = s;
	begin();
	pthread_barrier_init(&ready, NULL, s->threads);
	for (i = 0; i < s->threads; i++)
		must(!pthread_create(&thread[i], NULL, run_thread, (void *)i));
	for (i = 0; i < s->threads; i++)
		pthread_join(thread[i], NULL);
	exit(end() ? WORLD_GOOD : WORLD_BAD);
}
