// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Shows the progress of a long copy on standard error. On a terminal it rewrites
 * one line. Elsewhere it writes one line after the other, and only if the user
 * has asked for progress.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "xenfm.h"

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

struct progress progress_start(bool asked, bool quiet, uint64_t all)
{
	bool terminal = isatty(STDERR_FILENO);

	return (struct progress){
		.on = asked || (terminal && !quiet),
		.asked = asked,
		.terminal = terminal,
		.all = all,
		.last_ms = now_ms(),
	};
}

static void say(struct progress *p, uint64_t done)
{
	fprintf(stderr, "%sxenfm: %s: %" PRIu64, p->terminal ? "\r" : "",
		command->name, done);
	if (p->all)
		fprintf(stderr, " of %" PRIu64 " bytes, %u%%", p->all,
			(unsigned int)((double)done / p->all * 100));
	else
		fprintf(stderr, " bytes");
	fprintf(stderr, "%s", p->terminal ? "" : "\n");
	fflush(stderr);
	p->said = true;
}

/* Show the progress at most once a second, and not in the first second. */
void progress_at(struct progress *p, uint64_t done)
{
	int64_t now;

	if (!p->on)
		return;
	now = now_ms();
	if (now - p->last_ms < 1000)
		return;
	p->last_ms = now;
	say(p, done);
}

void progress_end(struct progress *p, uint64_t done)
{
	if (!p->on || !(p->said || p->asked))
		return;
	say(p, done);
	if (p->terminal)
		fputc('\n', stderr);
}
