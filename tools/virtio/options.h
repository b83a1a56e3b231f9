/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The command line.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "frontend.h"
#include "spec.h"

#define PROGRAM "xenfm-virtio"
#define OPTIONS_DEVICES_MAX 31
#define OPTIONS_NODE	    "/dev/xen/privcmd"

enum { EXIT_USAGE = 2 };

struct options {
	const char *domain; /* number or name */
	const char *node;   /* the driver's device */
	const char *user;   /* or NULL */
	enum region_way memory;
	uint32_t taken;	    /* a bit for each slot that is not ours */
	unsigned int devices;
	struct spec device[OPTIONS_DEVICES_MAX];
};

/* Exits if the command line is wrong, and for --help and --version. */
void options_read(struct options *o, int argc, char **argv);

#endif /* OPTIONS_H */
