/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Locks that keep other programs off the file.
 */
#ifndef LOCK_H
#define LOCK_H

#include <stdbool.h>

/*
 * Lock the open file of @fd until it is closed. Returns -EBUSY and sets @why if
 * another program has a lock.
 */
int lock_file(int fd, bool read_only, const char **why);
void unlock_file(int fd);

#endif /* LOCK_H */
