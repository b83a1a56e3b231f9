// SPDX-License-Identifier: GPL-2.0-only
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
// 7.1 gave zap_vma_ptes() this name. For older kernels compat.h defines it. This question
// goes when 6.12 is no longer supported.
#include <linux/mm.h>

#ifndef COMPAT_CONTROL
void compat_zap_special_vma_range(struct vm_area_struct *vma);
void compat_zap_special_vma_range(struct vm_area_struct *vma)
{
	zap_special_vma_range(vma, vma->vm_start, PAGE_SIZE);
}
#endif
