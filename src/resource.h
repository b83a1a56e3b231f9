/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * MMAP_RESOURCE.
 */
#ifndef PRIVCMD_RESOURCE_H
#define PRIVCMD_RESOURCE_H

struct file;

long privcmd_resource(struct file *file, void *arg);

#endif /* PRIVCMD_RESOURCE_H */
