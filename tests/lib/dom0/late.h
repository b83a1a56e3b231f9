/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Memory for a call that comes late, a page at a time. An access to a page that
 * was taken away waits until the page is given back. So the call stops where it
 * needs that page, and the case can act meanwhile without a race.
 */
#ifndef LATE_H
#define LATE_H

#include <pthread.h>

#include "dom0/area.h"

struct late {
	unsigned char *pages;
	unsigned char *copy; /* the contents that a page is given back with */
	size_t n;
	int uffd;
	/* the call: an ioctl in a thread of its own */
	pthread_t thread;
	int fd;
	unsigned long cmd;
	void *arg;
	int ret, e;
};

/* @n pages, all present and zeroed. Skips the case if the kernel cannot do this. */
void late_new(struct late *l, size_t n);
/*
 * An array of elements of @size bytes in @pages, whose first element is the
 * last one of a page. For an area of held_area(), what concerns its first page
 * table is on that page alone.
 */
void *late_array(unsigned char *pages, size_t size);

void late_take(struct late *l, size_t i);
/* Waits until a thread needs the page @i, and no other page. */
void late_wanted(struct late *l, size_t i);
void late_give(struct late *l, size_t i);
/* The page will never come: a thread that needs it gets a fault that fails. */
void late_lose(struct late *l, size_t i);

void late_call(struct late *l, int fd, unsigned long cmd, void *arg);
/* Starts the call and returns when it waits for page 0 a second time: the call has
 * read page 0, has waited for page 1 and got it, and page 0 was taken meanwhile. */
void late_call_again(struct late *l, int fd, unsigned long cmd, void *arg);
/* Waits for the end of the call. Returns what the call returned, with errno. */
int late_end(struct late *l);
void late_done(struct late *l);

#endif /* LATE_H */
