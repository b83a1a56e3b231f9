// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What a call allocates counts against the memory control group of its process.
 * A call that needs more than the group may have ends with ENOMEM or with the
 * death of its process, and of no other. Afterwards the group has its memory
 * back.
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "map/memcg.h"
#include "memory/memory.h"

#define MOST  (24UL << 20) /* limit of the group in bytes */
#define LEFT  (4UL << 20)  /* bytes that may stay charged for a while */
#define MANY  (6UL << 20)  /* frames: at least 10 bytes for each */
#define PIECE (2UL << 20)  /* bytes */

static char top[] = "/tmp/privcmd-test-XXXXXX";
static char group[64];
static pid_t made_by;

static bool memcg_put(const char *dir, const char *file, const char *text)
{
	return put_text(text, "%s/%s", dir, file);
}

long memcg_get(const char *file, const char *key)
{
	char path[128], line[128];
	size_t n = strlen(key);
	long value = -1;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", group, file);
	f = fopen(path, "r");
	must(f);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, key, n))
			value = strtol(line + n, NULL, 10);
	fclose(f);
	return value;
}

static void remove_group(void)
{
	if (getpid() != made_by)
		return;
	for (int i = 0; rmdir(group) && errno == EBUSY && i < 50; i++)
		usleep(100000);
	umount2(top, MNT_DETACH);
	rmdir(top);
}

void memcg_new(void)
{
	char most[24];

	must(mkdtemp(top));
	if (mount("none", top, "cgroup2", 0, NULL)) {
		rmdir(top);
		skip("this kernel has no cgroup2");
	}
	made_by = getpid();
	snprintf(group, sizeof(group), "%s/privcmd-test-%d", top, made_by);
	atexit(remove_group);
	if (!memcg_put(top, "cgroup.subtree_control", "+memory"))
		skip("this kernel has no memory control groups");
	snprintf(most, sizeof(most), "%lu", MOST);
	must(!mkdir(group, 0755));
	must(memcg_put(group, "memory.max", most));
	memcg_put(group, "memory.swap.max", "0"); /* if there is swap */
}

void memcg_join(void)
{
	must(memcg_put(group, "cgroup.procs", "0"));
}

/*
 * An array of frame numbers that no domain has. It costs only 2 MiB. Memory
 * after it cannot be read.
 */
