// SPDX-License-Identifier: GPL-2.0-only
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
// 6.3 made vm_area_struct.vm_flags read-only outside of its helpers. For older kernels
// compat.h defines vm_flags_set(). This question goes when 6.1 is no longer supported.
#include <linux/mm.h>

#ifndef COMPAT_CONTROL
void compat_vm_flags_set(struct vm_area_struct *vma);
void compat_vm_flags_set(struct vm_area_struct *vma)
{
	vm_flags_set(vma, VM_IO);
}
#endif
