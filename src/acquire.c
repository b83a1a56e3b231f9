// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The hypercall behind MMAP_RESOURCE: ask for frames of a resource, or for
 * their number.
 */
#include <linux/err.h>
#include <linux/minmax.h>
#include <asm/xen/hypercall.h>
#include <xen/interface/memory.h>

#include "acquire.h"
#include "inject.h"

/*
 * Ask for @nr frames of the resource from the @first-th on. @frames: on PV
 * their machine frame numbers, out; elsewhere the frames of our physmap where
 * they are to appear, in. With @nr 0 the return value is the number of frames
 * that the resource has.
 */
int privcmd_acquire(const struct privcmd_mmap_resource *resource,
		    unsigned long first, unsigned int nr, xen_pfn_t *frames)
{
	struct xen_mem_acquire_resource acquire = {
		.domid = resource->dom,
		.type = resource->type,
		.id = resource->id,
		.nr_frames = nr,
		.frame = (u64)resource->idx + first,
	};
	int ret;

	set_xen_guest_handle(acquire.frame_list, frames);
	ret = privcmd_inject_hypercall() ?:
		      HYPERVISOR_memory_op(XENMEM_acquire_resource, &acquire);
	if (ret)
		return ret < 0 ? ret : -EIO;
	/*
	 * These are frames of our own: Linux may use them for anything at any
	 * time.
	 */
	if (nr && acquire.flags & XENMEM_rsrc_acq_caller_owned)
		return -EOPNOTSUPP;
	/*
	 * For a type that it does not know, Xen 4.17 returns the errno in
	 * nr_frames.
	 */
	return nr ? 0 : max_t(int, acquire.nr_frames, -MAX_ERRNO);
}
