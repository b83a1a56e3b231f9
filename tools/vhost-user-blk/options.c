// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Reads the command line. Its options follow the conventions of vhost-user back
 * ends.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/virtio_blk.h>

#include "backend.h"
#include "options.h"

enum { EXIT_USAGE = 2 };

static const char help[] =
	"usage: " PROGRAM " --blk-file=PATH [OPTION...]\n"
	"\n"
	"Serves a raw file or block device to a virtual machine, by vhost-user.\n"
	"\n"
	"  --blk-file=PATH      serve this file or block device\n"
	"  --socket-path=PATH   listen on a socket at this path\n"
	"  --fd=FDNUM           use this socket, connected or listening\n"
	"                       (without either option: the socket from systemd)\n"
	"  --read-only          never write to the file\n"
	"  --num-queues=N       queues that a front end may have, 1 to 64 (64)\n"
	"  --serial=TEXT        the disk's serial number, up to 20 characters\n"
	"  --lazy               map foreign memory at its first access (default)\n"
	"  --eager              map foreign memory when it is announced\n"
	"  --once               end when the first front end has gone\n"
	"  --user=NAME          become this user after opening everything\n"
	"  --no-restrict        do not restrict the front end's privcmd\n"
	"  --no-io-uring        use system calls, one request at a time\n"
	"  --no-sandbox         no system call filter, for debuggers\n"
	"  --print-capabilities print what this program can do, as JSON\n"
	"  --help, -h, --version\n"
	"\n"
	"Exit status: 0 at the end, 1 it could not start or go on, 2 wrong usage.\n";

enum {
	BLK_FILE = 256,
	SOCKET_PATH,
	FD,
	READ_ONLY,
	NUM_QUEUES,
	SERIAL,
	LAZY,
	EAGER,
	ONCE,
	USER,
	NO_RESTRICT,
	NO_IO_URING,
	NO_SANDBOX,
	CAPABILITIES,
	HELP,
	VERSION_OF,
};

static const struct option names[] = {
	{ "blk-file", required_argument, NULL, BLK_FILE },
	{ "socket-path", required_argument, NULL, SOCKET_PATH },
	{ "fd", required_argument, NULL, FD },
	{ "read-only", no_argument, NULL, READ_ONLY },
	{ "num-queues", required_argument, NULL, NUM_QUEUES },
	{ "serial", required_argument, NULL, SERIAL },
	{ "lazy", no_argument, NULL, LAZY },
	{ "eager", no_argument, NULL, EAGER },
	{ "once", no_argument, NULL, ONCE },
	{ "user", required_argument, NULL, USER },
	{ "no-restrict", no_argument, NULL, NO_RESTRICT },
	{ "no-io-uring", no_argument, NULL, NO_IO_URING },
	{ "no-sandbox", no_argument, NULL, NO_SANDBOX },
	{ "print-capabilities", no_argument, NULL, CAPABILITIES },
	{ "help", no_argument, NULL, HELP },
	{ "version", no_argument, NULL, VERSION_OF },
	{ 0 },
};

static void __attribute__((noreturn, format(printf, 1, 2)))
usage(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", PROGRAM);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, ", see '%s --help'\n", PROGRAM);
	exit(EXIT_USAGE);
}

static void __attribute__((noreturn)) print(const char *text)
{
	fputs(text, stdout);
	exit(fclose(stdout) ? EXIT_FAILURE : EXIT_SUCCESS);
}

static unsigned int number(const char *what, const char *text, long min,
			   long max)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || *end || end == text || n < min || n > max)
		usage("%s is a number from %ld to %ld, not '%s'", what, min,
		      max, text);
	return n;
}

static void read_one(struct options *o, int option)
{
	switch (option) {
	case BLK_FILE:
		o->blk_file = optarg;
		break;
	case SOCKET_PATH:
		o->socket_path = optarg;
		break;
	case FD:
		o->fd = number("--fd", optarg, 0, 1 << 20);
		break;
	case READ_ONLY:
		o->read_only = true;
		break;
	case NUM_QUEUES:
		o->num_queues = number("--num-queues", optarg, 1, QUEUES_MAX);
		break;
	case SERIAL:
		o->serial = optarg;
		break;
	case LAZY:
		o->eager = false;
		break;
	case EAGER:
		o->eager = true;
		break;
	case ONCE:
		o->once = true;
		break;
	case USER:
		o->user = optarg;
		break;
	case NO_RESTRICT:
		o->keep_access = true;
		break;
	case NO_IO_URING:
		o->no_uring = true;
		break;
	case NO_SANDBOX:
		o->no_sandbox = true;
		break;
	}
}

/*
 * --help, --version and --print-capabilities work even if the rest of the command
 * line is wrong.
 */
static void read_questions(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (!strcmp(argv[i], "--print-capabilities"))
			print("{\n  \"type\": \"block\",\n  \"features\": "
			      "[ \"read-only\", \"blk-file\" ]\n}\n");
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			print(help);
		if (!strcmp(argv[i], "--version"))
			print(PROGRAM " " VERSION "\n");
	}
}

void options_read(struct options *o, int argc, char **argv)
{
	int option;

	*o = (struct options){ .fd = -1,
			       .num_queues = QUEUES_MAX,
			       .serial = "" };
	read_questions(argc, argv);
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option == '?')
			usage("unknown option or missing value: '%s'",
			      argv[optind - 1]);
		read_one(o, option);
	}
	if (optind < argc && !strcmp(argv[optind], "help"))
		print(help);
	if (optind < argc)
		usage("unexpected argument '%s'", argv[optind]);
	if (!o->blk_file)
		usage("--blk-file is missing");
	if (o->socket_path && o->fd >= 0)
		usage("--socket-path and --fd exclude each other");
	if (strlen(o->serial) > VIRTIO_BLK_ID_BYTES)
		usage("--serial is %d characters at most", VIRTIO_BLK_ID_BYTES);
}
