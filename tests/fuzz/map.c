// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Calls that map and unmap frames, as privcmd.h and privcmd_x.h define them.
 */
#include "fuzz.h"

void call_mmapbatch(struct caller *c)
{
	struct place p = any_place(c);
	struct privcmd_mmapbatch b = {
		.num = p.n,
		.dom = p.dom,
		.addr = p.addr,
	};

	b.arr = (void *)(unsigned long)any_frames(c, p.dom, p.n);
	place_taken(&p, ioctl(p.fd, IOCTL_PRIVCMD_MMAPBATCH, &b));
}

void call_mmapbatch_v2(struct caller *c)
{
	struct place p = any_place(c);
	struct privcmd_mmapbatch_v2 b = {
		.num = p.n,
		.dom = p.dom,
		.addr = p.addr,
		.err = (void *)(unsigned long)any_buffer(c),
	};

	b.arr = (void *)(unsigned long)any_frames(c, p.dom, p.n);
	place_taken(&p, ioctl(p.fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &b));
}

/* Entries that follow one another, except for one now and then. */
void call_mmap_frames(struct caller *c)
{
	struct privcmd_mmap_entry *entry = (void *)c->own;
	struct place p = any_place(c);
	struct privcmd_mmap m = {
		.num = 1 + below(&c->rng, 4),
		.dom = p.dom,
		.entry = entry,
	};
	int i;

	for (i = 0; i < m.num; i++) {
		entry[i].va = one_in(&c->rng, 24) ? any_address(c) : p.addr;
		entry[i].mfn = any_frame(c, m.dom);
		entry[i].npages = i < m.num - 1 ? p.n / m.num : p.n;
		if (one_in(&c->rng, 24))
			entry[i].npages = any_count(c);
		p.addr += entry[i].npages * PAGE;
		p.n -= entry[i].npages;
	}
	if (one_in(&c->rng, 24))
		m.num = any_count(c);
	place_taken(&p, ioctl(p.fd, IOCTL_PRIVCMD_MMAP, &m));
}

static void x_map(struct caller *c, struct place p)
{
	struct privcmd_x_map x = {
		.size = any_size(c, sizeof(x)),
		.flags = below(&c->rng, 4) * PRIVCMD_X_MAP_CONTIGUOUS,
		.dom = p.dom,
		.addr = p.addr,
		.num = p.n,
		.status = one_in(&c->rng, 2) ? 0 : any_buffer(c),
	};

	if (one_in(&c->rng, 6))
		x.flags |= PRIVCMD_X_MAP_STRICT;
	if (one_in(&c->rng, 32))
		x.flags = any64(c);
	if (one_in(&c->rng, 32))
		x.pad[below(&c->rng, 3)] = 1;
	x.frames = x.flags & PRIVCMD_X_MAP_CONTIGUOUS ?
			   any_frame(c, x.dom) :
			   any_frames(c, x.dom, x.num);
	place_taken(&p, ioctl(p.fd, PRIVCMD_X_MAP, &x));
}

void call_x_map(struct caller *c)
{
	x_map(c, any_place(c));
}

/* Releases pages, and sometimes populates them again. */
void call_x_unmap(struct caller *c)
{
	struct place p = any_place(c);
	struct privcmd_x_unmap x = {
		.size = any_size(c, sizeof(x)),
		.flags = one_in(&c->rng, 32),
		.addr = p.addr,
		.num = p.n,
	};

	if (!ioctl(p.fd, PRIVCMD_X_UNMAP, &x) && one_in(&c->rng, 2))
		x_map(c, p);
}
