/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Shared by the files of the tool xenfm: commands, their arguments, errors.
 */
#ifndef XENFM_TOOL_H
#define XENFM_TOOL_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include <xenfm.h>

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };
/* Of a command that runs a program: the program cannot be run, or is not there. */
enum { EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

/* How long a command retries frames that are paged out. */
#define PAGED_TIMEOUT_MS	2000
/* The most frames that one command maps: one terabyte of guest memory. */
#define COUNT_MAX		(UINT64_C(1) << 28)

struct command {
	const char *name;
	const char *usage;	/* the arguments, as --help shows them */
	const char *summary;	/* one sentence for --help */
	const char *options;	/* lines for --help, may be NULL */
	/* argv[0] is the name of the command. Returns the exit status. */
	int (*run)(int argc, char **argv);
};

/* The command that runs, for error messages. NULL before it is known. */
extern const struct command *command;

int cmd_info(int argc, char **argv);
int cmd_read(int argc, char **argv);
int cmd_write(int argc, char **argv);
int cmd_map(int argc, char **argv);
int cmd_memory(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_ls(int argc, char **argv);

/*
 * args.c: reads the command line. Wrong usage and --help end the program in these
 * functions.
 */

/* Options without a letter have numbers from here on. */
#define LONG_OPTION	256

/* getopt_long(), but handles "--help" and unknown options itself. */
int next_option(int argc, char **argv, const struct option *options);
/* Check that @min to @max arguments follow the options. Returns the first. */
char **arguments(int argc, char **argv, int min, int max);
/*
 * Read @text as a number from @min to @max: decimal digits, or 0x and hexadecimal
 * digits, and no other character.
 */
uint64_t number(const char *what, const char *text, uint64_t min, uint64_t max);

/* args.c: prints an error, one line on standard error */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same for wrong usage; ends the program. */
void usage(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
/* The name of -@err, for instance "EINVAL", or its number if it has no name. */
const char *errno_name(int err);

/*
 * device.c: calls the library, and explains an error to the user. The functions
 * that return int return an exit status.
 */
int open_device(struct xenfm **handle);
/* Does the driver have @feature? If not, the function says so. */
bool need_feature(const struct xenfm *handle, uint64_t feature);
/* Say why a call for a domain failed with @err, a negative errno. */
void complain_domain(unsigned int domid, int err);
/* Map frames. The caller reports the errors of single frames in @err. */
int map_domain(struct xenfm *handle, unsigned int domid, const uint64_t *gfns,
	       uint64_t num, unsigned int flags, int *err, void **addr);
/*
 * Flush standard output. Returns @status, or EXIT_FAILED if standard output could
 * not be written.
 */
int close_output(int status);

/*
 * space.c: the number of frames in the address space of a domain, from frame 0 on.
 * Returns an exit status.
 */
int space_of(unsigned int domid, uint64_t *num);

/*
 * json.c: writes one line of JSON to standard output. @name is NULL for an
 * element of an array, and for the outermost value. @bracket is '{' and '}', or
 * '[' and ']'.
 */
void json_open(const char *name, char bracket);
void json_close(char bracket);
void json_end(void);
void json_string(const char *name, const char *value);
void json_number(const char *name, uint64_t value);
void json_null(const char *name);

/* dump.c: one line of a dump. Its bytes may come from several calls. */
struct dump {
	uint64_t addr;
	unsigned int num;
	unsigned char bytes[16];
};

void dump_bytes(struct dump *d, const unsigned char *bytes, size_t len);
/* Print the line, even if it is not full. */
void dump_line(struct dump *d);

/* progress.c: progress of a copy. @all: its bytes, 0 if that is not known. */
struct progress {
	bool on, asked, terminal, said;
	uint64_t all;
	int64_t last_ms;
};

/*
 * Progress is shown if @asked is true. It is also shown on a terminal unless
 * @quiet is true.
 */
struct progress progress_start(bool asked, bool quiet, uint64_t all);
void progress_at(struct progress *p, uint64_t done);
void progress_end(struct progress *p, uint64_t done);

#endif /* XENFM_TOOL_H */
