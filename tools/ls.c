// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * xenfm ls: lists the processes that have the device, or a file of a domain's
 * memory, open or mapped. /proc/PID/fdinfo says how many frames an open file has
 * mapped. /proc/PID/maps says which areas a process has. An area keeps its frames
 * after its descriptor is closed: then only /proc/PID/maps shows it.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ls.h"
#include "xenfm.h"

enum { OPTION_ALL = LONG_OPTION, OPTION_JSON };

/* A number that is not known. */
#define UNKNOWN INT64_MIN

/* A line of the output: an open file of a process, or areas of it. */
struct holder {
	int fd;	       /* -1: areas */
	int64_t domid; /* -1: any */
	int64_t frames, readonly;
	int64_t later;	/* frames that are unmapped and not reaped yet */
	uint64_t pages; /* of areas */
	/* Of a file of a domain's memory; @num is 0 for all others. */
	uint64_t first, num;
	char access[4]; /* rw or ro */
};

static bool json, all;
static unsigned int refused; /* processes that this user may not look into */

static void print_number(int64_t n, const char *negative)
{
	if (n == UNKNOWN)
		printf(" %8s", "-");
	else if (n < 0)
		printf(" %8s", negative);
	else
		printf(" %8" PRId64, n);
}

static void json_known(const char *name, int64_t n)
{
	if (n < 0)
		json_null(name);
	else
		json_number(name, n);
}

static void print_json_file(const struct holder *h)
{
	json_number("fd", h->fd);
	if (h->domid == -1)
		json_string("domid", "any");
	else
		json_known("domid", h->domid);
	json_known("frames", h->frames);
	json_known("readonly", h->readonly);
	if (h->num) {
		json_number("first", h->first);
		json_number("count", h->num);
		json_string("access", h->access);
	}
}

static void print_json(unsigned int pid, const char *comm,
		       const struct holder *h)
{
	json_open(NULL, '{');
	json_number("pid", pid);
	json_string("command", comm);
	if (h->fd >= 0) {
		print_json_file(h);
	} else {
		if (h->domid >= 0)
			json_number("domid", h->domid);
		json_number("pages", h->pages);
	}
	json_close('}');
}

static void print_range(const struct holder *h)
{
	char range[64] = "-";

	if (h->num)
		snprintf(range, sizeof(range), "0x%" PRIx64 "-0x%" PRIx64,
			 h->first, h->first + h->num - 1);
	printf(" %19s %6s", range, h->num ? h->access : "-");
}

static void print(unsigned int pid, const char *comm, const struct holder *h)
{
	if (json) {
		print_json(pid, comm, h);
		return;
	}
	printf("%7u", pid);
	if (h->fd >= 0)
		printf(" %6d", h->fd);
	else
		printf(" %6s", "maps");
	print_number(h->domid, "any");
	print_number(h->frames, "");
	print_number(h->readonly, "");
	print_range(h);
	printf(" %s\n", comm);
}

static void read_comm(unsigned int pid, char *comm, size_t size)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	f = fopen(path, "re");
	if (!f || !fgets(comm, size, f))
		snprintf(comm, size, "?");
	if (f)
		fclose(f);
	comm[strcspn(comm, "\n")] = '\0';
}

static void read_fdinfo_line(const char *line, struct holder *h)
{
	uint64_t first, num;
	char access[4];

	if (!strncmp(line, "xen-privcmd-domid:\tnone", 23))
		h->domid = -1;
	sscanf(line, "xen-privcmd-domid: %" SCNd64, &h->domid);
	sscanf(line, "xen-privcmd-frames: %" SCNd64, &h->frames);
	sscanf(line, "xen-privcmd-readonly: %" SCNd64, &h->readonly);
	sscanf(line, "xen-privcmd-later: %" SCNd64, &h->later);
	if (sscanf(line, "xen-privcmd-memory: %" SCNu64 " %" SCNu64 " %3s",
		   &first, &num, access) != 3 ||
	    (strcmp(access, "rw") && strcmp(access, "ro")))
		return;
	h->first = first;
	h->num = num;
	memcpy(h->access, access, sizeof(access));
}

