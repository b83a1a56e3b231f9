/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * A guest that does nothing but write to the registers of a device, which a
 * program of dom0 emulates: a domain with an ioreq server, and a few lines of
 * machine code. It runs only while the case waits for it. To be included before
 * suite.h.
 */
#ifndef GUEST_H
#define GUEST_H

#include "guest_layout.h"
#include "resource.h"
#include <xen/hvm/ioreq.h>

/* virtio-mmio's, from the base of a device. */
#define QUEUE_NOTIFY 0x50

struct guest_write {
	uint32_t addr;	/* the layout is guest_code.S's */
	uint32_t size;	/* 1, 2, 4, on Arm also 8 bytes; or READ_4, CALL */
	uint64_t value;
};

struct guest {
	struct domain *d;
	int fd;			/* whose bindings they may be */
	struct area memory;
	struct area ioreq;	/* its slots, mapped through fd */
	unsigned int server;
	bool runs;		/* unpaused, and parked */
};

/* Skips the case where Xen has no device models. */
struct guest guest_new(int fd);
/* The event channel of its vcpu, bound for dom0 by a hypercall. */
uint32_t guest_port(const struct guest *g);
void guest_port_close(uint32_t port);
/* Does the port lead anywhere? */
bool guest_port_bound(uint32_t port);

/* Have it write these, which are at most 64, once it is parked. */
void guest_start(struct guest *g, uint32_t port, const struct guest_write *w,
		 size_t n);
/* And wait until it has; false: one of them has not been answered. */
bool guest_writes(struct guest *g, uint32_t port, const struct guest_write *w,
		  size_t n);
bool guest_write(struct guest *g, uint32_t port, uint64_t addr,
		 unsigned int size, uint64_t value);
/*
 * A hypercall in place of a write, with a command and a pointer to a struct. The
 * guest has room for one such struct at a time.
 */
struct guest_write guest_call(const struct guest *g, unsigned int nr,
			      unsigned int cmd, const void *arg, size_t size);
/* It gives a page of its memory back to the hypervisor, as balloons do. */
struct guest_write guest_balloon(const struct guest *g);
/* Of its last hypercall. */
int32_t guest_result(const struct guest *g);
/* How many it has done since it was made. */
uint32_t guest_count(const struct guest *g);

/* The request that it waits with. */
volatile struct ioreq *guest_slot(const struct guest *g);
/* Until it waits with one at this address that nobody has taken. */
bool guest_waits_at(const struct guest *g, uint64_t addr);
/* The program's answer. */
void guest_answer(const struct guest *g, uint32_t port);
void guest_destroy(struct guest *g);

#endif /* GUEST_H */
