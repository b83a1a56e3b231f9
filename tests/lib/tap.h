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
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

#include "tap_main.h"

#endif /* TAP_H */
