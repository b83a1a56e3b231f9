// SPDX-License-Identifier: GPL-2.0-only
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
// Before 7.3 a file without .setlease takes leases, and simple_nosetlease() refuses
// them. Since 7.3 the kernel refuses them without it. This question goes when the
// kernels before 7.3 are no longer supported.
#include <linux/fs.h>

#ifndef COMPAT_CONTROL
const struct file_operations compat_file_operations = {
	.setlease = simple_nosetlease,
};
#endif
