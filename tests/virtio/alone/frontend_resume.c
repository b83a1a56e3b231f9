// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A back end is lost with or without requests in flight, and with or without a record of
 * them. Either the next one goes on at the right index, or the device needs a reset.
 */
#include <sys/mman.h>

#include <linux/virtio_ids.h>

#include "frontend_test.h"

/* The driver has made @avail requests in queue 0, and the back end has completed @used. */
static void fill_ring(uint16_t avail, uint16_t used)
{
	struct vring_avail *a = guest(RING_AT(0) + AVAIL_AT);
	struct vring_used *u = guest(RING_AT(0) + USED_AT);
	uint16_t i;

	for (i = avail - RING_SIZE; i != avail; i++)
		a->ring[i % RING_SIZE] = i % 5;
	for (i = avail - RING_SIZE; i != used; i++)
		u->ring[i % RING_SIZE].id = i % 5;
	a->idx = avail;
	u->idx = used;
}

/* Starts the device, fills the ring and loses the back end. */
static void lose(uint64_t without, uint16_t avail, uint16_t used)
{
	script_start();
	script.protocol &= ~without;
	must(frontend_connect(core.f));
	driver_set_up();
	must(driver_ok());
	fill_ring(avail, used);
	script_hang_up();
}

static void goes_on(uint16_t base)
{
	check_eq(core.breaks, 0);
	must(core_soon(frontend_is_connected(core.f)));
	check_eq(core.breaks, 0);
	check_eq(script_nth(VU_SET_VRING_BASE, 0)->num, base);
	check_eq(script_nth(VU_SET_VRING_BASE, 1)->num, 0);
	check_eq(script_count(VU_SET_VRING_ENABLE), 2);
	forget_lines();
	script_end();
}

/* The device is broken, the next back end is not started, and a reset helps. */
static void breaks(const char *why)
{
	if (!check(!strcmp(core.broken, why)))
		tap_note("it says '%s'", core.broken);
	must(core_soon(frontend_is_connected(core.f)));
	check(core.v.broken);
	check_eq(script_count(VU_SET_FEATURES), 0);
	driver_reset();
	driver_set_up();
	check(driver_ok());
	check_eq(script_nth(VU_SET_VRING_BASE, 0)->num, 0);
	check_eq(script_count(VU_RESET_OWNER), 0);
	forget_lines();
	script_end();
}

#define NO_RECORD VU_PROTOCOL_F_INFLIGHT

TAP_CASE(resume_with_a_record)
{
	struct frontend_inflight area;

	lose(0, 40, 37);
	frontend_get_inflight(core.f, &area);
	must(core_soon(frontend_is_connected(core.f)));
	check_eq(script_count(VU_GET_INFLIGHT_FD), 0);
	check_eq(script_nth(VU_SET_INFLIGHT_FD, 0)->inode[0], inode(area.fd));
	/* This back end knows nothing of the memory either. */
	check_eq(script_count(VU_ADD_MEM_REG), 2);
	goes_on(37);
}

TAP_CASE(resume_without_a_record)
{
	lose(NO_RECORD, 40, 40);
	goes_on(40);
}

TAP_CASE(resume_without_a_record_with_one_request)
{
	lose(NO_RECORD, 41, 40);
	goes_on(40);
}

TAP_CASE(resume_without_a_record_where_the_index_wraps)
{
	lose(NO_RECORD, 3, 2);
	goes_on(2);
}

TAP_CASE(resume_without_a_record_where_the_index_is_highest)
{
	lose(NO_RECORD, 0, 65535);
	goes_on(65535);
}

#define TWO                                                                      \
	"the back end was lost with 2 requests in queue 0, and keeps no record " \
	"of those in flight"

TAP_CASE(resume_without_a_record_with_two_requests)
{
	lose(NO_RECORD, 42, 40);
	breaks(TWO);
}

TAP_CASE(resume_without_a_record_where_two_requests_wrap)
{
	lose(NO_RECORD, 1, 65535);
	breaks(TWO);
}

/* The back end has completed requests in another order: the one in flight is unknown. */
static void swapped(uint16_t back)
{
	struct vring_used *u;

	script_start();
	u = guest(RING_AT(0) + USED_AT);
	script.protocol &= ~NO_RECORD;
	must(frontend_connect(core.f));
	driver_set_up();
	must(driver_ok());
	fill_ring(41, 40);
	u->ring[(40 - back) % RING_SIZE].id ^= 1;
	script_hang_up();
}

TAP_CASE(resume_without_a_record_where_the_last_was_not_in_order)
{
	swapped(1);
	breaks("the back end was lost with a request in queue 0, and it is "
	       "unknown which one");
}

/* The oldest entry that both rings still show. */
TAP_CASE(resume_without_a_record_where_the_oldest_was_not_in_order)
{
	swapped(RING_SIZE - 1);
	breaks("the back end was lost with a request in queue 0, and it is "
	       "unknown which one");
}

/* The driver has overwritten the place in its ring with its newest request. */
TAP_CASE(resume_without_a_record_where_an_older_entry_differs)
{
	swapped(RING_SIZE);
	goes_on(40);
}

TAP_CASE(resume_without_a_record_in_order)
{
	script_start();
	script.protocol &= ~NO_RECORD;
	script.features |= FEATURE(35); /* VIRTIO_F_IN_ORDER */
	must(frontend_connect(core.f));
	driver_set_up();
	must(driver_ok());
	fill_ring(45, 40);
	script_hang_up();
	goes_on(40);
}

