/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Which device has which addresses. The devices' threads change the table by the functions
 * of platform.h. The dispatcher asks it.
 */
#ifndef RANGE_H
#define RANGE_H

#include <stdint.h>

#include "device.h"

/*
 * The device that has the address, or NULL. @first, @last: its range there. In SPACE_PCI
 * the address is the number of the function.
 */
struct device *range_find(enum space space, uint64_t addr, uint64_t *first,
			  uint64_t *last);

#endif /* RANGE_H */
