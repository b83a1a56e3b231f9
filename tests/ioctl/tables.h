/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Areas of whole page tables, with drop_tables, by which a PV dom0 empties such
 * tables at once when they go. Elsewhere the same holds without.
 */
#ifndef TABLES_H
#define TABLES_H

#include "events.h"
#include "suite.h"

#define TABLE 512UL /* pages */
#define RW    (PROT_READ | PROT_WRITE)

/* From now on; what is done of it can be seen by drops(). */
void drop_tables(void);
/* Since the last time: @areas went, with so many whole tables in each. */
void drops(unsigned int areas, unsigned int tables);

/*
 * Address space of @n page tables, from the first page of one on, for areas that
 * are mapped with the fast ways on, without which no table is dropped.
 */
unsigned char *space(size_t n);
struct area area_at(int fd, unsigned char *va, size_t n);
bool all_there(const struct area *a, const struct domain *d);

/* Memory of the program's own, with a pattern in it. */
void own_at(unsigned char *va, size_t n, unsigned int seed);
bool own_is(unsigned char *va, size_t n, unsigned int seed);

/* Nothing of ours keeps it. */
void end_of(struct domain *d);

#endif /* TABLES_H */
