/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Lines on standard error.
 */
#ifndef SAY_H
#define SAY_H

/* Print one line. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/*
 * Print one line that a guest, a front end or a back end has caused. Lines are left out if
 * too many come in a short time. Any thread may call this.
 */
void say_guest(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The name of -@err, for instance "EIO". */
const char *errno_name(int err);

#endif /* SAY_H */
