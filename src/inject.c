// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parameters behind inject.h, all of them root's to write at any time.
 * Copyright (C) 2026 the xen-privcmd authors
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/module.h>

#include "inject.h"

static ulong inject_gfn = ULONG_MAX;
module_param(inject_gfn, ulong, 0644);
MODULE_PARM_DESC(inject_gfn, "frame that cannot be mapped (default: none)");

static int inject_error = ENOENT;
module_param(inject_error, int, 0644);
MODULE_PARM_DESC(inject_error, "errno of that frame (default: ENOENT)");

static uint inject_unmaps;
module_param(inject_unmaps, uint, 0644);
MODULE_PARM_DESC(inject_unmaps, "removals from the physmap that are to fail");

/* 0, or the negative errno with which this frame is to fail. */
int privcmd_inject_map(xen_pfn_t gfn)
{
	if (gfn != READ_ONCE(inject_gfn))
		return 0;
	return -clamp(READ_ONCE(inject_error), 1, 4095);
}

/* The same for the next removal. */
int privcmd_inject_unmap(void)
{
	if (!READ_ONCE(inject_unmaps))
		return 0;
	inject_unmaps--;
	return -EBUSY;
}
