// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for the arguments of hypercalls on frames, kept from call to call.
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Of an auto-translated x86 guest the hypervisor looks addresses up by software,
 * anew for each number that it reads or writes there. What the kernel maps by
 * 4 KiB, as it does any stack, is a level dearer than what it maps by 2 MiB, as
 * it does most memory but not all: so look for some of that, once on each CPU.
 * Whoever finds a CPU's taken does without.
 */
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <asm/pgtable_types.h>

#include "args.h"

#define ORDER get_order(sizeof(struct privcmd_args))

/* What the kernel maps by 4 KiB comes in pieces of 2 MiB, seldom two of them. */
#define TRIES 256

/* NULL: not looked for yet. */
static DEFINE_PER_CPU(struct privcmd_args *, kept);

#define TAKEN ((struct privcmd_args *)1)

static bool mapped_well(const void *args)
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
	 * The bad ones are kept until there is a good one, or they come again.
	 * Not accounted for: it is every file's, and there is one for each CPU.
	 */
	for (i = 0; !good && i < TRIES; i++) {
		page = alloc_pages(GFP_NOWAIT | __GFP_NOWARN, ORDER);
		if (!page)
			break;
		if (mapped_well(page_address(page)))
			good = page;
		else
			list_add(&page->lru, &bad);
	}
	list_for_each_entry_safe(page, next, &bad, lru) {
		if (good)
			__free_pages(page, ORDER);
		else
			good = page; /* no worse than another */
	}
	return good ? page_address(good) : NULL;
}

/* NULL: do without. May sleep; so may whoever has it. */
struct privcmd_args *privcmd_args_get(void)
{
	struct privcmd_args **slot = raw_cpu_ptr(&kept);
	struct privcmd_args *args = xchg(slot, TAKEN);

	if (args == TAKEN)
		return NULL;
	if (!args)
		args = args_new();
	if (args)
		args->slot = slot;
	else
		smp_store_release(slot, NULL);
	return args;
}

void privcmd_args_put(struct privcmd_args *args)
{
	if (args)
		smp_store_release(args->slot, args);
}

void privcmd_args_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		free_pages((unsigned long)per_cpu(kept, cpu), ORDER);
}
