// SPDX-License-Identifier: GPL-2.0-only
// 6.10 made it of what a struct mm_struct pointed to, 6.19 dropped its mm.
// Older: compat.h supplies it. Goes when 6.12 does.
#include <linux/sched/mm.h>

#ifndef COMPAT_CONTROL
unsigned long compat_mm_get_unmapped_area(struct file *file);
unsigned long compat_mm_get_unmapped_area(struct file *file)
{
	return mm_get_unmapped_area(file, 0UL, PAGE_SIZE, 0UL, 0UL);
}
#endif
