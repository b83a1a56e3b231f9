// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Measures the time from the start of a backend to its first request done. That
 * is visible only in the guest's memory, as requests do not pass through this
 * program: the used index of the queue moves.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "shim.h"

/* The page with the used index, while it is observed, and the index before. */
static const volatile void *page;
static const volatile uint16_t *index_now;
static uint16_t index_before;
static double backend_started;

double served_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

/*
 * The time when a process was started: field 22 of its stat, the 20th after its
 * name, in clock ticks since boot.
 */
static double started(pid_t pid)
{
	unsigned long long ticks = 0;
	char path[32], line[1024];
	char *field;
	FILE *f;
	int i;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	field = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	fclose(f);
	for (i = 0; field && i < 20; i++)
		field = strchr(field + 1, ' ');
	if (field)
		ticks = strtoull(field, NULL, 10);
	return ticks * 1e3 / sysconf(_SC_CLK_TCK);
}

void served_by(int sock)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		die("SO_PEERCRED: %m");
	backend_started = started(peer.pid);
	tell("connected ms=%.0f", served_now() - backend_started);
}

/* A ring is aligned, so its used index is in one page. */
uint16_t served_begin(const struct queue *q)
{
	const uint64_t addr = q->device + 2;

	served_end();
	page = xen_map_page(addr);
	if (!page)
		die("the used ring at %#llx cannot be mapped",
		    (unsigned long long)q->device);
	index_now = (const volatile uint16_t *)((const volatile char *)page +
						addr % 4096);
	index_before = le16toh(*index_now);
	return index_before;
}

void served_end(void)
{
	if (page)
		xen_unmap_page(page);
	page = NULL;
}

bool served_wants_looks(void)
{
	return page != NULL;
}

void served_look(void)
{
	if (le16toh(*index_now) == index_before)
		return;
	tell("served ms=%.0f", served_now() - backend_started);
	served_end();
}
