/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Memory of a call's that comes late, a page at a time: what touches a page of
 * it that was taken away waits until it is given back. So a call stops where it
 * wants that page, and what is to happen meanwhile happens for certain.
 */
#ifndef LATE_H
#define LATE_H

#include <pthread.h>

#include "suite.h"

struct late {
	unsigned char *pages;
	unsigned char *copy; /* what a page is given back with */
	size_t n;
	int uffd;
	/* the call, an ioctl in a thread of its own */
	pthread_t thread;
	int fd;
	unsigned long cmd;
	void *arg;
	int ret, e;
};

/* @n pages, all there and zeroed; skips where the kernel cannot do this. */
void late_new(struct late *l, size_t n);
/* Elements of @size bytes in both of them, the first of which ends a page: what
 * is about the first page table of held_area() is on that page alone. */
void *late_array(unsigned char *pages, size_t size);

void late_take(struct late *l, size_t i);
/* Until somebody wants the @i-th page, and no other. */
void late_wanted(struct late *l, size_t i);
void late_give(struct late *l, size_t i);
/* It is never to come: who wants it finds nothing there. */
void late_lose(struct late *l, size_t i);

void late_call(struct late *l, int fd, unsigned long cmd, void *arg);
/* Starts the call and returns when it waits for page 0 a second time: the call has
 * read page 0, has waited for page 1 and got it, and page 0 was taken meanwhile. */
void late_call_again(struct late *l, int fd, unsigned long cmd, void *arg);
/* The end of the call: what it returns, and errno. */
int late_end(struct late *l);
void late_done(struct late *l);

#endif /* LATE_H */
