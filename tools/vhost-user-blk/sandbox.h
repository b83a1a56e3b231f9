/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The rights that the program gives up.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

struct options;

/* Irreversible. @why is set if a text says more than the errno. */
int sandbox_enter(const struct options *options, const char **why);

#endif /* SANDBOX_H */
