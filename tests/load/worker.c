// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Choices that follow from a seed, and the workers that make them.
 */
#include "stress.h"

unsigned int below(struct rng *rng, unsigned int n)
{
	uint64_t x = rng->state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return (x ^ x >> 31) % n;
}

bool one_in(struct rng *rng, unsigned int n)
{
	return !below(rng, n);
}

struct worker worker_beside(const struct worker *w, unsigned int thread)
{
	struct worker other = *w;

	other.rng.state ^= (uint64_t)thread << 56;
	other.own += thread * OWN;
	other.seed += thread * TARGETS;
	return other;
}
