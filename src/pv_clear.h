/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * PV: drop entries before the core does.
 */
#ifndef PRIVCMD_PV_CLEAR_H
#define PRIVCMD_PV_CLEAR_H

struct mm_struct;

void privcmd_pv_clear(struct mm_struct *mm, unsigned long start,
		      unsigned long end);

#endif /* PRIVCMD_PV_CLEAR_H */
