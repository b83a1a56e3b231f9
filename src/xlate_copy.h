/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Auto-translated: copies of foreign memory.
 */
#ifndef PRIVCMD_XLATE_COPY_H
#define PRIVCMD_XLATE_COPY_H

struct privcmd_piece;

int privcmd_xlate_copy(struct privcmd_piece *piece);

#endif /* PRIVCMD_XLATE_COPY_H */
