// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * privcmd-fuzz runs sequences of calls, one after the other, until the time is
 * over, and then checks that everything has been returned. It prints the name
 * of each sequence before it runs it, so the last name in a log is the sequence
 * that crashed the machine. Sequences of a file come first. A sequence that
 * makes new code of the module run is kept, others are made from it, and a line
 * "# keep" shows it. With a number of runs instead of a time nothing is kept,
 * so the seed and the file alone decide what runs. It writes TAP to standard
 * output.
 */
#include <getopt.h>

#include "fuzz.h"

struct tap_case *tap_first, **tap_tail = &tap_first;
struct tap_result *tap_result;
bool tap_hazards = true;
unsigned int tap_slow = 1;

static uint64_t seed;
static unsigned int seconds = 60, runs, times = 1;
static const char *only, *show;
static unsigned int executions, findings, results, bad_results;
static long blocks;

static void result(const char *name, bool good)
{
	results++;
	bad_results += !good;
	printf("%sok %u - fuzz_%s\n", good ? "" : "not ", results, name);
}

static void judge(const struct sequence *s, bool hung, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == WORLD_GOOD)
		return;
	findings++;
	if (WIFSIGNALED(status))
		tap_note("finding: %s: %s", sequence_name(s),
			 hung ? "hung" : sigabbrev_np(WTERMSIG(status)));
	else
		tap_note("finding: %s: exit status %d %s", sequence_name(s),
			 WEXITSTATUS(status), tap_result->reason);
	memset(tap_result, 0, sizeof(*tap_result));
	parameters_restore();
}

/*
 * Seconds without the end of a call, in any thread, after which a sequence
 * counts as hung.
 */
#define HANGS 120

static void run_one(const struct sequence *s)
{
	bool hung;
	int status;
	pid_t pid;

	printf("# run %s\n", sequence_name(s));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		world_run(s);
	}
	if (pid < 0)
		bail("fork: %s", strerror(errno));
	setpgid(pid, pid);
	hung = !tap_wait(pid, tap_result, HANGS, &status);
	executions++;
	judge(s, hung, status);
}

/* Have more blocks run than before? */
static bool more_blocks(void)
{
	long n = coverage_blocks();

	if (n <= blocks)
		return false;
	tap_note("%ld blocks, %ld new", n, n - blocks);
	blocks = n;
	return true;
}

static void keep(const struct sequence *s)
{
	corpus_add(s);
	corpus_print("# keep ", s);
}

/*
 * A sequence of the file is kept if it makes new code run. All of them are kept
 * if nothing counts blocks, or if no time is left to run them.
 */
static void run_file(time_t end)
{
	const struct sequence *s;
	unsigned int i;

	for (i = 1; (s = corpus_line(i)); i++) {
		if (runs) {
			run_one(s);
			corpus_add(s);
			continue;
		}
		if (time(NULL) < end) {
			run_one(s);
			if (coverage_blocks() && !more_blocks())
				continue;
		}
		keep(s);
	}
}

/*
 * Runs new sequences from number @first on: up to @last if runs are counted,
 * otherwise until @end.
 */
static unsigned int run_new(unsigned int first, unsigned int last, time_t end)
{
	struct sequence s;
	unsigned int i;

	for (i = first; runs ? i < last : time(NULL) < end; i++) {
		sequence_next(&s, seed, i);
		run_one(&s);
		if (!runs && more_blocks())
			keep(&s);
	}
	return i;
}

/* The checks of back.c, with a file through which nothing was mapped. */
static void look_back(const struct had *before)
{
	struct had after;
	int fd = privcmd_open();

	result("no_domain_left", back_no_domain());
	after = back_measure(&fd, 1);
	result("memory_back", back_memory(before, &after));
	result("leak_is_seen", back_leak_is_seen(&fd, 1));
	result("references_back", back_references(before, &after));
	close(fd);
}

static struct had look(void)
{
	int fd = privcmd_open();
	struct had had = back_measure(&fd, 1);

	close(fd);
	return had;
}

/*
 * What is only allocated once is not a leak, so some sequences run before the
 * first measurement.
 */
