// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The protocol: messages that are answered, and messages that are refused.
 */
#include <fcntl.h>
#include <sys/socket.h>

#include "frontend.h"

TAP_CASE(message_features)
{
	uint64_t features, protocol;
	struct vm vm;

	vm_start(&vm, "");
	features = vm_ask(&vm, VU_GET_FEATURES);
	check_eq(features, FEATURE(VIRTIO_BLK_F_SEG_MAX) |
				   FEATURE(VIRTIO_BLK_F_BLK_SIZE) |
				   FEATURE(VIRTIO_BLK_F_FLUSH) |
				   FEATURE(VIRTIO_BLK_F_MQ) |
				   FEATURE(VIRTIO_BLK_F_DISCARD) |
				   FEATURE(VIRTIO_BLK_F_WRITE_ZEROES) |
				   FEATURE(VIRTIO_RING_F_INDIRECT_DESC) |
				   FEATURE(VIRTIO_RING_F_EVENT_IDX) |
				   VU_F_PROTOCOL_FEATURES |
				   FEATURE(VIRTIO_F_VERSION_1));
	protocol = vm_ask(&vm, VU_GET_PROTOCOL_FEATURES);
	check_eq(protocol,
		 PROTOCOL | VU_PROTOCOL_F_XEN_MMAP | VU_PROTOCOL_F_GPA);
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	check_eq(vm_ask(&vm, VU_GET_QUEUE_NUM), QUEUES);
	check_eq(vm_ask(&vm, VU_GET_MAX_MEM_SLOTS), 509);
	features |= FEATURE(26); /* logging */
	check_eq(vm_set(&vm, message_u64(VU_SET_FEATURES, features, -1)), 1);
	protocol |= 2; /* logging in shared memory */
	check_eq(vm_set(&vm,
			message_u64(VU_SET_PROTOCOL_FEATURES, protocol, -1)),
		 1);
	vm_end(&vm);
}

static struct message ask_config(struct vm *vm, uint32_t offset, uint32_t size)
{
	struct vu_config config = { .offset = offset, .size = size };
	uint32_t len = size > VU_CONFIG_MAX ? 0 : size;

	memset(config.bytes, 0xee, sizeof(config.bytes));
	return vm_get(vm,
		      message_new(VU_GET_CONFIG, &config,
				  offsetof(struct vu_config, bytes) + len, -1));
}

TAP_CASE(message_config)
{
	struct virtio_blk_config config;
	struct vu_config write = { .offset = 32, .size = 1 };
	const uint8_t wrong[sizeof(write) + 1] = { 0 };
	struct message m;
	struct vm vm;

	vm_start(&vm, "");
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	m = ask_config(&vm, 0, VU_CONFIG_MAX);
	check_eq(m.header.size, 12 + VU_CONFIG_MAX);
	memcpy(&config, m.config.bytes, sizeof(config));
	check_eq(config.capacity, SECTORS);
	check_eq(config.blk_size, 512);
	check_eq(config.seg_max, 126);
	check_eq(config.num_queues, QUEUES);
	check_eq(config.max_discard_sectors, 1 << 22);
	check_eq(config.max_discard_seg, 1);
	check_eq(config.discard_sector_alignment, 1);
	check_eq(config.max_write_zeroes_sectors, 1 << 16);
	check_eq(config.max_write_zeroes_seg, 1);
	check_eq(config.write_zeroes_may_unmap, 1);
	check_eq(m.config.bytes[VU_CONFIG_MAX - 1], 0);
	m = ask_config(&vm, 34, 2);
	check_eq(m.header.size, 14);
	check_eq(m.config.bytes[0], QUEUES);
	/* Refused by an answer without a payload. */
	check_eq(ask_config(&vm, 0, VU_CONFIG_MAX + 1).header.size, 0);
	check_eq(ask_config(&vm, UINT32_MAX, 2).header.size, 0);
	check_eq(ask_config(&vm, VU_CONFIG_MAX, 1).header.size, 0);
	/* A guest may try to write: ignored. */
	check_eq(vm_ack(&vm, VU_SET_CONFIG, &write, 13, NULL, 0), 0);
	vm_send(&vm, message_new(VU_SET_CONFIG, &write, 13, -1), 0);
	check_eq(vm_ask(&vm, VU_GET_QUEUE_NUM), QUEUES);
	/* A message that is refused does not end the connection, either. */
	vm_send(&vm, message_new(VU_SET_CONFIG, &wrong, sizeof(wrong), -1), 0);
	check_eq(vm_ask(&vm, VU_GET_QUEUE_NUM), QUEUES);
	check_eq(vm_ack(&vm, VU_SET_CONFIG, wrong, sizeof(wrong), NULL, 0), 1);
	vm_negotiate(&vm, FEATURES, PROTOCOL & ~VU_PROTOCOL_F_CONFIG);
	vm_send(&vm, message_new(VU_SET_CONFIG, &write, 13, -1), 0);
	check_eq(vm_ask(&vm, VU_GET_QUEUE_NUM), QUEUES);
	vm_end(&vm);
}

