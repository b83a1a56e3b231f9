// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Requests of vcpus, as Xen writes them to its pages.
 */
#define __XEN_TOOLS__ 1
#include <stdint.h>
#include <xen/xen.h>
#include <xen/hvm/ioreq.h>

#include "tap.h"
#include "tap_main.h"

#include "dispatch.h"
#include "platform.h"
#include "requests.h"

static struct ioreq slot;
static struct request request = { .slot = &slot };
static struct device device;

/* The accesses that the device has seen. A read gets 0xa0, 0xa1... in its bytes. */
static struct access seen[64];
static unsigned int nr_seen;

static void access_device(struct device *d, struct access *a)
{
	uint8_t byte[8];

	must(d == &device);
	must(nr_seen < 64);
	for (unsigned int i = 0; i < 8; i++)
		byte[i] = 0xa0 + a->addr + i;
	if (!a->write)
		memcpy(&a->value, byte, a->size);
	seen[nr_seen++] = *a;
}

static void arrive(uint8_t type, bool write, uint64_t addr, uint32_t size)
{
	memset(&slot, 0, sizeof(slot));
	slot.type = type;
	slot.dir = write ? IOREQ_WRITE : IOREQ_READ;
	slot.addr = addr;
	slot.size = size;
	slot.count = 1;
	slot.vp_eport = 7;
	slot.state = STATE_IOREQ_READY;
	nr_seen = 0;
}

/* As the dispatcher and a thread do it, for a device with 0x1000 to 0x10ff. */
static void run(void)
{
	must(ioreq_take(&request));
	request.first = 0x1000;
	request.last = 0x10ff;
	ioreq_run(&request, access_device, &device);
	ioreq_complete(&request);
	check_eq(slot.state, STATE_IORESP_READY);
	check_eq(slot.vp_eport, 7);
}

static void check_access(unsigned int nr, uint64_t addr, unsigned int size)
{
	must(nr < nr_seen);
	check_eq(seen[nr].addr, addr);
	check_eq(seen[nr].size, size);
}

TAP_CASE(request_taken_once)
{
	arrive(IOREQ_TYPE_COPY, true, 0x1000, 4);
	slot.data_is_ptr = 1;
	slot.df = 1;
	check(ioreq_take(&request));
	check_eq(slot.state, STATE_IOREQ_INPROCESS);
	check(slot.data_is_ptr && slot.df && slot.dir == IOREQ_WRITE);
	check(!ioreq_take(&request));
	ioreq_complete(&request);
	check_eq(slot.state, STATE_IORESP_READY);
	check(slot.data_is_ptr && slot.df && slot.dir == IOREQ_WRITE);
	check(!ioreq_take(&request));
	slot.state = STATE_IOREQ_NONE;
	check(!ioreq_take(&request));
}

/* Bytes above the size of a read are 0. */
TAP_CASE(request_read)
{
	static const uint64_t answer[] = {
		[1] = 0xb0, [2] = 0xb1b0, [4] = 0xb3b2b1b0, [8] = 0xb7b6b5b4b3b2b1b0
	};

	for (unsigned int size = 1; size <= 8; size *= 2) {
		arrive(IOREQ_TYPE_COPY, false, 0x1010, size);
		slot.data = UINT64_MAX;
		run();
		check_eq(nr_seen, 1);
		check_access(0, 0x1010, size);
		check(!seen[0].write && seen[0].space == SPACE_MEMORY);
		check_eq(slot.data, answer[size]);
	}
}

TAP_CASE(request_write)
{
	arrive(IOREQ_TYPE_COPY, true, 0x1020, 4);
	slot.data = 0x1122334455667788;
	run();
	check_eq(nr_seen, 1);
	check_access(0, 0x1020, 4);
	check(seen[0].write);
	check_eq(seen[0].value, 0x55667788);
	check_eq(slot.data, 0x1122334455667788);
}

/* Widths that no device has. */
TAP_CASE(request_odd_width)
{
	arrive(IOREQ_TYPE_COPY, true, 0x1000, 7);
	slot.data = 0x0011223344556677;
	run();
	check_eq(nr_seen, 3);
	check_access(0, 0x1000, 4);
	check_access(1, 0x1004, 2);
	check_access(2, 0x1006, 1);
	check_eq(seen[0].value, 0x44556677);
	check_eq(seen[1].value, 0x2233);
	check_eq(seen[2].value, 0x11);
}

