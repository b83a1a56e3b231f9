/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the xen-privcmd authors */
/*
 * The kernel's watch on its locks, where it has one: it turns itself off after the
 * first report, and also when something else is wrong, be that before the command.
 */
#ifndef RIG_LOCKDEP_H
#define RIG_LOCKDEP_H

/* Ends the run unless it is on, or not there. */
void lockdep_must_be_on(void);

#endif /* RIG_LOCKDEP_H */
