// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Situations with an area of requests in flight, and with a back end that
 * starts after another one was killed.
 */
#include "seed.h"

static void set_area(void)
{
	area_set(&vm, area_len, 0, area_fd);
}

/*
 * As in kill.c: QEMU sends the area before the memory, other front ends after
 * it.
 */
static void connect_with_area(void)
{
	bool qemu = !strcmp(vm_order->name, "qemu");

	vm_negotiate(&vm, FEATURES, PROTOCOL);
	if (qemu)
		set_area();
	vm_set_table(&vm);
	if (!qemu)
		set_area();
}

static struct vu_inflight_queue *get_area(void)
{
	int fd;

	vm_negotiate(&vm, FEATURES, PROTOCOL);
	return area_get(&vm,
			strcmp(vm_order->name, "qemu") ?
				VU_INFLIGHT_SIZE :
				sizeof(struct vu_inflight),
			&fd);
}

void reconnecting(void)
{
	get_area();
	set_area();
	vm_set_table(&vm);
	vm_set_ring(&vm, 0, 0);
	for (unsigned int i = 0; i < 3; i++)
		ask(0, 3 * i, VIRTIO_BLK_T_OUT, i, 512, false);
	rest();
	reconnect();
	connect_with_area();
	/* QEMU continues with the used index; rust-vmm begins with 0. */
	vm_set_ring(&vm, 0, strcmp(vm_order->name, "rust") ? 3 : 0);
	ask(0, 9, VIRTIO_BLK_T_IN, 1, 512, true);
	rest();
}

/*
 * A back end was killed while it had requests. Sets up the area and the ring
 * that it leaves.
 */
static void resumed(const struct vu_inflight_queue *head, uint16_t used_idx)
{
	struct vu_inflight_queue *part = get_area();

	*part = *head;
	for (unsigned int i = 0; i < 3; i++) {
		ask(0, 3 * i, VIRTIO_BLK_T_OUT, i, 512, false);
		part->desc[3 * i].inflight = 1;
		part->desc[3 * i].counter = 10 - i;
	}
	vm.ring[0].used->idx = used_idx;
	reconnect();
	connect_with_area();
	vm_set_ring(&vm, 0, used_idx);
	rest();
}

void in_flight(void)
{
	resumed(&(struct vu_inflight_queue){ .version = 1, .desc_num = RING },
		0);
}

void batch_was_shown(void)
{
	resumed(&(struct vu_inflight_queue){ .version = 1,
					     .desc_num = RING,
					     .last_batch_head = 6 },
		2);
}

void area_of_another_ring(void)
{
	resumed(&(struct vu_inflight_queue){ .version = 2, .desc_num = RING },
		0);
}

void area_does_not_fit(void)
{
	resumed(&(struct vu_inflight_queue){ .version = 1,
					     .desc_num = RING,
					     .used_idx = 0x8000 },
		0);
}

void link_beyond(void)
{
	resumed(&(struct vu_inflight_queue){ .version = 1,
					     .desc_num = RING,
					     .used_idx = 0xffff,
					     .last_batch_head = RING },
		0);
}

void area_of_an_older_ring(void)
{
	struct vu_inflight_queue *part = get_area();

	part->version = 1;
	part->desc_num = RING;
	part->used_idx = 1000;
	reconnect();
	connect_with_area();
	vm_set_ring(&vm, 0, 0);
	ask(0, 0, VIRTIO_BLK_T_IN, 0, 512, true);
	rest();
}

/*
 * The area lies at the end of the guest's memory, and the front end shortens
 * that.
 */
void area_goes(void)
{
	const uint32_t at = MEM_SIZE - 4096;

	vm_negotiate(&vm, FEATURES, PROTOCOL);
	vm_set_table(&vm);
	area_set(&vm, QUEUES * PART_LEN(RING), at, vm.mem_fd);
	vm_set_ring(&vm, 0, 0);
	ask(0, 0, VIRTIO_BLK_T_IN, 0, 512, true);
	resize(at);
	rest();
	state(VU_SET_VRING_BASE, 0, 0);
	resize(MEM_SIZE);
	state(VU_SET_VRING_BASE, 0, 0);
	rest();
}
