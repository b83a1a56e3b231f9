/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Requests: the accesses of the guest's vcpus that the hypervisor sends to an ioreq server.
 * A vcpu waits until its request is completed, so each request that is taken must be
 * completed, whatever it is.
 */
#ifndef IOREQ_H
#define IOREQ_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"

struct ioreq;

/*
 * A vcpu's request in a page of a server. A vcpu has one request at a time, so this struct
 * belongs to the thread that has taken the request, until that thread completes it.
 */
struct request {
	volatile struct ioreq *slot;
	uint32_t port;	      /* of /dev/xen/evtchn; an event wakes the vcpu */
	struct request *next; /* of the mailbox that has the request */

	/* The rest is a copy that ioreq_take() makes. */
	uint8_t type;	      /* IOREQ_TYPE_* */
	bool write;
	bool by_pointer;      /* data is the guest physical address of the data */
	bool backwards;	      /* addresses of repeated accesses go down */
	uint32_t size, count; /* of one access; number of accesses */
	uint64_t addr, data;
	/* The range that the request belongs to, which its accesses do not leave. */
	uint64_t first, last;
};

/* Takes the request if there is one. Otherwise returns false. */
bool ioreq_take(struct request *r);
/*
 * The address space that the request is for. @devfn: of SPACE_PCI. False: the request is
 * for no device.
 */
bool ioreq_space(const struct request *r, enum space *space, unsigned int *devfn);
/* Makes the accesses of the request. @access handles one access. */
void ioreq_run(struct request *r, void (*access)(struct device *d, struct access *a),
	       struct device *d);
/* For a request that no device has: reads get ones. */
void ioreq_refuse(struct request *r);
/* Writes the answer, and wakes the vcpu. */
void ioreq_complete(struct request *r);

#endif /* IOREQ_H */
