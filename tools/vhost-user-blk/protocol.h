/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Numbers and layouts of the vhost-user protocol, from QEMU's documentation
 * docs/interop/vhost-user.rst. All integers have the byte order of the machine.
 * The numbers and layouts of virtio are in the kernel's headers.
 */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "virtio's rings are little-endian, and read as they are"
#endif

/* Requests. The program refuses requests that are not in this list. */
#define VU_GET_FEATURES		1
#define VU_SET_FEATURES		2
#define VU_SET_OWNER		3
#define VU_RESET_OWNER		4
#define VU_SET_MEM_TABLE	5
#define VU_SET_VRING_NUM	8
#define VU_SET_VRING_ADDR	9
#define VU_SET_VRING_BASE	10
#define VU_GET_VRING_BASE	11
#define VU_SET_VRING_KICK	12
#define VU_SET_VRING_CALL	13
#define VU_SET_VRING_ERR	14
#define VU_GET_PROTOCOL_FEATURES 15
#define VU_SET_PROTOCOL_FEATURES 16
#define VU_GET_QUEUE_NUM	17
#define VU_SET_VRING_ENABLE	18
#define VU_GET_CONFIG		24
#define VU_SET_CONFIG		25
#define VU_GET_INFLIGHT_FD	31
#define VU_SET_INFLIGHT_FD	32
#define VU_RESET_DEVICE		34
#define VU_GET_MAX_MEM_SLOTS	36
#define VU_ADD_MEM_REG		37
#define VU_REM_MEM_REG		38
#define VU_REQUESTS		39

/* Bits of the header's flags; the two lowest are the version. */
#define VU_VERSION_MASK		3U
#define VU_VERSION		1U
#define VU_REPLY		(1U << 2)
#define VU_NEED_REPLY		(1U << 3)

/* This virtio feature bit says that there are protocol features. */
#define VU_F_PROTOCOL_FEATURES	(UINT64_C(1) << 30)

#define VU_PROTOCOL_F_MQ	(UINT64_C(1) << 0)
#define VU_PROTOCOL_F_REPLY_ACK	(UINT64_C(1) << 3)
#define VU_PROTOCOL_F_CONFIG	(UINT64_C(1) << 9)
#define VU_PROTOCOL_F_INFLIGHT	(UINT64_C(1) << 12)
#define VU_PROTOCOL_F_RESET	(UINT64_C(1) << 13)
#define VU_PROTOCOL_F_MEM_SLOTS	(UINT64_C(1) << 15)
#define VU_PROTOCOL_F_XEN_MMAP	(UINT64_C(1) << 17)
#define VU_PROTOCOL_F_GPA	(UINT64_C(1) << 21)	/* GPA_ADDRESSES */

/* The integer of SET_VRING_KICK, _CALL and _ERR. */
#define VU_VRING_INDEX		UINT64_C(0xff)
#define VU_VRING_NO_FD		(UINT64_C(1) << 8)

#define VU_REGIONS_MAX		32	/* in one SET_MEM_TABLE, as in rust-vmm */
#define VU_CONFIG_MAX		256

struct vu_header {
	uint32_t request;
	uint32_t flags;
	uint32_t size;		/* bytes of the payload, which follows */
};

struct vu_state {
	uint32_t index;
	uint32_t num;
};

struct vu_addr {
	uint32_t index;
	uint32_t flags;
	uint64_t desc;		/* of the front end or of the guest: see ring.c */
	uint64_t used;
	uint64_t avail;
	uint64_t log;
};

struct vu_region {
	uint64_t guest_addr;
	uint64_t size;
	uint64_t user_addr;
	uint64_t mmap_offset;
};

/* A region with the fields of VU_PROTOCOL_F_XEN_MMAP. */
struct vu_xen_region {
	struct vu_region region;
	uint32_t flags;
	uint32_t domid;
};

struct vu_table {
	uint32_t num;
	uint32_t padding;
	union {
		struct vu_region plain[VU_REGIONS_MAX];
		struct vu_xen_region xen[VU_REGIONS_MAX];
	};
};

struct vu_slot {
	uint64_t padding;
	union {
		struct vu_region plain;
		struct vu_xen_region xen;
	};
};

struct vu_config {
	uint32_t offset;
	uint32_t size;
	uint32_t flags;
	uint8_t bytes[VU_CONFIG_MAX];
};

struct vu_inflight {
	uint64_t mmap_size;
	uint64_t mmap_offset;
	uint16_t num_queues;
	uint16_t queue_size;
	uint32_t padding;	/* QEMU sends it; the document does not have it */
};

#define VU_INFLIGHT_SIZE	20	/* without the padding */

/* One entry, and one queue's part, of the area of requests in flight. */
struct vu_inflight_desc {
	uint8_t inflight;
	uint8_t padding[5];
	uint16_t next;
	uint64_t counter;
};

struct vu_inflight_queue {
	uint64_t features;
	uint16_t version;
	uint16_t desc_num;
	uint16_t last_batch_head;
	uint16_t used_idx;
	struct vu_inflight_desc desc[];
};

#endif /* PROTOCOL_H */
