// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Sequences that are kept: those of a file, and those that made new code run. A
 * line has the names of its calls, so it keeps its meaning when there are more
 * calls.
 */
#include "fuzz.h"

#define CORPUS 512

static struct sequence corpus[CORPUS], lines[CORPUS];
static unsigned int corpus_n, lines_n;

static bool parse_call(struct call *call, const char *word)
{
	size_t len = strcspn(word, ":");
	char *end;

	for (call->what = 0; call->what < NR_CALLS; call->what++)
		if (strlen(call_name(call->what)) == len &&
		    !strncmp(call_name(call->what), word, len))
			break;
	if (call->what == NR_CALLS || !word[len])
		return false;
	call->seed = strtoul(word + len + 1, &end, 16);
	return end != word + len + 1 && !*end;
}

static bool parse_line(struct sequence *s, char *text)
{
	char *rest, *word = strtok_r(text, " \n", &rest);

	memset(s, 0, sizeof(*s));
	s->as_user = !strcmp(word, "user");
	if (!s->as_user && strcmp(word, "root"))
		return false;
	word = strtok_r(NULL, " \n", &rest);
	s->threads = word ? atoi(word) : 0;
	while ((word = strtok_r(NULL, " \n", &rest)))
		if (s->n == MAX_CALLS || !parse_call(&s->call[s->n++], word))
			return false;
	return s->n && s->threads && s->threads <= THREADS_MAX;
}

/* Empty lines and lines that begin with "#" are ignored. */
void corpus_read(const char *path)
{
	static char text[MAX_CALLS * 32];
	FILE *f = fopen(path, "r");
	unsigned int at;

	if (!f)
		bail("%s: %s", path, strerror(errno));
	for (at = 1; lines_n < CORPUS && fgets(text, sizeof(text), f); at++) {
		if (!text[strspn(text, " \n")] || *text == '#')
			continue;
		if (!parse_line(&lines[lines_n], text))
			bail("%s:%u is not a sequence", path, at);
		lines_n++;
		lines[lines_n - 1].line = lines_n;
	}
	fclose(f);
}

unsigned int corpus_lines(void)
{
	return lines_n;
}

const struct sequence *corpus_line(unsigned int line)
{
	return line && line <= lines_n ? &lines[line - 1] : NULL;
}

/* Adds a sequence. If there is no room, it replaces the oldest one. */
void corpus_add(const struct sequence *s)
{
	if (s->depth < MAX_DEPTH)
		corpus[corpus_n++ % CORPUS] = *s;
}

unsigned int corpus_size(void)
{
	return corpus_n < CORPUS ? corpus_n : CORPUS;
}

const struct sequence *corpus_any(struct rng *rng)
{
	return &corpus[below(rng, corpus_size())];
}

void corpus_print(const char *before, const struct sequence *s)
{
	unsigned int i;

	printf("%s%s %u", before, s->as_user ? "user" : "root", s->threads);
	for (i = 0; i < s->n; i++)
		printf(" %s:%x", call_name(s->call[i].what), s->call[i].seed);
	printf("\n");
}
