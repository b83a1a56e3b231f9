// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Implements call.h.
 */
#include "batch/call.h"

size_t long_enough(void)
{
	return xlate() ? 3000 : 200000;
}

struct call call_new(struct domain *d, size_t n)
{
	struct call c = { .a = area_new(privcmd_open(), n), .d = d };
	size_t i;

	c.frame = calloc(n, sizeof(*c.frame));
	c.err = calloc(n, sizeof(*c.err));
	must(c.frame && c.err);
	for (i = 0; i < n; i++)
		c.frame[i] = d->frame[0];
	return c;
}

void *call_run(void *call)
{
	struct call *c = call;

	c->ret = v2(c->a.fd, c->d->id, c->a.va, c->frame, c->err, c->a.n);
	c->e = errno;
	c->done = true;
	return NULL;
}

void call_done(struct call *c)
{
	area_done(&c->a);
	close(c->a.fd);
	free(c->frame);
	free(c->err);
}
