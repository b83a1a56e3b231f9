// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Memory gets short and becomes free again. It never gets so short that the
 * kernel kills a process: there is no swap, and a killed process could report
 * nothing.
 */
#include <sys/mman.h>

#include "stress.h"

#define STEP (4UL << 20)
#define MOST 400 /* MiB */
#define LEFT 160 /* MiB that are always left to others */

static long available(void)
{
	char line[128];
	long kib = 0;
	FILE *f = fopen("/proc/meminfo", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %ld", &kib) == 1)
			break;
	must(f);
	fclose(f);
	return kib / 1024;
}

/* Writes to a file. A kernel without this file is fine. */
static void tell(const char *path, const char *what)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	check_eq(write(fd, what, strlen(what)), strlen(what));
	close(fd);
}

static void round_of_pressure(struct worker *w)
{
	size_t most = (size_t)below(&w->rng, MOST) << 20;
	unsigned char *hog = NULL;
	size_t have;

	hog = mmap(NULL, most + STEP, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	must(hog != MAP_FAILED);
	for (have = 0; have < most && available() > LEFT; have += STEP)
		memset(hog + have, 1, STEP);
	count(HOGGED, have >> 20);
	usleep(below(&w->rng, 300000));
	check_eq(munmap(hog, most + STEP), 0);
	if (one_in(&w->rng, 2))
		tell("/proc/sys/vm/drop_caches", "3");
	if (one_in(&w->rng, 3))
		tell("/proc/sys/vm/compact_memory", "1");
	usleep(below(&w->rng, 500000));
	count(ROUNDS, 1);
}

void load_memory(struct worker *w)
{
	tell("/proc/self/oom_score_adj", "1000");
	while (running())
		round_of_pressure(w);
}
