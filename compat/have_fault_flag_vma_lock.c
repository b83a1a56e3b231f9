// SPDX-License-Identifier: GPL-2.0-only
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
// 6.4 has faults that hold the lock of their area instead of the mmap lock.
// Older: compat.h says that there are none. Goes when 6.1 does.
#include <linux/mm.h>

#ifndef COMPAT_CONTROL
void compat_fault_flag_vma_lock(struct vm_fault *vmf);
void compat_fault_flag_vma_lock(struct vm_fault *vmf)
{
	if (vmf->flags & FAULT_FLAG_VMA_LOCK)
		vma_end_read(vmf->vma);
}
#endif
