/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Stand-ins for Xen and for the threads of devices: requests_xen.c.
 */
#ifndef REQUESTS_H
#define REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"
#include "ioreq.h"

/* The guest has one page of memory. */
#define FAKE_MEMORY 0x5000

struct fake_xen {
	uint8_t memory[4096]; /* at FAKE_MEMORY */

	/* what the functions of server.h return, and how often they were called */
	int add, add_kicks, bind;
	unsigned int added, kicks_added, bound; /* minus those removed */

	struct request *posted; /* the last request of device_post() */
	struct device *posted_to;
};

extern struct fake_xen fake_xen;

#endif /* REQUESTS_H */
