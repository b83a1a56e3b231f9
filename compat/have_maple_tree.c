// SPDX-License-Identifier: GPL-2.0-only
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
// 6.1 keeps the VMAs of a process in a maple tree. The code that splits, moves and
// protects VMAs was rewritten for that, and the order in which it calls the hooks of
// src/vma.c is tested since then. compat.h refuses older kernels: 6.1 is the oldest one
// that is supported. This question changes when 6.1 is no longer supported.
#include <linux/mm_types.h>

#ifndef COMPAT_CONTROL
struct maple_tree *compat_maple_tree(struct mm_struct *mm);
struct maple_tree *compat_maple_tree(struct mm_struct *mm)
{
	return &mm->mm_mt;
}
#endif
