/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 the xen-privcmd authors */
/*
 * The kernel's own search for lost memory (kmemleak), if it has one. It logs
 * what it finds, and the log counts.
 */
#ifndef RIG_LEAKS_H
#define RIG_LEAKS_H

/* Forgets what was lost before the command. */
void leaks_start(void);

/* Searches twice, and prints on the console what was found since leaks_start(). */
void leaks_search(void);

#endif /* RIG_LEAKS_H */
