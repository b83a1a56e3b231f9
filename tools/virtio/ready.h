/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Tells whoever has started the program that the guest may run.
 */
#ifndef READY_H
#define READY_H

/* Connects to the service manager, if there is one. Called before rights are given up. */
void ready_open(void);
/*
 * Prints the line "ready" and closes standard output, so that a reader sees its end. Tells
 * the service manager.
 */
void ready_tell(void);

#endif /* READY_H */
