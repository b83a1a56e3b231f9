/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the xen-privcmd authors */
/*
 * The kernel's own search for memory that nobody has any more (kmemleak), where
 * it has one. What it finds it says in its log, which counts.
 */
#ifndef RIG_LEAKS_H
#define RIG_LEAKS_H

/* What is there already is not the command's. */
void leaks_start(void);

/* Searches twice, and shows on the console what was found since. */
void leaks_search(void);

#endif /* RIG_LEAKS_H */
