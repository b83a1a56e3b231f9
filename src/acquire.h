/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The hypercall that acquires frames of a resource.
 */
#ifndef PRIVCMD_ACQUIRE_H
#define PRIVCMD_ACQUIRE_H

#include <xen/interface/xen.h>
#include <xen/privcmd.h>

int privcmd_acquire(const struct privcmd_mmap_resource *resource,
		    unsigned long first, unsigned int nr, xen_pfn_t *frames);

#endif /* PRIVCMD_ACQUIRE_H */