/*
 * Read the fdinfo of xen-privcmd. With other drivers nothing is known. Whole lines
 * are read: in the fdinfo of other files a long line may have any name in it.
 */
static void read_fdinfo(unsigned int pid, unsigned int fd, struct holder *h)
{
	char path[64], *line = NULL;
	size_t size = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/fdinfo/%u", pid, fd);
	f = fopen(path, "re");
	while (f && getline(&line, &size, f) > 0)
		read_fdinfo_line(line, h);
	free(line);
	if (f)
		fclose(f);
}

static void list_fd(unsigned int pid, const char *comm, unsigned int fd)
{
	struct holder h = { .domid = UNKNOWN,
			    .frames = UNKNOWN,
			    .readonly = UNKNOWN };
	char path[64], target[64] = "";
	unsigned int domid;
	bool device;

	snprintf(path, sizeof(path), "/proc/%u/fd/%u", pid, fd);
	if (readlink(path, target, sizeof(target) - 1) < 0)
		return;
	device = nodes_is_device(target, path);
	if (!device && !nodes_may_be_memory(target, &domid))
		return;
	h.fd = fd;
	read_fdinfo(pid, fd, &h);
	/* Only the driver writes this field: the name alone proves nothing. */
	if (!device && !h.num)
		return;
	/* Many programs of a toolstack have the device open and no frames. */
	if (all || h.frames || h.later)
		print(pid, comm, &h);
}

/* Count a process that this user may not look into, not one that has ended. */
static void count_refused(void)
{
	refused += errno == EACCES || errno == EPERM;
}

static void list_fds(unsigned int pid, const char *comm)
{
	const struct dirent *e;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	dir = opendir(path);
	if (!dir) {
		count_refused();
		return;
	}
	while ((e = readdir(dir)))
		if (isdigit((unsigned char)*e->d_name))
			list_fd(pid, comm, strtoul(e->d_name, NULL, 10));
	closedir(dir);
}

static void list_areas(unsigned int pid, const char *comm)
{
	struct areas *areas;
	size_t num = areas_of(pid, &areas);

	for (size_t i = 0; i < num; i++) {
		const struct holder h = {
			.fd = -1,
			.domid = areas[i].device ? UNKNOWN : areas[i].domid,
			.frames = areas[i].pages,
			.readonly = UNKNOWN,
			.pages = areas[i].pages,
		};

		print(pid, comm, &h);
	}
	free(areas);
}

static void list_process(unsigned int pid)
{
	char comm[64];

	read_comm(pid, comm, sizeof(comm));
	list_fds(pid, comm);
	list_areas(pid, comm);
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	return versionsort(a, b);
}

static int is_process(const struct dirent *e)
{
	return isdigit((unsigned char)*e->d_name);
}

static int list_all(void)
{
	struct dirent **pids;
	int n = scandir("/proc", &pids, is_process, by_number);

	if (n < 0) {
		complain("/proc: %s", strerror(errno));
		return EXIT_FAILED;
	}
	for (int i = 0; i < n; i++) {
		list_process(strtoul(pids[i]->d_name, NULL, 10));
		free(pids[i]);
	}
	free(pids);
	return EXIT_OK;
}

int cmd_ls(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "all", no_argument, NULL, OPTION_ALL },
		{ "json", no_argument, NULL, OPTION_JSON },
		{ 0 }
	};
	int status, option;

	while ((option = next_option(argc, argv, options)) != -1)
		*(option == OPTION_ALL ? &all : &json) = true;
	arguments(argc, argv, 0, 0);
	nodes_find();
	if (json)
		json_open(NULL, '[');
	else
		printf("%7s %6s %8s %8s %8s %19s %6s %s\n", "PID", "FD",
		       "DOMID", "FRAMES", "READONLY", "RANGE", "ACCESS",
		       "COMMAND");
	status = list_all();
	if (json) {
		json_close(']');
		json_end();
	}
	if (!status && refused) {
		complain("%u processes not looked into: only root may",
			 refused);
		status = EXIT_FAILED;
	}
	return status;
}
