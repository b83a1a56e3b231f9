/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The socket that front ends connect to.
 */
#ifndef LISTEN_H
#define LISTEN_H

#include <stdbool.h>

struct options;

/*
 * Returns the socket. @connected: it is one front end's connection and not a
 * listening socket. @why is set if a text says more than the errno.
 */
int listen_open(const struct options *options, bool *connected,
		const char **why);
/*
 * Returns the connection of a front end that has sent something, or -EINTR if a
 * signal has come.
 */
int listen_accept(int listener, int signals);

/* Returns a socket for listen_notify(), or -1 if systemd did not ask for one. */
int listen_notify_open(void);
/* Tell systemd that the program is ready, and close @fd. */
void listen_notify(int fd);

#endif /* LISTEN_H */
