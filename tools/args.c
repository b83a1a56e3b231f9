// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Reads the command line of xenfm strictly, and prints error messages.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xenfm.h"

static void print_error(const char *fmt, va_list ap, const char *tail)
{
	char line[512];

	vsnprintf(line, sizeof(line), fmt, ap);
	/* If stdout and stderr are one file, earlier output comes first. */
	fflush(stdout);
	fprintf(stderr, "xenfm: %s%s%s%s\n", command ? command->name : "",
		command ? ": " : "", line, tail);
}

void complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print_error(fmt, ap, "");
	va_end(ap);
}

void usage(const char *fmt, ...)
{
	char tail[64];
	va_list ap;

	snprintf(tail, sizeof(tail), ", see 'xenfm%s%s --help'",
		 command ? " " : "", command ? command->name : "");
	va_start(ap, fmt);
	print_error(fmt, ap, tail);
	va_end(ap);
	exit(EXIT_USAGE);
}

const char *errno_name(int err)
{
	static char unnamed[16];
	const char *name = strerrorname_np(-err);

	if (name)
		return name;
	snprintf(unnamed, sizeof(unnamed), "%d", -err);
	return unnamed;
}

static void help(void)
{
	printf("usage: xenfm %s%s%s\n\n%s\n%s%s", command->name,
	       *command->usage ? " " : "", command->usage, command->summary,
	       command->options ? "\n" : "",
	       command->options ? command->options : "");
	exit(close_output(EXIT_OK));
}

int next_option(int argc, char **argv, const struct option *options)
{
	int c;

	opterr = 0;
	c = getopt_long(argc, argv, ":h", options, NULL);
	switch (c) {
	case 'h':
		help();
		break;
	case ':':
		usage("option '%s' needs an argument", argv[optind - 1]);
	case '?':
		/*
		 * A short option is in optopt. In a group of short options optind
		 * still points at the group.
		 */
		if (optopt > 0 && optopt <= UINT8_MAX && optopt != 'h')
			usage("unknown option '-%c'", optopt);
		usage("unknown option '%s'", argv[optind - 1]);
	}
	return c;
}

char **arguments(int argc, char **argv, int min, int max)
{
	if (argc - optind < min)
		usage("too few arguments");
	if (argc - optind > max)
		usage("unexpected argument '%s'", argv[optind + max]);
	return argv + optind;
}

uint64_t number(const char *what, const char *text, uint64_t min, uint64_t max)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	unsigned long long value;

	/* strtoull() alone would accept blanks, signs and a second 0x. */
	if (!*digits || digits[strspn(digits, hex ? "0123456789abcdefABCDEF" :
						    "0123456789")])
		usage("%s '%s' is not a number", what, text);
	errno = 0;
	value = strtoull(digits, NULL, hex ? 16 : 10);
	if (errno || value < min || value > max)
		usage("%s %s is not in %llu..%#llx", what, text,
		      (unsigned long long)min, (unsigned long long)max);
	return value;
}
