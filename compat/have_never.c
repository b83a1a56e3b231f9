// SPDX-License-Identifier: GPL-2.0-only
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
// Compiles on no kernel. If it does, every other "yes" means nothing.
#include <linux/module.h>

#ifndef COMPAT_CONTROL
int compat_never(void);
int compat_never(void)
{
	return privcmd_no_kernel_has_this_function();
}
#endif
