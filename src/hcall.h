/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * HYPERCALL, X_HYPERCALL and PCIDEV_GET_GSI.
 */
#ifndef PRIVCMD_HCALL_H
#define PRIVCMD_HCALL_H

struct file;

long privcmd_hcall(struct file *file, void *arg);
long privcmd_hcall_x(struct file *file, void *arg);
long privcmd_hcall_get_gsi(struct file *file, void *arg);

#endif /* PRIVCMD_HCALL_H */
