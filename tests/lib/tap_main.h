/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The main program of a test program: options, the child of each case, the end of a case
 * that hangs, and the output. A part of tap.h, which includes it.
 */
#ifndef TAP_MAIN_H
#define TAP_MAIN_H

#include <fnmatch.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#ifndef TAP_STAT
#define TAP_STAT "/proc/stat"
#endif

/*
 * The CPU time that all processes and the kernel have used since the boot, in
 * clock ticks. 0 if the kernel does not tell.
 */
static inline unsigned long tap_worked(void)
{
	unsigned long user = 0, nice = 0, kernel = 0, irq = 0, softirq = 0,
		      steal = 0;
	FILE *f = fopen(TAP_STAT, "re");

	if (!f)
		return 0;
	if (fscanf(f, "cpu %lu %lu %lu %*u %*u %lu %lu %lu", &user, &nice,
		   &kernel, &irq, &softirq, &steal) < 3)
		user = 0;
	fclose(f);
	return user + nice + kernel + irq + softirq + steal;
}

/*
 * Waits for the end of a child that leads a process group. False if the child
 * hung and was killed with its group: the progress of @r did not change in
 * @seconds looks in a row, one in each second.
 *
 * Only a look at an idle machine counts in full, as then nothing works for the
 * child. If the CPUs have worked for half a second or more since the look
 * before, the child may only be slow, so TAP_BUSY such looks count as one. A
 * child that spins for ever ends after TAP_BUSY times @seconds.
 *
 * Progress without an end, as of a thread beside one that hangs, ends after
 * TAP_ENDLESS times @seconds.
 */
#define TAP_BUSY    5
#define TAP_ENDLESS 20
static inline bool tap_wait(pid_t pid, const struct tap_result *r,
			    unsigned int seconds, int *status)
{
	const struct timespec second = { .tv_sec = 1 };
	unsigned long worked = tap_worked(), worked_before;
	unsigned int still = 0, looks = 0, seen = 0, now;
	sigset_t child, before;
	bool busy;
	pid_t ended;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &before);
	while (!(ended = waitpid(pid, status, WNOHANG)) &&
	       still < TAP_BUSY * seconds && looks < TAP_ENDLESS * seconds) {
		if (sigtimedwait(&child, NULL, &second) >= 0 || errno != EAGAIN)
			continue;
		worked_before = worked;
		worked = tap_worked();
		busy = worked - worked_before >=
		       (unsigned long)sysconf(_SC_CLK_TCK) / 2;
		now = __atomic_load_n(&r->progress, __ATOMIC_RELAXED);
		still = now == seen ? still + (busy ? 1 : TAP_BUSY) : 0;
		looks++;
		seen = now;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	kill(-pid, SIGKILL);
	if (!ended)
		waitpid(pid, status, 0);
	return ended;
}

static inline void tap_fork(const struct tap_case *c)
{
	unsigned int seconds = (c->seconds ? c->seconds : 60) * tap_slow;
	int status;
	pid_t pid;

	memset(tap_result, 0, sizeof(*tap_result));
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		bail("fork: %s", strerror(errno));
	if (pid == 0) {
		setpgid(0, 0);
		c->run();
		tap_end(TAP_ENDED, NULL);
	}
	setpgid(pid, pid);
	if (!tap_wait(pid, tap_result, seconds, &status))
		tap_check(false, c->name, 0, "hung: no progress for %u s, or no end",
			  seconds);
	else if (WIFSIGNALED(status))
		tap_check(false, c->name, 0, "killed by SIG%s",
			  sigabbrev_np(WTERMSIG(status)));
	else if (tap_result->end == TAP_RUNNING || WEXITSTATUS(status))
		tap_check(false, c->name, 0, "exited with status %d",
			  WEXITSTATUS(status));
}

