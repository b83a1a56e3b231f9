// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * xenfm ls: lists the processes that have the device open or mapped.
 * /proc/PID/fdinfo says how many frames an open file has mapped. /proc/PID/maps
 * says which areas a process has. An area keeps its frames after its descriptor
 * is closed: then only /proc/PID/maps shows it.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xenfm.h"

enum { OPTION_ALL = LONG_OPTION, OPTION_JSON };

/* A number that is not known. */
#define UNKNOWN INT64_MIN

/* A line of the output: an open file of a process, or all of its areas. */
struct holder {
	int fd;	       /* -1: areas */
	int64_t domid; /* -1: any */
	int64_t frames, readonly;
	int64_t later;	/* frames that are unmapped and not reaped yet */
	uint64_t pages; /* of areas */
};

/* The two paths of the device, and the files there. */
static struct {
	const char *path;
	struct statx st;
	bool there;
} nodes[2];

static bool json, all;
static unsigned int refused; /* processes that this user may not look into */

/*
 * Get type, device and inode of a file of another process. The file may be on a
 * file system that does not answer, so AT_STATX_DONT_SYNC: the kernel knows these
 * three without asking the file system.
 */
static bool look(const char *path, struct statx *st)
{
	return !statx(AT_FDCWD, path, AT_STATX_DONT_SYNC,
		      STATX_TYPE | STATX_INO, st);
}

static void find_nodes(void)
{
	nodes[0].path = xenfm_device();
	nodes[1].path = "/proc/xen/privcmd";
	for (size_t i = 0; i < 2; i++)
		nodes[i].there = look(nodes[i].path, &nodes[i].st);
}

/*
 * A device node is the device if its number is, at any path. A file that is not a
 * device node is the device if its inode is.
 */
static bool is_device(const struct statx *st)
{
	for (size_t i = 0; i < 2; i++) {
		const struct statx *node = &nodes[i].st;

		if (!nodes[i].there)
			continue;
		if (S_ISCHR(st->stx_mode) && S_ISCHR(node->stx_mode) &&
		    st->stx_rdev_major == node->stx_rdev_major &&
		    st->stx_rdev_minor == node->stx_rdev_minor)
			return true;
		if (st->stx_dev_major == node->stx_dev_major &&
		    st->stx_dev_minor == node->stx_dev_minor &&
		    st->stx_ino == node->stx_ino)
			return true;
	}
	return false;
}

/* Is it one of the two paths? */
static bool is_path(const char *path)
{
	return !strcmp(path, nodes[0].path) || !strcmp(path, nodes[1].path);
}

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

static void print_json(unsigned int pid, const char *comm,
		       const struct holder *h)
{
	json_open(NULL, '{');
	json_number("pid", pid);
	json_string("command", comm);
	if (h->fd >= 0) {
		json_number("fd", h->fd);
		if (h->domid == -1)
			json_string("domid", "any");
		else
			json_known("domid", h->domid);
		json_known("frames", h->frames);
		json_known("readonly", h->readonly);
	} else {
		json_number("pages", h->pages);
	}
	json_close('}');
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

/* Read the fdinfo of xen-privcmd. With other drivers nothing is known. */
static void read_fdinfo(unsigned int pid, unsigned int fd, struct holder *h)
{
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/fdinfo/%u", pid, fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "xen-privcmd-domid:\tnone", 23))
			h->domid = -1;
		sscanf(line, "xen-privcmd-domid: %" SCNd64, &h->domid);
		sscanf(line, "xen-privcmd-frames: %" SCNd64, &h->frames);
		sscanf(line, "xen-privcmd-readonly: %" SCNd64, &h->readonly);
		sscanf(line, "xen-privcmd-later: %" SCNd64, &h->later);
	}
	if (f)
		fclose(f);
}

static void list_fd(unsigned int pid, const char *comm, unsigned int fd)
{
	struct holder h = { .domid = UNKNOWN,
			    .frames = UNKNOWN,
			    .readonly = UNKNOWN };
	char path[64], target[64] = "";
	struct statx st;

	snprintf(path, sizeof(path), "/proc/%u/fd/%u", pid, fd);
	if (readlink(path, target, sizeof(target) - 1) < 0)
		return;
	if (!is_path(target) && (!look(path, &st) || !is_device(&st)))
		return;
	h.fd = fd;
	read_fdinfo(pid, fd, &h);
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

/* The pages of an area of the device, or 0 if @line is of another area. */
static uint64_t area_pages(unsigned int pid, char *line)
{
	unsigned long first, last;
	char link[96];
	int path = 0;
	struct statx st;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %n", &first, &last, &path) <
		    2 ||
	    !path || line[path] != '/')
		return 0;
	if (!is_path(line + path)) {
		/* In another root the device has another path or inode. */
		snprintf(link, sizeof(link), "/proc/%u/map_files/%lx-%lx", pid,
			 first, last);
		if (!look(link, &st) || !is_device(&st))
			return 0;
	}
	return (last - first) / XENFM_PAGE_SIZE;
}

static void list_areas(unsigned int pid, const char *comm)
{
	struct holder h = { .fd = -1,
			    .domid = UNKNOWN,
			    .frames = UNKNOWN,
			    .readonly = UNKNOWN };
	char path[64], *line = NULL;
	size_t size = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	f = fopen(path, "re");
	if (!f)
		return;
	while (getline(&line, &size, f) > 0)
		h.pages += area_pages(pid, line);
	free(line);
	fclose(f);
	h.frames = h.pages;
	if (h.pages)
		print(pid, comm, &h);
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
	find_nodes();
	if (json)
		json_open(NULL, '[');
	else
		printf("%7s %6s %8s %8s %8s %s\n", "PID", "FD", "DOMID",
		       "FRAMES", "READONLY", "COMMAND");
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
