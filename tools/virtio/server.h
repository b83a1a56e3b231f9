/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The ioreq servers of this program. The hypervisor sends them the accesses of the guest to
 * their ranges.
 */
#ifndef SERVER_H
#define SERVER_H

#include <stdint.h>

#include "device.h"

struct request;

/*
 * Makes and enables the servers. They have no range yet. Returns 0 or -errno. @what: the
 * step that failed.
 */
int server_start(const char **what);
unsigned int server_vcpus(void);
/* Removes the servers. A vcpu that waits for one goes on. */
void server_end(void);
/*
 * Takes the requests that have come, and calls @handle for each. @handle completes the
 * request, or gives it to a thread that does. Called when /dev/xen/evtchn is readable, and
 * after server_patience() milliseconds, if that is not -1.
 */
void server_serve(void (*handle)(struct request *r));
int server_patience(void);

/* The functions below may be called by any thread. They return 0 or -errno. */

/* Adds a range of addresses, or of PCI functions, or removes it. */
int server_add(enum space space, uint64_t first, uint64_t last);
int server_remove(enum space space, uint64_t first, uint64_t last);
/*
 * The same for an address that kicks are written to. The address stays in its range of
 * server_add().
 */
int server_add_kicks(uint64_t addr, unsigned int width);
int server_remove_kicks(uint64_t addr, unsigned int width);
/* A write of @queue to @addr signals @eventfd from now on, or no longer. */
int server_bind(uint64_t addr, unsigned int width, uint16_t queue, int eventfd);
int server_unbind(uint64_t addr, unsigned int width, uint16_t queue,
		  int eventfd);

#endif /* SERVER_H */
