/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Test cases and TAP 13 output for all test programs of this tree. It knows
 * nothing of Xen.
 *
 *	TAP_CASE(open_twice, .rows = "A1")
 *	{
 *		must(fd >= 0);
 *		check_errno(ioctl(fd, 1), ENOTTY);
 *	}
 *	TAP_MAIN
 *
 * Each case runs in a child of its own, in a process group that is killed
 * afterwards. So a signal or a hang fails only that case, and leaves nothing
 * behind. Checks also count in processes that the case forks.
 *
 * A case hangs if it makes no progress, however long it takes. Each check is
 * progress, and so is each call of tap_progress(). A slow case is no hang: no
 * case has a time limit of its own, see tap_soon(). To show that something ends
 * early, a case measures how long that thing takes in the same run if it does
 * not end early.
 */
#ifndef TAP_H
#define TAP_H

#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TAP_FAILED = 1, TAP_USAGE = 2, TAP_BAILED = 3 };

struct tap_case {
	const char *name;
	void (*run)(void);
	const char *rows;	/* words: what the case covers, see --rows */
	bool hazard;		/* may crash a kernel whose driver has known bugs */
	unsigned int seconds;	/* without progress until it is hung; 0: 60 */
	struct tap_case *next;
};

/*
 * What a case reports to its parent. It is in shared memory, as the case may
 * die at any time.
 */
struct tap_result {
	enum { TAP_RUNNING, TAP_ENDED, TAP_SKIP, TAP_BAIL } end;
	unsigned int failed;
	unsigned int progress;
	char reason[256];
};

extern struct tap_case *tap_first, **tap_tail;
extern struct tap_result *tap_result;
extern bool tap_hazards;
extern unsigned int tap_slow; /* how many times longer everything takes than usual */

#define TAP_CASE(id, ...)                                                  \
	static void tap_run_##id(void);                                    \
	static struct tap_case tap_case_##id = {                           \
		.name = #id, .run = tap_run_##id, ##__VA_ARGS__            \
	};                                                                 \
	static void __attribute__((constructor)) tap_add_##id(void)        \
	{                                                                  \
		*tap_tail = &tap_case_##id;                                \
		tap_tail = &tap_case_##id.next;                            \
	}                                                                  \
	static void tap_run_##id(void)

#define TAP_HAZARD(id, ...) TAP_CASE(id, .hazard = true, ##__VA_ARGS__)

#define TAP_STATE                                                          \
	struct tap_case *tap_first, **tap_tail = &tap_first;               \
	struct tap_result *tap_result;                                     \
	bool tap_hazards;                                                  \
	unsigned int tap_slow = 1

#define TAP_MAIN                                                           \
	TAP_STATE;                                                         \
	int main(int argc, char **argv)                                    \
	{                                                                  \
		return tap_main(argc, argv, NULL);                         \
	}

/* A program that is installed has this. Tests of the tree need none. */
struct tap_program {
	const char *version, *about;	/* for --version and --help */
	void (*begin)(void);		/* in a child, before the first case */
};

/* check*(): records a failure and goes on. must(): a failure ends the case. */
#define check(cond) \
	tap_check(!!(cond), __FILE__, __LINE__, "%s", #cond)
#define must(cond) \
	do { if (!check(cond)) tap_end(TAP_ENDED, NULL); } while (0)
#define check_eq(a, b) \
	tap_eq((long long)(a), (long long)(b), __FILE__, __LINE__, #a, #b)
#define check_errno(expr, want)                                            \
	({                                                                 \
		errno = 0;                                                 \
		long tap_ret = (long)(expr);                               \
		tap_errno(tap_ret, errno, want, __FILE__, __LINE__, #expr, \
			  #want);                                          \
	})

/* Ends the case as skipped: the platform cannot have what it tests. */
#define skip(...) tap_end(TAP_SKIP, __VA_ARGS__)
/* Ends the run: the test itself cannot work here. */
#define bail(...) tap_end(TAP_BAIL, __VA_ARGS__)

static inline void __attribute__((format(printf, 1, 2)))
tap_note(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	printf("# %s\n", line);
	fflush(stdout);
}

static inline void tap_progress(void)
{
	__atomic_add_fetch(&tap_result->progress, 1, __ATOMIC_RELAXED);
}

/*
 * A wait without success ends after so many looks. The first 99 are 1 ms apart, the
 * others 10 ms.
 */
#ifndef TAP_LOOKS
#define TAP_LOOKS 3000
#endif

struct tap_patience {
	unsigned int looks;
	long long counter;
};

static inline bool tap_patient(struct tap_patience *p, long long counter)
{
	if (p->counter != counter)
		p->looks = 0;
	p->counter = counter;
	if (p->looks++ >= TAP_LOOKS * tap_slow)
		return false;
	tap_progress();
	usleep(p->looks < 100 ? 1000 : 10000);
	return true;
}

/*
 * Waits until @cond is true. False if it is not true while @counter, an
 * integer, does not change for 30 seconds. The time is counted in looks, not by
 * the clock: while the machine itself is stopped, nothing looks.
 */
#define tap_soon(cond, counter)                                            \
	({                                                                 \
		struct tap_patience tap_p = { 0 };                         \
		bool tap_is;                                               \
		while (!(tap_is = (cond)) && tap_patient(&tap_p, counter)) \
			;                                                  \
		tap_is;                                                    \
	})

static inline bool __attribute__((format(printf, 4, 5)))
tap_check(bool ok, const char *file, int line, const char *fmt, ...)
{
	char what[384];
	va_list ap;

	tap_progress();
	if (ok)
		return true;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	/* Many failed checks of a loop must not hide what follows. */
	if (__atomic_add_fetch(&tap_result->failed, 1, __ATOMIC_RELAXED) <= 20)
		tap_note("%s:%d: %s", file, line, what);
	return false;
}

static inline bool tap_eq(long long a, long long b, const char *file, int line,
			  const char *as, const char *bs)
{
	return tap_check(a == b, file, line, "%s == %s: %lld (%#llx), not %lld (%#llx)",
			 as, bs, a, a, b, b);
}

static inline bool tap_errno(long ret, int err, int want, const char *file,
			     int line, const char *expr, const char *name)
{
	if (ret != -1)
		return tap_check(false, file, line, "%s: returned %ld, not -1 with %s",
				 expr, ret, name);
	return tap_check(err == want, file, line, "%s: %s, not %s", expr,
			 strerrorname_np(err) ? strerrorname_np(err) : "no errno", name);
}

static inline void __attribute__((noreturn, format(printf, 2, 3)))
tap_end(int how, const char *fmt, ...)
{
	va_list ap;

	if (fmt) {
		va_start(ap, fmt);
		vsnprintf(tap_result->reason, sizeof(tap_result->reason), fmt, ap);
		va_end(ap);
	}
	tap_result->end = how;
	exit(0);
}

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

#endif /* TAP_H */
