/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Populating a mapping.
 */
#ifndef PRIVCMD_FILL_H
#define PRIVCMD_FILL_H

struct privcmd_call;

int privcmd_fill(struct privcmd_call *call);

#endif /* PRIVCMD_FILL_H */
