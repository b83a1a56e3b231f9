/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Where a back end has stopped, if it has ended without saying so: where the next one goes
 * on, and whether it can do that without a record of the requests in flight.
 */
#ifndef RESUME_H
#define RESUME_H

#include <stdbool.h>
#include <stdint.h>

#include "frontend.h"
#include "virtio.h"

struct resume {
	bool noted;
	/* Why no back end can go on, or NULL. */
	const char *never;
	/* Why no back end can go on without a record, or NULL. */
	const char *unrecorded;
	/* For SET_VRING_BASE. 0 for queues that are not enabled. */
	uint16_t base[VIRTIO_QUEUES_MAX];
	char text[120];
};

/* The rings are new: they start at 0, and no request is in flight. */
void resume_reset(struct resume *r);
/* Looks at the rings. Called when no back end uses them any more. */
void resume_note(struct resume *r, const struct virtio *v,
		 const struct region_table *memory);
/* NULL, or why the rings are not as resume_note() has found them. */
const char *resume_check(const struct resume *r, const struct virtio *v,
			 const struct region_table *memory);

#endif /* RESUME_H */
