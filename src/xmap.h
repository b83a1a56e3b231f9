/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * X_MAP and X_UNMAP.
 */
#ifndef PRIVCMD_XMAP_H
#define PRIVCMD_XMAP_H

struct file;

long privcmd_xmap(struct file *file, void *arg);
long privcmd_xmap_unmap(struct file *file, void *arg);

#endif /* PRIVCMD_XMAP_H */
