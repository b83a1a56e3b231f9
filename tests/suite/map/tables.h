/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Areas of whole page tables. A PV dom0 drops their entries before the core
 * does.
 */
#ifndef TABLES_H
#define TABLES_H

#include "dom0/events.h"
#include "suite.h"

#define TABLE 512UL /* pages */
#define RW    (PROT_READ | PROT_WRITE)

/* Counts the clears of areas from now on. */
void watch_clears(void);
/*
 * Since the last call, @areas areas were cleared. Asserted on PV, with our
 * driver.
 */
void cleared(unsigned int areas);

/*
 * Address space of @n page tables, for areas. It begins with the first page of a
 * page table. Sets the parameter fast.
 */
unsigned char *space(size_t n);
struct area area_at(int fd, unsigned char *va, size_t n);
bool all_there(const struct area *a, const struct domain *d);

/* Memory of the program itself, with a pattern in it. */
void own_at(unsigned char *va, size_t n, unsigned int seed);
bool own_is(unsigned char *va, size_t n, unsigned int seed);

/* Destroys the domain. No mapping of ours keeps its memory. */
void end_of(struct domain *d);

#endif /* TABLES_H */