#define FIRST_SHARE 10

static void fuzz(void)
{
	time_t start = time(NULL);
	struct had before;
	unsigned int next;

	blocks = coverage_blocks();
	run_file(start + seconds / 2);
	next = run_new(0, runs / FIRST_SHARE + 1,
		       time(NULL) + seconds / FIRST_SHARE + 1);
	before = look();
	run_new(next, runs, start + seconds);
	result("sequences", !findings && executions);
	look_back(&before);
	print_calls();
	tap_note("%u executions, %lu calls, %ld blocks, %u in the corpus, "
		 "%u findings",
		 executions, calls_made(), coverage_blocks(), corpus_size(),
		 findings);
}

static void parse_or_bail(struct sequence *s, const char *name)
{
	if (!sequence_parse(s, seed, name))
		bail("'%s' is not a sequence", name);
}

static void replay(void)
{
	struct sequence s;

	parse_or_bail(&s, only);
	corpus_print("# ", &s);
	while (times--)
		run_one(&s);
	result("sequences", !findings);
	print_calls();
}

static int print_one(void)
{
	struct sequence s;

	parse_or_bail(&s, show);
	corpus_print("", &s);
	return 0;
}

static pid_t main_pid;

/* In a sequence bail() is a finding. In this process it ends the run. */
static void say_why(void)
{
	if (getpid() != main_pid || tap_result->end != TAP_BAIL)
		return;
	printf("Bail out! %s\n", tap_result->reason);
	fflush(stdout);
	_exit(TAP_BAILED);
}

static int usage(const char *me, FILE *to)
{
	fprintf(to,
		"usage: %s [OPTION...]\n"
		"\n"
		"  --seconds S    run for S seconds (default: %u)\n"
		"  --runs N       run N sequences and those of the file instead\n"
		"  --seed N       make the same choices again (default: the time)\n"
		"  --corpus FILE  run the sequences of FILE first\n"
		"  --only NAME    run only this sequence, named as in a line \"run NAME\"\n"
		"  --times N      run it N times (default: 1)\n"
		"  --show NAME    print the sequence as a line of a file, and run nothing\n",
		me, seconds);
	return to == stderr ? TAP_USAGE : 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "seconds", required_argument, NULL, 's' },
		{ "runs", required_argument, NULL, 'n' },
		{ "seed", required_argument, NULL, 'r' },
		{ "corpus", required_argument, NULL, 'c' },
		{ "only", required_argument, NULL, 'o' },
		{ "times", required_argument, NULL, 't' },
		{ "show", required_argument, NULL, 'w' },
		{ 0 },
	};
	const char *corpus = NULL;
	char *end = "";
	int c;

	seed = time(NULL);
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'h')
			return usage(argv[0], stdout);
		if (c == 's')
			seconds = strtoul(optarg, &end, 10);
		else if (c == 'n')
			runs = strtoul(optarg, &end, 10);
		else if (c == 'c')
			corpus = optarg;
		else if (c == 'w')
			show = optarg;
		else if (c == 'r')
			seed = strtoull(optarg, &end, 0);
		else if (c == 't')
			times = strtoul(optarg, &end, 10);
		else if (c == 'o')
			only = optarg;
		if (c == '?' || *end || !seconds || seconds > 86400)
			return usage(argv[0], stderr);
	}
	if (optind != argc)
		return usage(argv[0], stderr);
	setvbuf(stdout, NULL, _IOLBF, 0);
	tap_result = mmap(NULL, sizeof(*tap_result), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tap_result == MAP_FAILED)
		return TAP_BAILED;
	main_pid = getpid();
	atexit(say_why);
	if (corpus)
		corpus_read(corpus);
	if (show)
		return print_one();
	world_share();
	coverage_share();
	parameters_keep();
	printf("TAP version 13\n1..%d\n", only ? 1 : 5);
	tap_note("--seed %llu", (unsigned long long)seed);
	if (only)
		replay();
	else
		fuzz();
	tap_note("%u passed, %u failed, 0 skipped", results - bad_results,
		 bad_results);
	return bad_results ? TAP_FAILED : 0;
}
