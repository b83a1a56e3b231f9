// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Takes libFuzzer's bytes as the command line of xenfm. The first byte selects
 * the device (HOW_*). Words follow, each ended by a zero; some bytes stand for
 * words that are unlikely by chance. The rest is standard input, or for `xenfm
 * ls` the contents of the files of /proc, one after the other, each up to a
 * zero. The tool must exit with one of its statuses. With --json it must have
 * written JSON. No program runs for `xenfm memory`.
 */
#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../../tools/xenfm.h"
#include "program.h"

#define WORDS 12

#define HOW_INTREE   0x01
#define HOW_TERMINAL 0x02
#define HOW_DEVICE   2 /* the first of two bits: an index into devices[] */
/* the clock advances by a second each time that it is read */
#define HOW_SLOW    0x10
#define HOW_REFUSED 0x20 /* the open files of processes cannot be read */
#define HOW_MEMORY  0x40 /* one open file has the name of a domain's memory */

int xenfm_main(int argc, char **argv);
/* program_ls.c */
void ls_forget(void);

DIR *__wrap_opendir(const char *path);
DIR *__real_opendir(const char *path);
void __wrap_exit(int status) __attribute__((noreturn));
void __real_exit(int status) __attribute__((noreturn));
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__real_fopen(const char *path, const char *mode);
int __wrap_execvp(const char *file, char *const argv[]);
ssize_t __wrap_readlink(const char *path, char *target, size_t size);
ssize_t __real_readlink(const char *path, char *target, size_t size);
int __wrap_sigtimedwait(void);
int __wrap_isatty(int fd);
int __wrap_clock_gettime(clockid_t clock, struct timespec *t);
int __real_clock_gettime(clockid_t clock, struct timespec *t);
int __wrap_scandir(const char *dir, struct dirent ***list,
		   int (*filter)(const struct dirent *),
		   int (*compare)(const struct dirent **,
				  const struct dirent **));

/* privcmd; no file; a device that is not privcmd; a path through a file. */
static const char *const devices[] = { "/dev/null", "/no/device", "/dev/full",
				       "/proc/self/mem/device" };

static bool running;
static uint8_t how;
static jmp_buf left;
/* The contents of the files of /proc. */
static struct bytes files;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	/* Keeps two files open, for `xenfm ls` to find. */
	return open(devices[0], O_RDONLY | O_CLOEXEC) < 0 ||
	       memfd_create("a-memory", MFD_CLOEXEC) < 0;
}

void __wrap_exit(int status)
{
	if (running)
		longjmp(left, status + 1);
	__real_exit(status);
}

static FILE *next_file(void)
{
	const uint8_t *end = memchr(files.at, 0, files.left);
	size_t len = end ? (size_t)(end - files.at) : files.left;
	const uint8_t *at = files.at;

	files.at += len;
	files.left -= len;
	byte(&files);
	return len ? fmemopen((void *)at, len, "r") : NULL;
}

/* Reads and writes no file of this machine. */
FILE *__wrap_fopen(const char *path, const char *mode)
{
	if (running && !strncmp(path, "/proc/", 6))
		return next_file();
	return __real_fopen(running ? "/dev/null" : path, mode);
}

/* /proc lists this process, twice. */
int __wrap_scandir(const char *dir, struct dirent ***list,
		   int (*filter)(const struct dirent *),
		   int (*compare)(const struct dirent **,
				  const struct dirent **))
{
	struct dirent **two = calloc(2, sizeof(*two));

	assert(two && !strcmp(dir, "/proc"));
	for (int i = 0; i < 2; i++) {
		two[i] = calloc(1, sizeof(**two));
		assert(two[i]);
		sprintf(two[i]->d_name, "%d", getpid());
		assert(filter(two[i]));
	}
	assert(!compare((const struct dirent **)&two[0],
			(const struct dirent **)&two[1]));
	*list = two;
	return 2;
}

DIR *__wrap_opendir(const char *path)
{
	if (!running || !(how & HOW_REFUSED))
		return __real_opendir(path);
	errno = EACCES;
	return NULL;
}

ssize_t __wrap_readlink(const char *path, char *target, size_t size)
{
	static const char name[] = "/xen-memory:7 (deleted)";
	ssize_t len = __real_readlink(path, target, size);

	if (!running || !(how & HOW_MEMORY) || len < 0 ||
	    !strstr(target, "a-memory"))
		return len;
	memcpy(target, name, sizeof(name));
	return sizeof(name) - 1;
}

/* The words of a program have no more "{}", and there is no such program. */
int __wrap_execvp(const char *file, char *const argv[])
{
	assert(running && file == argv[0]);
	for (char *const *arg = argv + 1; *arg; arg++)
		assert(!strstr(*arg, "{}"));
	errno = *file == '/' ? EACCES : ENOENT;
	return -1;
}

