/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Access to memory that may be missing. The functions return -EFAULT if a page is
 * missing.
 */
#ifndef GUARD_H
#define GUARD_H

#include <stddef.h>
#include <stdint.h>

/* Called once per process, before it makes threads. */
void guard_start(void);

int guard_read(void *to, const void *from, size_t len);
int guard_write(void *to, const void *from, size_t len);

/*
 * Read a byte of each page of @len bytes, so that the pages are there. @len is
 * not 0. *@faulted is atomic and increases with each page.
 */
int guard_fault_in(const void *from, size_t len, unsigned int *faulted);

/* Load in one access, before all later reads (acquire). */
int guard_load(uint16_t *value, const uint16_t *from);
/* Store in one access, after all earlier writes (release). */
int guard_store(uint16_t *to, uint16_t value);

#endif /* GUARD_H */