/* Each of these is refused, and the connection goes on. */
TAP_CASE(message_bad_values)
{
	struct vu_addr addr = { .index = QUEUES };
	uint64_t index;
	struct vm vm;
	int fds[2];

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	fds[0] = fds[1] = vm.ring[0].kick;
#define BAD_STATE(request, i, n) \
	check_eq(vm_set(&vm, message_state(request, i, n)), 1)
	BAD_STATE(VU_SET_VRING_NUM, QUEUES, RING);
	BAD_STATE(VU_SET_VRING_NUM, UINT32_MAX, RING);
	BAD_STATE(VU_SET_VRING_NUM, 0, 0);
	BAD_STATE(VU_SET_VRING_NUM, 0, 24);
	BAD_STATE(VU_SET_VRING_NUM, 0, 2048);
	BAD_STATE(VU_SET_VRING_NUM, 0, UINT32_MAX);
	BAD_STATE(VU_SET_VRING_BASE, QUEUES, 0);
	BAD_STATE(VU_SET_VRING_BASE, 0, 0x10000);
	BAD_STATE(VU_SET_VRING_ENABLE, QUEUES, 1);
	BAD_STATE(VU_SET_VRING_ENABLE, 0, 2);
	check_eq(vm_set(&vm, message_addr(&addr)), 1);
	addr.index = 0;
	addr.flags = 1;
	check_eq(vm_set(&vm, message_addr(&addr)), 1);
#define BAD_FD(value, nr)                                                \
	index = value;                                                   \
	for (uint32_t r = VU_SET_VRING_KICK; r <= VU_SET_VRING_ERR; r++) \
	check_eq(vm_ack(&vm, r, &index, 8, fds, nr), 1)
	BAD_FD(QUEUES, 1);
	BAD_FD(0, 0);
	BAD_FD(0, 2);
	BAD_FD(VU_VRING_NO_FD, 1);
	BAD_FD(0x200, 1);
	/*
	 * A ring cannot be polled, so it needs a kick descriptor. It works
	 * without a call descriptor.
	 */
	index = VU_VRING_NO_FD;
	check_eq(vm_set(&vm, message_u64(VU_SET_VRING_KICK, index, -1)), 1);
	check_eq(vm_set(&vm, message_u64(VU_SET_VRING_CALL, index, -1)), 0);
	check_eq(vm_set(&vm, message_u64(VU_SET_VRING_ERR, index, -1)), 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 1, 512, true), 0);
	vm_end(&vm);
}

