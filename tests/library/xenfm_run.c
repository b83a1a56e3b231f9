// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Runs the tool and keeps its output.
 */
#include <sys/stat.h>

#include "xenfm_run.h"

#define TOOL "/usr/bin/xenfm"

struct ended ran;
static int input = -1;

static struct run start(const char *path, uid_t uid, const char *fmt,
			va_list ap)
{
	static char name[32], line[256], *argv[16];
	struct run r = {
		.out = memfd_create("out", MFD_CLOEXEC),
		.err = memfd_create("err", MFD_CLOEXEC),
	};
	char *word, *rest;
	size_t n = 0;

	vsnprintf(line, sizeof(line), fmt, ap);
	snprintf(name, sizeof(name), "%s", strrchr(path, '/') + 1);
	argv[n++] = name;
	for (word = strtok_r(line, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest))
		argv[n++] = word;
	argv[n] = NULL;
	must(r.out >= 0 && r.err >= 0);
	r.pid = fork();
	if (r.pid == 0) {
		if (input >= 0)
			lseek(input, 0, SEEK_SET);
		dup2(input >= 0 ? input : open("/dev/null", O_RDONLY), 0);
		dup2(r.out, 1);
		dup2(r.err, 2);
		if (!setgid(uid) && !setuid(uid))
			execv(path, argv);
		_exit(127);
	}
	return r;
}

static off_t size_of(int fd)
{
	struct stat st;

	must(!fstat(fd, &st));
	return st.st_size;
}

static char *content(int fd)
{
	off_t size = size_of(fd);
	char *text = calloc(1, size + 1);

	must(pread(fd, text, size, 0) == size);
	close(fd);
	return text;
}

bool run_has_written(const struct run *r)
{
	return size_of(r->out) > 0;
}

void run_end(struct run *r)
{
	int status;

	must(waitpid(r->pid, &status, 0) == r->pid);
	free(ran.out);
	free(ran.err);
	ran.status = WIFEXITED(status) ? WEXITSTATUS(status) :
					 -WTERMSIG(status);
	ran.len = size_of(r->out);
	ran.out = content(r->out);
	ran.err = content(r->err);
}

void run_as(uid_t uid, const char *fmt, ...)
{
	struct run r;
	va_list ap;

	va_start(ap, fmt);
	r = start(TOOL, uid, fmt, ap);
	va_end(ap);
	run_end(&r);
}

struct run run_start(const char *fmt, ...)
{
	struct run r;
	va_list ap;

	va_start(ap, fmt);
	r = start(TOOL, 0, fmt, ap);
	va_end(ap);
	return r;
}

static void check_text(const char *file, int line, const char *what,
		       const char *got, const char *want)
{
	tap_check(!strcmp(got, want), file, line, "%s is \"%s\", not \"%s\"",
		  what, got, want);
}

void check_run(const char *file, int line, int status, const char *out,
	       const char *err, ...)
{
	char want[256];
	va_list ap;

	va_start(ap, err);
	vsnprintf(want, sizeof(want), err, ap);
	va_end(ap);
	tap_check(ran.status == status, file, line,
		  "xenfm exited with %d, not %d", ran.status, status);
	check_text(file, line, "its output", ran.out, out);
	check_text(file, line, "its error message", ran.err, want);
}

void run_program(const char *path, const char *fmt, ...)
{
	struct run r;
	va_list ap;

	va_start(ap, fmt);
	r = start(path, 0, fmt, ap);
	va_end(ap);
	run_end(&r);
}

void run_input(const void *bytes, size_t len)
{
	if (input >= 0)
		close(input);
	input = memfd_create("in", MFD_CLOEXEC);
	must(input >= 0 && write(input, bytes, len) == (ssize_t)len);
}

static bool find(const struct domain *d, __u64 frame, size_t *page)
{
	for (*page = 0; *page < d->n; ++*page)
		if (d->frame[*page] == frame)
			return true;
	return false;
}

struct three three_of(struct domain *d)
{
	struct three t = { .d = d };

	for (size_t i = 0; i < d->n; i++) {
		t.first = d->frame[i];
		t.page[0] = i;
		if (find(d, t.first + 1, &t.page[1]) &&
		    find(d, t.first + 2, &t.page[2]))
			return t;
	}
	skip("no three of %zu machine frames are consecutive", d->n);
}

struct three three_new(void)
{
	return three_of(domain_new(DOMAIN_ANY, 64));
}
