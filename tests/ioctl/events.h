/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * The module's tracepoints, for what shows nowhere else.
 */
#ifndef EVENTS_H
#define EVENTS_H

/* From now on, until the case ends. Skips it where the kernel has no tracefs. */
void events_record(const char *event);
/*
 * Calls of a function of the kernel's, by kprobes, its arguments too if asked for as
 * these have it: lines that have "probe: " in them.
 */
void events_probe(const char *function);
/* Lines that have this in them since the recording began or events_forget(). */
unsigned int events_seen(const char *text);
void events_forget(void);

#endif /* EVENTS_H */
