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

static inline void end(void)
{
	guest_destroy(&g);
	close(fd);
	check(domain_gone(g.d));
}

/* A binding of queue @vq; everything else is as kick() sets it. */
static inline int bind_queue(unsigned int vq)
{
	int efd = eventfd_new();
	struct privcmd_ioeventfd op = kick(&g, &port, vq, efd);

	must(check_eq(ioeventfd(fd, &op), 0));
	return efd;
}

#endif /* IOEVENTFD_H */
