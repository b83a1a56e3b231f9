/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * X_INFO and X_STATUS.
 */
#ifndef PRIVCMD_QUERY_H
#define PRIVCMD_QUERY_H

#include <linux/types.h>

struct file;
struct privcmd_x_frame;

void privcmd_query_describe(struct privcmd_x_frame *frame, s16 status);
long privcmd_query_info(struct file *file, void *arg);
long privcmd_query_status(struct file *file, void *arg);

#endif /* PRIVCMD_QUERY_H */