static __u64 *numbers(size_t n)
{
	unsigned char *va = aside(n * sizeof(__u64) / PAGE + 1);
	int fd = memfd_create("numbers", MFD_CLOEXEC);
	size_t at;

	must(fd >= 0 && !ftruncate(fd, PIECE));
	for (at = 0; at < n * sizeof(__u64); at += PIECE)
		must(mmap(va + at, PIECE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED);
	for (at = 0; at < PIECE / sizeof(__u64); at++)
		((__u64 *)va)[at] = BAD_FRAME;
	return (__u64 *)va;
}

static long back(void)
{
	long now = 0;

	(void)tap_soon((now = memcg_get("memory.current", "")) <= (long)LEFT,
		       now);
	return now;
}

/*
 * Runs @call in the group. The call must fail with ENOMEM, or its process must
 * die.
 */
static void too_much(int (*call)(int fd, const struct domain *d))
{
	struct domain *d = domain_new(DOMAIN_ANY, 2);
	int fd = privcmd_open(), how;
	struct area a;
	pid_t pid;

	memcg_new();
	pid = fork();
	if (pid == 0) {
		memcg_join();
		_exit(!(call(fd, d) == -1 && errno == ENOMEM));
	}
	waitpid(pid, &how, 0);
	check(WIFSIGNALED(how) ? WTERMSIG(how) == SIGKILL : !WEXITSTATUS(how));
	/* The call has reached the limit of the group. */
	check(memcg_get("memory.events", "max ") > 0);
	check(back() <= (long)LEFT);
	check_eq(fdinfo(fd, "xen-privcmd-failed"), 0);
	check_eq(fdinfo(fd, "xen-privcmd-lazy"), 0);
	a = area_new(fd, 2);
	area_works(&a, d);
	domain_destroy(d);
	check(domain_gone(d));
}

/*
 * The call names one frame more than there are numbers. So it reads all numbers
 * and maps nothing.
 */
static int batch_of_many(int fd, const struct domain *d)
{
	struct area a = area_new(fd, MANY + 1);

	return v1(fd, d->id, a.va, numbers(MANY), MANY + 1);
}

TAP_HAZARD(memcg_batch, .rows = "B10")
{
	need_ours();
	too_much(batch_of_many);
}

static int lazy_many(int fd, const struct domain *d)
{
	struct area a = area_new(fd, MANY);

	return x_map(fd, d->id, a.va, numbers(MANY), MANY, LAZY, NULL);
}

TAP_HAZARD(memcg_lazy_mapping, .rows = "B10")
{
	need_ours();
	too_much(lazy_many);
}

/* A hole in each page table's part of a mapping, which cost little before. */
static int many_holes(int fd, const struct domain *d)
{
	struct area a = area_new(fd, 1UL << 25);
	size_t i;

	if (x_map(fd, d->id, a.va, NULL, a.n, LAZY | CONTIGUOUS, NULL))
		return 0;
	for (i = 0; i < a.n; i += 512)
		if (x_unmap(fd, page_at(&a, i), 1))
			return -1;
	return 0;
}

TAP_HAZARD(memcg_holes, .rows = "B10")
{
	need_ours();
	too_much(many_holes);
}

#define APART (2UL << 20) /* bytes: an area has a page table of its own */

/*
 * Areas of a memory file, which are charged to no file. What each costs is charged to
 * the process that accesses it.
 */
static int many_areas(int fd, const struct domain *d)
{
	int file = memory_file(fd, d, d->frame[0], 1, 0);
	unsigned char *va = aside(MOST / PAGE * APART / PAGE);
	size_t i;

	must(file >= 0);
	for (i = 0; i < MOST / PAGE; i++, va += APART) {
		if (mmap(va, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, file,
			 0) == MAP_FAILED)
			return -1;
		check_eq(touch(va), 0);
	}
	return 0;
}

TAP_HAZARD(memcg_memory_areas, .rows = "B10")
{
	need_memory();
	too_much(many_areas);
}

/* Bytes. The kernel counts up to 256 KiB for each CPU in advance. */
#define NEARLY_NONE (1L << 20)

static void unmap_half(const struct domain *d)
{
	const size_t n = 1UL << 28;
	struct area a = area_new(memory_of(d, 0, n, 0), n);
	long before;

	memory_shows(&(struct area){ a.fd, a.va, 4 }, d, 0);
	before = memcg_get("memory.current", "");
	/* No page of this part was ever accessed, and most of the next. */
	check_eq(x_unmap(a.fd, page_at(&a, n / 2 + 100), n / 4), 0);
	check_eq(x_unmap(a.fd, page_at(&a, 2), n / 2), 0);
	check(memcg_get("memory.current", "") - before < NEARLY_NONE);
	memory_has(a.fd, 2, n - 2, 0);
	memory_shows(&(struct area){ a.fd, a.va, 4 }, d, 0);
	area_done(&a);
}

/*
 * X_UNMAP of a part of an area of a terabyte: a page that was never accessed is lazy
 * already, and needs nothing to become lazy. If each page table's part needed no more
 * than 64 bytes, half of the area would need 16 MiB.
 */
TAP_HAZARD(memcg_memory_unmap_part, .rows = "B10")
{
	struct domain *d = memory_full(4);
	pid_t pid;
	int how;

	memcg_new();
	around("1");
	pid = fork();
	if (pid == 0) {
		memcg_join();
		unmap_half(d);
		_exit(0);
	}
	waitpid(pid, &how, 0);
	check_eq(how, 0);
	/* The group has never reached its limit. */
	check_eq(memcg_get("memory.events", "max "), 0);
	check(back() <= (long)LEFT);
	memory_end(d);
}

static int hypercall_buffer(int fd, const struct domain *d)
{
	int other = open(hypercall_device(), O_RDWR | O_CLOEXEC);
	void *p = mmap(NULL, 2 * MOST, PROT_READ | PROT_WRITE, MAP_SHARED,
		       other, 0);

	(void)fd;
	(void)d;
	return p == MAP_FAILED ? -1 : 0;
}

TAP_HAZARD(memcg_hypercall_buffer, .rows = "B10")
{
	need_ours();
	too_much(hypercall_buffer);
}
