/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The area that records which requests are in flight. It is shared with the front
 * end.
 */
#ifndef INFLIGHT_H
#define INFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol.h"

struct inflight {
	void *addr;
	size_t len, part;	/* bytes; @part: for each queue */
	uint16_t num_queues;
};

/*
 * Make an area. @said: in: number and size of the queues; out: size and offset
 * of the area.
 */
int inflight_create(struct vu_inflight *said, int *fd);
/* Map the area of the front end's @fd, in place of an earlier one. */
int inflight_map(struct inflight *inflight, const struct vu_inflight *said,
		 int fd);
void inflight_unmap(struct inflight *inflight);
/*
 * The part of a queue whose ring has @num entries. Returns NULL if there is no
 * area, or if the part is too small.
 */
struct vu_inflight_queue *inflight_queue(const struct inflight *inflight,
					 unsigned int index, unsigned int num);
/*
 * Read which requests were in flight when the last back end ended: the heads of
 * @num requests, oldest first, in @heads. @counter: the next value for
 * inflight_begin(). @fresh: no back end has served this ring with this area
 * before.
 */
const char *inflight_resume(struct vu_inflight_queue *part, unsigned int size,
			    uint16_t used_idx, bool *fresh, uint16_t *heads,
			    unsigned int *num, uint64_t *counter);
/* Record that a request is in flight. */
const char *inflight_begin(struct vu_inflight_queue *part, uint16_t head,
			   uint64_t counter);
/*
 * Record that requests have ended: inflight_give() for each one before
 * ring_publish(), then inflight_end() for all of them after it.
 */
const char *inflight_give(struct vu_inflight_queue *part, uint16_t head);
const char *inflight_end(struct vu_inflight_queue *part, const uint16_t *heads,
			 unsigned int num, uint16_t used_idx);

#endif /* INFLIGHT_H */
