/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Descriptors that travel in messages of a UNIX socket.
 */
#ifndef PASS_H
#define PASS_H

/* Sends the descriptor in a message of one byte. The caller still owns it. */
void pass_send(int sock, int fd);
/* Receives such a message. Returns its descriptor, which the caller closes. */
int pass_receive(int sock);

#endif /* PASS_H */
