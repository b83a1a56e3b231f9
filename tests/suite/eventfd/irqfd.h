/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What a case of IRQFD needs: a file, a domain, and the driver's events. Each
 * file that includes this has its own.
 */
#ifndef IRQFD_H
#define IRQFD_H

#include "eventfd/eventfd.h"
#include "dom0/events.h"

static int fd;
static struct domain *d;

static void begin(void)
{
	fd = privcmd_open();
	need_eventfds(fd);
	d = domain_new(DOMAIN_HVM, 1);
	events_record("privcmd_irqfd");
}

static inline long bound(int file)
{
	return fdinfo(file, "xen-privcmd-irqfds");
}

/* Waits until the file has @n bindings. A worker may still be removing some. */
static inline bool bound_becomes(int file, long n)
{
	return check(tap_soon(bound(file) == n, bound(file)));
}

#endif /* IRQFD_H */
