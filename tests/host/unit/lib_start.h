/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * How a case on the fake device begins: with a handle.
 */
#ifndef LIB_START_H
#define LIB_START_H

#include <xenfm.h>

#include "tap.h"
#include "fake/driver.h"

/* On the device that there is. From here on it counts what the test does. */
static inline struct xenfm *opened(void)
{
	struct xenfm *h = NULL;

	check_eq(xenfm_open(&h, 0), 0);
	must(h);
	fake.nr_calls = 0;
	return h;
}

static inline struct xenfm *start(void)
{
	fake_start();
	return opened();
}

#endif /* LIB_START_H */
