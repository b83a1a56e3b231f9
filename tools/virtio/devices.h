/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * All devices of the command line: where they are, and their start.
 */
#ifndef DEVICES_H
#define DEVICES_H

#include <stdbool.h>

struct options;

/*
 * Gives each device its place: slot= of PCI, or addr= and irq=. NULL, or why there is none.
 * The text is valid until the next call.
 */
const char *devices_place(struct options *o);
/* Makes the devices. The servers must stand. Prints a line on failure. */
int devices_make(const struct options *o, unsigned int vcpus);
/* Starts their threads. */
int devices_start(void);
/* An eventfd that is readable when devices_connected() should be asked. */
int devices_fd(void);
/* True if all devices have had a back end. */
bool devices_connected(void);
/* Prints a line for each device that has none. */
void devices_say_missing(void);

#endif /* DEVICES_H */
