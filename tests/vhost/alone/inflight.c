// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The area of requests in flight: what the back end writes into it, and which
 * areas it refuses.
 */
#include <fcntl.h>

#include "frontend.h"

ORDERED_CASE(inflight_is_noted)
{
	struct vu_inflight_queue *part;
	struct vring_used_elem elem;
	struct vm vm;
	int fd;

	vm_start(&vm, "");
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	part = area_get(&vm, sizeof(struct vu_inflight), &fd);
	check(fcntl(fd, F_GET_SEALS) & F_SEAL_SHRINK);
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING), 0, fd), 0);
	vm_set_table(&vm);
	vm_set_ring(&vm, 0, 0);
	check_eq(part->version, 1);
	check_eq(part->desc_num, RING);
	for (unsigned int i = 0; i < 3; i++)
		check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, i, 512, true), 0);
	check(tap_soon(part->used_idx == 3, part->used_idx));
	check_eq(part->last_batch_head, 0);
	check_eq(part->desc[0].inflight, 0);
	check_eq(part->desc[0].counter, 2);
	/* Each head links to the head that was answered before it. */
	for (unsigned int head = 6; head < 12; head += 3) {
		add_write(&vm, head, 0xa0);
		make_available(&vm, 0, head);
		kick(&vm, 0);
		must(wait_used(&vm, 0, &elem));
		check_eq(elem.id, head);
	}
	check(tap_soon(part->used_idx == 5, part->used_idx));
	check_eq(part->last_batch_head, 9);
	check_eq(part->desc[9].next, 6);
	check_eq(part->desc[6].next, 0);
	check_eq(part->desc[6].inflight | part->desc[9].inflight, 0);
	check_eq(part->desc[9].counter, 4);
	vm_end(&vm);
}

/* How often the program has mapped a file of this name. */
static unsigned int mappings(struct vm *vm, const char *name)
{
	char path[64], line[256];
	unsigned int nr = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", vm->pid);
	maps = fopen(path, "r");
	must(maps);
	while (fgets(line, sizeof(line), maps))
		nr += !!strstr(line, name);
	fclose(maps);
	return nr;
}

/* A new area takes the place of the old one, which is unmapped. */
TAP_CASE(inflight_area_is_replaced)
{
	struct vm vm;
	int fds[2];

	area_start(&vm, "", &fds[0]);
	area_get(&vm, VU_INFLIGHT_SIZE, &fds[1]);
	check_eq(mappings(&vm, "/memfd:inflight"), 0);
	for (unsigned int i = 0; i < 4; i++) {
		check_eq(area_set(&vm, QUEUES * PART_LEN(RING), 0, fds[i % 2]),
			 0);
		check_eq(mappings(&vm, "/memfd:inflight"), 1);
	}
	/* An area that is refused leaves the old one. */
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING), 1, fds[0]), 1);
	check_eq(mappings(&vm, "/memfd:inflight"), 1);
	vm_end(&vm);
}

/*
 * An area for rings of 16 entries, and a ring of 128. The ring is served, and a
 * line warns.
 */
ORDERED_CASE(inflight_has_no_room)
{
	struct vm vm;
	int fd;

	area_start(&vm, "", &fd);
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING), 0, fd), 0);
	vm.num = 128;
	vm_set_ring(&vm, 0, 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 3, 512, true), 0);
	check(vm_said(&vm,
		      "queue 0: the inflight area has no room for a ring of "
		      "128 entries: a kill of this program can lose "
		      "requests\n"));
	/* Only one line, however often the ring starts. */
	must(!ftruncate(vm.log, 0));
	for (unsigned int i = 0; i < 3; i++)
		vm_set_table(&vm);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 3, 512, true), 0);
	check_eq(lseek(vm.log, 0, SEEK_END), 0);
	vm_end(&vm);
}

/*
 * The ring of the firmware is smaller than that of the kernel which runs after
 * it.
 */
ORDERED_CASE(inflight_ring_of_another_size)
{
	struct vu_inflight_queue *part;
	struct vm vm;
	int fd;

	part = area_start(&vm, "", &fd);
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING_MAX), 0, fd), 0);
	vm_set_ring(&vm, 0, 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 3, 512, true), 0);
	vm_get(&vm, message_state(VU_GET_VRING_BASE, 0, 0));
	vm.ring[0].avail->idx = vm.ring[0].used->idx = vm.ring[0].seen = 0;
	vm.num = 128;
	vm_set_ring(&vm, 0, 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 3, 512, true), 0);
	check(tap_soon(part->used_idx == 1, part->used_idx));
	check_eq(part->desc_num, 128);
	vm_end(&vm);
}

/*
 * A request of the smaller ring is in flight. The larger ring does not start, and
 * the area keeps its record.
 */