/* Prints each word of all cases' rows once, with the cases that name it. */
static inline int tap_rows(void)
{
	char seen[8192] = " ", words[256], key[80], *w, *rest;
	struct tap_case *c, *d;

	for (c = tap_first; c; c = c->next) {
		snprintf(words, sizeof(words), "%s", c->rows ? c->rows : "");
		for (w = strtok_r(words, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) {
			snprintf(key, sizeof(key), " %s ", w);
			if (strstr(seen, key))
				continue;
			strncat(seen, key + 1, sizeof(seen) - strlen(seen) - 1);
			printf("%s:", w);
			for (d = c; d; d = d->next) {
				char all[256];

				snprintf(all, sizeof(all), " %s ", d->rows ? d->rows : "");
				if (strstr(all, key))
					printf(" %s", d->name);
			}
			printf("\n");
		}
	}
	return 0;
}

static const char tap_options[] =
	"  --hazards   also run the cases that may crash a kernel whose driver has the\n"
	"              bugs that they look for\n"
	"  --slow N    allow N times as long as usual before a case is hung, for example\n"
	"              on a kernel that checks itself; 1 to 100\n"
	"  --list      print the names of the cases, in their order\n"
	"  --rows      print the name of each known problem, and the cases that look for\n"
	"              it\n"
	"  --help      print this, as do -h and help\n";

static inline int tap_help(const char *me, const struct tap_program *program)
{
	printf("usage: %s [OPTION...] [CASE-OR-PATTERN...]\n", me);
	if (program)
		printf("\n%s", program->about);
	printf("\nWithout a case or a shell pattern all cases run. The output is TAP 13.\n\n%s",
	       tap_options);
	if (program)
		printf("  --version   print the version\n");
	printf("\nExit status: 0 no case failed (some may have been skipped), 1 one did,\n"
	       "2 wrong usage, 3 the tests themselves cannot work here (\"Bail out!\").\n");
	return 0;
}

static inline bool tap_selected(const struct tap_case *c, char **patterns)
{
	if (!*patterns)
		return true;
	for (; *patterns; patterns++)
		if (!fnmatch(*patterns, c->name, 0))
			return true;
	return false;
}

/* Describes the subject with program->begin(); false: that failed, so no case can run. */
static inline bool tap_begin(const struct tap_program *program)
{
	struct tap_case begin = { .name = "begin" };

	if (!program || !program->begin)
		return true;
	begin.run = program->begin;
	tap_fork(&begin);
	if (tap_result->end == TAP_ENDED && !tap_result->failed)
		return true;
	printf("Bail out! %s\n",
	       tap_result->end == TAP_BAIL ? tap_result->reason : "the checks before the first case failed");
	return false;
}

static inline int tap_run(char **patterns, const struct tap_program *program)
{
	unsigned int n = 0, passed = 0, failed = 0, skipped = 0;
	struct timespec t0, t1;
	struct tap_case *c;

	for (c = tap_first; c; c = c->next)
		n += tap_selected(c, patterns);
	printf("TAP version 13\n1..%u\n", n);
	n = 0;
	if (!tap_begin(program))
		return TAP_BAILED;
	for (c = tap_first; c; c = c->next) {
		if (!tap_selected(c, patterns))
			continue;
		n++;
		if (c->hazard && !tap_hazards) {
			printf("ok %u - %s # SKIP hazard: only with --hazards\n", n, c->name);
			skipped++;
			continue;
		}
		clock_gettime(CLOCK_MONOTONIC, &t0);
		tap_fork(c);
		clock_gettime(CLOCK_MONOTONIC, &t1);
		if (t1.tv_sec - t0.tv_sec > 2)
			tap_note("%s took %ld s", c->name, (long)(t1.tv_sec - t0.tv_sec));
		if (tap_result->end == TAP_BAIL) {
			printf("Bail out! %s: %s\n", c->name, tap_result->reason);
			return TAP_BAILED;
		}
		if (tap_result->failed) {
			printf("not ok %u - %s\n", n, c->name);
			failed++;
		} else if (tap_result->end == TAP_SKIP) {
			printf("ok %u - %s # SKIP %s\n", n, c->name, tap_result->reason);
			skipped++;
		} else {
			printf("ok %u - %s\n", n, c->name);
			passed++;
		}
	}
	tap_note("%u passed, %u failed, %u skipped", passed, failed, skipped);
	return failed ? TAP_FAILED : 0;
}

/* The number that --slow is given; 0: it is wrong. */
static inline unsigned int tap_slow_of(const char *arg)
{
	char *end;
	unsigned long n = arg ? strtoul(arg, &end, 10) : 0;

	return n && n <= 100 && !*end ? n : 0;
}

/* @program may be NULL. */
static inline int tap_main(int argc, char **argv, const struct tap_program *program)
{
	const char *me = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	struct tap_case *c;
	bool list = false;
	int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "--hazards")) {
			tap_hazards = true;
		} else if (!strcmp(argv[i], "--slow") && tap_slow_of(argv[i + 1])) {
			tap_slow = tap_slow_of(argv[++i]);
		} else if (!strcmp(argv[i], "--list")) {
			list = true;
		} else if (!strcmp(argv[i], "--rows")) {
			return tap_rows();
		} else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			return tap_help(me, program);
		} else if (program && !strcmp(argv[i], "--version")) {
			printf("%s %s\n", me, program->version);
			return 0;
		} else {
			fprintf(stderr, "%s: unknown option '%s', see --help\n", me, argv[i]);
			return TAP_USAGE;
		}
	}
	if (argv[i] && !strcmp(argv[i], "help"))
		return tap_help(me, program);
	for (int j = i; j < argc; j++) {
		for (c = tap_first; c && fnmatch(argv[j], c->name, 0); c = c->next)
			;
		if (!c) {
			fprintf(stderr, "%s: no case matches '%s', see --list\n", me, argv[j]);
			return TAP_USAGE;
		}
	}
	for (c = tap_first; list && c; c = c->next)
		if (tap_selected(c, argv + i))
			printf("%s\n", c->name);
	if (list)
		return 0;
	tap_result = mmap(NULL, sizeof(*tap_result), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tap_result == MAP_FAILED) {
		fprintf(stderr, "%s: mmap: %s\n", me, strerror(errno));
		return TAP_BAILED;
	}
	return tap_run(argv + i, program);
}

#endif /* TAP_MAIN_H */
