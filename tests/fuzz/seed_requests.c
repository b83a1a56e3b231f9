// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What a front end and a guest do in all situations, and the situations with
 * requests and with questions to the device.
 */
#include "input.h"
#include "seed.h"

void rest(void)
{
	note_memory();
	note_event(DO_REST, 0);
}

void reconnect(void)
{
	note_memory();
	note_event(DO_RECONNECT, 0);
	put_byte(&pieces, END_SHUT);
	put_byte(&pieces, 0);
	put_byte(&pieces, 0);
	vm_kill(&vm);
	vm_restart(&vm, "");
}

void resize(uint32_t size)
{
	note_memory();
	note_event(DO_RESIZE, sizeof(size));
	put(&messages, &size, sizeof(size));
}

/* A request in the three descriptors from @head on. */
void ask(unsigned int q, unsigned int head, uint32_t type, uint64_t sector,
	 uint32_t len, bool device_writes)
{
	const struct virtio_blk_outhdr header = { .type = type,
						  .sector = sector };
	const uint64_t base = GUEST_BASE;
	const unsigned int i = q * RING + head, at = HEADER_AT + i * 16;

	memcpy(vm.mem + at, &header, sizeof(header));
	desc_set(&vm, q, head, base + at, sizeof(header), VRING_DESC_F_NEXT,
		 len ? head + 1 : head + 2);
	desc_set(&vm, q, head + 1, base + DATA_AT + i * 512, len,
		 VRING_DESC_F_NEXT | (device_writes ? VRING_DESC_F_WRITE : 0),
		 head + 2);
	desc_set(&vm, q, head + 2, base + STATUS_AT + i, 1, VRING_DESC_F_WRITE,
		 0);
	make_available(&vm, q, head);
}

static void ask_range(unsigned int head, uint32_t type, uint64_t sector,
		      uint32_t flags)
{
	const struct virtio_blk_discard_write_zeroes range = {
		.sector = sector, .num_sectors = 16, .flags = flags
	};

	memcpy(vm.mem + DATA_AT + head * 512, &range, sizeof(range));
	ask(0, head, type, 0, sizeof(range), false);
}

void state(uint32_t request, unsigned int q, uint32_t num)
{
	vm_set(&vm, message_state(request, q, num));
}

/* ---- situations; each begins with a front end that has just connected ---- */

void read_and_write(void)
{
	vm_set_up(&vm, FEATURES);
	ask(0, 0, VIRTIO_BLK_T_OUT, 1, 512, false);
	ask(0, 3, VIRTIO_BLK_T_IN, 2, 1024, true);
	rest();
	ask(0, 6, VIRTIO_BLK_T_FLUSH, 0, 0, false);
	ask(1, 0, VIRTIO_BLK_T_GET_ID, 0, 20, true);
	ask(1, 3, VIRTIO_BLK_T_IN, SECTORS, 512, true);
	ask(1, 6, 77, 0, 512, true);
	rest();
	state(VU_GET_VRING_BASE, 0, 0);
	vm_set_ring(&vm, 0, 3);
	state(VU_SET_VRING_ENABLE, 0, 0);
	state(VU_SET_VRING_ENABLE, 0, 1);
	vm_ack(&vm, VU_RESET_DEVICE, NULL, 0, NULL, 0);
}

/* The guest has not negotiated flushes. */
void ranges(void)
{
	vm_set_up(&vm, (FEATURES & ~FEATURE(VIRTIO_BLK_F_FLUSH)) |
			       FEATURE(VIRTIO_BLK_F_DISCARD) |
			       FEATURE(VIRTIO_BLK_F_WRITE_ZEROES) |
			       FEATURE(VIRTIO_RING_F_EVENT_IDX));
	ask_range(0, VIRTIO_BLK_T_WRITE_ZEROES, 8, 0);
	ask_range(3, VIRTIO_BLK_T_WRITE_ZEROES, 8,
		  VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP);
	rest();
	ask_range(6, VIRTIO_BLK_T_DISCARD, 8, 0);
	ask_range(9, VIRTIO_BLK_T_DISCARD, 8, 1);
	ask(0, 12, VIRTIO_BLK_T_OUT, 3, 512, false);
	rest();
}

void indirect(void)
{
	const uint64_t base = GUEST_BASE;
	const struct vring_desc table[] = {
		{ base + HEADER_AT, 16, VRING_DESC_F_NEXT, 1 },
		{ base + DATA_AT, 100, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE,
		  2 },
		{ base + DATA_AT + 100, 413, VRING_DESC_F_WRITE, 0 },
	};

	vm_set_up(&vm, FEATURES | FEATURE(VIRTIO_RING_F_INDIRECT_DESC));
	memcpy(vm.mem + TABLE_AT, table, sizeof(table));
	desc_set(&vm, 0, 0, base + TABLE_AT, sizeof(table),
		 VRING_DESC_F_INDIRECT, 0);
	make_available(&vm, 0, 0);
	rest();
	desc_set(&vm, 0, 1, base + HEADER_AT, 0, VRING_DESC_F_NEXT, 1);
	make_available(&vm, 0, 1); /* no bytes: the ring is broken */
	rest();
	state(VU_SET_VRING_BASE, 0, 2);
}

void kick_hung_up(void)
{
	int ends[2];

	vm_set_up(&vm, FEATURES);
	must(!pipe(ends));
	vm_set(&vm, message_u64(VU_SET_VRING_KICK, 0, ends[0]));
	close(ends[0]);
	close(ends[1]);
	rest();
}

void device_questions(void)
{
	struct vu_config config = { .size = 60 };

	vm_ask(&vm, VU_GET_FEATURES);
	vm_ask(&vm, VU_GET_PROTOCOL_FEATURES);
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	vm_ask(&vm, VU_GET_QUEUE_NUM);
	vm_ask(&vm, VU_GET_MAX_MEM_SLOTS);
	vm_get(&vm, message_new(VU_GET_CONFIG, &config, 12 + 60, -1));
	vm_send(&vm, message_new(VU_SET_CONFIG, &config, 13, -1), 0);
	vm_set_table(&vm);
	vm_set_ring(&vm, 0, 0);
	vm_ack(&vm, VU_RESET_OWNER, NULL, 0, NULL, 0);
}

/*
 * Without protocol features there are no answers, and rings are enabled from
 * the start.
 */
void plain_protocol(void)
{
	const uint64_t features = FEATURES & ~VU_F_PROTOCOL_FEATURES;

	vm_send(&vm, message_new(VU_SET_OWNER, NULL, 0, -1), 0);
	vm_send(&vm, message_u64(VU_SET_FEATURES, features, -1), 0);
	vm_set_table(&vm);
	vm_set_ring(&vm, 0, 0);
	ask(0, 0, VIRTIO_BLK_T_IN, 1, 512, true);
	rest();
	state(VU_SET_VRING_NUM, 0, RING * 2);
}
