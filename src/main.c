// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading: parameters, the choice of the backend, the two
 * devices. Copyright (C) 2026 the xen-privcmd authors
 */
#include <linux/log2.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <xen/features.h>
#include <xen/xen.h>

#include "args.h"
#include "privcmd.h"
#include "pv.h"

bool privcmd_ro_retry = true;
module_param_named(ro_retry, privcmd_ro_retry, bool, 0644);
MODULE_PARM_DESC(
	ro_retry,
	"PV: map a frame read-only if it is refused writable (default: Y)");

bool privcmd_fast = true;
module_param_named(fast, privcmd_fast, bool, 0644);
MODULE_PARM_DESC(
	fast, "use the fast paths for what is mapped from now on (default: Y)");

bool privcmd_unrestricted;
module_param_named(unrestricted, privcmd_unrestricted, bool, 0444);
MODULE_PARM_DESC(
	unrestricted,
	"outside dom0: no restriction to the target domain, unless the kernel is locked down (default: N)");

unsigned long privcmd_max_frames = 1UL << 28;
module_param_named(max_frames, privcmd_max_frames, ulong, 0644);
MODULE_PARM_DESC(
	max_frames,
	"frames that one open file may have in its mappings (default: 2^28, 1 TiB)");

unsigned long privcmd_max_later = 65536;
module_param_named(max_later, privcmd_max_later, ulong, 0644);
MODULE_PARM_DESC(
	max_later,
	"PVH, Arm: unmapped frames, of all files, whose removal may wait (default: 65536)");

/* Frames, so that windows end where page tables do: a power of two. */
static int set_fault_around(const char *val, const struct kernel_param *kp)
{
	unsigned int nr;
	int ret = kstrtouint(val, 0, &nr);

	if (ret)
		return ret;
	if (!is_power_of_2(nr) || nr > RANGE_TABLE)
		return -EINVAL;
	WRITE_ONCE(privcmd_fault_around, nr);
	return 0;
}

static const struct kernel_param_ops fault_around_ops = {
	.set = set_fault_around,
	.get = param_get_uint,
};

unsigned int privcmd_fault_around = 64;
module_param_cb(fault_around, &fault_around_ops, &privcmd_fault_around, 0644);
MODULE_PARM_DESC(
	fault_around,
	"frames that the touch of a lazy one brings along, 1 to 512, a power of two (default: 64)");

unsigned int privcmd_max_irqfds = 1024;
module_param_named(max_irqfds, privcmd_max_irqfds, uint, 0644);
MODULE_PARM_DESC(
	max_irqfds,
	"eventfds that one open file may have bound by IRQFD, and by IOEVENTFD (default: 1024 each)");

unsigned int privcmd_dm_op_max_nr_bufs = 16;
module_param_named(dm_op_max_nr_bufs, privcmd_dm_op_max_nr_bufs, uint, 0644);
MODULE_PARM_DESC(dm_op_max_nr_bufs, "buffers of one DM_OP (default: 16)");

unsigned int privcmd_dm_op_buf_max_size = 4096;
module_param_named(dm_op_buf_max_size, privcmd_dm_op_buf_max_size, uint, 0644);
MODULE_PARM_DESC(dm_op_buf_max_size,
		 "bytes of one buffer of a DM_OP (default: 4096)");

const struct privcmd_backend *privcmd_backend __ro_after_init;

/* The in-tree driver's devices are its own when it is loaded, too. */
#ifdef PRIVCMD_BESIDE
#define PRIVCMD_DEVICE	 "xen/" PRIVCMD_BESIDE
#define HYPERCALL_DEVICE "xen/" PRIVCMD_BESIDE "-hypercall"
#else
#define PRIVCMD_DEVICE	 "xen/privcmd"
#define HYPERCALL_DEVICE "xen/hypercall"
#endif

static struct miscdevice privcmd_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = PRIVCMD_DEVICE,
	.fops = &xen_privcmd_fops,
};

static struct miscdevice hypercall_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = HYPERCALL_DEVICE,
	.fops = &xen_privcmdbuf_fops,
};

static const struct privcmd_backend *choose_backend(void)
{
#ifdef CONFIG_XEN_PV
	if (!xen_feature(XENFEAT_auto_translated_physmap))
		return &privcmd_backend_pv;
#endif
	return &privcmd_backend_xlate;
}

static int __init privcmd_init(void)
{
	int ret;

	if (!xen_domain())
		return -ENODEV;
	privcmd_backend = choose_backend();
	ret = privcmd_later_init();
	if (ret)
		return ret;
	ret = privcmd_pv_copy_init();
	if (ret)
		goto err_later;
	ret = privcmd_irqfd_init();
	if (ret)
		goto err_copy;
	ret = privcmd_restrict_init();
	if (ret)
		goto err_irqfd;
	ret = misc_register(&privcmd_device);
	if (ret) {
		pr_err("cannot register /dev/" PRIVCMD_DEVICE " (%d)\n", ret);
		goto err_restrict;
	}
	ret = misc_register(&hypercall_device);
	if (ret) {
		pr_err("cannot register /dev/" HYPERCALL_DEVICE " (%d)\n", ret);
		goto err_privcmd;
	}
	return 0;

err_privcmd:
	misc_deregister(&privcmd_device);
err_restrict:
	privcmd_restrict_exit();
err_irqfd:
	privcmd_irqfd_exit();
err_copy:
	privcmd_pv_copy_exit();
err_later:
	privcmd_later_exit();
	privcmd_args_exit();
	return ret;
}

static void __exit privcmd_exit(void)
{
	misc_deregister(&hypercall_device);
	misc_deregister(&privcmd_device);
	privcmd_restrict_exit();
	privcmd_irqfd_exit();
	privcmd_pv_copy_exit();
	privcmd_later_exit();
	privcmd_args_exit();
}

module_init(privcmd_init);
module_exit(privcmd_exit);

MODULE_DESCRIPTION("Xen: memory of other domains and hypercalls for programs");
MODULE_AUTHOR("the xen-privcmd authors");
MODULE_VERSION(PRIVCMD_VERSION);
MODULE_LICENSE("GPL");
