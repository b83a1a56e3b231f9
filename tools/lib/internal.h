/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * What the files of libxenfm share: the handle, and the one way to call the
 * driver. Programs see none of it.
 */
#ifndef XENFM_INTERNAL_H
#define XENFM_INTERNAL_H

#include <xenfm.h>

#define XENFM_API __attribute__((visibility("default")))

/* Written by xenfm_open() alone: threads share it without a lock. */
struct xenfm {
	int fd;
	struct xenfm_info info;
};

/* ioctl(2) that returns 0, a positive result or -errno, and leaves errno alone. */
int xenfm_ioctl(int fd, unsigned long request, void *arg);

#endif /* XENFM_INTERNAL_H */