ORDERED_CASE(inflight_in_a_ring_of_another_size)
{
	struct vu_inflight_queue *part;
	struct vm vm;
	int fd;

	part = area_start(&vm, "", &fd);
	part->desc[6].inflight = 1;
	vm.num = 128;
	vm_set_ring(&vm, 0, 0);
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING_MAX), 0, fd), 1);
	check(vm_said(&vm, "queue 0 not started: an inflight area of another "
			   "ring\n"));
	check_eq(part->version, 1);
	check_eq(part->desc_num, RING);
	check_eq(part->desc[6].inflight, 1);
	/* Nothing is in flight any more: the ring starts. */
	part->desc[6].inflight = 0;
	check_eq(vm_set(&vm, message_state(VU_SET_VRING_ENABLE, 0, 1)), 0);
	check_eq(part->desc_num, 128);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 3, 512, true), 0);
	vm_end(&vm);
}

/* Nothing is in flight, and the front end sends the base of a new ring. */
ORDERED_CASE(inflight_goes_on_from_used_index, .rows = "A32")
{
	static const uint16_t bases[] = { 0, 7, 4, 0xffff };
	struct vring_used_elem elem;
	struct vu_inflight_queue *part;
	struct vm vm;
	int fd;

	for (unsigned int i = 0; i < 4; i++) {
		part = area_start(&vm, "", &fd);
		vm.ring[0].used->idx = vm.ring[0].avail->idx = 7;
		vm.ring[0].seen = part->used_idx = 7;
		check_eq(area_set(&vm, QUEUES * PART_LEN(RING), 0, fd), 0);
		vm_set_ring(&vm, 0, bases[i]);
		add_write(&vm, 6, 0xa0);
		make_available(&vm, 0, 6);
		kick(&vm, 0);
		must(wait_used(&vm, 0, &elem));
		check_eq(elem.id, 6);
		check(!wait_event(vm.ring[0].err, 0));
		check_eq(vm.ring[0].used->idx, 8);
		check_eq(disk_byte(&vm, 6), 0xa0);
		vm_end(&vm);
	}
}

/*
 * The driver has made a new ring, and the front end has kept the area of the
 * old one.
 */
ORDERED_CASE(inflight_area_of_an_older_ring)
{
	struct vring_used_elem elem;
	struct vu_inflight_queue *part;
	struct vm vm;
	int fd;

	part = area_start(&vm, "", &fd);
	part->used_idx = 1000;
	part->last_batch_head = 3;
	part->desc[3].counter = 999;
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING), 0, fd), 0);
	vm_set_ring(&vm, 0, 0);
	add_write(&vm, 6, 0xa0);
	make_available(&vm, 0, 6);
	kick(&vm, 0);
	must(wait_used(&vm, 0, &elem));
	check_eq(elem.id, 6);
	vm_end(&vm);
	check_eq(part->used_idx, 1);
	check_eq(part->desc[6].inflight, 0);
}

TAP_CASE(inflight_bad_areas)
{
	struct vu_inflight bad = { .num_queues = 0, .queue_size = RING };
	struct vm vm;
	int fd;

	area_start(&vm, "", &fd);
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING) - 1, 0, fd), 1);
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING), 32768, fd), 1);
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING), 1, fd), 1);
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING), UINT64_MAX - 4095, fd),
		 1);
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING), 0, vm.ring[0].kick), 1);
	bad.queue_size = 2048;
	bad.num_queues = 1;
	check_eq(vm_ack(&vm, VU_SET_INFLIGHT_FD, &bad, VU_INFLIGHT_SIZE, &fd,
			1),
		 1);
	check_eq(vm_ack(&vm, VU_SET_INFLIGHT_FD, &bad, VU_INFLIGHT_SIZE, NULL,
			0),
		 1);
	bad.num_queues = 0;
	vm_send(&vm,
		message_new(VU_GET_INFLIGHT_FD, &bad, VU_INFLIGHT_SIZE, -1), 0);
	check(vm_gone(&vm));
	vm_end(&vm);
}

/* Contents that a hostile front end may write into the area. */
static void hostile(void (*spoil)(struct vu_inflight_queue *), const char *why)
{
	struct vu_inflight_queue *part;
	char line[128];
	struct vm vm;
	int fd;

	part = area_start(&vm, "", &fd);
	vm_set_ring(&vm, 0, 0);
	spoil(part);
	snprintf(line, sizeof(line), "queue 0 not started: %s\n", why);
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING), 0, fd), 1);
	check(vm_said(&vm, line));
	check_eq(vm_set(&vm, message_state(VU_SET_VRING_ENABLE, 0, 1)), 1);
	vm_end(&vm);
}

static void other_version(struct vu_inflight_queue *part)
{
	part->version = 2;
}

static void other_size(struct vu_inflight_queue *part)
{
	part->desc_num = RING * 2;
}

static void index_far_off(struct vu_inflight_queue *part)
{
	part->used_idx = 0x8000;
	part->desc[0].inflight = 1;
}

static void link_beyond(struct vu_inflight_queue *part)
{
	part->used_idx = 0xffff;
	part->last_batch_head = RING;
}

TAP_CASE(inflight_hostile)
{
	hostile(other_version, "an inflight area of another ring");
	hostile(other_size, "an inflight area of another ring");
	hostile(index_far_off, "an inflight area that does not fit the ring");
	hostile(link_beyond, "an inflight area with a link beyond the ring");
}
