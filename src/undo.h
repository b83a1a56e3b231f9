/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Frames leave a mapping: because the call that mapped them failed, or by X_UNMAP.
 */
#ifndef PRIVCMD_UNDO_H
#define PRIVCMD_UNDO_H

struct privcmd_call;
struct privcmd_map;
struct privcmd_span;

void privcmd_undo(struct privcmd_call *call);
void privcmd_undo_map(const struct privcmd_span *req,
		      const struct privcmd_span *span);
int privcmd_undo_range(struct privcmd_map *map, unsigned long idx,
		       unsigned long nr);

#endif /* PRIVCMD_UNDO_H */
