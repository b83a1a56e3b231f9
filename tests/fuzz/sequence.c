// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Sequences. All of one follows from the seed and its number, and from that of
 * the one which it was made of, so its name is enough to make it again.
 */
#include "fuzz.h"

#define CORPUS 512

static struct sequence corpus[CORPUS];
static unsigned int corpus_n;

static struct rng rng_of(uint64_t seed, unsigned int number)
{
	struct rng rng = { seed ^ (uint64_t)number << 32 };

	below(&rng, 1);
	return rng;
}

static uint32_t new_call(struct rng *rng)
{
	return below(rng, 0xffffffff);
}

void sequence_new(struct sequence *s, uint64_t seed, unsigned int number)
{
	struct rng rng = rng_of(seed, number);
	unsigned int i;

	memset(s, 0, sizeof(*s));
	s->from[s->depth++] = number;
	s->as_user = one_in(&rng, 3);
	s->threads = 1 + (one_in(&rng, 2) ? below(&rng, 4) : 0);
	s->n = 8 + below(&rng, MAX_CALLS - 8 + 1);
	for (i = 0; i < s->n; i++)
		s->call[i] = new_call(&rng);
}

static void insert(struct sequence *s, unsigned int at, uint32_t call)
{
	if (s->n == MAX_CALLS)
		s->n--;
	memmove(s->call + at + 1, s->call + at, (s->n - at) * sizeof(*s->call));
	s->call[at] = call;
	s->n++;
}

static void change(struct sequence *s, struct rng *rng)
{
	unsigned int at = below(rng, s->n), other = below(rng, s->n);
	uint32_t call = s->call[at];

	switch (below(rng, 5)) {
	case 0:
		s->call[at] = new_call(rng);
		break;
	case 1: /* the same once more, elsewhere */
		insert(s, below(rng, s->n), call);
		break;
	case 2:
		s->call[at] = s->call[other];
		s->call[other] = call;
		break;
	case 3:
		if (s->n > 1)
			memmove(s->call + at, s->call + at + 1,
				(--s->n - at) * sizeof(*s->call));
		break;
	default:
		insert(s, at, new_call(rng));
	}
}

void sequence_from(struct sequence *s, uint64_t seed, unsigned int number,
		   const struct sequence *parent)
{
	struct rng rng = rng_of(seed, number);
	unsigned int changes = 1 + below(&rng, 8);

	*s = *parent;
	s->from[s->depth++] = number;
	if (one_in(&rng, 8))
		s->threads = 1 + below(&rng, 4);
	if (one_in(&rng, 8))
		s->as_user = !s->as_user;
	while (changes--)
		change(s, &rng);
}

bool sequence_parse(struct sequence *s, uint64_t seed, const char *name)
{
	struct sequence parent;
	char *end;

	sequence_new(s, seed, strtoul(name, &end, 10));
	while (end != name && *end == '/') {
		if (s->depth == MAX_DEPTH)
			return false;
		parent = *s;
		name = end + 1;
		sequence_from(s, seed, strtoul(name, &end, 10), &parent);
	}
	return end != name && !*end;
}

const char *sequence_name(const struct sequence *s)
{
	static char name[MAX_DEPTH * 11];
	unsigned int i, at = 0;

	for (i = 0; i < s->depth; i++)
		at += snprintf(name + at, sizeof(name) - at, "%s%u",
			       i ? "/" : "", s->from[i]);
	return name;
}

/* When there is no room any more, one of the old ones goes. */
void corpus_add(const struct sequence *s)
{
	if (s->depth < MAX_DEPTH)
		corpus[corpus_n++ % CORPUS] = *s;
}

unsigned int corpus_size(void)
{
	return corpus_n < CORPUS ? corpus_n : CORPUS;
}

void sequence_next(struct sequence *s, uint64_t seed, unsigned int number)
{
	struct rng rng = rng_of(~seed, number);

	if (corpus_n && one_in(&rng, 2))
		sequence_from(s, seed, number,
			      &corpus[below(&rng, corpus_size())]);
	else
		sequence_new(s, seed, number);
}
