// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The module's parameters. privcmd(4) describes them.
 */
#include <linux/log2.h>
#include <linux/module.h>

#include "params.h"
#include "range.h"

bool privcmd_ro_retry = true;
module_param_named(ro_retry, privcmd_ro_retry, bool, 0644);
MODULE_PARM_DESC(
	ro_retry,
	"PV: map a frame read-only if it is refused writable (default: Y)");

bool privcmd_fast = true;
module_param_named(fast, privcmd_fast, bool, 0644);
MODULE_PARM_DESC(fast, "use the fast ways of unmapping (default: Y)");

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

/*
 * fault_around counts frames. It is a power of two, so that the frames of one fault
 * share a page table.
 */
static int params_set_around(const char *val, const struct kernel_param *kp)
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

static const struct kernel_param_ops params_around_ops = {
	.set = params_set_around,
	.get = param_get_uint,
};

unsigned int privcmd_fault_around = 64;
module_param_cb(fault_around, &params_around_ops, &privcmd_fault_around, 0644);
MODULE_PARM_DESC(
	fault_around,
	"frames that one fault in a lazy mapping maps, 1 to 512, a power of two (default: 64)");

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
