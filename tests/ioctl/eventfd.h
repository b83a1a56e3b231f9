/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * IRQFD and IOEVENTFD as the cases call them, and eventfds.
 */
#ifndef EVENTFD_H
#define EVENTFD_H

#include <sys/eventfd.h>

#include "guest.h"

#define IRQFD_OFF     PRIVCMD_IRQFD_FLAG_DEASSIGN
#define IOEVENTFD_OFF PRIVCMD_IOEVENTFD_FLAG_DEASSIGN

/* Skips the case where the driver is built without them. */
void need_eventfds(int fd);

int eventfd_new(void);
void eventfd_signal(int efd);
/* Signals since the last time, at once. */
uint64_t eventfd_signals(int efd);
/* Waits until there have been this many, and a little longer for one too many. */
bool eventfd_signalled(int efd, uint64_t n);

int irqfd(int fd, unsigned int dom, int efd, const void *image, __u32 size,
	  __u32 flags);
/* The operation that can be counted: one more ioreq server, of at most 8. */
int irqfd_server(int fd, const struct domain *d, int efd);
/*
 * Waits until such operations have been made n times in all, and a little longer
 * for one too many. events_record("privcmd_irqfd") came before the first.
 */
bool irqfd_made(int fd, const struct domain *d, unsigned int n);

static inline int ioeventfd(int fd, const struct privcmd_ioeventfd *op)
{
	struct privcmd_ioeventfd copy = *op;

	return ioctl(fd, IOCTL_PRIVCMD_IOEVENTFD, &copy);
}

/* Kicks of a guest's device: register, width, queue, eventfd. */
struct privcmd_ioeventfd kick(const struct guest *g, const uint32_t *port,
			      unsigned int vq, int efd);
/* Another file binds the same port, for the same pages: EBUSY. */
void busy_elsewhere(const struct guest *g, const uint32_t *port);

#endif /* EVENTFD_H */
