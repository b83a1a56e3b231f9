/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What a case of IOEVENTFD needs: a file, a guest that is made through it, and
 * the port of the guest's vcpu. Each file that includes this has its own.
 */
#ifndef IOEVENTFD_H
#define IOEVENTFD_H

#include "eventfd/eventfd.h"

#define NOTIFY (DEVICE + QUEUE_NOTIFY)

static int fd;
static struct guest g;
static uint32_t port;

static void begin(void)
{
	fd = privcmd_open();
	need_eventfds(fd);
	g = guest_new(fd);
	port = guest_port(&g);
}

#endif /* IOEVENTFD_H */
