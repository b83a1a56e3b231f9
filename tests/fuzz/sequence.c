// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Sequences. The seed, the number and the sequence that it was made from decide
 * everything in a sequence. So its name is enough to make it again.
 */
#include "fuzz.h"

static struct rng rng_of(uint64_t seed, unsigned int number)
{
	struct rng rng = { seed ^ (uint64_t)number << 32 };

	below(&rng, 1);
	return rng;
}

/* About half of all calls work on a mapping. */
struct call any_call(struct rng *rng)
{
	static const unsigned int often[] = { CALL_map,		 CALL_map,
					      CALL_mmapbatch_v2, CALL_x_map,
					      CALL_touch,	 CALL_x_unmap };

	return (struct call){
		.what = one_in(rng, 3) ? often[below(rng, ARRAY_SIZE(often))] :
					 below(rng, NR_CALLS),
		.seed = below(rng, 0xffffffff),
	};
}

static void new (struct sequence *s, uint64_t seed, unsigned int number)
{
	struct rng rng = rng_of(seed, number);
	unsigned int i;

	memset(s, 0, sizeof(*s));
	s->from[s->depth++] = number;
	s->as_user = one_in(&rng, 3);
	s->threads = 1 + (one_in(&rng, 2) ? below(&rng, THREADS_MAX) : 0);
	s->n = 8 + below(&rng, MAX_CALLS - 8 + 1);
	for (i = 0; i < s->n; i++)
		s->call[i] = any_call(&rng);
}

static void insert(struct sequence *s, unsigned int at, struct call call)
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
	struct call call = s->call[at];

	switch (below(rng, 6)) {
	case 0:
		s->call[at] = any_call(rng);
		break;
	case 4: /* the same with other arguments */
		s->call[at].seed = below(rng, 0xffffffff);
		break;
	case 1: /* the same once more, at another position */
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
		insert(s, at, any_call(rng));
	}
}

static void make_of(struct sequence *s, uint64_t seed, unsigned int number,
		    const struct sequence *parent)
{
	struct rng rng = rng_of(seed, number);
	unsigned int changes = 1 + below(&rng, 8);

	*s = *parent;
	s->from[s->depth++] = number;
	if (one_in(&rng, 8))
		s->threads = 1 + below(&rng, THREADS_MAX);
	if (one_in(&rng, 8))
		s->as_user = !s->as_user;
	while (changes--)
		change(s, &rng);
}

/* Reads the first word of a name. */
static bool parse_first(struct sequence *s, uint64_t seed, const char *name,
			char **end)
{
	const struct sequence *line;

	if (*name != '@') {
		new (s, seed, strtoul(name, end, 10));
		return *end != name;
	}
	line = corpus_line(strtoul(name + 1, end, 10));
	if (line)
		*s = *line;
	return line;
}

bool sequence_parse(struct sequence *s, uint64_t seed, const char *name)
{
	struct sequence parent;
	char *end;

	if (!parse_first(s, seed, name, &end))
		return false;
	while (*end == '/') {
		if (s->depth == MAX_DEPTH)
			return false;
		parent = *s;
		name = end + 1;
		make_of(s, seed, strtoul(name, &end, 10), &parent);
		if (end == name)
			return false;
	}
	return !*end;
}

const char *sequence_name(const struct sequence *s)
{
	static char name[(MAX_DEPTH + 1) * 12];
	unsigned int i;
	int at = 0;

	if (s->line)
		at = snprintf(name, sizeof(name), "@%u", s->line);
	for (i = 0; i < s->depth; i++)
		at += snprintf(name + at, sizeof(name) - at, "%s%u",
			       at ? "/" : "", s->from[i]);
	return name;
}

void sequence_next(struct sequence *s, uint64_t seed, unsigned int number)
{
	struct rng rng = rng_of(~seed, number);

	if (corpus_size() && one_in(&rng, 2))
		make_of(s, seed, number, corpus_any(&rng));
	else
		new (s, seed, number);
}
