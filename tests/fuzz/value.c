// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Arguments: usually good ones, as otherwise only the first check of each call
 * would be reached; sometimes nearly good ones, and sometimes bad ones.
 *
 * As root a sequence may do anything to its own domains, but it must not harm
 * dom0. So frames of a domain that is not ours are always bad ones, in memory
 * that no other thread writes. For a restricted file the driver allows only its
 * domain.
 */
#include "fuzz.h"

unsigned int pick(struct caller *c, const unsigned int *of, unsigned int n)
{
	return of[below(&c->rng, n)];
}

uint64_t any64(struct caller *c)
{
	uint64_t high = below(&c->rng, 0xffffffff);

	return high << 32 | below(&c->rng, 0xffffffff);
}

int any_file(struct caller *c)
{
	if (one_in(&c->rng, 40))
		return PICK(c, world.memfd, world.memory, -1);
	if (one_in(&c->rng, 20))
		return world.memory_file[below(&c->rng, MEMORY_FILES)];
	return world.file[below(&c->rng, FILES)];
}

__u64 any_address(struct caller *c)
{
	static const __u64 wild[] = {
		0,
		PAGE,
		(unsigned long)KERNEL_POINTER,
		~0ULL,
		-PAGE,
		1ULL << 47,
		1 << 12,
		0x7fffffffffffULL,
		(1ULL << 47) - PAGE,
	};
	unsigned int slot = below(&c->rng, SLOTS);
	__u64 address = (unsigned long)slot_base(slot);

	if (one_in(&c->rng, 24))
		return wild[below(&c->rng, ARRAY_SIZE(wild))];
	if (one_in(&c->rng, 3))
		address += below(&c->rng, slot_room(slot)) * PAGE;
	if (one_in(&c->rng, 24))
		address += below(&c->rng, PAGE);
	return address;
}

struct pages any_pages(struct caller *c)
{
	struct pages p = { .slot = below(&c->rng, SLOTS) };
	size_t room = slot_room(p.slot);

	if (one_in(&c->rng, 2)) {
		p.first = world.slot[p.slot].first;
		p.n = world.slot[p.slot].n;
	} else {
		p.first = one_in(&c->rng, 2) ? 0 : below(&c->rng, room);
		p.n = one_in(&c->rng, 2) ? room - p.first :
					   1 + below(&c->rng, room - p.first);
	}
	/* Another thread may have changed one of the two. */
	if (!p.n || p.first >= room || p.n > room - p.first) {
		p.first = 0;
		p.n = room;
	}
	p.va = slot_base(p.slot) + p.first * PAGE;
	return p;
}

/* A domain that this file may name, at least at first. */
static unsigned int domain_of_file(struct caller *c, unsigned int file)
{
	if (world.as_user || file == 1 || file == 2)
		return target[file / 2 % 2]->id;
	return any_domid(c);
}

#define ODD 12 /* one in so many arguments does not fit the others */

struct place any_place(struct caller *c)
{
	struct place p = { .slot = below(&c->rng, SLOTS) };
	struct slot s = world.slot[p.slot];
	size_t skip = one_in(&c->rng, 3) ? below(&c->rng, s.n + 1) : 0;

	p.fd = one_in(&c->rng, ODD) ? any_file(c) : world.file[s.file];
	p.dom = s.dom == NO_DOMAIN ? domain_of_file(c, s.file) : s.dom;
	if (one_in(&c->rng, ODD))
		p.dom = any_domid(c);
	p.addr = (unsigned long)slot_base(p.slot) + (s.first + skip) * PAGE;
	if (one_in(&c->rng, ODD))
		p.addr = any_address(c);
	p.n = s.n - skip;
	if (one_in(&c->rng, 4))
		p.n = below(&c->rng, p.n + 1);
	if (one_in(&c->rng, ODD))
		p.n = any_count(c);
	return p;
}

void place_taken(const struct place *p, int ret)
{
	if (!ret && world.slot[p->slot].dom == NO_DOMAIN)
		world.slot[p->slot].dom = p->dom;
}

__u64 any_count(struct caller *c)
{
	static const __u64 odd[] = {
		0,	    SLOT_PAGES + 1, 512,	513,   0x1fffffff,
		0x20000000, 1ULL << 32,	    1ULL << 52, ~0ULL, 0x80000000,
	};

	if (one_in(&c->rng, 16))
		return odd[below(&c->rng, ARRAY_SIZE(odd))];
	return one_in(&c->rng, 2) ? SLOT_PAGES : 1 + below(&c->rng, SLOT_PAGES);
}

unsigned int any_domid(struct caller *c)
{
	switch (below(&c->rng, 16)) {
	case 0:
		return PICK(c, 0x7ff0, 0x7ff1, 0x7ff2, 0x7ff3, 0x7ff4, 0x7fff,
			    0, NO_DOMAIN, 0x8000, 0xffff);
	case 1:
	case 2:
		return world.passing ? world.passing->id : NO_DOMAIN;
	case 3:
	case 4:
	case 5:
	case 6:
		return target[HARDWARE]->id;
	default:
		return target[FIRST]->id;
	}
}

static const struct domain *ours(unsigned int dom)
{
	unsigned int t;

	for (t = 0; t < TARGETS; t++)
		if (target[t]->id == dom)
			return target[t];
	return world.passing && world.passing->id == dom ? world.passing : NULL;
}

bool domain_is_ours(unsigned int dom)
{
	return ours(dom);
}

__u64 any_frame(struct caller *c, unsigned int dom)
{
	const struct domain *d = ours(dom);

	if (!d && world.as_user)
		d = target[FIRST];
	if (!d || one_in(&c->rng, 12))
		return BAD_FRAME + below(&c->rng, 64);
	if (one_in(&c->rng, 24))
		return one_in(&c->rng, 2) ? ~0ULL : any64(c);
	return d->frame[below(&c->rng, d->n)];
}

__u64 any_frames(struct caller *c, unsigned int dom, __u64 n)
{
	__u64 *frames = (__u64 *)c->own, to = any_address(c);
	__u64 first = any_frame(c, dom), i;
	bool run = one_in(&c->rng, 2);

	n = n < BIG_PAGES ? n : BIG_PAGES;
	for (i = 0; i < n; i++)
		frames[i] = run ? first + i : any_frame(c, dom);
	if ((!ours(dom) && !world.as_user) || one_in(&c->rng, 2))
		return (unsigned long)frames;
	/* Memory that is shared with other threads and calls, or absent. */
	try_copy((void *)(unsigned long)to, frames, n * sizeof(*frames));
	return to;
}

__u64 any_buffer(struct caller *c)
{
	if (one_in(&c->rng, 3))
		return any_address(c);
	return (unsigned long)c->own + OWN_PAGES / 2 * PAGE;
}

__u32 any_size(struct caller *c, size_t size)
{
	return one_in(&c->rng, 24) ? PICK(c, 0, 1, 4, 16, 24, 32, 47, 48, 49,
					  64, 72, 4096, 4097, 0xffffffff) :
				     size;
}
