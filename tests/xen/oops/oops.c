// SPDX-License-Identifier: GPL-2.0-only
// Copyright (C) 2026 the xen-privcmd authors
/*
 * A module that oopses while it is loaded: shows that the rig notices. Not a
 * part of the driver, and built only by tests/xen/selftest.
 */
#include <linux/module.h>

static int *nowhere;

static int __init oops_init(void)
{
	return READ_ONCE(*READ_ONCE(nowhere));
}
module_init(oops_init);

MODULE_DESCRIPTION("an oops on purpose");
MODULE_LICENSE("GPL");
