// SPDX-License-Identifier: GPL-2.0-only
// Copyright (C) 2026 the xen-privcmd authors
/*
 * Looks at an area as a driver does that wants the pages of a foreign mapping (AMD's
 * for its NPU, under Xen): by the flags and vm_private_data, because it cannot know
 * vm_ops of privcmd. What is there and is not 1, the in-tree driver's mark on PV, it
 * takes for an array of pages, one for each of the area, and walks. This one walks
 * nothing and tells what it would have done: ioctl(fd, 0, address) is 1 if it would
 * have walked, 0 if not, -1 with ENXIO if the area is none that it looks into. Not a
 * part of the driver; the rig loads it beside ours, for the suite.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <xen/xen.h>

static long look(struct file *file, unsigned int cmd, unsigned long addr)
{
	struct vm_area_struct *vma;
	long ret = -ENXIO;

	mmap_read_lock(current->mm);
	vma = find_vma(current->mm, addr);
	if (xen_domain() && vma && addr >= vma->vm_start &&
	    vma->vm_flags & VM_IO && vma->vm_flags & VM_PFNMAP)
		ret = vma->vm_private_data && vma->vm_private_data != (void *)1;
	mmap_read_unlock(current->mm);
	return ret;
}

static const struct file_operations fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = look,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "looker",
	.fops = &fops,
};
module_misc_device(device);

MODULE_DESCRIPTION("what another driver sees in an area of privcmd");
MODULE_LICENSE("GPL");
