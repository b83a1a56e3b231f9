// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Prints lines on standard error, for xenfm-vhost-user-blk and xenfm-virtio. A
 * guest can break its rings as often as it likes, and a front end or a back end
 * its connection. So lines that they cause are limited: they must not fill the
 * host's log.
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "say.h"

/* Lines that may come at once, and seconds until one more is allowed. */
#define BURST  20
#define REFILL 2

static void line(const char *fmt, va_list ap)
{
	char text[400];

	vsnprintf(text, sizeof(text), fmt, ap);
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, text);
}

void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(fmt, ap);
	va_end(ap);
}

/* May one more line be printed? @dropped: lines left out before this one. */
static bool room(unsigned int *dropped)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static unsigned int left = BURST, missed;
	static time_t since;
	struct timespec now;
	bool ok;

	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&lock);
	if (left == BURST)
		since = now.tv_sec;
	while (left < BURST && now.tv_sec - since >= REFILL) {
		since += REFILL;
		left++;
	}
	ok = left > 0;
	*dropped = missed;
	missed = ok ? 0 : missed + 1;
	left -= ok;
	pthread_mutex_unlock(&lock);
	return ok;
}

void say_guest(const char *fmt, ...)
{
	unsigned int dropped;
	va_list ap;

	if (!room(&dropped))
		return;
	if (dropped)
		say("%u lines like the following were left out", dropped);
	va_start(ap, fmt);
	line(fmt, ap);
	va_end(ap);
}

const char *errno_name(int err)
{
	const char *name = strerrorname_np(-err);

	return name ? name : "unknown error";
}
