/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * What the files of the tool xenfm share: commands, their arguments, errors.
 */
#ifndef XENFM_TOOL_H
#define XENFM_TOOL_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include <xenfm.h>

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* How long a command waits for frames that are paged out. */
#define PAGED_TIMEOUT_MS	2000
/* Frames of one command: one terabyte of guest memory. */
#define COUNT_MAX		(UINT64_C(1) << 28)

struct command {
	const char *name;
	const char *usage;	/* the arguments, as --help shows them */
	const char *summary;	/* a sentence */
	const char *options;	/* lines for --help, may be NULL */
	/* argv[0] is the command's name; returns the exit status */
	int (*run)(int argc, char **argv);
};

/* The command that runs, for error messages. */
extern const struct command *command;

int cmd_info(int argc, char **argv);
int cmd_read(int argc, char **argv);
int cmd_write(int argc, char **argv);
int cmd_map(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_ls(int argc, char **argv);

/*
 * args.c: reading the command line. All of these end the program on error, and
 * on --help.
 */

/* What next_option() returns for options without a letter, from here on. */
#define LONG_OPTION	256

/* getopt_long() with "--help" and unknown options dealt with. */
int next_option(int argc, char **argv, const struct option *options);
/* Checks that @min to @max arguments follow the options; returns the first. */
char **arguments(int argc, char **argv, int min, int max);
/* Decimal or 0x hexadecimal, @min to @max, nothing before or behind it. */
uint64_t number(const char *what, const char *text, uint64_t min, uint64_t max);

/* args.c: errors, one line each on standard error */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void usage(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
/* "EINVAL", or a number where the errno has no name; @err is negative. */
const char *errno_name(int err);

/*
 * device.c: the library's calls with what went wrong said in the user's words.
 * Those that return int return an exit status.
 */
int open_device(struct xenfm **handle);
/* Maps; errors of single frames are the caller's to report, from @err. */
int map_domain(struct xenfm *handle, unsigned int domid, const uint64_t *gfns,
	       uint64_t num, unsigned int flags, int *err, void **addr);
/* Standard output that could not be written is a failure of the command. */
int close_output(int status);

/*
 * json.c: one line of it on standard output. @name is NULL in an array and for
 * the outermost; brackets are '{' '}' or '[' ']'.
 */
void json_open(const char *name, char bracket);
void json_close(char bracket);
void json_end(void);
void json_string(const char *name, const char *value);
void json_number(const char *name, uint64_t value);
void json_null(const char *name);

/* dump.c: a line of the dump as it fills up; lines do not end where pages do. */
struct dump {
	uint64_t addr;
	unsigned int num;
	unsigned char bytes[16];
};

void dump_bytes(struct dump *d, const unsigned char *bytes, size_t len);
void dump_line(struct dump *d);	/* what there is of one */

/* progress.c: of bytes, @all of them, or 0 where nobody knows */
struct progress {
	bool on, asked, terminal, said;
	uint64_t all;
	int64_t last_ms;
};

/* On a terminal unless @quiet, elsewhere if it was @asked for. */
struct progress progress_start(bool asked, bool quiet, uint64_t all);
void progress_at(struct progress *p, uint64_t done);
void progress_end(struct progress *p, uint64_t done);

#endif /* XENFM_TOOL_H */
