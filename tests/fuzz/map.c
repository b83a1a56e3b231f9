// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Calls that map and unmap frames, as privcmd.h and privcmd_x.h have them.
 */
#include "fuzz.h"

void call_mmapbatch(struct caller *c)
{
	struct privcmd_mmapbatch b = {
		.num = any_count(c),
		.dom = any_domid(c),
		.addr = any_address(c),
	};

	b.arr = (void *)(unsigned long)any_frames(c, b.dom, b.num);
	ioctl(any_file(c), IOCTL_PRIVCMD_MMAPBATCH, &b);
}

void call_mmapbatch_v2(struct caller *c)
{
	struct privcmd_mmapbatch_v2 b = {
		.num = any_count(c),
		.dom = any_domid(c),
		.addr = any_address(c),
		.err = (void *)(unsigned long)any_buffer(c),
	};

	b.arr = (void *)(unsigned long)any_frames(c, b.dom, b.num);
	ioctl(any_file(c), IOCTL_PRIVCMD_MMAPBATCH_V2, &b);
}

/* Runs that follow one another, but for one that may not. */
void call_mmap_frames(struct caller *c)
{
	struct privcmd_mmap_entry *entry = (void *)c->own;
	struct privcmd_mmap m = {
		.num = 1 + below(&c->rng, 4),
		.dom = any_domid(c),
		.entry = entry,
	};
	__u64 va = any_address(c);
	int i;

	for (i = 0; i < m.num; i++) {
		entry[i].va = one_in(&c->rng, 24) ? any_address(c) : va;
		entry[i].mfn = any_frame(c, m.dom);
		entry[i].npages = SLOT_PAGES / m.num;
		if (one_in(&c->rng, 4))
			entry[i].npages = any_count(c);
		va += entry[i].npages * PAGE;
	}
	if (one_in(&c->rng, 24))
		m.num = any_count(c);
	ioctl(any_file(c), IOCTL_PRIVCMD_MMAP, &m);
}

void call_x_map(struct caller *c)
{
	struct privcmd_x_map x = {
		.size = any_size(c, sizeof(x)),
		.flags = below(&c->rng, 8),
		.dom = any_domid(c),
		.addr = any_address(c),
		.num = any_count(c),
		.status = one_in(&c->rng, 2) ? 0 : any_buffer(c),
	};

	if (one_in(&c->rng, 32))
		x.flags = any64(c);
	if (one_in(&c->rng, 32))
		x.pad[below(&c->rng, 3)] = 1;
	x.frames = x.flags & PRIVCMD_X_MAP_CONTIGUOUS ?
			   any_frame(c, x.dom) :
			   any_frames(c, x.dom, x.num);
	ioctl(any_file(c), PRIVCMD_X_MAP, &x);
}

void call_x_unmap(struct caller *c)
{
	struct privcmd_x_unmap x = {
		.size = any_size(c, sizeof(x)),
		.flags = one_in(&c->rng, 32),
		.addr = any_address(c),
		.num = any_count(c),
	};

	ioctl(any_file(c), PRIVCMD_X_UNMAP, &x);
}
