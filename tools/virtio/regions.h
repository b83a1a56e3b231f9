/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The guest's memory, as the front end itself uses it: which addresses are in it, and what
 * is there.
 */
#ifndef REGIONS_H
#define REGIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frontend.h"

/*
 * The front end's address of the byte that the guest has at address 0. The front end maps
 * nothing of the guest, so the address is made up. It only has to differ from those of the
 * guest, so that a back end that confuses them fails at once.
 */
#define REGIONS_OUR_ADDRESS 0x100000000000ULL

/* True if all @len bytes at the guest's address @addr are in one region. */
bool regions_have(const struct region_table *table, uint64_t addr, uint64_t len);
/* Reads @len bytes of the guest's memory. 0 or -errno. */
int regions_read(const struct region_table *table, uint64_t addr, void *to, size_t len);

#endif /* REGIONS_H */
