// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Loading and unloading: choose the backend, initialise the parts, register the
 * devices.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/miscdevice.h>
#include <linux/module.h>
#include <xen/features.h>
#include <xen/xen.h>

#include "args.h"
#include "backend.h"
#include "fops.h"
#include "irqfd.h"
#include "memory.h"
#include "pv_copy.h"
#include "reaper.h"
#include "restrict.h"

/* Beside the in-tree driver, which has its own devices, ours have other names. */
#ifdef PRIVCMD_BESIDE
#define MAIN_PRIVCMD   "xen/" PRIVCMD_BESIDE
#define MAIN_HYPERCALL "xen/" PRIVCMD_BESIDE "-hypercall"
#else
#define MAIN_PRIVCMD   "xen/privcmd"
#define MAIN_HYPERCALL "xen/hypercall"
#endif

static struct miscdevice main_privcmd = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = MAIN_PRIVCMD,
	.fops = &xen_privcmd_fops,
};

static struct miscdevice main_hypercall = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = MAIN_HYPERCALL,
	.fops = &xen_privcmdbuf_fops,
};

static const struct privcmd_backend *main_choose_backend(void)
{
#ifdef CONFIG_XEN_PV
	if (!xen_feature(XENFEAT_auto_translated_physmap))
		return &privcmd_backend_pv;
#endif
	return &privcmd_backend_xlate;
}

static int __init main_init(void)
{
	int ret;

	if (!xen_domain())
		return -ENODEV;
	privcmd_backend = main_choose_backend();
	privcmd_memory_init(&privcmd_memory_fops);
	ret = privcmd_reaper_init();
	if (ret)
		return ret;
	ret = privcmd_pv_copy_init();
	if (ret)
		goto exit_reaper;
	ret = privcmd_irqfd_init();
	if (ret)
		goto exit_pv_copy;
	ret = privcmd_restrict_init();
	if (ret)
		goto exit_irqfd;
	ret = misc_register(&main_privcmd);
	if (ret) {
		pr_err("cannot register /dev/" MAIN_PRIVCMD " (%d)\n", ret);
		goto exit_restrict;
	}
	ret = misc_register(&main_hypercall);
	if (ret) {
		pr_err("cannot register /dev/" MAIN_HYPERCALL " (%d)\n", ret);
		goto remove_privcmd;
	}
	return 0;

remove_privcmd:
	misc_deregister(&main_privcmd);
exit_restrict:
	privcmd_restrict_exit();
exit_irqfd:
	privcmd_irqfd_exit();
exit_pv_copy:
	privcmd_pv_copy_exit();
exit_reaper:
	privcmd_reaper_exit();
	privcmd_args_exit();
	return ret;
}

static void __exit main_exit(void)
{
	misc_deregister(&main_hypercall);
	misc_deregister(&main_privcmd);
	privcmd_restrict_exit();
	privcmd_irqfd_exit();
	privcmd_pv_copy_exit();
	privcmd_reaper_exit();
	privcmd_args_exit();
}

module_init(main_init);
module_exit(main_exit);

MODULE_DESCRIPTION("Xen: memory of other domains and hypercalls for programs");
MODULE_AUTHOR("the xen-privcmd authors");
MODULE_VERSION(PRIVCMD_VERSION);
MODULE_LICENSE("GPL");
