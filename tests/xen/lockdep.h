/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 the xen-privcmd authors */
/*
 * The kernel's check of its locks, if it has one. It turns itself off after its
 * first report, and also when something else is wrong, even before the command.
 */
#ifndef RIG_LOCKDEP_H
#define RIG_LOCKDEP_H

/* Fails the run if lockdep has turned itself off. */
void lockdep_must_be_on(void);

#endif /* RIG_LOCKDEP_H */
