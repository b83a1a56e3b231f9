/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Which domain a newly opened file is restricted to.
 */
#ifndef PRIVCMD_RESTRICT_H
#define PRIVCMD_RESTRICT_H

int privcmd_restrict_init(void);
void privcmd_restrict_exit(void);
int privcmd_restrict_open(void);

#endif /* PRIVCMD_RESTRICT_H */
