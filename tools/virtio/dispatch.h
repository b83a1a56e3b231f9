/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * From a request to the device that it is for.
 */
#ifndef DISPATCH_H
#define DISPATCH_H

struct request;

/* Gives the request to its device, or completes it. For server_serve(). */
void dispatch(struct request *r);

#endif /* DISPATCH_H */
