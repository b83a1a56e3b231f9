// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Memory for the arguments of hypercalls on frames, one buffer for each CPU, kept from
 * call to call. The buffers are not accounted: all files use them.
 *
 * The hypervisor translates addresses of an auto-translated x86 guest by
 * software, again for each number that it reads or writes. That takes one level
 * less for memory that the kernel maps by 2 MiB, as most of its memory is, than
 * for a stack. A caller that finds its CPU's buffer in use does without.
 */
#include <linux/percpu.h>
#include <linux/slab.h>

#include "args.h"

/* NULL: not allocated yet. ARGS_IN_USE: a caller has it. */
static DEFINE_PER_CPU(struct privcmd_args *, args_kept);

#define ARGS_IN_USE ((struct privcmd_args *)1)

/* NULL: there is no buffer now. The caller may sleep while it has the buffer. */
struct privcmd_args *privcmd_args_get(void)
{
	struct privcmd_args **home = raw_cpu_ptr(&args_kept);
	struct privcmd_args *args = xchg(home, ARGS_IN_USE);

	if (args == ARGS_IN_USE)
		return NULL;
	if (!args)
		args = kmalloc(sizeof(*args), GFP_NOWAIT | __GFP_NOWARN);
	if (args)
		args->home = home;
	else
		smp_store_release(home, NULL);
	return args;
}

void privcmd_args_put(struct privcmd_args *args)
{
	if (args)
		smp_store_release(args->home, args);
}

void privcmd_args_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kfree(per_cpu(args_kept, cpu));
}