TAP_CASE(request_wrong_width)
{
	arrive(IOREQ_TYPE_COPY, false, 0x1000, 0);
	run();
	check_eq(slot.data, UINT64_MAX);
	arrive(IOREQ_TYPE_COPY, false, 0x1000, 9);
	run();
	check_eq(slot.data, UINT64_MAX);
	arrive(IOREQ_TYPE_COPY, false, 0x1000, 65);
	slot.data_is_ptr = 1;
	slot.data = FAKE_MEMORY;
	run();
	check_eq(slot.data, FAKE_MEMORY);
	arrive(IOREQ_TYPE_COPY, true, 0x1000, UINT32_MAX);
	run();
	check_eq(nr_seen, 0);
}

/* rep stos: the same data to one address after the other. */
TAP_CASE(request_repeated_write)
{
	arrive(IOREQ_TYPE_COPY, true, 0x1000, 2);
	slot.count = 3;
	slot.data = 0xabcd;
	run();
	check_eq(nr_seen, 3);
	for (unsigned int i = 0; i < 3; i++) {
		check_access(i, 0x1000 + 2 * i, 2);
		check_eq(seen[i].value, 0xabcd);
	}
}

/* rep movs from a device. */
TAP_CASE(request_repeated_to_memory)
{
	arrive(IOREQ_TYPE_COPY, false, 0x1000, 4);
	slot.count = 2;
	slot.data_is_ptr = 1;
	slot.data = FAKE_MEMORY + 8;
	run();
	check_eq(nr_seen, 2);
	check_access(0, 0x1000, 4);
	check_access(1, 0x1004, 4);
	check(!memcmp(fake_xen.memory + 8, "\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7",
		      8));
	check_eq(fake_xen.memory[7], 0);
	check_eq(fake_xen.memory[16], 0);
	check_eq(slot.data, FAKE_MEMORY + 8);
}

/* rep movs to a device, with the direction flag. */
TAP_CASE(request_repeated_backwards)
{
	memcpy(fake_xen.memory, "\x11\x22\x33\x44", 4);
	arrive(IOREQ_TYPE_COPY, true, 0x1002, 2);
	slot.count = 2;
	slot.data_is_ptr = 1;
	slot.df = 1;
	slot.data = FAKE_MEMORY + 2;
	run();
	check_eq(nr_seen, 2);
	check_access(0, 0x1002, 2);
	check_access(1, 0x1000, 2);
	check_eq(seen[0].value, 0x4433);
	check_eq(seen[1].value, 0x2211);
}

/* Data in memory that the guest does not have: the vcpu goes on. */
TAP_CASE(request_without_memory)
{
	arrive(IOREQ_TYPE_COPY, true, 0x1000, 2);
	slot.data_is_ptr = 1;
	slot.data = 0;
	run();
	check_eq(nr_seen, 1);
	check_eq(seen[0].value, 0xffff);
	arrive(IOREQ_TYPE_COPY, false, 0x1000, 2);
	slot.data_is_ptr = 1;
	slot.data = FAKE_MEMORY + 4095;
	run();
	check_eq(fake_xen.memory[4095], 0);
}

/* The hypervisor merges neighbours. A device sees no access of its neighbour. */
TAP_CASE(request_beyond_range)
{
	arrive(IOREQ_TYPE_COPY, false, 0x10fc, 4);
	slot.count = 3;
	slot.data_is_ptr = 1;
	slot.data = FAKE_MEMORY;
	run();
	check_eq(nr_seen, 1);
	check_access(0, 0x10fc, 4);
	check(!memcmp(fake_xen.memory + 4, "\xff\xff\xff\xff\xff\xff\xff\xff\0",
		      9));
	arrive(IOREQ_TYPE_COPY, true, 0x10fe, 4);
	run();
	check_eq(nr_seen, 0);
	arrive(IOREQ_TYPE_COPY, true, 0x1000, 4);
	slot.df = 1;
	slot.count = 2;
	run();
	check_eq(nr_seen, 1);
}

