/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Memory for the arguments of hypercalls on frames.
 */
#ifndef PRIVCMD_ARGS_H
#define PRIVCMD_ARGS_H

#include <xen/interface/xen.h>
#include <xen/interface/memory.h>

#include "range.h"

/* Room for the frames of one page table. */
struct privcmd_args {
	struct privcmd_args **home; /* where privcmd_args_put() puts it */
	union {
		struct xen_add_to_physmap_range add;
		struct xen_remove_from_physmap remove;
	};
	int errs[RANGE_TABLE];
	xen_pfn_t gfns[RANGE_TABLE];
	xen_pfn_t gpfns[RANGE_TABLE];
};

#ifdef CONFIG_X86
struct privcmd_args *privcmd_args_get(void);
void privcmd_args_put(struct privcmd_args *args);
void privcmd_args_exit(void);
#else /* other architectures use the stack */
static inline struct privcmd_args *privcmd_args_get(void)
{
	return NULL;
}

static inline void privcmd_args_put(struct privcmd_args *args)
{
}

static inline void privcmd_args_exit(void)
{
}
#endif

#endif /* PRIVCMD_ARGS_H */
