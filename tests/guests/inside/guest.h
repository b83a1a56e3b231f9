/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What the cases share that run inside a guest: the module, the guest's
 * xenstore, and requests to dom0 (tests/guests/inside/serve).
 */
#ifndef GUEST_H
#define GUEST_H

#include "dom0/area.h"

#define DOMID_IDLE    0x7fff
#define DOMID_INVALID 0x7ff4

/* The cases use this name, as the device comes and goes with the module. */
#define DEVICE "/dev/xen/privcmd"

/* module.c. No case leaves the module loaded. */
bool module_loaded(void);
/* The number of files and calls that keep the module loaded. */
long module_uses(void);
/* Loads it with these parameters; ends the case if that fails. */
void module_load(const char *parameters);
/*
 * Returns 0 or -1 with errno. Waits for what a dead process has held. Closes
 * the suite's own file first. If the module stays, it prints which files and
 * mappings of the case are still there.
 */
int module_unload(void);
/* The same, but without waiting. */
int module_try_unload(void);
/* Opens the device; ends the case if that fails. */
int device_open(void);
/* The domain that a new file is restricted to; -1: none. */
long born(void);
/* area_done() without the file that the suite keeps open for its questions. */
void area_gone(struct area *a);
/* XENVER_version through HYPERCALL: positive, or -1 with errno. */
long version(int fd);

/*
 * xenstore.c: access as this domain, with paths relative to its home. Values
 * are texts.
 */
bool xs_read(const char *path, char *value, size_t size);
bool xs_write(const char *path, const char *value);
void xs_watch(const char *path);
unsigned int xs_events(void); /* that have come so far */
/*
 * Asks dom0 to do something, and waits until it is done. Ends the case if that
 * fails.
 */
void __attribute__((format(printf, 1, 2))) ask(const char *fmt, ...);

/* main.c: is this word on the guest's kernel command line? */
bool told(const char *word);

#endif /* GUEST_H */
