/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A guest whose only work is to write to the registers of a device that a
 * program in dom0 emulates. It is a domain with an ioreq server and a few lines
 * of machine code. It runs only while the case waits for it. Include this file
 * before suite.h.
 */
#ifndef GUEST_H
#define GUEST_H

#include "eventfd/guest_layout.h"
#include "resource/resource.h"
#include <xen/hvm/ioreq.h>

/* A register of virtio-mmio, from the base of a device. */
#define QUEUE_NOTIFY 0x50

struct guest_write {
	uint32_t addr; /* guest_code.S depends on this layout */
	uint32_t size; /* 1, 2, 4, on Arm 8 bytes; READ_4, STRING, CALL */
	uint64_t value;
};

struct guest {
	struct domain *d;
	int fd; /* the file that the bindings may belong to */
	struct area memory;
	struct area ioreq; /* the page of ioreq slots, mapped through fd */
	unsigned int server;
	unsigned int rings; /* pages of the same mapping before ioreq */
	bool runs;	    /* unpaused, and waits at PARK */
};

/* Skips the case if Xen has no device models. */
struct guest guest_new(int fd);
/*
 * The same, with a server that has a ring. One mapping has the page of the ring
 * and then the page of ioreq slots. Not on Arm, which has no rings.
 */
struct guest guest_with_ring(int fd);
/* The event channel of the guest's vcpu, bound for dom0 by a hypercall. */
uint32_t guest_port(const struct guest *g);
void guest_port_close(uint32_t port);
/* Is the port bound to anything? */
bool guest_port_bound(uint32_t port);

/* Waits until the guest is parked, then gives it these writes, at most 64. */
void guest_start(struct guest *g, uint32_t port, const struct guest_write *w,
		 size_t n);
/*
 * The same, and waits until all writes have been answered; false: one of them
 * has not been.
 */
bool guest_writes(struct guest *g, uint32_t port, const struct guest_write *w,
		  size_t n);
bool guest_write(struct guest *g, uint32_t port, uint64_t addr,
		 unsigned int size, uint64_t value);
/*
 * A hypercall in place of a write, with a command and a pointer to a struct.
 * The guest has room for one such struct at a time.
 */
struct guest_write guest_call(const struct guest *g, unsigned int nr,
			      unsigned int cmd, const void *arg, size_t size);
/*
 * A hypercall that gives a page of the guest's memory back to the hypervisor,
 * as a balloon driver does.
 */
struct guest_write guest_balloon(const struct guest *g);
/* The result of its last hypercall. */
int32_t guest_result(const struct guest *g);
/* The number of writes that have been answered since the guest was made. */
uint32_t guest_count(const struct guest *g);

/* The slot with the request that the guest waits for. */
volatile struct ioreq *guest_slot(const struct guest *g);
/*
 * Waits until the guest waits for a write to this address that has not been
 * taken.
 */
bool guest_waits_at(const struct guest *g, uint64_t addr);
/* Answers the request, as a program that emulates the device does. */
void guest_answer(const struct guest *g, uint32_t port);
void guest_destroy(struct guest *g);

#endif /* GUEST_H */
