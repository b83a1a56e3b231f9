// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * privcmd-stress runs all loads at the same time: first for a while without
 * counting, so that what is only allocated once is not taken for a leak, then
 * for the given time. At the end it checks that everything has been returned.
 * It writes TAP to standard output and has the exit status of privcmd-test.
 */
#include <getopt.h>

#include "stress.h"

struct tap_case *tap_first, **tap_tail = &tap_first;
struct tap_result *tap_result;
bool tap_hazards = true;
unsigned int tap_slow = 1;

static const struct load {
	const char *name;
	void (*run)(struct worker *w);
} loads[] = {
	{ "pages", load_pages },
	{ "moves", load_moves },
	{ "one_area", load_one_area },
	{ "areas", load_areas },
	{ "taken_away", load_taken_away },
	{ "killed", load_killed },
	{ "domains", load_domains },
	{ "files", load_files },
	{ "memory", load_memory },
	{ "memory_files", load_memory_files },
	{ "faults", load_faults },
};

_Static_assert(ARRAY_SIZE(loads) < LOADS, "a slot for each, and one for main");

/* Shared by all processes. */
static struct shared {
	uint64_t end; /* of the phase, in ns */
	bool counts;  /* false in the first phase */
	unsigned long count[COUNTED];
	struct tap_result result[LOADS + 1];
	unsigned int seed[LOADS * THREADS][TARGETS][OWN];
} * shared;

_Static_assert(COMMON + LOADS * THREADS * OWN <= TARGET_PAGES, "own pages");

struct domain *target[TARGETS];
int bad_error[TARGETS];

static uint64_t seed;
static unsigned int seconds = 60;
static int fds[LOADS]; /* the last one is shared by all */
static bool wanted[LOADS];
static unsigned int results, bad_results;
static pid_t main_process;

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/*
 * A load that has not done this many rounds has proved nothing, however slow
 * the machine is.
 */
#define AT_LEAST 5

static unsigned int rounds; /* of this process */

bool running(void)
{
	return now() < shared->end ||
	       (shared->counts &&
		__atomic_load_n(&rounds, __ATOMIC_RELAXED) < AT_LEAST);
}

void count(enum counter what, unsigned long n)
{
	__atomic_add_fetch(&shared->count[what], n, __ATOMIC_RELAXED);
	tap_progress();
	if (what == ROUNDS)
		__atomic_add_fetch(&rounds, n, __ATOMIC_RELAXED);
}

static void init_worker(struct worker *w, unsigned int load, unsigned int phase)
{
	*w = (struct worker){
		.rng.state = seed * LOADS * 2 + load * 2 + phase,
		.fd = fds[load],
		.common = fds[LOADS - 1],
		.own = COMMON + load * THREADS * OWN,
		.seed = shared->seed[load * THREADS],
	};
	below(&w->rng, 1);
}

/*
 * The process of a load. It ends when the time is over, or earlier if it cannot
 * go on.
 */
static void run_load(unsigned int i, unsigned int phase)
{
	struct worker w;

	tap_result = &shared->result[i];
	init_worker(&w, i, phase);
	loads[i].run(&w);
	exit(0);
}

/*
 * Seconds without a check or a count after which a load counts as hung. There
 * are many loads, and the machine may be slow.
 */
#define HANGS 600

static void judge(unsigned int i, bool hung, int status)
{
	tap_result = &shared->result[i];
	if (hung)
		tap_check(false, loads[i].name, 0, "hung: no progress for %u s",
			  HANGS);
	else if (WIFSIGNALED(status))
		tap_check(false, loads[i].name, 0, "killed by SIG%s",
			  sigabbrev_np(WTERMSIG(status)));
	else if (status || tap_result->end != TAP_RUNNING)
		tap_check(false, loads[i].name, 0, "ended by itself: %s",
			  tap_result->reason);
	tap_result = &shared->result[LOADS];
}

static void print_counts(void)
{
	static const char *const words[] = {
#define WORDS(name, words) words,
		COUNTERS(WORDS)
	};
	unsigned int i;

	for (i = 0; i < COUNTED; i++)
		tap_note("%lu %s", shared->count[i], words[i]);
	tap_note("%lu bytes checked", shared->count[CHECKED] * PAGE);
}

/* Seconds between reports of the counts in a long run, which may be interrupted. */
#define REPORT 600

/* Waits until the time of the loads is over. */
static void wait_out(void)
{
	uint64_t said = now();

	while (now() < shared->end) {
		usleep(100000);
		if (now() - said < REPORT * 1000000000ULL)
			continue;
		said = now();
		print_counts();
	}
}

/* Runs all selected loads for so many nanoseconds. */
static void phase(unsigned int number, uint64_t ns)
{
	pid_t pid[ARRAY_SIZE(loads)];
	unsigned int i;
	bool hung;
	int status;

	shared->end = now() + ns;
	shared->counts = number;
	fflush(stdout);
	for (i = 0; i < ARRAY_SIZE(loads); i++) {
		pid[i] = wanted[i] ? fork() : 0;
		if (wanted[i] && !pid[i]) {
			setpgid(0, 0);
			run_load(i, number);
		}
		must(pid[i] >= 0);
		if (wanted[i])
			setpgid(pid[i], pid[i]);
	}
	wait_out();
	for (i = 0; i < ARRAY_SIZE(loads); i++) {
		if (!wanted[i])
			continue;
		hung = !tap_wait(pid[i], &shared->result[i], HANGS, &status);
		judge(i, hung, status);
	}
}

