// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The module's tracepoints: see events.h.
 */
#include <sys/mount.h>

#include "dom0/events.h"
#include "dom0/area.h"

#define TRACING "/sys/kernel/tracing/"

static char enable[128];

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text);
}

static void stop(void)
{
	put(enable, "0");
}

static void need_tracefs(void)
{
	mount("none", TRACING, "tracefs", 0, NULL);
	if (access(TRACING, X_OK) || access(TRACING "trace", R_OK))
		skip("this kernel has no tracefs");
}

void events_record(const char *event)
{
	need_tracefs();
	snprintf(enable, sizeof(enable), TRACING "events/%s/%s/enable",
		 module_name(), event);
	atexit(stop);
	events_forget();
	must(put(enable, "1"));
}

static void stop_probe(void)
{
	stop();
	put(TRACING "kprobe_events", "");
}

void events_probe(const char *function)
{
	char text[128];

	need_tracefs();
	if (access(TRACING "kprobe_events", W_OK))
		skip("this kernel has no kprobes");
	snprintf(text, sizeof(text), "p:privcmd_test/probe %s", function);
	must(check(put(TRACING "kprobe_events", text)));
	snprintf(enable, sizeof(enable),
		 TRACING "events/privcmd_test/probe/enable");
	atexit(stop_probe);
	events_forget();
	must(put(enable, "1"));
}

unsigned int events_seen(const char *text)
{
	FILE *f = fopen(TRACING "trace", "r");
	char line[512];
	unsigned int n = 0;

	must(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, text) != NULL;
	fclose(f);
	return n;
}

void events_forget(void)
{
	must(put(TRACING "trace", "")); /* opening it with O_TRUNC empties it */
}
