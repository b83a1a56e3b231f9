// SPDX-License-Identifier: GPL-2.0-only
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Memory for the arguments of hypercalls on frames, one buffer for each CPU,
 * kept from call to call.
 *
 * The hypervisor translates addresses of an auto-translated x86 guest by
 * software, again for each number that it reads or writes. The kernel maps some
 * memory by pages of 4 KiB, as it does any stack, and that takes one level more
 * than a page of 2 MiB. So look for memory that is mapped by larger pages, once
 * on each CPU. With any other memory, mapping a frame costs 14 % more and
 * removing one 5 % more (make bench V=pvh). A caller that finds its CPU's buffer
 * in use does without.
 */
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <asm/pgtable_types.h>

#include "args.h"

#define ARGS_ORDER get_order(sizeof(struct privcmd_args))

/* A range that is mapped by 4 KiB has 2 MiB; two of them in a row are rare. */
#define ARGS_TRIES 256

/* NULL: not looked for yet. ARGS_IN_USE: a caller has it. */
static DEFINE_PER_CPU(struct privcmd_args *, args_kept);

#define ARGS_IN_USE ((struct privcmd_args *)1)

static bool args_mapped_well(const void *args)
{
	unsigned int level;

	return lookup_address((unsigned long)args, &level) &&
	       level > PG_LEVEL_4K;
}

static struct privcmd_args *args_new(void)
{
	struct page *page, *next, *good = NULL;
	unsigned int i;
	LIST_HEAD(bad);

	/*
	 * Keep the bad ones until there is a good one, or the allocator returns
	 * them again. Not accounted: there is one for each CPU, and all files
	 * use it.
	 */
	for (i = 0; !good && i < ARGS_TRIES; i++) {
		page = alloc_pages(GFP_NOWAIT | __GFP_NOWARN, ARGS_ORDER);
		if (!page)
			break;
		if (args_mapped_well(page_address(page)))
			good = page;
		else
			list_add(&page->lru, &bad);
	}
	list_for_each_entry_safe(page, next, &bad, lru) {
		if (good)
			__free_pages(page, ARGS_ORDER);
		else
			good = page; /* none is better */
	}
	return good ? page_address(good) : NULL;
}

/* NULL: there is no buffer now. The caller may sleep while it has the buffer. */
struct privcmd_args *privcmd_args_get(void)
{
	struct privcmd_args **home = raw_cpu_ptr(&args_kept);
	struct privcmd_args *args = xchg(home, ARGS_IN_USE);

	if (args == ARGS_IN_USE)
		return NULL;
	if (!args)
		args = args_new();
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
		free_pages((unsigned long)per_cpu(args_kept, cpu), ARGS_ORDER);
}
