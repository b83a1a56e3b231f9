/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The command line.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

struct options {
	const char *socket_path;	/* or NULL */
	int fd;				/* or -1 */
	const char *blk_file;
	const char *user;		/* or NULL */
	const char *serial;
	unsigned int num_queues;
	bool read_only, eager, once, keep_access, no_uring, no_sandbox;
};

/*
 * Read the command line into @options. Wrong usage, --help, --version and
 * --print-capabilities end the program here.
 */
void options_read(struct options *options, int argc, char **argv);

#endif /* OPTIONS_H */
