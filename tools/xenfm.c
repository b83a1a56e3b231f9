// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * xenfm: looks at another domain's memory through /dev/xen/privcmd. This file has
 * the table of commands and calls the one that the user names.
 */
#include <stdio.h>
#include <string.h>

#include "xenfm.h"

#define OPTION_JSON "  --json           as JSON\n"
#define OPTION_PROGRESS \
	"  --progress       show the progress, also if there is no terminal\n"

static const struct command commands[] = {
	{
		.name = "info",
		.usage = "[--json]",
		.summary = "Say which driver is loaded and what it can do.",
		.options = OPTION_JSON,
		.run = cmd_info,
	},
	{
		.name = "read",
		.usage = "DOMID ADDR LEN [--hex | --output FILE] [--progress]",
		.summary =
			"Write LEN bytes of guest memory from ADDR on to standard output.",
		.options =
			"  --hex            as a hexadecimal dump instead of raw bytes\n"
			"  --output FILE    write to FILE instead of standard output\n" OPTION_PROGRESS,
		.run = cmd_read,
	},
	{
		.name = "write",
		.usage = "DOMID ADDR [LEN] [--input FILE] [--progress]",
		.summary =
			"Write standard input, or LEN bytes of it, to guest memory from ADDR on.",
		.options =
			"  --input FILE     read FILE instead of standard input\n" OPTION_PROGRESS,
		.run = cmd_write,
	},
	{
		.name = "map",
		.usage = "DOMID GFN [COUNT] [--lazy] [--hold SECONDS]",
		.summary =
			"Map COUNT frames (1) from GFN on and say which could be mapped.",
		.options =
			"  --lazy           map a frame at the first access; this command makes none\n"
			"  --hold SECONDS   keep the frames mapped that long, or until a signal\n",
		.run = cmd_map,
	},
	{
		.name = "status",
		.usage = "DOMID GFN [COUNT] [--json]",
		.summary =
			"Map COUNT frames (1) from GFN on and say how: rw, ro or failed.",
		.options = OPTION_JSON,
		.run = cmd_status,
	},
	{
		.name = "memory",
		.usage =
			"DOMID [ADDR LEN] [--read-only] [--zero-holes] -- COMMAND...",
		.summary =
			"Run COMMAND, with a file of guest memory in place of each {}.",
		.options =
			"  --read-only      the file cannot be written\n"
			"  --zero-holes     a page without memory reads as zeroes, not as an error\n",
		.run = cmd_memory,
	},
	{
		.name = "ls",
		.usage = "[--all] [--json]",
		.summary = "List the processes that have frames mapped.",
		.options =
			"  --all            also list open files that have no frames mapped\n" OPTION_JSON,
		.run = cmd_ls,
	},
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

const struct command *command;

static int help(void)
{
	printf("usage: xenfm [COMMAND [ARGUMENTS]]\n\n");
	for (size_t i = 0; i < NR_COMMANDS; i++)
		printf("  xenfm %s%s%s\n      %s\n", commands[i].name,
		       *commands[i].usage ? " " : "", commands[i].usage,
		       commands[i].summary);
	printf("\n"
	       "Without a command, xenfm runs info. 'xenfm COMMAND --help' or 'xenfm help\n"
	       "COMMAND' shows the options of a command, 'xenfm --version' the version.\n"
	       "Numbers are decimal, or hexadecimal with 0x.\n"
	       "Exit status: 0 done, 1 failed, 2 wrong usage; of memory: that of COMMAND.\n");
	return close_output(EXIT_OK);
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	static char *no_arguments[] = { "xenfm", "info", NULL };
	static char *help_of[] = { "xenfm", NULL, "--help", NULL };
	char *name;

	if (argc < 2) {
		argc = 2;
		argv = no_arguments;
	}
	name = argv[1];
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		return help();
	if (!strcmp(name, "help")) {
		if (argc < 3)
			return help();
		/* "help COMMAND" is "COMMAND --help". */
		name = argv[2];
		help_of[1] = name;
		argv = help_of;
		argc = 3;
	}
	if (!strcmp(name, "--version")) {
		printf("xenfm %s\n", VERSION);
		return close_output(EXIT_OK);
	}
	if (*name == '-')
		usage("unknown option '%s'", name);
	command = find(name);
	if (!command)
		usage("unknown command '%s'", name);
	return close_output(command->run(argc - 1, argv + 1));
}
