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
