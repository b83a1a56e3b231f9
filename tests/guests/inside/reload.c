// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The module is loaded and unloaded often, in a guest while its xenstore is
 * busy. Nothing is left behind.
 */
#include <glob.h>

#include "guest.h"

#define ROUNDS 200

/* A slab that a CPU keeps counts as full: up to about 64 objects. */
#define LEFT (ROUNDS * 3 / 4)

/*
 * What the kernel holds: kmalloc objects, KiB and areas of vmalloc, directories
 * and files in sysfs.
 */
struct held {
	long kmalloc, vmalloc, areas, sysfs;
};

/* Frees slabs that a CPU keeps, as their free objects would count as held. */
static void shrink_slabs(void)
{
	glob_t g = { 0 };
	size_t i;

	glob("/sys/kernel/slab/*kmalloc*/shrink", 0, NULL, &g);
	glob("/sys/kernel/slab/kernfs_node_cache/shrink", GLOB_APPEND, NULL,
	     &g);
	must(g.gl_pathc > 1);
	for (i = 0; i < g.gl_pathc; i++) {
		int fd = open(g.gl_pathv[i], O_WRONLY);

		must(fd >= 0 && write(fd, "1", 1) == 1);
		close(fd);
	}
	globfree(&g);
}

/* Adds up the numbers after this word, or counts the lines that contain it. */
static long sum(const char *path, const char *word, bool count)
{
	char line[512];
	long total = 0;
	const char *at;
	FILE *f = fopen(path, "r");

	if (!f)
		bail("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		at = strstr(line, word);
		if (!at)
			continue;
		total += count ? 1 : strtol(at + strcspn(at, " "), NULL, 10);
	}
	fclose(f);
	return total;
}

static struct held held(void)
{
	struct held h;

	usleep(200000);
	shrink_slabs();
	h.kmalloc = sum("/proc/slabinfo", "kmalloc-", false);
	h.vmalloc = sum("/proc/meminfo", "VmallocUsed:", false);
	h.areas = sum("/proc/vmallocinfo", "pages=", true);
	h.sysfs = sum("/proc/slabinfo", "kernfs_node_cache", false);
	return h;
}

/*
 * Takes the lower numbers, as memory that is freed late or kept by a CPU is not
 * counted each time.
 */
static void lower(struct held *h)
{
	struct held now = held();

	h->kmalloc = now.kmalloc < h->kmalloc ? now.kmalloc : h->kmalloc;
	h->vmalloc = now.vmalloc < h->vmalloc ? now.vmalloc : h->vmalloc;
	h->areas = now.areas < h->areas ? now.areas : h->areas;
	h->sysfs = now.sysfs < h->sysfs ? now.sysfs : h->sysfs;
}

static void note(const struct held *h)
{
	tap_note(
		"%ld kmalloc objects, %ld KiB vmalloc in %ld areas, %ld in sysfs",
		h->kmalloc, h->vmalloc, h->areas, h->sysfs);
}

static struct held lowest(void)
{
	struct held h = held();
	int i;

	for (i = 0; i < 4; i++)
		lower(&h);
	note(&h);
	return h;
}

/*
 * Other users allocate and free memory, too. But what a round leaves behind is
 * there once for each round, and for ever. The smallest area is a page.
 */
static bool left(const struct held *before, const struct held *after)
{
	return after->kmalloc - before->kmalloc >= LEFT ||
	       after->vmalloc - before->vmalloc >= LEFT * 4 ||
	       after->areas - before->areas >= LEFT ||
	       after->sysfs - before->sysfs >= LEFT;
}

static void nothing_left(const struct held *before)
{
	struct held after = held();
	int tries;

	for (tries = 0; tries < 30 && left(before, &after); tries++)
		lower(&after);
	note(&after);
	check(!left(before, &after));
	check(!module_loaded());
}

static void once(long domid)
{
	int fd;

	module_load("");
	check_eq(born(), domid);
	fd = device_open();
	check_errno(ioctl(fd, IOCTL_PRIVCMD_UNIMPLEMENTED), ENOTTY);
	close(fd);
	must(check_eq(module_unload(), 0));
	check(access(DEVICE, F_OK) < 0);
	check(access("/dev/xen/hypercall", F_OK) < 0);
}

static void guest_rounds(int n)
{
	char value[64];

	while (n--) {
		once(777);
		must(xs_read("target", value, sizeof(value)));
	}
}

/* Meanwhile dom0 writes a node that is watched, as fast as it can. */
TAP_CASE(guest_reload_often, .rows = "A18", .seconds = 300)
{
	struct held before;

	ask("target 777");
	xs_watch("data/tick");
	xs_watch("target");
	guest_rounds(5); /* what is set up once */
	before = lowest();
	ask("ticks");
	guest_rounds(ROUNDS);
	ask("no-ticks");
	tap_note("%u events", xs_events());
	check(xs_events() >= 10);
	nothing_left(&before);
}

static void dom0_rounds(int n)
{
	while (n--)
		once(-1);
}

TAP_CASE(dom0_reload_often, .rows = "A18", .seconds = 300)
{
	struct held before;

	dom0_rounds(5);
	before = lowest();
	dom0_rounds(ROUNDS);
	nothing_left(&before);
}
