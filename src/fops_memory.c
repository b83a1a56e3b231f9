// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The file operations of memory files.
 *
 * The core refuses what is missing here: splice(2) and sendfile(2) are EINVAL,
 * fallocate(2) is EOPNOTSUPP.
 */
#include <linux/fs.h>
#include <linux/module.h>

#include "compat.h"
#include "fops.h"

const struct file_operations privcmd_memory_fops = {
	.owner = THIS_MODULE,
	.open = privcmd_memory_open,
	.llseek = generic_file_llseek,
	.read_iter = privcmd_memory_read,
	.write_iter = privcmd_memory_write,
	.mmap = privcmd_memory_mmap,
	.unlocked_ioctl = privcmd_device_memory_ioctl,
	.fsync = noop_fsync,
	.setlease = simple_nosetlease,
	.show_fdinfo = privcmd_fdinfo_memory,
};
