// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * libFuzzer's bytes as the command line of xenfm: words that end with a zero, then
 * what is on its standard input. Some bytes stand for words that are tedious to
 * write by chance. It must exit with one of its statuses and, asked for JSON, must
 * have written some.
 */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "../../tools/xenfm.h"
#include "program.h"

#define WORDS 12

int xenfm_main(int argc, char **argv);
void __wrap_exit(int status) __attribute__((noreturn));
void __real_exit(int status) __attribute__((noreturn));
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__real_fopen(const char *path, const char *mode);
int __wrap_sigtimedwait(void);

static bool running;
static jmp_buf left;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return setenv("XENFM_DEVICE", "/dev/null", 1);
}

void __wrap_exit(int status)
{
	if (running)
		longjmp(left, status + 1);
	__real_exit(status);
}

/* No file of this machine is written or read. */
FILE *__wrap_fopen(const char *path, const char *mode)
{
	return __real_fopen(running ? "/dev/null" : path, mode);
}

/* --hold: it is over. */
int __wrap_sigtimedwait(void)
{
	errno = EAGAIN;
	return -1;
}

/* ---- JSON: the end of what begins at @s, or NULL ---- */

static const char *value(const char *s, unsigned int depth);

static const char *string_end(const char *s)
{
	for (s++; *s != '"'; s++) {
		if (*s < 0x20 || *s > 0x7e) /* ours has nothing but ASCII */
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

/* A byte from 0x80 on is a word of these. */
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
};

static const char *word_of(uint8_t c)
{
	return often[(c & 0x7f) % (sizeof(often) / sizeof(often[0]))];
}

/* Up to an empty one. */
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
	optind = 0; /* of glibc: all of getopt's state anew */
	command = NULL;
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
	assert(status >= EXIT_OK && status <= EXIT_USAGE);
	assert(status != EXIT_USAGE || !size);
	if (json && !status && *text == '{')
		assert(is_json(text));
	free(text);
}

/* Names in the output of xenfm ls are other people's. */
static void check_json(const char *text)
{
	FILE *out = stdout;
	char *said = NULL;
	size_t size = 0;

	stdout = open_memstream(&said, &size);
	json_open(NULL, '[');
	json_string(NULL, text);
	json_open(NULL, '{');
	json_string(text, text);
	json_close('}');
	json_close(']');
	json_end();
	fclose(stdout);
	stdout = out;
	assert(is_json(said));
	free(said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, size };
	char room[512], *argv[WORDS + 1] = { "xenfm" };
	int argc;
	FILE *input;

	fake_begin(byte(&in) & 1 ? 0 : ~UINT64_C(0));
	argc = words(&in, argv, room, sizeof(room));
	/* What it says of processes is not of this input. */
	if (argc > 1 && !strcmp(argv[1], "ls")) {
		for (int i = 2; i < argc; i++)
			check_json(argv[i]);
		return 0;
	}
	input = in.left ? fmemopen((void *)in.at, in.left, "r") :
			  __real_fopen("/dev/null", "r");
	run(argc, argv, input);
	fclose(input);
	return 0;
}
