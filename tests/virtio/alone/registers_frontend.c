// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The stand-in for the front end, in tests of the registers. What the core may never ask
 * for, it takes for a failure.
 */
#include "registers.h"

struct frontend *frontend_new(struct virtio *v,
			      const char *path __attribute__((unused)),
			      const struct region_table *memory
			      __attribute__((unused)))
{
	struct frontend *f = calloc(1, sizeof(*f));

	f->v = v;
	return f;
}

void frontend_free(struct frontend *f)
{
	check(!f->running);
	free(f);
}

bool frontend_start(struct frontend *f)
{
	check(!f->running);
	check(virtio_driver_ok(f->v));
	f->starts++;
	f->running = !f->refuses;
	f->features = virtio_backend_features(f->v);
	f->enabled = 0;
	for (unsigned int i = 0; i < f->v->queues; i++) {
		const struct virtio_queue *q = &f->v->queue[i];

		f->queue[i] = *q;
		f->enabled += q->enabled;
		if (q->enabled)
			check(q->size && q->size <= f->v->queue_size_max &&
			      !(q->size & (q->size - 1)));
	}
	return !f->refuses;
}

void frontend_stop(struct frontend *f)
{
	f->stops++;
	f->running = false;
}
