/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The module's parameters. Root may write most of them at any time: read each with
 * READ_ONCE(), once per decision.
 */
#ifndef PRIVCMD_PARAMS_H
#define PRIVCMD_PARAMS_H

#include <linux/types.h>

extern bool privcmd_ro_retry;
extern bool privcmd_fast;
extern bool privcmd_unrestricted;
extern unsigned long privcmd_max_frames;
extern unsigned long privcmd_max_later;
extern unsigned int privcmd_fault_around;
extern unsigned int privcmd_max_irqfds;
extern unsigned int privcmd_dm_op_max_nr_bufs;
extern unsigned int privcmd_dm_op_buf_max_size;

#endif /* PRIVCMD_PARAMS_H */
