/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The module's tracepoints, for effects that are visible nowhere else.
 */
#ifndef EVENTS_H
#define EVENTS_H

/*
 * Records @event from now on, until the case ends. Skips the case if the kernel
 * has no tracefs.
 */
void events_record(const char *event);
/*
 * Records calls of a function of the kernel, by a kprobe. @function may go on
 * with the arguments to record, in the syntax of kprobes. The lines contain
 * "probe: ".
 */
void events_probe(const char *function);
/*
 * The number of lines with this text since the recording began or since
 * events_forget().
 */
unsigned int events_seen(const char *text);
void events_forget(void);

#endif /* EVENTS_H */
