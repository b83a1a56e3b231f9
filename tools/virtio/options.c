// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Reads the command line.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "options.h"
#include "../vhost-user-blk/say.h"

static const char help[] =
	"usage: " PROGRAM
	" --domain=DOMAIN --device=KIND,socket=PATH[,KEY=VALUE...]...\n"
	"\n"
	"Gives virtio devices to a guest of Xen. A vhost-user back end serves each of them.\n"
	"The guest must not run yet.\n"
	"\n"
	"  --domain=DOMAIN    the guest, by number or name\n"
	"  --device=KIND,...  a device: blk, fs, net, vsock, rng or id=N\n"
	"      socket=PATH    the back end's socket\n"
	"      slot=N         of PCI bus 0, 1 to 31 (the first free one from 16 on)\n"
	"      addr=N,irq=N   of a virtio-mmio device, on Arm\n"
	"      queues=N       number of queues, or of pairs for net\n"
	"      queue-size=N   entries of a queue, a power of 2 up to 1024 (256)\n"
	"      mask=N         features that the guest does not get\n"
	"      tag=TEXT       fs: the name to mount\n"
	"      mac=, mtu=, control=on   net\n"
	"      cid=N          vsock\n"
	"      config=HEX     id=N: the configuration space\n"
	"  --memory=WAY       how back ends get the guest's memory: file (default),\n"
	"                     foreign or grant\n"
	"  --device-node=NODE the driver's device (" OPTIONS_NODE ")\n"
	"  --taken=N          slot N of PCI bus 0 belongs to another device model\n"
	"  --user=NAME        become this user after opening everything\n"
	"  --help, -h, --version\n"
	"\n"
	"Prints the line 'ready' when the guest may run. Exit status: 0 the guest has ended,\n"
	"1 the program could not start or go on, 2 wrong usage.\n";

enum {
	OPTION_DOMAIN = 256,
	OPTION_DEVICE,
	OPTION_MEMORY,
	OPTION_NODE,
	OPTION_TAKEN,
	OPTION_USER,
};

static const struct option names[] = {
	{ "domain", required_argument, NULL, OPTION_DOMAIN },
	{ "device", required_argument, NULL, OPTION_DEVICE },
	{ "memory", required_argument, NULL, OPTION_MEMORY },
	{ "device-node", required_argument, NULL, OPTION_NODE },
	{ "taken", required_argument, NULL, OPTION_TAKEN },
	{ "user", required_argument, NULL, OPTION_USER },
	{ 0 },
};

static void __attribute__((noreturn, format(printf, 1, 2)))
options_wrong(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", PROGRAM);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, ", see '%s --help'\n", PROGRAM);
	exit(EXIT_USAGE);
}

static void __attribute__((noreturn)) options_print(const char *text)
{
	fputs(text, stdout);
	exit(fclose(stdout) ? EXIT_FAILURE : EXIT_SUCCESS);
}

static void options_add_device(struct options *o, const char *text)
{
	char why[SPEC_WHY];

	if (o->devices == OPTIONS_DEVICES_MAX)
		options_wrong("--device: %u devices at most",
			      OPTIONS_DEVICES_MAX);
	if (spec_parse(text, &o->device[o->devices], why))
		options_wrong("--device=%s: %s", text, why);
	o->devices++;
}

static void options_add_taken(struct options *o, const char *text)
{
	unsigned long slot;
	char *end;

	errno = 0;
	slot = strtoul(text, &end, 0);
	if (errno || *end || *text < '0' || *text > '9' || slot > 31)
		options_wrong("--taken is a number from 0 to 31, not '%s'",
			      text);
	o->taken |= 1U << slot;
}

static void options_read_one(struct options *o, int option)
{
	int way;

	switch (option) {
	case OPTION_DOMAIN:
		o->domain = optarg;
		break;
	case OPTION_DEVICE:
		options_add_device(o, optarg);
		break;
	case OPTION_MEMORY:
		way = memory_way(optarg);
		if (way < 0)
			options_wrong(
				"--memory is file, foreign or grant, not '%s'",
				optarg);
		o->memory = way;
		break;
	case OPTION_NODE:
		o->node = optarg;
		break;
	case OPTION_TAKEN:
		options_add_taken(o, optarg);
		break;
	case OPTION_USER:
		o->user = optarg;
		break;
	}
}

/* --help and --version work even if the rest of the command line is wrong. */
static void options_answer(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			options_print(help);
		if (!strcmp(argv[i], "--version"))
			options_print(PROGRAM " " VERSION "\n");
	}
}

void options_read(struct options *o, int argc, char **argv)
{
	int option;

	memset(o, 0, sizeof(*o));
	o->node = OPTIONS_NODE;
	o->memory = REGION_FILE;
	options_answer(argc, argv);
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option == '?')
			options_wrong("unknown option or missing value: '%s'",
				      argv[optind - 1]);
		options_read_one(o, option);
	}
	if (optind < argc)
		options_wrong("unexpected argument '%s'", argv[optind]);
	if (!o->domain)
		options_wrong("--domain is missing");
	if (!o->devices)
		options_wrong("--device is missing");
}
