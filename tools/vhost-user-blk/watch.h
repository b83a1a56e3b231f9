/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Ends a connection within a time limit when the front end has gone or a signal
 * has come, whatever the front end's memory and descriptors do.
 */
#ifndef WATCH_H
#define WATCH_H

#include "device.h"

struct queue;

/* Start and end the thread that watches the connection of @device. */
int watch_start(struct device *device);
void watch_end(struct device *device);
/* The main thread says where it may wait from here on. */
void watch_main(struct device *device, enum main_at at);
/* Wait until the thread of a queue that is to stop has ended. */
void watch_join(struct queue *queue);

#endif /* WATCH_H */
