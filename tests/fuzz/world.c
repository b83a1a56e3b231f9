// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The process of a sequence: its domains, files and slots, the threads that
 * make its calls, and the checks at its end.
 */
#include <grp.h>
#include <setjmp.h>
#include <sys/eventfd.h>

#include "fuzz.h"

#define NOBODY 65534

struct world world;
struct domain *target[TARGETS];

/* Counts of calls, shared by all processes. */
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

const char *call_name(unsigned int what)
{
	static const char *const name[] = {
#define NAME(name) #name,
		CALLS(NAME)
	};

	return name[what];
}

void print_calls(void)
{
	int i;

	for (i = 0; i < NR_CALLS; i++)
		tap_note("%lu %s", made[i], call_name(i));
}

void call_one(struct caller *c, struct call what)
{
	static void (*const call[])(struct caller *) = {
#define ENTRY(name) call_##name,
		CALLS(ENTRY)
	};

	c->rng.state = what.seed;
	__atomic_add_fetch(&made[what.what], 1, __ATOMIC_RELAXED);
	tap_progress();
	call[what.what](c);
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
	coverage_begin(c.thread);
	pthread_barrier_wait(&ready);
	for (i = c.thread; i < sequence->n; i += sequence->threads) {
		call_one(&c, sequence->call[i]);
		coverage_take(c.thread);
	}
	return NULL;
}

/*
 * Far below all addresses that the kernel or a library chooses. Any thread may
 * do anything in a slot at any time, so nothing else may be mapped in a slot
 * that happens to be unmapped.
 */
#define ARENA ((void *)(1UL << 36))

unsigned char *slot_base(unsigned int slot)
{
	return (unsigned char *)ARENA +
	       (slot == BIG ? BIG_PAGES : slot * SLOT_PAGES) * PAGE;
}

size_t slot_room(unsigned int slot)
{
	return slot == BIG ? BIG_PAGES : SLOT_PAGES;
}

/* The slots of 64 pages one after the other, a gap, the big slot, a gap. */
#define ARENA_SIZE (3 * BIG_PAGES * PAGE)
_Static_assert(SLOTS *SLOT_PAGES <= BIG_PAGES, "before the big one");

/* Maps each slot that begins as a mapping, so that the first calls find some. */
static void make_arena(void)
{
	unsigned int i;

	must(mmap(ARENA, ARENA_SIZE, PROT_NONE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			  MAP_FIXED_NOREPLACE,
		  -1, 0) == ARENA);
	for (i = 0; i < SLOTS; i++) {
		bool ours = i < SLOTS - 5 || i == BIG;

		world.slot[i] =
			(struct slot){ i % FILES, 0, slot_room(i), NO_DOMAIN };
		mmap(slot_base(i), slot_room(i) * PAGE, PROT_READ | PROT_WRITE,
		     MAP_FIXED |
			     (ours ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS),
		     ours ? world.file[i % FILES] : -1, 0);
	}
}

/* As a user all files are restricted. As root the second and the third one are. */
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
	world.memory = open(hypercall_device(), O_RDWR | O_CLOEXEC);
	world.memfd = memfd_create("fuzz", MFD_CLOEXEC);
	must(world.memfd >= 0 &&
	     ftruncate(world.memfd, SLOT_PAGES * PAGE) == 0);
}

/*
 * Files of our domains with each of the flags. All but the last one are small. None has
 * the frame that may be paged out.
 */
static void make_memory_files(void)
{
	unsigned int i;

	world.nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (i = 0; i < MEMORY_FILES; i++) {
		const struct domain *d = target[i / 2 % 2];
		struct privcmd_x_memory x = {
			.size = sizeof(x),
			.flags = i,
			.dom = d->id,
			.first = d->frame[0],
			.num = PAGED_OUT,
		};

		if (i == MEMORY_FILES - 1) {
			x.first = d->frame[PAGED_OUT + 1];
			x.num = 1ULL << 30;
		}
		world.memory_file[i] =
			ioctl(world.file[i], PRIVCMD_X_MEMORY, &x);
		if (world.memory_file[i] < 0)
			world.memory_file[i] = dup(world.nothing);
	}
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
}

static void begin(void)
{
	world.as_user = sequence->as_user;
	target[FIRST] = domain_new(DOMAIN_ANY, GUEST_PAGES);
	target[HARDWARE] = domain_with_vcpu(DOMAIN_HVM, GUEST_PAGES);
	if (world.as_user)
		world.passing = domain_new(DOMAIN_ANY, 16);
	(void)BAD_FRAME; /* sets it before there are threads */
	tables_make();
	coverage_prepare(sequence->threads);
	make_files();
	make_memory_files();
	make_arena();
	catch_faults();
	if (world.as_user) {
		device_model_begin();
		become_nobody();
	}
}

static bool at_most(int fd, const char *field, long most)
{
	long n = 0;

	if (tap_soon((n = fdinfo(fd, field)) <= most, n))
		return true;
	tap_note("%s: a file has %ld left, not %ld", field, n, most);
	return false;
}

/* The number of bindings of IOEVENTFD. */
static long bindings(void)
{
	unsigned int i;
	long sum = 0;

	for (i = 0; i < FILES; i++) {
		long bound = fdinfo(world.file[i], "xen-privcmd-ioeventfds");

		sum += bound > 0 ? bound : 0;
	}
	return sum;
}

/*
 * What was made through a file ends with the mappings and eventfds, except for
 * bindings of IOEVENTFD, which end with the file. Each binding keeps a page,
 * which may belong to another file.
 */
static bool nothing_left(int fd)
{
	return at_most(fd, "xen-privcmd-frames", bindings()) &
	       at_most(fd, "xen-privcmd-later", 0) &
	       at_most(fd, "xen-privcmd-irqfds", 0);
}

static bool end(void)
{
	unsigned int i;
	bool good = true;

	munmap(ARENA, ARENA_SIZE);
	for (i = 0; i < EVENTFDS; i++)
		close(world.efd[i]);
	for (i = 0; driver() && i < FILES; i++)
		good = nothing_left(world.file[i]) && good;
	/* A descriptor that is no memory file any more has no such field. */
	for (i = 0; i < MEMORY_FILES; i++)
		good = at_most(world.memory_file[i], "xen-privcmd-frames", 0) &&
		       at_most(world.memory_file[i], "xen-privcmd-lazy", 0) &&
		       at_most(world.memory_file[i], "xen-privcmd-later", 0) &&
		       good;
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
