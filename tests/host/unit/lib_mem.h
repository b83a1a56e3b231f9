/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A table of guest memory that is a file, for the cases of lib_mem.c and
 * lib_mem_bad.c.
 */
#ifndef LIB_MEM_H
#define LIB_MEM_H

#include <xenfm.h>

#include "tap.h"
#include "fake/driver.h"

/* A file of so many bytes, each of which says where it is. */
int mem_file(size_t size);
/* Three regions of one such file: two that touch each other, and one far away. */
extern const struct xenfm_mem_region mem_three[3];
struct xenfm_mem *mem_table(void);

/* The bytes from @addr on, @len of the @want, are the file's from @offset on. */
void mem_shows(struct xenfm_mem *mem, uint64_t addr, size_t want, size_t len,
	       size_t offset);
/* What is said of an address that no region has. */
int mem_outside(struct xenfm_mem *mem, uint64_t addr);
/* How often such files are mapped. */
int mem_mappings(void);

#endif /* LIB_MEM_H */
