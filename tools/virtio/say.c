// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Prints lines on standard error. A guest can set up its devices wrongly as often as it
 * likes. So lines that a guest or a back end causes are limited: they must not fill the
 * host's log.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "say.h"

/* Lines that may come at once, and seconds until one more is allowed. */
#define SAY_BURST  20
#define SAY_REFILL 2

/* One call of fprintf() for a line, so lines of several threads do not mix. */
static void say_line(const char *fmt, va_list ap)
{
	char text[400];

	vsnprintf(text, sizeof(text), fmt, ap);
	fprintf(stderr, "%s: %s\n", PROGRAM, text);
}

void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_line(fmt, ap);
	va_end(ap);
}

/* May one more line be printed? @missed: lines that were left out before this one. */
static bool say_has_room(unsigned int *missed)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static unsigned int left = SAY_BURST, left_out;
	static time_t since;
	struct timespec now;
	bool room;

	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&lock);
	if (left == SAY_BURST)
		since = now.tv_sec;
	while (left < SAY_BURST && now.tv_sec - since >= SAY_REFILL) {
		since += SAY_REFILL;
		left++;
	}
	room = left > 0;
	*missed = left_out;
	left_out = room ? 0 : left_out + 1;
	left -= room;
	pthread_mutex_unlock(&lock);
	return room;
}

void say_guest(const char *fmt, ...)
{
	unsigned int missed;
	va_list ap;

	if (!say_has_room(&missed))
		return;
	if (missed)
		say("%u lines like the following were left out", missed);
	va_start(ap, fmt);
	say_line(fmt, ap);
	va_end(ap);
}

const char *errno_name(int err)
{
	const char *name = strerrorname_np(-err);

	return name ? name : "unknown error";
}
