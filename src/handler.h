/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What the handlers of ioctls have in common. A handler has the type
 *
 *	long handler(struct file *file, void *arg);
 *
 * @arg is the kernel's copy of the caller's struct. The table in device.c names each
 * handler, and says what is checked before it is called and what is copied back after.
 */
#ifndef PRIVCMD_HANDLER_H
#define PRIVCMD_HANDLER_H

/*
 * A handler of a row with ANSWERS returns this to have its struct copied back to the
 * caller; the ioctl returns 0 then.
 */
#define PRIVCMD_ANSWER 1

#endif /* PRIVCMD_HANDLER_H */