static void result(const char *name, bool good)
{
	results++;
	bad_results += !good;
	printf("%sok %u - stress_%s\n", good ? "" : "not ", results, name);
}

static int error_of_bad_frame(const struct domain *d)
{
	struct area a = area_new(fds[0], 1);
	__u64 frame = BAD_FRAME;
	int err = 0;

	must(check_eq(v2(a.fd, d->id, a.va, &frame, &err, 1), 0));
	must(check(err < 0));
	check_eq(munmap(a.va, PAGE), 0);
	return err;
}

/* The seeds of a worker's own pages before it has written to them. */
static void first_seeds(unsigned int worker)
{
	unsigned int t, i;

	for (t = 0; t < TARGETS; t++)
		for (i = 0; i < OWN; i++)
			shared->seed[worker][t][i] = domain_seed(
				target[t], COMMON + worker * OWN + i);
}

static void prepare(void)
{
	static const enum domain_kind kinds[] = { DOMAIN_ANY, DOMAIN_HVM };
	unsigned int t, i;

	for (i = 0; i < LOADS; i++)
		fds[i] = privcmd_open();
	for (t = 0; t < TARGETS; t++) {
		target[t] = domain_new(kinds[t], TARGET_PAGES);
		bad_error[t] = error_of_bad_frame(target[t]);
	}
	for (i = 0; i < LOADS; i++)
		memory_files_first(fds[i]);
	for (i = 0; i < LOADS * THREADS; i++)
		first_seeds(i);
}

/* Prints why this process ended, as it has no parent that does. */
static void tell_why(void)
{
	if (getpid() != main_process || tap_result->end == TAP_RUNNING)
		return;
	printf("Bail out! %s\n",
	       tap_result->reason[0] ? tap_result->reason : "see above");
	fflush(stdout);
	_exit(TAP_BAILED);
}

static void run(void)
{
	struct had before, after;
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(loads); i++)
		n += wanted[i];
	/* So small a limit means short waits, and the loads reach it. */
	must(!xlate() || param_set("max_later", "1024"));
	printf("TAP version 13\n1..%u\n", n + 7);
	tap_note("--seconds %u --seed %llu", seconds, (unsigned long long)seed);
	back_split();
	prepare();
	phase(0, seconds * 100000000ULL);
	before = back_measure(fds, LOADS);
	memset(shared->count, 0, sizeof(shared->count));
	phase(1, seconds * 1000000000ULL);
	for (i = 0; i < ARRAY_SIZE(loads); i++)
		if (wanted[i])
			result(loads[i].name, !shared->result[i].failed);
	print_counts();
	after = back_measure(fds, LOADS);
	result("nothing_mapped", back_nothing_mapped(fds, LOADS));
	result("nothing_charged", back_nothing_charged(fds, LOADS));
	result("memory_back", back_memory(&before, &after));
	result("leak_is_seen", back_leak_is_seen(fds, LOADS));
	result("references_back", back_references(&before, &after));
	for (i = 0; i < TARGETS; i++)
		domain_destroy(target[i]);
	result("no_domain_left", back_no_domain());
	result("nothing_else", !tap_result->failed || bad_results);
}

static int usage(const char *me, FILE *to)
{
	fprintf(to,
		"usage: %s [--list] [--seconds S] [--seed N] [LOAD...]\n"
		"\n"
		"  --list       print the names of the loads\n"
		"  --seconds S  run for S seconds (default: %u)\n"
		"  --seed N     make the same choices again (default: the time)\n"
		"  LOAD         run only these loads, at the same time\n",
		me, seconds);
	return to == stderr ? TAP_USAGE : 0;
}

static bool want(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(loads); i++)
		if (!strcmp(loads[i].name, name))
			return wanted[i] = true;
	return false;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "list", no_argument, NULL, 'l' },
		{ "seconds", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'r' },
		{ 0 },
	};
	char *end = "";
	unsigned int i;
	int c;

	seed = time(NULL);
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'h')
			return usage(argv[0], stdout);
		if (c == 'l') {
			for (i = 0; i < ARRAY_SIZE(loads); i++)
				puts(loads[i].name);
			return 0;
		}
		if (c == 's')
			seconds = strtoul(optarg, &end, 10);
		else if (c == 'r')
			seed = strtoull(optarg, &end, 0);
		if (c == '?' || *end || !seconds || seconds > 86400)
			return usage(argv[0], stderr);
	}
	for (i = 0; i < LOADS; i++)
		wanted[i] = optind == argc &&
			    (i >= ARRAY_SIZE(loads) ||
			     loads[i].run != load_faults || load_faults_here());
	for (; optind < argc; optind++)
		if (!want(argv[optind]))
			return usage(argv[0], stderr);
	setvbuf(stdout, NULL, _IOLBF, 0);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return TAP_BAILED;
	tap_result = &shared->result[LOADS];
	main_process = getpid();
	atexit(tell_why);
	run();
	tap_note("%u passed, %u failed, 0 skipped", results - bad_results,
		 bad_results);
	return bad_results ? TAP_FAILED : 0;
}
