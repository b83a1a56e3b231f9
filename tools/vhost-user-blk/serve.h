/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A queue's thread.
 */
#ifndef SERVE_H
#define SERVE_H

/* The thread function. @queue: the struct queue, which queue_start() has set up. */
void *serve_queue(void *queue);

#endif /* SERVE_H */
