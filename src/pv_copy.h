/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * PV: copies of foreign memory.
 */
#ifndef PRIVCMD_PV_COPY_H
#define PRIVCMD_PV_COPY_H

struct privcmd_piece;

#ifdef CONFIG_XEN_PV
int privcmd_pv_copy_init(void);
void privcmd_pv_copy_exit(void);
#else
static inline int privcmd_pv_copy_init(void)
{
	return 0;
}

static inline void privcmd_pv_copy_exit(void)
{
}
#endif
int privcmd_pv_copy(struct privcmd_piece *piece);

#endif /* PRIVCMD_PV_COPY_H */
