// SPDX-License-Identifier: GPL-2.0-only
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
/*
 * Looks at an area as a driver does that needs the pages of a foreign mapping
 * (AMD's NPU driver under Xen). Such a driver uses the flags and
 * vm_private_data of the VMA, as it cannot know privcmd's vm_ops. It takes a
 * value that is not 1 (the in-tree driver's mark on PV) for an array with a
 * page for each page of the area, and walks it.
 *
 * This driver does not walk, but returns what the other one would do. ioctl(fd,
 * 0, address) is 1 if it would walk, 0 if it would not, and -1 with ENXIO if it
 * ignores such areas.
 *
 * It is also a driver of the kernel that has a port of an event channel: ioctl(fd, 1,
 * port) binds a port until @fd is closed.
 *
 * It is not a part of the driver; the rig loads it for the suite.
 */
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <xen/events.h>
#include <xen/xen.h>

static irqreturn_t ignore(int irq, void *data)
{
	return IRQ_HANDLED;
}

static long bind(struct file *file, unsigned long port)
{
	int irq = bind_evtchn_to_irqhandler(port, ignore, 0, "looker", file);

	if (irq > 0)
		file->private_data = (void *)(long)irq;
	return irq > 0 ? 0 : irq;
}

static int unbind(struct inode *inode, struct file *file)
{
	if (file->private_data)
		unbind_from_irqhandler((long)file->private_data, file);
	return 0;
}

static int nothing_bound(struct inode *inode, struct file *file)
{
	file->private_data = NULL; /* the core has put the miscdevice there */
	return 0;
}

static long look(struct file *file, unsigned int cmd, unsigned long addr)
{
	struct vm_area_struct *vma;
	long ret = -ENXIO;

	if (cmd == 1)
		return bind(file, addr);
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
	.open = nothing_bound,
	.release = unbind,
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
