// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * When all loads are over, everything is as before: no frame, page, reference or
 * domain is left.
 */
#include "stress.h"

/* A number in a file, behind these words if any. */
static long number(const char *path, const char *words)
{
	char line[128];
	long value = -1;
	FILE *f = fopen(path, "r");

	if (!f)
		bail("%s: %s", path, strerror(errno));
	while (value < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, words, strlen(words)))
			value = strtol(line + strlen(words), NULL, 10);
	fclose(f);
	return value;
}

static void drop_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "3", 1) != 1)
		bail("drop_caches: %s", strerror(errno));
	close(fd);
}

#define BALLOON "/sys/devices/system/xen_memory/xen_memory0/"

/* Pages that nobody has, and those that dom0's balloon may take or give. */
static long pages_of_xen(void)
{
	return xen_free_pages() + number(BALLOON "info/current_kb", "") / 4;
}

/*
 * Where frames take the place of dom0's own memory (Arm), Xen splits the superpage
 * of 2 MiB that a page lies in, which costs it a table, and never joins it again.
 * So that this is no loss later, all are split before anything is measured: dom0
 * gives away what memory it has, and takes it back.
 */
#ifdef __aarch64__
#define SPLITS true
#else
#define SPLITS false
#endif
#define UNSPLIT 64 /* MiB that it keeps, not to run out of memory */

static void balloon_to(long kib)
{
	FILE *f = fopen(BALLOON "target_kb", "w");
	int tries;

	must(f && fprintf(f, "%ld", kib) > 0 && !fclose(f));
	for (tries = 0; tries < PATIENCE * 10; tries++) {
		if (number(BALLOON "info/current_kb", "") == kib)
			return;
		usleep(100000);
	}
	bail("dom0 has %ld KiB, not %ld", number(BALLOON "info/current_kb", ""),
	     kib);
}

void back_split(void)
{
	long have = number(BALLOON "info/current_kb", "");

	if (!SPLITS)
		return;
	drop_caches();
	balloon_to(have - number("/proc/meminfo", "MemAvailable:") +
		   UNSPLIT * 1024);
	balloon_to(have);
}

static long references(void)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", module_name());
	return number(path, "");
}

/* What waits to be given back is, in the end. */
static void wait_for_later(const int *fds, size_t n)
{
	size_t i;
	int tries;

	for (i = 0; i < n; i++)
		for (tries = 0; tries < PATIENCE * 100; tries++) {
			if (!fdinfo(fds[i], "xen-privcmd-later"))
				break;
			usleep(10000);
		}
}

/*
 * KiB of struct pages, 64 bytes each, of the addresses that the kernel gave foreign
 * frames and keeps for others: 2 MiB for each 128 MiB.
 */
static long struct_pages(void)
{
	unsigned long long first, last;
	FILE *f = fopen("/proc/iomem", "r");
	char line[128];
	long kib = 0;

	must(f);
	while (fgets(line, sizeof(line), f))
		if (strstr(line, "Xen scratch") &&
		    sscanf(line, "%llx-%llx", &first, &last) == 2)
			kib += (last - first + 1) / PAGE * 64 / 1024;
	fclose(f);
	return kib;
}

/* When the balloon, and whoever frees memory a little later, have come to rest:
 * the numbers stay the same for half a second. */
struct had back_measure(const int *fds, size_t n)
{
	struct had now = { 0 }, last;
	int same = 0, tries;

	wait_for_later(fds, n);
	for (tries = 0; same < 5 && tries < 200; tries++) {
		drop_caches();
		usleep(100000);
		last = now;
		now.xen = pages_of_xen();
		now.dom0 = number("/proc/meminfo", "MemAvailable:") +
			   struct_pages();
		now.slab = number("/proc/meminfo", "SUnreclaim:");
		now.references = references();
		same = now.xen == last.xen && labs(now.dom0 - last.dom0) < 256 ?
			       same + 1 :
			       0;
	}
	return now;
}

bool back_nothing_mapped(const int *fds, size_t n)
{
	static const char *const fields[] = {
		"xen-privcmd-frames", "xen-privcmd-readonly",
		"xen-privcmd-failed", "xen-privcmd-later",
		"xen-privcmd-irqfds", "xen-privcmd-ioeventfds",
	};
	bool ok = true;
	size_t i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < ARRAY_SIZE(fields); k++)
			if (!check_eq(fdinfo(fds[i], fields[k]), 0)) {
				tap_note("%s of file %zu", fields[k], i);
				ok = false;
			}
	if (ok)
		tap_note("no frame is mapped, or waits to be given back");
	return ok;
}

#define ROOM 64

static int map_one_frame(int fd, size_t n)
{
	struct area a = area_new(fd, n);
	__u64 frame[ROOM + 1];
	int err[ROOM + 1], ret, e;
	size_t i;

	for (i = 0; i < n; i++)
		frame[i] = target[FIRST]->frame[i];
	ret = v2(fd, target[FIRST]->id, a.va, frame, err, n);
	e = errno;
	check_eq(munmap(a.va, n * PAGE), 0);
	return ret ? e : 0;
}

/* A file that nothing is counted against may have exactly max_frames. */
bool back_nothing_charged(const int *fds, size_t n)
{
	char room[16];
	bool ok = true;
	size_t i;

	snprintf(room, sizeof(room), "%d", ROOM);
	if (!check(param_set("max_frames", room)))
		return false;
	for (i = 0; i < n; i++) {
		ok = check_eq(map_one_frame(fds[i], ROOM), 0) && ok;
		ok = check_eq(map_one_frame(fds[i], ROOM + 1), ENOMEM) && ok;
	}
	return ok;
}

/*
 * Whoever gives its last frame back, the worker of the module included, is one of
 * many that want a CPU. Asked by no domctl, which waits for that worker.
 */
bool back_gone(const struct domain *d)
{
	int tries;

	for (tries = 0; tries < PATIENCE * 100; tries++) {
		if (!domain_listed(d->id))
			return true;
		usleep(10000);
	}
	return false;
}

bool back_no_domain(void)
{
	int id, tries;

	for (tries = 0; tries < PATIENCE * 100; tries++) {
		id = domain_next(1);
		if (id < 0) {
			tap_note("domains: dom0, no other");
			return true;
		}
		usleep(10000);
	}
	tap_note("domain %d is there", id);
	return check(id < 0);
}

/*
 * Of Xen's memory: some pages that its heap keeps for a CPU. On Arm also tables
 * of the few superpages that back_split() could not get at. Of dom0's memory:
 * slabs that are not full, and free pages that are kept for a CPU.
 */
#define DOM0_SLACK (8 * 1024) /* KiB; so much of slabs alone, too */

static long xen_slack(void)
{
	return 16 + (SPLITS ? UNSPLIT / 2 : 0);
}

bool back_memory(const struct had *before, const struct had *after)
{
	long slack = xen_slack();

	tap_note("Xen's and dom0's pages: %ld before, %ld after, +-%ld",
		 before->xen, after->xen, slack);
	tap_note(
		"available in dom0, or struct pages of foreign frames: %ld KiB before, %ld after",
		before->dom0, after->dom0);
	tap_note("slabs of dom0 that stay: %ld KiB before, %ld after",
		 before->slab, after->slab);
	return check(labs(after->xen - before->xen) <= slack) &
	       check(after->dom0 >= before->dom0 - DOM0_SLACK) &
	       check(after->slab <= before->slab + DOM0_SLACK);
}

bool back_references(const struct had *before, const struct had *after)
{
	return check_eq(after->references, before->references);
}