TAP_CASE(message_unknown_or_not_negotiated)
{
	static const uint32_t known[] = { 6,  7,  19, 21, 22,  23,	   26,
					  28, 35, 39, 40, 100, UINT32_MAX, 0 };
	uint64_t protocol = VU_PROTOCOL_F_REPLY_ACK, zero = 0;
	struct vm vm;

	vm_start(&vm, "");
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		check_eq(vm_ack(&vm, known[i], &zero, 8, NULL, 0), 1);
	check_eq(vm_set(&vm,
			message_u64(VU_SET_PROTOCOL_FEATURES, protocol, -1)),
		 0);
	check_eq(vm_ack(&vm, VU_RESET_DEVICE, NULL, 0, NULL, 0), 1);
	check_eq(vm_ack(&vm, VU_ADD_MEM_REG, &zero, 8, NULL, 0), 1);
	check_eq(vm_ack(&vm, VU_SET_INFLIGHT_FD, &zero, 8, NULL, 0), 1);
	vm_send(&vm, message_new(VU_GET_QUEUE_NUM, NULL, 0, -1), VU_NEED_REPLY);
	check(vm_gone(&vm));
	vm_end(&vm);
}

/* Sizes: one byte less or more than there should be. */
TAP_CASE(message_wrong_size)
{
	static const struct {
		uint32_t request, size;
	} sized[] = {
		{ VU_SET_FEATURES, 8 },	    { VU_SET_PROTOCOL_FEATURES, 8 },
		{ VU_SET_VRING_NUM, 8 },    { VU_SET_VRING_ADDR, 40 },
		{ VU_SET_VRING_BASE, 8 },   { VU_SET_VRING_KICK, 8 },
		{ VU_SET_VRING_ENABLE, 8 }, { VU_SET_OWNER, 0 },
		{ VU_SET_MEM_TABLE, 8 },    { VU_RESET_DEVICE, 0 }
	};
	uint8_t bytes[64] = { 0 };
	struct vm vm;

	vm_start(&vm, "");
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	for (unsigned int i = 0; i < sizeof(sized) / sizeof(sized[0]); i++) {
		check_eq(vm_ack(&vm, sized[i].request, bytes, sized[i].size + 1,
				NULL, 0),
			 1);
		if (sized[i].size)
			check_eq(vm_ack(&vm, sized[i].request, bytes,
					sized[i].size - 1, NULL, 0),
				 1);
	}
	vm_end(&vm);
}

ORDERED_CASE(message_get_vring_base)
{
	struct message m;
	struct vm vm;

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	for (unsigned int i = 0; i < 3; i++)
		check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, i, 512, true), 0);
	m = vm_get(&vm, message_state(VU_GET_VRING_BASE, 0, 0));
	check_eq(m.header.size, sizeof(m.state));
	check_eq(m.state.index, 0);
	check_eq(m.state.num, 3);
	/* The next back end may need a kick. */
	check_eq(vm.ring[0].used->flags, 0);
	/*
	 * The ring is stopped: a kick does nothing until the ring starts again
	 * at that index.
	 */
	make_available(&vm, 0, 0);
	kick(&vm, 0);
	usleep(50000);
	check_eq(vm.ring[0].used->idx, 3);
	vm_set_ring(&vm, 0, 3);
	check(wait_used_idx(&vm, 0, 4));
	vm_send(&vm, message_state(VU_GET_VRING_BASE, QUEUES, 0), 0);
	check(vm_gone(&vm));
	vm_end(&vm);
}

ORDERED_CASE(message_enable)
{
	struct vm vm;

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 1, 512, true), 0);
	check_eq(vm_set(&vm, message_state(VU_SET_VRING_ENABLE, 0, 0)), 0);
	make_available(&vm, 0, 0);
	kick(&vm, 0);
	usleep(50000);
	check_eq(vm.ring[0].used->idx, 1);
	check_eq(vm_set(&vm, message_state(VU_SET_VRING_ENABLE, 0, 1)), 0);
	check(wait_used_idx(&vm, 0, 2));
	vm_end(&vm);
}

/*
 * Without protocol features rings are enabled from the start, and there are no
 * acknowledgements.
 */
