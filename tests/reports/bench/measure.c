// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Sections. The cost of a section is the time between its two marks, less that
 * of an empty section.
 */
#include <sched.h>

#include "measure.h"

/* Instructions without effect, which the counting plugin looks for. */
#ifdef __aarch64__
#define MARK_BEGIN() asm volatile("movz xzr, #0x5058" ::: "memory")
#define MARK_END()   asm volatile("movz xzr, #0x5059" ::: "memory")
#else
#define MARK_BEGIN() asm volatile("nopl 0x58505850(%%rax)" ::: "memory")
#define MARK_END()   asm volatile("nopl 0x58505851(%%rax)" ::: "memory")
#endif

uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

uint64_t section_begin(void)
{
	uint64_t start = now();

	MARK_BEGIN();
	return start;
}

static uint64_t since(uint64_t start)
{
	MARK_END();
	return now() - start;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t middle(uint64_t *values, size_t nr)
{
	qsort(values, nr, sizeof(*values), compare);
	return values[nr / 2];
}

/*
 * Output is kept until the end, as the process that passes it on would be
 * measured, too.
 */
static char said[65536];
static size_t saying;

static void say(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(said + saying, sizeof(said) - saying, fmt, ap);
	va_end(ap);
	must(n > 0 && (size_t)n < sizeof(said) - saying);
	saying += n;
}

enum turn measure_turn(enum turn turn)
{
	static const int policies[] = {
		[FIRST] = SCHED_FIFO,
		[EQUAL] = SCHED_OTHER,
		[LAST] = SCHED_IDLE,
	};
	struct sched_param p = { .sched_priority = turn == FIRST ? 10 : 0 };
	static enum turn current = EQUAL;
	enum turn before = current;

	must(!sched_setscheduler(0, policies[turn], &p));
	current = turn;
	return before;
}

void measure_begin(void)
{
	int fd = open("/proc/sys/kernel/sched_rt_runtime_us", O_WRONLY);

	must(fd >= 0 && write(fd, "-1", 2) == 2);
	close(fd);
	usleep(200000); /* lets earlier output pass */
	measure_turn(FIRST);
}

void measure_end(void)
{
	measure_turn(EQUAL);
	fwrite(said, 1, saying, stdout);
	saying = 0;
}

/* The cost of an empty section. Its marks make sections, too. */
static uint64_t overhead(void)
{
	static uint64_t known;
	uint64_t cost[9];
	size_t i;

	for (i = 0; !known && i < 9; i++) {
		cost[i] = since(section_begin());
		say("section empty 0\n");
	}
	if (!known)
		known = middle(cost, 9);
	return known;
}

/* NAME_N, or NAME if @n is 0. */
static const char *key(const char *name, size_t n)
{
	static char text[64];

	if (!n)
		return name;
	snprintf(text, sizeof(text), "%s_%zu", name, n);
	return text;
}

uint64_t section_end(uint64_t start, const char *name, size_t n, size_t pages)
{
	uint64_t cost = since(start), empty;

	say("section %s %zu\n", key(name, n), pages);
	empty = overhead();
	return cost > empty ? cost - empty : 0;
}

void series_add(struct series *s, uint64_t cost)
{
	must(s->nr < MAX_ROUNDS);
	s->cost[s->nr++] = cost;
}

void figure(const char *name, size_t n, double value)
{
	say("value %s %.1f\n", key(name, n), value);
}

void series_print(const struct series *s, size_t n, size_t pages)
{
	uint64_t cost[MAX_ROUNDS];

	must(s->nr);
	memcpy(cost, s->cost, sizeof(cost));
	figure(s->name, n, (double)middle(cost, s->nr) / pages);
}