TAP_CASE(request_pci)
{
	arrive(IOREQ_TYPE_PCI_CONFIG, true, 0x8000000010, 4);
	slot.data = 0x12345678;
	must(ioreq_take(&request));
	ioreq_run(&request, access_device, &device);
	ioreq_complete(&request);
	check_eq(nr_seen, 1);
	check_access(0, 0x10, 4);
	check(seen[0].space == SPACE_PCI && seen[0].write);
	check_eq(seen[0].value, 0x12345678);
}

/* outl to port 0xcfd: no access crosses a double word. */
TAP_CASE(request_pci_unaligned)
{
	arrive(IOREQ_TYPE_PCI_CONFIG, false, 0x800000003d, 4);
	must(ioreq_take(&request));
	ioreq_run(&request, access_device, &device);
	ioreq_complete(&request);
	check_eq(nr_seen, 3);
	check_access(0, 0x3d, 2);
	check_access(1, 0x3f, 1);
	check_access(2, 0x40, 1);
	check_eq(slot.data, 0xe0dfdedd);
}

/* rep insl: the port stays, the memory moves. */
TAP_CASE(request_pci_repeated)
{
	arrive(IOREQ_TYPE_PCI_CONFIG, false, 0x8000000000, 4);
	slot.count = 2;
	slot.data_is_ptr = 1;
	slot.data = FAKE_MEMORY;
	must(ioreq_take(&request));
	ioreq_run(&request, access_device, &device);
	check_eq(nr_seen, 2);
	check_access(0, 0, 4);
	check_access(1, 0, 4);
	check(!memcmp(fake_xen.memory, "\xa0\xa1\xa2\xa3\xa0\xa1\xa2\xa3", 8));
}

/* ---- the dispatcher ---- */

TAP_CASE(dispatch_to_device)
{
	must(!platform_map_range(&device, 0x1000, 0x100));
	must(!platform_map_pci(&device, 0x80));
	arrive(IOREQ_TYPE_COPY, false, 0x1080, 4);
	must(ioreq_take(&request));
	dispatch(&request);
	check(fake_xen.posted == &request && fake_xen.posted_to == &device);
	check_eq(request.first, 0x1000);
	check_eq(request.last, 0x10ff);
	check_eq(slot.state, STATE_IOREQ_INPROCESS);
	fake_xen.posted = NULL;
	arrive(IOREQ_TYPE_PCI_CONFIG, false, 0x8000000004, 4);
	must(ioreq_take(&request));
	dispatch(&request);
	check(fake_xen.posted == &request);
	/* The register's number is no address of the range. */
	ioreq_run(&request, access_device, &device);
	check_eq(nr_seen, 1);
}

/* The same function of another bus or segment is not ours. */
TAP_CASE(dispatch_to_other_function)
{
	static const uint64_t others[] = { 0x8100000000, 0x18000000000,
					   0x1008000000000 };

	must(!platform_map_pci(&device, 0x80));
	for (unsigned int i = 0; i < 3; i++) {
		arrive(IOREQ_TYPE_PCI_CONFIG, false, others[i], 4);
		must(ioreq_take(&request));
		dispatch(&request);
		check(!fake_xen.posted);
		check_eq(slot.state, STATE_IORESP_READY);
		check_eq(slot.data, UINT64_MAX);
	}
}

/* INVALIDATE and what nobody knows: no vcpu is left waiting. */
TAP_CASE(dispatch_to_nobody)
{
	static const uint8_t types[] = { IOREQ_TYPE_INVALIDATE,
					 IOREQ_TYPE_TIMEOFFSET, IOREQ_TYPE_PIO,
					 0xff };

	must(!platform_map_range(&device, 0, UINT64_MAX));
	for (unsigned int i = 0; i < sizeof(types); i++) {
		arrive(types[i], true, 0x1000, 4);
		slot.data = 5;
		must(ioreq_take(&request));
		dispatch(&request);
		check(!fake_xen.posted);
		check_eq(slot.state, STATE_IORESP_READY);
		check_eq(slot.data, 5);
	}
}

TAP_CASE(dispatch_to_range_that_has_gone)
{
	arrive(IOREQ_TYPE_COPY, false, 0x1000, 4);
	must(ioreq_take(&request));
	dispatch(&request);
	check_eq(slot.state, STATE_IORESP_READY);
	check_eq(slot.data, UINT64_MAX);
}

TAP_MAIN