int __wrap_isatty(int fd)
{
	(void)fd;
	return !!(how & HOW_TERMINAL);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
	static time_t late;
	int ret = __real_clock_gettime(clock, t);

	if (running && how & HOW_SLOW)
		t->tv_sec += ++late;
	return ret;
}

/* --hold ends at once. */
int __wrap_sigtimedwait(void)
{
	errno = EAGAIN;
	return -1;
}

/* ---- JSON: the end of the value that begins at @s, or NULL ---- */

static const char *value(const char *s, unsigned int depth);

static const char *string_end(const char *s)
{
	for (s++; *s != '"'; s++) {
		if (*s < 0x20 || *s > 0x7e) /* xenfm writes only ASCII */
			return NULL;
		if (*s == '\\' && !strchr("\"\\u", *++s))
			return NULL;
	}
	return s + 1;
}

static const char *members(const char *s, char end, unsigned int depth)
{
	if (*++s == end)
		return s + 1;
	for (;; s++) {
		if (end == '}') {
			s = *s == '"' ? string_end(s) : NULL;
			if (!s || *s++ != ':')
				return NULL;
		}
		s = value(s, depth + 1);
		if (!s || *s == end)
			return s ? s + 1 : NULL;
		if (*s != ',')
			return NULL;
	}
}

static const char *value(const char *s, unsigned int depth)
{
	if (depth > 8)
		return NULL;
	if (*s == '"')
		return string_end(s);
	if (*s == '{' || *s == '[')
		return members(s, *s == '{' ? '}' : ']', depth);
	if (!strncmp(s, "null", 4))
		return s + 4;
	if (!strncmp(s, "true", 4))
		return s + 4;
	if (!strncmp(s, "false", 5))
		return s + 5;
	if (!isdigit((unsigned char)*s))
		return NULL;
	return s + strspn(s, "0123456789");
}

static bool is_json(const char *s)
{
	const char *end = value(s, 0);

	return end && !strcmp(end, "\n");
}

/* ---- the command line ---- */

/* Bytes from 0x80 on stand for these words. */
static const char *const often[] = {
	"info",
	"read",
	"write",
	"map",
	"status",
	"--json",
	"--hex",
	"--lazy",
	"--hold",
	"--help",
	"--output",
	"--input",
	"--progress",
	"0x",
	"0xffffffffffffffff",
	"18446744073709551615",
	"4096",
	"65535",
	"ls",
	"--all",
	"memory",
	"--read-only",
	"--zero-holes",
	"--",
	"{}",
};

static const char *word_of(uint8_t c)
{
	return often[(c & 0x7f) % (sizeof(often) / sizeof(often[0]))];
}

/* Takes words up to an empty one. */
static int words(struct bytes *in, char **argv, char *room, size_t size)
{
	size_t at = 0, start;
	int argc = 1;
	uint8_t c;

	while (argc < WORDS && at < size / 2) {
		start = at;
		while (at < size - 32 && (c = byte(in)))
			if (c & 0x80)
				at += sprintf(room + at, "%s", word_of(c));
			else
				room[at++] = c;
		if (at == start)
			break;
		room[at++] = 0;
		argv[argc++] = room + start;
	}
	argv[argc] = NULL;
	return argc;
}

static void run(int argc, char **argv, FILE *input)
{
	FILE *out = stdout, *err = stderr, *in = stdin;
	bool json = false;
	char *text = NULL;
	size_t size = 0;
	int status;

	for (int i = 1; i < argc; i++)
		json |= !strcmp(argv[i], "--json");
	stdout = open_memstream(&text, &size);
	stderr = __real_fopen("/dev/null", "w");
	stdin = input;
	optind = 0; /* glibc: resets the whole state of getopt */
	command = NULL;
	ls_forget();
	running = true;
	status = setjmp(left);
	if (!status)
		status = xenfm_main(argc, argv) + 1;
	running = false;
	fclose(stdout);
	fclose(stderr);
	stdout = out;
	stderr = err;
	stdin = in;
	status--;
	assert((status >= EXIT_OK && status <= EXIT_USAGE) ||
	       status == EXIT_CANNOT_RUN || status == EXIT_NOT_FOUND);
	assert(status != EXIT_USAGE || !size);
	if (json && !status && *text == '{')
		assert(is_json(text));
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, size };
	char room[512], *argv[WORDS + 1] = { "xenfm" };
	int argc;
	FILE *input;

	how = byte(&in);
	fake_begin(how & HOW_INTREE);
	assert(!setenv("XENFM_DEVICE", devices[how >> HOW_DEVICE & 3], 1));
	argc = words(&in, argv, room, sizeof(room));
	files = in;
	input = in.left ? fmemopen((void *)in.at, in.left, "r") :
			  __real_fopen("/dev/null", "r");
	run(argc, argv, input);
	fclose(input);
	fake_end();
	return 0;
}
