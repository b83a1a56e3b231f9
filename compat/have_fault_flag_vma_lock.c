// SPDX-License-Identifier: GPL-2.0-only
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
// Since 6.4 a fault may hold the VMA's own lock instead of the mmap lock. For older
// kernels compat.h says that no fault does. This question goes when 6.1 is no longer
// supported.
#include <linux/mm.h>

#ifndef COMPAT_CONTROL
void compat_fault_flag_vma_lock(struct vm_fault *vmf);
void compat_fault_flag_vma_lock(struct vm_fault *vmf)
{
	if (vmf->flags & FAULT_FLAG_VMA_LOCK)
		vma_end_read(vmf->vma);
}
#endif
