// SPDX-License-Identifier: GPL-2.0-only
// SPDX-FileCopyrightText: 2026 the xen-privcmd authors
// Compiles on every kernel. If it does not, the question cannot be asked (a wrong
// compiler flag, no headers), and every other "no" means nothing. compat.h then ends the
// build.
#include <linux/module.h>
#include <linux/slab.h>

static int canary;
module_param(canary, int, 0444);

void *compat_canary(void);
void *compat_canary(void)
{
	pr_info("%d\n", canary);
	return kzalloc(sizeof(canary), GFP_KERNEL);
}
