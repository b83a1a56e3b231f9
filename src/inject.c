// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The parameters behind inject.h. Root may write all of them at any time.
 */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/sched.h>

#include "inject.h"

static ulong inject_gfn = ULONG_MAX;
module_param(inject_gfn, ulong, 0644);
MODULE_PARM_DESC(inject_gfn, "frame that cannot be mapped (default: none)");

static int inject_error = ENOENT;
module_param(inject_error, int, 0644);
MODULE_PARM_DESC(inject_error,
		 "errno of that frame, or hypercall (default: ENOENT)");

static uint inject_unmaps;
module_param(inject_unmaps, uint, 0644);
MODULE_PARM_DESC(inject_unmaps, "removals from the physmap that are to fail");

static int inject_times = 1;
module_param(inject_times, int, 0644);
MODULE_PARM_DESC(
	inject_times,
	"how many hypercalls fail from the inject_nth-th on, as it is when that is written (default: 1)");

static atomic_t inject_nth;
static atomic_t inject_left; /* failures, from the nth on */
static pid_t inject_task;    /* whose hypercalls they are: the writer's */

static int inject_set_nth(const char *val, const struct kernel_param *kp)
{
	int nr, ret = kstrtoint(val, 0, &nr);

	if (ret)
		return ret;
	atomic_set(&inject_left, 0);
	atomic_set(&inject_nth, 0);
	WRITE_ONCE(inject_task, task_tgid_nr(current));
	atomic_set(&inject_nth, nr);
	atomic_set(&inject_left, nr > 0 ? READ_ONCE(inject_times) : 0);
	return 0;
}

static int inject_get_nth(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(&inject_nth));
}

static const struct kernel_param_ops inject_nth_ops = {
	.set = inject_set_nth,
	.get = inject_get_nth,
};

module_param_cb(inject_nth, &inject_nth_ops, NULL, 0644);
MODULE_PARM_DESC(
	inject_nth,
	"which hypercall from now on, of the process that writes this, is to fail (default: 0, none)");

static int inject_set_counter(const char *val, const struct kernel_param *kp)
{
	int nr, ret = kstrtoint(val, 0, &nr);

	if (!ret)
		atomic_set(kp->arg, nr);
	return ret;
}

static int inject_get_counter(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(kp->arg));
}

static const struct kernel_param_ops inject_counter_ops = {
	.set = inject_set_counter,
	.get = inject_get_counter,
};

static int inject_negative_errno(void)
{
	return -clamp(READ_ONCE(inject_error), 1, 4095);
}

/* The negative errno with which mapping this frame must fail, or 0. */
int privcmd_inject_map(xen_pfn_t gfn)
{
	return gfn == READ_ONCE(inject_gfn) ? inject_negative_errno() : 0;
}

/* The same for a hypercall, or for a function of the kernel that makes hypercalls. */
int privcmd_inject_hypercall(void)
{
	if (READ_ONCE(inject_task) != task_tgid_nr(current))
		return 0;
	/* Above 0: the n-th hypercall is still to come. */
	if (atomic_dec_if_positive(&inject_nth) > 0)
		return 0;
	return atomic_dec_if_positive(&inject_left) < 0 ?
		       0 :
		       inject_negative_errno();
}

/* The same for the removal of a frame from the physmap. */
int privcmd_inject_unmap(void)
{
	if (!READ_ONCE(inject_unmaps))
		return 0;
	inject_unmaps--;
	return -EBUSY;
}

/* A test reads here how many of the failures did not happen. */
static int inject_get_left(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(&inject_left));
}

static const struct kernel_param_ops inject_left_ops = {
	.get = inject_get_left,
};

module_param_cb(inject_left, &inject_left_ops, NULL, 0444);
MODULE_PARM_DESC(inject_left, "how many hypercalls are to fail yet");

static ulong inject_max_places;
module_param(inject_max_places, ulong, 0644);
MODULE_PARM_DESC(inject_max_places,
		 "limit of slots, of all files (default: 0, by memory)");

/* The limit of slots; 0: as in any other build. */
unsigned long privcmd_inject_max_places(void)
{
	return READ_ONCE(inject_max_places);
}

static atomic_t inject_poison;
module_param_cb(inject_poison, &inject_counter_ops, &inject_poison, 0644);
MODULE_PARM_DESC(inject_poison,
		 "copies out of a frame that are to meet broken memory");

bool privcmd_inject_poison(void)
{
	return atomic_dec_if_positive(&inject_poison) >= 0;
}