TAP_CASE(message_without_protocol_features)
{
	const uint64_t features = FEATURES & ~VU_F_PROTOCOL_FEATURES;
	struct vu_table table = { .num = 1 };
	struct vu_addr addr = ring_addr(0, USER_BASE);
	struct vm vm;

	vm_start(&vm, "");
	table.plain[0] =
		(struct vu_region){ GUEST_BASE, MEM_SIZE, USER_BASE, 0 };
	vm_send(&vm, message_new(VU_SET_OWNER, NULL, 0, -1), VU_NEED_REPLY);
	vm_send(&vm, message_u64(VU_SET_FEATURES, features, -1), VU_NEED_REPLY);
	/* The next answer is that of the next message. */
	check(vm_ask(&vm, VU_GET_FEATURES) & features);
	vm_send(&vm, message_new(VU_SET_MEM_TABLE, &table, 40, vm.mem_fd), 0);
	vm_send(&vm, message_state(VU_SET_VRING_NUM, 0, RING), 0);
	vm_send(&vm, message_addr(&addr), 0);
	vm_send(&vm, message_u64(VU_SET_VRING_KICK, 0, vm.ring[0].kick), 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 1, 512, true), 0);
	vm_end(&vm);
}

/* After a reset a ring starts at 0, without SET_VRING_BASE. */
ORDERED_CASE(message_reset_device)
{
	struct order no_base = { .name = "no base" };
	unsigned int before, n = 0;
	struct vm vm;

	vm_start(&vm, "");
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	vm_set_table(&vm);
	before = vm_open_files(&vm);
	for (unsigned int q = 0; q < QUEUES; q++)
		vm_set_ring(&vm, q, 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 1, 512, true), 0);
	check_eq(vm_ack(&vm, VU_RESET_DEVICE, NULL, 0, NULL, 0), 0);
	check_eq(vm_open_files(&vm), before);
	memset(vm.mem, 0, QUEUE_AT(QUEUES));
	vm.ring[0].seen = 0;
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	for (const enum step *step = vm_order->step; *step; step++)
		if (*step != BASE)
			no_base.step[n++] = *step;
	vm_order = &no_base;
	vm_set_ring(&vm, 0, 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 1, 512, true), 0);
	vm_end(&vm);
}

/* A signal ends the program at once, whatever is running. */
static void ends_by(int signal)
{
	int status = -1;
	struct vm vm;

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 1, 512, true), 0);
	check(!kill(vm.pid, signal));
	check_eq(waitpid(vm.pid, &status, 0), vm.pid);
	check_eq(status, 0);
}

TAP_CASE(message_sigterm)
{
	ends_by(SIGTERM);
}

TAP_CASE(message_sigint)
{
	ends_by(SIGINT);
}

/* crosvm's front end uses rings of 32768 entries by default. */
TAP_CASE(message_ring_too_large)
{
	struct vm vm;

	vm_start(&vm, "");
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	vm_send(&vm, message_state(VU_SET_VRING_NUM, 0, 32768), 0);
	check(vm_gone(&vm));
	check(vm_said(&vm,
		      "message 8 (SET_VRING_NUM): EINVAL\n"
		      "xenfm-vhost-user-blk: connection closed: EINVAL\n"));
	vm_end(&vm);
}

/* With a new area of requests in flight, the ring starts at the base. */
TAP_CASE(message_base_with_a_new_area)
{
	struct vu_inflight_queue *part;
	struct vring_used_elem elem;
	struct vm vm;
	int fd;

	vm_start(&vm, "");
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	part = area_get(&vm, VU_INFLIGHT_SIZE, &fd);
	check_eq(part->version, 0);
	check_eq(area_set(&vm, QUEUES * PART_LEN(RING), 0, fd), 0);
	vm_set_table(&vm);
	vm.ring[0].used->idx = vm.ring[0].seen = 3;
	vm.ring[0].avail->idx = 3;
	for (unsigned int head = 0; head < 9; head += 3) {
		add_write(&vm, head, 0xa0 + head);
		make_available(&vm, 0, head);
	}
	vm_set_ring(&vm, 0, 5);
	must(wait_used(&vm, 0, &elem));
	check_eq(elem.id, 6);
	check(none_used(&vm, 0));
	check_eq(disk_byte(&vm, 0), 0);
	check_eq(disk_byte(&vm, 3), 0);
	check_eq(disk_byte(&vm, 6), 0xa6);
	vm_end(&vm);
}
