// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * privcmd-fuzz: sequences of calls, one after the other, until the time is up,
 * and what must be back at the end. Each is named before it runs, so that the
 * last name of a machine that broke is the one which broke it. A module built
 * with COVERAGE=1 says how much of its code ran; a sequence that made more of it
 * run is kept, and others are made of it. TAP on standard output.
 */
#include <getopt.h>

#include "fuzz.h"

struct tap_case *tap_first, **tap_tail = &tap_first;
struct tap_result *tap_result;
bool tap_hazards = true;

static uint64_t seed;
static unsigned int seconds = 60, times = 1;
static const char *only;
static unsigned int executions, findings, results, bad_results;
static long blocks;

static void result(const char *name, bool good)
{
	results++;
	bad_results += !good;
	printf("%sok %u - fuzz_%s\n", good ? "" : "not ", results, name);
}

/* Blocks of the module that ran until now; 0: nobody counts them. */
static long blocks_run(void)
{
	char value[16];

	return param_get("blocks", value, sizeof(value)) ? atol(value) : 0;
}

static void judge(const struct sequence *s, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == WORLD_GOOD)
		return;
	findings++;
	if (WIFSIGNALED(status))
		tap_note("finding: %s: %s", sequence_name(s),
			 WTERMSIG(status) == SIGALRM ?
				 "hung" :
				 sigabbrev_np(WTERMSIG(status)));
	else
		tap_note("finding: %s: exit status %d %s", sequence_name(s),
			 WEXITSTATUS(status), tap_result->reason);
	memset(tap_result, 0, sizeof(*tap_result));
}

static void run_one(const struct sequence *s)
{
	int status;
	pid_t pid;

	printf("# run %s\n", sequence_name(s));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		world_run(s);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		bail("fork: %s", strerror(errno));
	kill(-pid, SIGKILL);
	executions++;
	judge(s, status);
}

static void loop(unsigned int first, time_t end)
{
	struct sequence s;
	unsigned int i;
	long n;

	for (i = first; time(NULL) < end; i++) {
		sequence_next(&s, seed, i);
		run_one(&s);
		n = blocks_run();
		if (n <= blocks)
			continue;
		tap_note("%ld blocks, %ld new", n, n - blocks);
		blocks = n;
		corpus_add(&s);
	}
}

/* Files that a mapping was never made through, for the checks of back.c. */
static void look_back(const struct had *before)
{
	struct had after;
	int fd = privcmd_open();

	result("no_domain_left", back_no_domain());
	after = back_measure(&fd, 1);
	result("memory_back", back_memory(before, &after));
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

/* What things cost once is no leak: some sequences come before the first look. */
#define FIRST_SHARE 10

static void fuzz(void)
{
	unsigned int warm = seconds / FIRST_SHARE + 1;
	struct had before;

	blocks = blocks_run();
	loop(0, time(NULL) + warm);
	before = look();
	loop(executions, time(NULL) + seconds - warm);
	result("sequences", !findings && executions);
	look_back(&before);
	print_calls();
	tap_note("%u executions, %lu calls, %ld blocks, %u in the corpus, "
		 "%u findings",
		 executions, calls_made(), blocks, corpus_size(), findings);
}

static void replay(void)
{
	struct sequence s;

	if (!sequence_parse(&s, seed, only))
		bail("'%s' is no sequence", only);
	tap_note("%u calls, %u threads, as %s", s.n, s.threads,
		 s.as_user ? "user" : "root");
	while (times--)
		run_one(&s);
	result("sequences", !findings);
	print_calls();
}

static int usage(const char *me, FILE *to)
{
	fprintf(to,
		"usage: %s [--seconds S] [--seed N] [--only NAME [--times N]]\n"
		"\n"
		"  --seconds S  how long (%u)\n"
		"  --seed N     what every choice follows from (the time)\n"
		"  --only NAME  this sequence alone, as \"run NAME\" says it\n"
		"  --times N    so often (1)\n",
		me, seconds);
	return to == stderr ? TAP_USAGE : 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "seconds", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'r' },
		{ "only", required_argument, NULL, 'o' },
		{ "times", required_argument, NULL, 't' },
		{ 0 },
	};
	char *end = "";
	int c;

	seed = time(NULL);
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'h')
			return usage(argv[0], stdout);
		if (c == 's')
			seconds = strtoul(optarg, &end, 10);
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
	world_share();
	printf("TAP version 13\n1..%d\n", only ? 1 : 4);
	tap_note("--seed %llu", (unsigned long long)seed);
	if (only)
		replay();
	else
		fuzz();
	tap_note("%u passed, %u failed, 0 skipped", results - bad_results,
		 bad_results);
	return bad_results ? TAP_FAILED : 0;
}
