/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * One connection of a front end.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

struct device;

/*
 * Serve the front end of @socket until it goes. Returns 0, or -EINTR if a signal
 * has come and the program has to end. @socket stays open.
 */
int connection_serve(int socket, int signals, struct device *device);

#endif /* CONNECTION_H */
