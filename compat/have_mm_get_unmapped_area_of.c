// SPDX-License-Identifier: GPL-2.0-only
// The same from 6.10 to 6.18, with the mm.
// Older: compat.h supplies it. Goes when 6.12 does.
#include <linux/sched/mm.h>

#ifndef COMPAT_CONTROL
unsigned long compat_mm_get_unmapped_area_of(struct file *file);
unsigned long compat_mm_get_unmapped_area_of(struct file *file)
{
	return mm_get_unmapped_area(current->mm, file, 0UL, PAGE_SIZE, 0UL,
				    0UL);
}
#endif
