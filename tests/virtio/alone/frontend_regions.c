// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The memory that a back end gets, and rings that are not in it.
 */
#include "frontend_test.h"

static void check_region(const struct vu_region *r, unsigned int i)
{
	check_eq(r->guest_addr, i ? HIGH : LOW);
	check_eq(r->size, REGION_SIZE);
	check_eq(r->user_addr, (i ? HIGH : LOW) + OUR);
	check_eq(r->mmap_offset, i ? REGION_SIZE : 0);
}

TAP_CASE(start_regions_one_by_one)
{
	script_start();
	must(frontend_connect(core.f));
	driver_set_up();
	must(driver_ok());
	for (unsigned int i = 0; i < 2; i++) {
		const struct seen *s = script_nth(VU_ADD_MEM_REG, i);

		check_eq(s->size, 40);
		check_region(&s->slot.plain, i);
		check_eq(s->inode[0], inode(core.mem_fd));
	}
	/* A back end keeps them: they are not added again. */
	driver_reset();
	driver_set_up();
	must(driver_ok());
	check_eq(script_count(VU_ADD_MEM_REG), 2);
	check_eq(script_count(VU_SET_MEM_TABLE), 0);
	forget_lines();
	script_end();
}

TAP_CASE(start_regions_in_a_table)
{
	const struct seen *s;

	script_start();
	script.protocol &= ~VU_PROTOCOL_F_MEM_SLOTS;
	must(frontend_connect(core.f));
	driver_set_up();
	must(driver_ok());
	s = script_nth(VU_SET_MEM_TABLE, 0);
	must(s);
	check_eq(s->size, 8 + 2 * 32);
	check_eq(s->table.num, 2);
	check_eq(s->nr_fds, 2);
	for (unsigned int i = 0; i < 2; i++) {
		check_region(&s->table.plain[i], i);
		check_eq(s->inode[i], inode(core.mem_fd));
	}
	driver_reset();
	driver_set_up();
	must(driver_ok());
	check_eq(script_count(VU_SET_MEM_TABLE), 2);
	check_eq(script_count(VU_ADD_MEM_REG), 0);
	forget_lines();
	script_end();
}

static void xen_regions(enum region_way way, uint32_t flags, bool slots)
{
	script_start();
	script.protocol |= VU_PROTOCOL_F_XEN_MMAP;
	if (!slots)
		script.protocol &= ~VU_PROTOCOL_F_MEM_SLOTS;
	core.table.way = way;
	core.table.domid = 7;
	must(frontend_connect(core.f));
	check_eq(script_nth(VU_SET_PROTOCOL_FEATURES, 0)->u64, script.protocol);
	driver_set_up();
	must(driver_ok());
	for (unsigned int i = 0; i < 2; i++) {
		const struct seen *s =
			script_nth(slots ? VU_ADD_MEM_REG : VU_SET_MEM_TABLE,
				   slots ? i : 0);
		const struct vu_xen_region *r = slots ? &s->slot.xen :
							&s->table.xen[i];

		check_eq(s->size, slots ? 48 : 8 + 2 * 40);
		check_region(&r->region, i);
		check_eq(r->flags, flags);
		check_eq(r->domid, 7);
	}
	forget_lines();
	script_end();
}

TAP_CASE(start_regions_foreign)
{
	xen_regions(REGION_FOREIGN, 1, true);
}

TAP_CASE(start_regions_foreign_in_a_table)
{
	xen_regions(REGION_FOREIGN, 1, false);
}

TAP_CASE(start_regions_of_grants)
{
	xen_regions(REGION_GRANT, 0x102, true);
}

TAP_CASE(start_regions_of_grants_in_a_table)
{
	xen_regions(REGION_GRANT, 0x102, false);
}

/* The back end knows XEN_MMAP, but the regions are files. */
TAP_CASE(start_regions_that_are_files)
{
	script_start();
	script.protocol |= VU_PROTOCOL_F_XEN_MMAP;
	must(frontend_connect(core.f));
	check_eq(script_nth(VU_SET_PROTOCOL_FEATURES, 0)->u64, ALL_PROTOCOL);
	forget_lines();
	script_end();
}

/* A ring that a hostile driver has put beside the memory never reaches the back end. */
static void ring_beside_memory(uint64_t desc, uint64_t driver, uint64_t device)
{
	unsigned int before;

	driver_set_up();
	core.v.queue[2].desc = desc ? desc : core.v.queue[2].desc;
	core.v.queue[2].driver = driver ? driver : core.v.queue[2].driver;
	core.v.queue[2].device = device ? device : core.v.queue[2].device;
	before = script.nr;
	check(!driver_ok());
	check_eq(script.nr, before);
	check(core.v.broken);
	check(!strcmp(core.broken, "the driver has put queue 2 where the guest "
				   "has no memory"));
	check(frontend_is_connected(core.f));
	driver_reset();
}

TAP_CASE(start_ring_beside_memory)
{
	const uint64_t end = HIGH + REGION_SIZE;

	script_start();
	/* A region that is smaller than a part of a ring. */
	core.table.region[core.table.nr++] = (struct region){
		.guest_addr = 0x10000,
		.size = 64,
		.fd = core.mem_fd,
	};
	must(frontend_connect(core.f));
	ring_beside_memory(0x10000, 0, 0);
	ring_beside_memory(0x1000, 0, 0);
	ring_beside_memory(LOW - 16, 0, 0);
	ring_beside_memory(end - 16 * 16 + 16, 0, 0);
	ring_beside_memory(0, end - (6 + 2 * 16) + 2, 0);
	ring_beside_memory(0, 0, end - (6 + 8 * 16) + 4);
	ring_beside_memory(~UINT64_C(0) - 15, 0, 0);
	ring_beside_memory(0, ~UINT64_C(0) - 1, 0);
	ring_beside_memory(0, 0, LOW + REGION_SIZE);
	/* The last bytes of memory are right. */
	driver_set_up();
	core.v.queue[0].desc = end - 16 * 16;
	core.v.queue[1].driver = 1; /* not enabled */
	core.v.queue[2].device = end - (6 + 8 * 16) - 2;
	check(driver_ok());
	forget_lines();
	script_end();
}
