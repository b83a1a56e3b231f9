/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 the xen-privcmd authors */
/*
 * What init sends to the host and reads from the kernel: the machine's end of
 * the result channel, and the watch on the kernel's log.
 */
#ifndef RIG_REPORT_H
#define RIG_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "channel.h"

/* Opens the channel. After this fail() reaches the host. */
void report_open(const char *device, uint32_t nonce);

/* Sends one record of at most CHANNEL_MAX bytes. */
void report(enum channel_type type, const void *payload, size_t len);

/*
 * The run has failed, whatever the command did. Sends the reason, and resets
 * the machine.
 */
_Noreturn __attribute__((format(printf, 1, 2))) void fail(const char *fmt, ...);

/* The last record has been sent. Waits until it is out, and resets the machine. */
_Noreturn void report_close(void);

/*
 * From now on the kernel's log counts: a line with one of @errors is an error.
 * The array ends with NULL and must stay valid. Returns a descriptor that polls
 * readable when log_scan() has something to read.
 */
int log_start(uint32_t nonce, char **errors);

/* Reads what the kernel logged since the last call. */
void log_scan(void);

/* The first error so far, or NULL. */
const char *log_error(void);

#endif /* RIG_REPORT_H */
