// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * When all loads have ended, everything is as before: no frame, page, reference
 * or domain is left.
 */
#include <glob.h>
#include <sys/mman.h>

#include "stress.h"

/* A number in a file, in the line that begins with @words. */
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

/* Pages of Xen that are free, and those that dom0's balloon may take or give. */
static long pages_of_xen(void)
{
	return xen_free_pages() + number(BALLOON "info/current_kb", "") / 4;
}

/*
 * Where foreign frames replace memory of dom0 (Arm), Xen splits the 2 MiB
 * superpage that contains such a page. The split costs Xen a page table, and
 * Xen never joins the superpage again. That would look like a loss, so all
 * superpages are split before anything is measured: dom0 gives its memory to
 * Xen and takes it back.
 */
#ifdef __aarch64__
#define SPLITS true
#else
#define SPLITS false
#endif
#define UNSPLIT 64 /* MiB that dom0 keeps, as it must not run out of memory */

static void balloon_to(long kib)
{
	FILE *f = fopen(BALLOON "target_kb", "w");
	long now = 0;

	must(f && fprintf(f, "%ld", kib) > 0 && !fclose(f));
	if (!tap_soon((now = number(BALLOON "info/current_kb", "")) == kib,
		      now))
		bail("dom0 has %ld KiB, not %ld", now, kib);
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

/* Waits until the reaper has removed all frames that wait. */
static void wait_for_later(const int *fds, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		(void)tap_soon(!fdinfo(fds[i], "xen-privcmd-later"),
			       fdinfo(fds[i], "xen-privcmd-later"));
}

/*
 * KiB of struct pages, 64 bytes each, of the addresses that the kernel uses for
 * foreign frames and keeps: 2 MiB for each 128 MiB.
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

/*
 * KiB on the lists of free pages that each CPU keeps. The kernel does not count
 * them as free, and they can be 20 MiB.
 */
static long free_of_cpus(void)
{
	FILE *f = fopen("/proc/zoneinfo", "r");
	long pages = 0, n;
	char line[128];

	must(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, " count: %ld", &n) == 1)
			pages += n;
	fclose(f);
	return pages * PAGE / 1024;
}

/*
 * Reading the file adds up the counts of the CPUs, which are out of date
 * otherwise.
 */
static void refresh_counts(void)
{
	int fd = open("/proc/sys/vm/stat_refresh", O_RDONLY | O_CLOEXEC);
	char byte;

	must(fd >= 0 && read(fd, &byte, 1) == 0);
	close(fd);
}

/* Frees slabs without objects that a CPU or a node keeps for later. */
static void shrink_slabs(void)
{
	glob_t g = { 0 };
	size_t i;

	if (glob("/sys/kernel/slab/*/shrink", 0, NULL, &g))
		return; /* a kernel without SLUB_DEBUG */
	for (i = 0; i < g.gl_pathc; i++)
		put_text("1", "%s", g.gl_pathv[i]);
	globfree(&g);
}

/*
 * Memory of dom0 that is free or could be freed, and slabs, in KiB. A page that
 * is lost is missing from this sum.
 */
static long memory_of_dom0(const struct had *now)
{
	static const char *const fields[] = {
		"MemFree",
		"Active(file)",
		"Inactive(file)",
		"SReclaimable",
	};
	long kib = now->kept + now->slab + struct_pages();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		kib += meminfo(fields[i]);
	return kib;
}

static struct had look(void)
{
	struct had now = { 0 };

	drop_caches();
	shrink_slabs();
	usleep(100000);
	refresh_counts();
	now.xen = pages_of_xen();
	now.kept = free_of_cpus();
	now.slab = meminfo("SUnreclaim");
	now.dom0 = memory_of_dom0(&now);
	now.references = references();
	return now;
}

/*
 * Measures when the balloon and the workers that free memory are idle, which is
 * when the numbers have not changed for half a second.
 */
struct had back_measure(const int *fds, size_t n)
{
	struct had now = { 0 }, last;
	int same = 0, tries;

	wait_for_later(fds, n);
	for (tries = 0; same < 5 && tries < 200; tries++) {
		last = now;
		now = look();
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
		tap_note("no frame is mapped or waits for the reaper");
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

/* A file without any charge may have exactly max_frames. */
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
 * Waits until the domain is gone. The last frame may be removed by any process
 * or by the reaper, and all of them compete for a CPU. Asks by a sysctl, as a
 * domctl may wait for the reaper.
 */
bool back_gone(const struct domain *d)
{
	return tap_soon(!domain_listed(d->id), xen_free_pages());
}

bool back_no_domain(void)
{
	int id;

	if (tap_soon((id = domain_next(1)) < 0, xen_free_pages())) {
		tap_note("dom0 is the only domain");
		return true;
	}
	tap_note("domain %d still exists", id);
	return check(id < 0);
}

/*
 * Xen's heap keeps some pages for each CPU. On Arm there are also page tables
 * of the few superpages that back_split() could not reach.
 */
static long xen_slack(void)
{
	return 16 + (SPLITS ? UNSPLIT / 2 : 0);
}

/*
 * KiB of dom0's memory that may be missing, or be in slabs that are not full.
 * This is several times what was measured, see docs/reliability.md. A kernel
 * that checks itself stores notes about what it has seen.
 */
static long dom0_slack(void)
{
	return (access("/proc/lockdep", F_OK) ? 3 : 8) * 1024;
}

bool back_memory(const struct had *before, const struct had *after)
{
	long slack = xen_slack(), kib = dom0_slack();

	tap_note("Xen's and dom0's pages: %ld before, %ld after, +-%ld",
		 before->xen, after->xen, slack);
	tap_note(
		"free in dom0, in slabs, or struct pages of foreign frames: %ld KiB before, %ld after, -%ld",
		before->dom0, after->dom0, kib);
	tap_note("of these on the lists of CPUs: %ld KiB before, %ld after",
		 before->kept, after->kept);
	tap_note(
		"of these in slabs of dom0 that stay: %ld KiB before, %ld after, +%ld",
		before->slab, after->slab, kib);
	return check(labs(after->xen - before->xen) <= slack) &
	       check(after->dom0 >= before->dom0 - kib) &
	       check(after->slab <= before->slab + kib);
}

/* Keeps 1 MiB more than may be missing, as if it were lost. */
bool back_leak_is_seen(const int *fds, size_t n)
{
	long leak = dom0_slack() + 1024;
	size_t len = leak * 1024;
	struct had before, after;
	void *kept;
	long lost;

	before = back_measure(fds, n);
	kept = mmap(NULL, len, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	must(kept != MAP_FAILED);
	after = back_measure(fds, n);
	munmap(kept, len);
	lost = before.dom0 - after.dom0;
	tap_note("with %ld KiB kept, %ld KiB less are free", leak, lost);
	return check(labs(lost - leak) <= 512);
}

bool back_references(const struct had *before, const struct had *after)
{
	return check_eq(after->references, before->references);
}
