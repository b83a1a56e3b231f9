// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Where a guest has memory.
 *
 * On x86 the domain builder leaves a table for the firmware in the guest's memory. Holes
 * are left out: some back ends read all pages of a region when they get it, and a page
 * without memory is SIGBUS for them.
 *
 * On Arm the memory is one bank or two, and the first one is full if there is a second one.
 */
#define __XEN_TOOLS__ 1
#include <stdint.h>
#include <string.h>

#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/hvm/hvm_info_table.h>
#include <xen/memory.h>

#include "guest.h"
#include "layout.h"
#include "xen.h"

#define LAYOUT_PAGE 4096ULL

static void __attribute__((unused))
layout_add(struct guest_ram *ram, uint64_t from, uint64_t to)
{
	if (from >= to || ram->nr == GUEST_RUNS_MAX)
		return;
	ram->run[ram->nr].addr = from;
	ram->run[ram->nr].size = to - from;
	ram->nr++;
}

#ifdef __x86_64__

/* The holes below 1 MiB and 4 GiB: the VGA card's memory, and devices. */
#define LAYOUT_VGA	0xa0000ULL
#define LAYOUT_BIOS	0xc0000ULL
#define LAYOUT_DEVICES	0x100000000ULL
#define LAYOUT_INFO	0x9f800ULL
#define LAYOUT_INFO_MAX 2048 /* to the end of the page */

static bool layout_checks(const uint8_t *bytes, uint32_t len)
{
	uint8_t sum = 0;

	if (len < sizeof(struct hvm_info_table) -
			    sizeof(((struct hvm_info_table *)0)->vcpu_online) ||
	    len > LAYOUT_INFO_MAX)
		return false;
	while (len--)
		sum += bytes[len];
	return !sum;
}

const char *layout_ram(struct guest_ram *ram)
{
	uint8_t bytes[LAYOUT_INFO_MAX];
	struct hvm_info_table info;
	uint64_t low, high;

	memset(ram, 0, sizeof(*ram));
	if (xen_read_guest(LAYOUT_INFO, bytes, sizeof(bytes)))
		return "the guest's memory cannot be read";
	memcpy(&info, bytes, sizeof(info));
	if (memcmp(info.signature, "HVM INFO", sizeof(info.signature)) ||
	    !layout_checks(bytes, info.length))
		return "this is no HVM guest: there is no table of its memory";
	low = info.low_mem_pgend * LAYOUT_PAGE;
	high = info.high_mem_pgend * LAYOUT_PAGE;
	if (low <= LAYOUT_BIOS || low > LAYOUT_DEVICES ||
	    (high && high <= LAYOUT_DEVICES))
		return "the guest's table of its memory is wrong";
	layout_add(ram, 0, LAYOUT_VGA);
	layout_add(ram, LAYOUT_BIOS, low);
	layout_add(ram, LAYOUT_DEVICES, high);
	return NULL;
}

#else

const char *layout_ram(struct guest_ram *ram)
{
	uint16_t dom = xen_domid();
	int last = xen_hypercall(__HYPERVISOR_memory_op, XENMEM_maximum_gpfn,
				 (unsigned long)&dom);
	uint64_t end;

	memset(ram, 0, sizeof(*ram));
	end = (last < 0 ? 0 : last + 1ULL) * LAYOUT_PAGE;
	if (end <= GUEST_RAM0_BASE)
		return "the guest has no memory yet";
	if (end <= GUEST_RAM1_BASE) {
		layout_add(ram, GUEST_RAM0_BASE, end);
		return NULL;
	}
	layout_add(ram, GUEST_RAM0_BASE, GUEST_RAM0_BASE + GUEST_RAM0_SIZE);
	layout_add(ram, GUEST_RAM1_BASE, end);
	return NULL;
}

#endif

/*
 * domctl has a version number that differs between releases of Xen, but the part of its
 * answer that is read here has not changed since Xen 4.0. So the number is found by trying;
 * the hypervisor refuses wrong ones without doing anything.
 */
#define LAYOUT_DOMCTL_FIRST 0x12
#define LAYOUT_DOMCTL_LAST  0x30

bool layout_is_running(void)
{
	union {
		struct xen_domctl op;
		uint8_t room[1024]; /* for a later release's larger answer */
	} ask;
	uint32_t version;

	for (version = LAYOUT_DOMCTL_FIRST; version <= LAYOUT_DOMCTL_LAST;
	     version++) {
		memset(&ask, 0, sizeof(ask));
		ask.op.cmd = XEN_DOMCTL_getdomaininfo;
		ask.op.interface_version = version;
		ask.op.domain = xen_domid();
		if (!xen_hypercall(__HYPERVISOR_domctl, (unsigned long)&ask, 0))
			return !(ask.op.u.getdomaininfo.flags &
				 XEN_DOMINF_paused);
	}
	return false;
}
