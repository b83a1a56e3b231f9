/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * What the cases share that run inside a guest: the module, the guest's
 * xenstore, and dom0, which does what it is asked for (tests/guest/serve).
 */
#ifndef GUEST_H
#define GUEST_H

#include "../ioctl/suite.h"

#define DOMID_IDLE    0x7fff
#define DOMID_INVALID 0x7ff4

/* A device is opened by its own name here: it comes and goes with the module. */
#define DEVICE "/dev/xen/privcmd"

/* module.c. No case leaves the module loaded. */
bool module_loaded(void);
/* Loads it with these parameters; ends the case if that fails. */
void module_load(const char *parameters);
/*
 * 0 or -1 with errno; waits for what a dead process held. Closes the suite's own
 * file first, and prints which files and mappings of the case are still there if
 * the module stays.
 */
int module_unload(void);
/* The same, but waits for nothing. */
int module_try_unload(void);
/* Opens the device; ends the case if that fails. */
int device_open(void);
/* What "born" means: the domain that a file is restricted to, -1 for none. */
long born(void);
/* area_done() without the file that it keeps open for its questions. */
void area_gone(struct area *a);
/* XENVER_version through HYPERCALL: positive, or -1 with errno. */
long version(int fd);

/* xenstore.c: as this domain, relative to its home. Values are texts. */
bool xs_read(const char *path, char *value, size_t size);
bool xs_write(const char *path, const char *value);
void xs_watch(const char *path);
unsigned int xs_events(void); /* that have come so far */
/* A request to dom0, done when this returns; ends the case if it is not. */
void __attribute__((format(printf, 1, 2))) ask(const char *fmt, ...);

/* main.c: the word is on this guest's kernel command line. */
bool told(const char *word);

#endif /* GUEST_H */
