/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Faults in an area: an entry is missing, or may not be written.
 */
#ifndef PRIVCMD_FAULT_H
#define PRIVCMD_FAULT_H

#include <linux/mm_types.h>

struct privcmd_map;
struct vm_fault;

vm_fault_t privcmd_fault(struct privcmd_map *map, struct vm_fault *vmf);
vm_fault_t privcmd_fault_write(struct privcmd_map *map, struct vm_fault *vmf);

#endif /* PRIVCMD_FAULT_H */
