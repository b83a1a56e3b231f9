// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Requests of vcpus. The hypervisor and the kernel write the page; the guest cannot. But
 * the guest decides about addresses, sizes and counts.
 */
#define __XEN_TOOLS__ 1
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include <xen/xen.h>
#include <xen/hvm/ioreq.h>
#include <xen/sys/evtchn.h>

#include "ioreq.h"
#include "../vhost-user-blk/say.h"
#include "xen.h"

/*
 * The byte of struct ioreq that has the state. Its other bits are data_is_ptr, dir and df,
 * and must not change.
 */
#define IOREQ_BITS_OFFSET 30
#define IOREQ_BITS_STATE  0xf
#define IOREQ_BITS_PTR	  0x10
#define IOREQ_BITS_READ	  0x20
#define IOREQ_BITS_DOWN	  0x40

/* The most bytes of one of the repeated accesses. Instructions move less. */
#define IOREQ_SIZE_MAX 64

static volatile uint8_t *ioreq_bits(const struct request *r)
{
	return (volatile uint8_t *)r->slot + IOREQ_BITS_OFFSET;
}

/* The kernel takes requests, too, and marks them in the same way. */
bool ioreq_take(struct request *r)
{
	uint8_t bits = __atomic_load_n(ioreq_bits(r), __ATOMIC_ACQUIRE);
	uint8_t taken = (bits & ~IOREQ_BITS_STATE) | STATE_IOREQ_INPROCESS;

	if ((bits & IOREQ_BITS_STATE) != STATE_IOREQ_READY ||
	    !__atomic_compare_exchange_n(ioreq_bits(r), &bits, taken, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return false;
	r->next = NULL;
	r->type = r->slot->type;
	r->write = !(bits & IOREQ_BITS_READ);
	r->by_pointer = bits & IOREQ_BITS_PTR;
	r->backwards = bits & IOREQ_BITS_DOWN;
	r->size = r->slot->size;
	r->count = r->slot->count;
	r->addr = r->slot->addr;
	r->data = r->slot->data;
	r->first = 0;
	r->last = UINT64_MAX;
	return true;
}

/* A PCI request has the number of the function above the register's. */
bool ioreq_space(const struct request *r, enum space *space,
		 unsigned int *devfn)
{
	switch (r->type) {
	case IOREQ_TYPE_COPY:
		*space = SPACE_MEMORY;
		return true;
	case IOREQ_TYPE_PCI_CONFIG:
		*space = SPACE_PCI;
		*devfn = r->addr >> 32;
		return true;
	default:
		return false;
	}
}

/*
 * Bytes of the next access of an element that has @left bytes left. An access to
 * configuration space stays inside a double word, as on a bus.
 */
static unsigned int ioreq_step(enum space space, uint64_t addr, uint32_t left)
{
	unsigned int step = space == SPACE_PCI ? 4 : 8;

	while (step > left || (space == SPACE_PCI && addr % 4 + step > 4))
		step /= 2;
	return step;
}

/* How to make the accesses of a request. */
struct ioreq_way {
	void (*access)(struct device *d, struct access *a);
	struct device *d;
	enum space space;
};

/* Makes the accesses of one element: it reads or writes @bytes. */
static void ioreq_element(const struct request *r, const struct ioreq_way *way,
			  uint64_t addr, uint8_t *bytes)
{
	uint32_t at, step;

	for (at = 0; at < r->size; at += step) {
		struct access a = {
			.space = way->space,
			.write = r->write,
			.addr = addr + at,
		};

		step = ioreq_step(way->space, a.addr, r->size - at);
		a.size = step;
		if (r->write)
			memcpy(&a.value, bytes + at, step);
		else
			a.value = UINT64_MAX;
		if (a.addr >= r->first && a.addr <= r->last &&
		    r->last - a.addr >= step - 1)
			way->access(way->d, &a);
		if (!r->write)
			memcpy(bytes + at, &a.value, step);
	}
}

/* One of the repeated accesses. @data: where its data are, if they are in memory. */
static void ioreq_one(struct request *r, const struct ioreq_way *way,
		      uint64_t addr, uint64_t data)
{
	uint8_t bytes[IOREQ_SIZE_MAX];

	memset(bytes, 0xff, sizeof(bytes));
	if (r->write && !r->by_pointer)
		memcpy(bytes, &r->data, sizeof(r->data));
	else if (r->write)
		xen_read_guest(data, bytes, r->size);
	ioreq_element(r, way, addr, bytes);
	if (r->write)
		return;
	if (r->by_pointer) {
		xen_write_guest(data, bytes, r->size);
	} else {
		r->data = 0;
		memcpy(&r->data, bytes, r->size);
	}
}

void ioreq_run(struct request *r,
	       void (*access)(struct device *d, struct access *a),
	       struct device *d)
{
	const int64_t step = r->backwards ? -(int64_t)r->size : r->size;
	struct ioreq_way way = { .access = access, .d = d };
	unsigned int devfn;
	uint32_t i;

	if (!ioreq_space(r, &way.space, &devfn) || !r->size ||
	    r->size > (r->by_pointer ? IOREQ_SIZE_MAX : sizeof(r->data))) {
		ioreq_refuse(r);
		return;
	}
	for (i = 0; i < r->count; i++) {
		if (way.space == SPACE_PCI)
			/* Repeated accesses to a port have one address. */
			ioreq_one(r, &way, (uint32_t)r->addr,
				  r->data + i * step);
		else
			ioreq_one(r, &way, r->addr + i * step,
				  r->data + i * step);
	}
}

void ioreq_refuse(struct request *r)
{
	if (!r->write && !r->by_pointer)
		r->data = UINT64_MAX;
}

void ioreq_complete(struct request *r)
{
	struct ioctl_evtchn_notify notify = { r->port };
	uint8_t bits = *ioreq_bits(r);

	if (!r->write && !r->by_pointer)
		r->slot->data = r->data;
	__atomic_store_n(ioreq_bits(r),
			 (bits & ~IOREQ_BITS_STATE) | STATE_IORESP_READY,
			 __ATOMIC_RELEASE);
	/* This fails only if the domain has died, and then no vcpu waits. */
	ioctl(xen_evtchn(), IOCTL_EVTCHN_NOTIFY, &notify);
}