/* A queue of received packets always has all its buffers in flight. */
TAP_CASE(resume_of_a_network)
{
	script_start();
	core.v.id = VIRTIO_ID_NET;
	script.protocol &= ~NO_RECORD;
	must(frontend_connect(core.f));
	driver_set_up();
	must(driver_ok());
	fill_ring(46, 30);
	script_hang_up();
	goes_on(30);
}

/* Requests that come when the back end is lost were never in flight. */
TAP_CASE(resume_with_requests_that_came_later)
{
	lose(NO_RECORD, 40, 40);
	fill_ring(45, 40);
	goes_on(40);
}

/* The first back end keeps a record, and the second one cannot read it. */
TAP_CASE(resume_by_a_back_end_without_records)
{
	lose(0, 42, 40);
	check_eq(core.breaks, 0);
	script.protocol &= ~NO_RECORD;
	must(core_soon(frontend_is_connected(core.f)));
	breaks(TWO);
}

TAP_CASE(resume_by_a_back_end_without_records_when_idle)
{
	lose(0, 40, 40);
	script.protocol &= ~NO_RECORD;
	goes_on(40);
}

/* The first one keeps no record, but nothing was in flight. */
TAP_CASE(resume_by_a_back_end_with_a_new_record)
{
	lose(NO_RECORD, 40, 40);
	script.protocol |= NO_RECORD;
	must(core_soon(frontend_is_connected(core.f)));
	check_eq(script_count(VU_GET_INFLIGHT_FD), 1);
	check_eq(script_count(VU_SET_INFLIGHT_FD), 1);
	goes_on(40);
}

/* The back end that seemed lost goes on by itself: two must not use one ring. */
TAP_CASE(resume_when_the_ring_still_moves)
{
	lose(0, 42, 40);
	*used_idx(0) = 41;
	must(core_soon(frontend_is_connected(core.f)));
	breaks("the back end that was lost still uses a ring");
}

TAP_CASE(resume_when_the_index_cannot_be_read)
{
	script_start();
	must(frontend_connect(core.f));
	driver_set_up();
	must(driver_ok());
	/* As a guest without this page: the file is a memory file. */
	core.table.region[1].offset = 16 * REGION_SIZE;
	script_hang_up();
	breaks("the indices of queue 0 cannot be read: EIO");
}

TAP_CASE(resume_when_nothing_can_be_read)
{
	script_start();
	script.protocol |= VU_PROTOCOL_F_XEN_MMAP;
	core.table.way = REGION_FOREIGN;
	must(frontend_connect(core.f));
	driver_set_up();
	must(driver_ok());
	script_hang_up();
	breaks("the indices of queue 0 cannot be read: EOPNOTSUPP");
}

static unsigned int reads;

static int read_guest(const struct region_table *table, uint64_t addr, void *to,
		      size_t len)
{
	check(table == &core.table);
	check(addr >= HIGH && addr + len <= HIGH + REGION_SIZE);
	memcpy(to, guest(addr), len);
	reads++;
	return 0;
}

TAP_CASE(resume_by_a_way_to_read)
{
	script_start();
	script.protocol |= VU_PROTOCOL_F_XEN_MMAP;
	script.protocol &= ~NO_RECORD;
	core.table.way = REGION_FOREIGN;
	core.table.read = read_guest;
	must(frontend_connect(core.f));
	driver_set_up();
	must(driver_ok());
	check_eq(reads, 0);
	fill_ring(41, 40);
	script_hang_up();
	check(reads > 0);
	goes_on(40);
}

/* ---- another program goes on ---- */

/* The state of an earlier program: its driver is ready, and its rings are in use. */
static void set_state(int fd, uint16_t queue_size)
{
	const struct frontend_inflight area = { .fd = fd,
						.size = 4096,
						.queues = RINGS,
						.queue_size = queue_size };

	driver_set_up();
	core.v.accepted = DISK_FEATURES;
	core.v.status = VIRTIO_CONFIG_S_DRIVER_OK;
	frontend_set_inflight(core.f, &area);
}

TAP_CASE(resume_of_another_program)
{
	int fd;

	script_start();
	fd = memfd_create("area", MFD_CLOEXEC);
	must(!ftruncate(fd, 4096));
	fill_ring(42, 39);
	set_state(fd, RING_SIZE);
	must(frontend_connect(core.f));
	check_eq(script_count(VU_GET_INFLIGHT_FD), 0);
	check_eq(script_nth(VU_SET_INFLIGHT_FD, 0)->inode[0], inode(fd));
	check_eq(taken(core.v.queue[0].call), 1);
	goes_on(39);
}

TAP_CASE(resume_of_another_program_without_a_record)
{
	script_start();
	script.protocol &= ~NO_RECORD;
	fill_ring(42, 42);
	set_state(-1, RING_SIZE);
	must(frontend_connect(core.f));
	goes_on(42);
}

TAP_CASE(resume_of_another_program_that_cannot_be)
{
	script_start();
	fill_ring(42, 40);
	set_state(-1, RING_SIZE);
	must(frontend_connect(core.f));
	breaks(TWO);
}

/* An area for smaller rings: a back end would write beyond it. */
TAP_CASE(resume_of_another_program_with_an_area_that_does_not_fit)
{
	unsigned int files;
	int fd;

	script_start();
	files = open_files();
	fd = memfd_create("area", MFD_CLOEXEC);
	must(!ftruncate(fd, 4096));
	fill_ring(42, 42);
	set_state(fd, RING_SIZE / 2);
	must(frontend_connect(core.f));
	check_eq(script_nth(VU_GET_INFLIGHT_FD, 0)->inflight.queue_size,
		 RING_SIZE);
	script_hang_up();
	/* Only the new area is left. */
	check_eq(open_files(), files + 1);
	goes_on(42);
}
