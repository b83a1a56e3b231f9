// SPDX-License-Identifier: GPL-2.0-only
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
// 6.1 keeps the areas of a process in a maple tree. All that splits, moves and
// protects an area was written anew for it, and the order in which it calls the
// hooks of src/map.c is tested from there on. Older: compat.h refuses, this is
// the oldest kernel that we support. Goes with the next one that is dropped.
#include <linux/mm_types.h>

#ifndef COMPAT_CONTROL
struct maple_tree *compat_maple_tree(struct mm_struct *mm);
struct maple_tree *compat_maple_tree(struct mm_struct *mm)
{
	return &mm->mm_mt;
}
#endif
