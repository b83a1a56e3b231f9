/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * DM_OP.
 */
#ifndef PRIVCMD_DM_OP_H
#define PRIVCMD_DM_OP_H

struct file;

long privcmd_dm_op(struct file *file, void *arg);

#endif /* PRIVCMD_DM_OP_H */
