// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * xenfm memory: makes a file of a domain's memory and runs a program that has the
 * file as an open descriptor. The program takes the place of xenfm, so its exit
 * status is that of xenfm.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xenfm.h"

/* The most bytes of a file, as the driver has it. */
#define LEN_MAX (((UINT64_C(1) << 51) - 1) * XENFM_PAGE_SIZE)

enum { OPTION_READ_ONLY = LONG_OPTION, OPTION_ZERO_HOLES };

struct request {
	unsigned int domid;
	uint64_t first;
	uint64_t num; /* 0: up to the last frame of the domain */
	unsigned int flags;
	char **program; /* its name and its arguments, up to a NULL */
};

/*
 * End the command line at the first "--". Returns the words after it, or NULL if
 * there is no "--".
 */
static char **cut(int *argc, char **argv)
{
	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "--"))
			continue;
		argv[i] = NULL;
		*argc = i;
		return argv + i + 1;
	}
	return NULL;
}

/* Read a number of bytes, and return the number of frames. */
static uint64_t frames(const char *what, const char *text, uint64_t min,
		       uint64_t max)
{
	uint64_t bytes = number(what, text, min, max);

	if (bytes % XENFM_PAGE_SIZE)
		usage("%s %s is not a multiple of %u", what, text,
		      XENFM_PAGE_SIZE);
	return bytes / XENFM_PAGE_SIZE;
}

static void parse_range(struct request *r, char **arg)
{
	const uint64_t last = UINT64_MAX / XENFM_PAGE_SIZE;

	if (!arg[0])
		return;
	if (!arg[1])
		usage("ADDR without LEN");
	r->first = frames("ADDR", arg[0], 0, UINT64_MAX);
	r->num = frames("LEN", arg[1], 1, LEN_MAX);
	if (r->num - 1 > last - r->first)
		usage("ADDR + LEN is beyond the end of memory");
}

static void parse(struct request *r, int argc, char **argv,
		  const struct option *options)
{
	int option;

	r->program = cut(&argc, argv);
	while ((option = next_option(argc, argv, options)) != -1)
		r->flags |= option == OPTION_READ_ONLY ?
				    XENFM_MEMORY_READ_ONLY :
				    XENFM_MEMORY_ZERO_HOLES;
	if (!r->program)
		usage("no '--' before COMMAND");
	argv = arguments(argc, argv, 1, 3);
	r->domid = number("DOMID", argv[0], 0, UINT16_MAX);
	parse_range(r, argv + 1);
	if (!*r->program)
		usage("no COMMAND after '--'");
}

/*
 * The driver makes the file without a question to the hypervisor, also for a
 * domain that does not exist. So map a frame: this shows whether there is a
 * domain, even if it has no memory there.
 */
static int check_domain(struct xenfm *handle, const struct request *r)
{
	int err, status;
	void *area;

	status = map_domain(handle, r->domid, &r->first, 1, 0, &err, &area);
	if (!status)
		xenfm_unmap(handle, area, 1);
	return status;
}

static int make_file(struct request *r, int *fd)
{
	struct xenfm *handle;
	int status, ret;

	if (open_device(&handle))
		return EXIT_FAILED;
	status = EXIT_FAILED;
	if (!need_feature(handle, XENFM_FEATURE_MEMORY))
		goto out;
	status = r->num ? check_domain(handle, r) : space_of(r->domid, &r->num);
	if (status)
		goto out;
	ret = xenfm_memory(handle, r->domid, r->first, r->num, r->flags, fd);
	if (ret) {
		complain_domain(r->domid, ret);
		status = EXIT_FAILED;
	}
out:
	xenfm_close(handle);
	return status;
}

/* @arg with @path in place of each "{}". The caller frees it. */
static char *fill_in(const char *arg, const char *path)
{
	const char *at = arg, *end;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (; (end = strstr(at, "{}")); at = end + 2) {
		fwrite(at, 1, end - at, out);
		fputs(path, out);
	}
	fputs(at, out);
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}

static void free_words(char **words)
{
	for (char **word = words; word && *word; word++)
		free(*word);
	free(words);
}

/* The words of the program with @path in its arguments, or NULL: no memory. */
static char **fill_in_all(char **program, const char *path)
{
	size_t num = 0, i;
	char **words;

	while (program[num])
		num++;
	words = calloc(num + 1, sizeof(*words));
	for (i = 0; words && i < num; i++) {
		words[i] = i ? fill_in(program[i], path) : strdup(program[0]);
		if (words[i])
			continue;
		free_words(words);
		return NULL;
	}
	return words;
}

/* Run the program in place of xenfm. Returns only if that fails. */
static int run_program(char **program, int fd)
{
	char path[32], **words = NULL;
	int err, inherited;

	/* 0, 1 and 2 have a meaning for the program. Without close-on-exec. */
	inherited = fcntl(fd, F_DUPFD, STDERR_FILENO + 1);
	if (inherited >= 0) {
		snprintf(path, sizeof(path), "/dev/fd/%d", inherited);
		words = fill_in_all(program, path);
	}
	if (words)
		execvp(*words, words);
	err = errno;
	complain("cannot run %s: %s", *program, strerror(err));
	free_words(words);
	if (inherited >= 0)
		close(inherited);
	return err == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

int cmd_memory(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "read-only", no_argument, NULL, OPTION_READ_ONLY },
		{ "zero-holes", no_argument, NULL, OPTION_ZERO_HOLES },
		{ 0 }
	};
	struct request r = { 0 };
	int status, fd;

	parse(&r, argc, argv, options);
	status = make_file(&r, &fd);
	if (status)
		return status;
	status = run_program(r.program, fd);
	close(fd);
	return status;
}
