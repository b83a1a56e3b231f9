// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * `xenfm ls` on a real device: the processes that keep frames of a domain, with
 * or without a file descriptor.
 */
#include <sys/prctl.h>

#include "xenfm_run.h"

static const char *text(long n)
{
	static char texts[8][24], *next;
	static int i;

	next = texts[i++ % 8];
	sprintf(next, "%ld", n);
	return next;
}

/* The columns of a line. One without a value is "-". */
struct columns {
	const char *fd, *domid, *frames, *readonly, *range, *access;
};

/* A line for this process or a child of it, in the words of the tool. */
static char *line(char *to, pid_t pid, struct columns c)
{
	return to + sprintf(to, "%7d %6s %8s %8s %8s %19s %6s holder\n", pid,
			    c.fd, c.domid ?: "-", c.frames ?: "-",
			    c.readonly ?: "-", c.range ?: "-", c.access ?: "-");
}

/* An open file of the device. With other drivers only the descriptor is known. */
static char *device_line(char *to, int fd, const char *domid,
			 const char *frames)
{
	struct columns c = { .fd = text(fd) };

	if (driver()) {
		c.domid = domid;
		c.frames = frames;
		c.readonly = "0";
	}
	return line(to, getpid(), c);
}

static char *areas_line(char *to, pid_t pid, const char *domid, long pages)
{
	return line(to, pid,
		    (struct columns){ .fd = "maps",
				      .domid = domid,
				      .frames = text(pages) });
}

/* domain.c may also have the device open. */
static bool is_open_device(int fd)
{
	char path[64], target[64] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, target, sizeof(target) - 1) > 0 &&
	       !strcmp(target, device());
}

/* Only our lines are compared, as other programs may have the device open. */
static void check_lines(const char *want)
{
	static char got[4096];
	char *to = got, *l, *rest;

	must(check_eq(ran.status, 0));
	check(!*ran.err);
	*to = '\0';
	for (l = strtok_r(ran.out, "\n", &rest); l;
	     l = strtok_r(NULL, "\n", &rest))
		if (strstr(l, " holder"))
			to += sprintf(to, "%s\n", l);
	if (!check(!strcmp(got, want)))
		tap_note("the lines are '%s', not '%s'", got, want);
}

TAP_CASE(tool_ls)
{
	struct domain *d = domain_new(DOMAIN_ANY, 9);
	struct area a, b;
	char want[1024] = "", *to = want;
	bool ours = driver();
	int fd;

	prctl(PR_SET_NAME, "holder");
	xenfm("ls --all");
	for (fd = 3; fd < 100; fd++)
		if (is_open_device(fd))
			to = device_line(to, fd, "any", "0");
	check_lines(want);
	if (ours) {
		to = want;
		*to = '\0';
		xenfm("ls");
		check_lines("");
	}

	a = area_new(privcmd_open(), 4);
	b = area_new(privcmd_open(), 5);
	must(map_frames(&a, d, 0) && map_frames(&b, d, 4));
	check_eq(restrict_to(a.fd, d->id), 0);
	to = device_line(to, a.fd, text(d->id), "4");
	areas_line(to, getpid(), NULL, 9);
	/* The second descriptor is closed, but its mapping stays. */
	close(b.fd);
	xenfm("ls");
	check_lines(want);
	domain_destroy(d);
	check(domain_held(d));
	area_done(&a);
	check_eq(munmap(b.va, 5 * PAGE), 0);
	check(domain_gone(d));
}

/* A process without a descriptor. Nothing else would show it. */
TAP_CASE(tool_ls_closed)
{
	struct domain *d = domain_new(DOMAIN_ANY, 3);
	char want[256];
	int ready[2];
	pid_t child;

	must(!pipe(ready));
	child = fork();
	if (!child) {
		struct area a = area_new(privcmd_open(), 3);

		prctl(PR_SET_NAME, "holder");
		must(map_frames(&a, d, 0));
		for (int fd = 3; fd < 100; fd++)
			if (fd != ready[1])
				close(fd);
		check_eq(write(ready[1], "", 1), 1);
		pause();
	}
	check_eq(read(ready[0], want, 1), 1);
	xenfm("ls");
	areas_line(want, child, NULL, 3);
	check_lines(want);
	xenfm("ls --json");
	snprintf(want, sizeof(want),
		 "{\"pid\":%d,\"command\":\"holder\",\"pages\":3}", child);
	check(strstr(ran.out, want) != NULL);
	domain_destroy(d);
	check(domain_held(d));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	check(domain_gone(d));
	xenfm("ls");
	check_lines("");
}

/* A file of a domain's memory, and an area of it. */
TAP_CASE(tool_ls_memory)
{
	struct domain *d = domain_new(DOMAIN_HVM, 5);
	struct xenfm *fm = opened();
	char want[512], range[64], *to;
	unsigned char *a;
	int fd = -1;

	if (!has(fm, XENFM_FEATURE_MEMORY))
		skip("the driver has no X_MEMORY");
	prctl(PR_SET_NAME, "holder");
	must(check_eq(xenfm_memory(fm, d->id, d->frame[0] + 1, 3,
				   XENFM_MEMORY_READ_ONLY, &fd),
		      0));
	xenfm_close(fm);
	snprintf(range, sizeof(range), "0x%llx-0x%llx", d->frame[0] + 1,
		 d->frame[0] + 3);
	xenfm("ls"); /* no frame is mapped */
	check_lines("");
	a = mmap(NULL, 3 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	must(a != MAP_FAILED);
	for (size_t i = 0; i < 3; i++)
		check_eq(touch(a + i * PAGE), 0);
	to = line(want, getpid(),
		  (struct columns){ text(fd), text(d->id), "3", "0", range,
				    "ro" });
	areas_line(to, getpid(), text(d->id), 3);
	xenfm("ls");
	check_lines(want);
	close(fd);
	areas_line(want, getpid(), text(d->id), 3);
	xenfm("ls");
	check_lines(want);
	xenfm("ls --json");
	snprintf(want, sizeof(want),
		 "{\"pid\":%d,\"command\":\"holder\",\"domid\":%u,\"pages\":3}",
		 getpid(), d->id);
	check(strstr(ran.out, want) != NULL);
	domain_destroy(d);
	check(domain_held(d));
	check_eq(munmap(a, 3 * PAGE), 0);
	check(domain_gone(d));
}
