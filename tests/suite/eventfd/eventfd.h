/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * IRQFD and IOEVENTFD as the cases call them, and eventfds.
 */
#ifndef EVENTFD_H
#define EVENTFD_H

#include <sys/eventfd.h>

#include "eventfd/guest.h"

#define IRQFD_OFF     PRIVCMD_IRQFD_FLAG_DEASSIGN
#define IOEVENTFD_OFF PRIVCMD_IOEVENTFD_FLAG_DEASSIGN

/* Skips the case if the driver is built without these ioctls. */
void need_eventfds(int fd);

int eventfd_new(void);
void eventfd_signal(int efd);
/* The number of signals since the last call. Does not wait. */
uint64_t eventfd_signals(int efd);
/*
 * Waits until there have been @n signals, and then 20 ms more, to notice one
 * too many.
 */
bool eventfd_signalled(int efd, uint64_t n);
/*
 * The number that the kernel gives to the next eventfd, which is the lowest free
 * one. If a binding kept a part of its eventfd, the number would stay in use.
 * Other processes have eventfds, too, so a case allows a few more.
 */
long eventfd_next(void);

int irqfd(int fd, unsigned int dom, int efd, const void *image, __u32 size,
	  __u32 flags);
/*
 * Binds an operation that can be counted: each one makes an ioreq server. A
 * domain has at most 8.
 */
int irqfd_server(int fd, const struct domain *d, int efd);
/*
 * Waits until such operations have been made @n times in all, and then 20 ms
 * more, to notice one too many. The case has called
 * events_record("privcmd_irqfd") before the first one.
 */
bool irqfd_made(int fd, const struct domain *d, unsigned int n);

static inline int ioeventfd(int fd, const struct privcmd_ioeventfd *op)
{
	struct privcmd_ioeventfd copy = *op;

	return ioctl(fd, IOCTL_PRIVCMD_IOEVENTFD, &copy);
}

/*
 * A binding of a guest's device: writes of 4 bytes to its register signal @efd;
 * @vq is the number of the queue.
 */
struct privcmd_ioeventfd kick(const struct guest *g, const uint32_t *port,
			      unsigned int vq, int efd);
/* Another file that maps the same pages tries to bind the same port: EBUSY. */
void busy_elsewhere(const struct guest *g, const uint32_t *port);

#endif /* EVENTFD_H */
