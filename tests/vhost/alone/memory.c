// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The messages of the memory table, with plain regions and with those of Xen.
 */
#include <fcntl.h>

#include "frontend.h"

static struct vu_region whole(void)
{
	return (struct vu_region){ GUEST_BASE, MEM_SIZE, USER_BASE, 0 };
}

static uint64_t set_table(struct vm *vm, const struct vu_region *regions,
			  uint32_t num, uint32_t size, unsigned int nr_fds)
{
	struct vu_table table = { .num = num };
	int fds[8];

	for (unsigned int i = 0; i < 8; i++) {
		fds[i] = vm->mem_fd;
		table.plain[i] = regions[i];
	}
	return vm_ack(vm, VU_SET_MEM_TABLE, &table, size, fds, nr_fds);
}

TAP_CASE(memory_bad_table)
{
	struct vu_region r[8] = { whole() };
	unsigned int before;
	struct vm vm;

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	before = vm_open_files(&vm);
	check_eq(set_table(&vm, r, 1, 40, 0), 1); /* no descriptor */
	check_eq(set_table(&vm, r, 1, 40, 2), 1); /* one too many */
	check_eq(set_table(&vm, r, 1, 39, 1), 1);
	check_eq(set_table(&vm, r, 1, 72, 1), 1);
	check_eq(set_table(&vm, r, 2, 40, 2), 1);
	check_eq(set_table(&vm, r, 9, 40, 1), 1);
	check_eq(set_table(&vm, r, UINT32_MAX, 40, 1), 1);
	r[1] = r[0];
	check_eq(set_table(&vm, r, 2, 72, 2), 1); /* overlapping regions */
	r[0].size = 0;
	check_eq(set_table(&vm, r, 1, 40, 1), 1);
	r[0].size = UINT64_MAX;
	check_eq(set_table(&vm, r, 1, 40, 1), 1);
	r[0] = whole();
	/* the region runs beyond the end of the file */
	r[0].mmap_offset = 4096;
	check_eq(set_table(&vm, r, 1, 40, 1), 1);
	/* The old table is still valid, and the rings work on. */
	check_eq(vm_open_files(&vm), before);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 6, 512, true), 0);
	vm_end(&vm);
}

/* @num regions in one message, plain ones or Xen's, that do not overlap. */
static uint64_t set_many(struct vm *vm, uint32_t num, bool xen)
{
	const size_t size = MEM_SIZE / num / 4096 * 4096;
	uint8_t bytes[8 + 64 * sizeof(struct vu_xen_region)] = { 0 };
	size_t len = 8;
	int fds[64];

	memcpy(bytes, &num, sizeof(num));
	for (unsigned int i = 0; i < num; i++) {
		struct vu_xen_region r = {
			{ i * size, size, i * size, i * size }, 0, 0
		};

		r.region.guest_addr += GUEST_BASE;
		r.region.user_addr += USER_BASE;
		memcpy(bytes + len, &r, sizeof(r));
		len += xen ? sizeof(r) : sizeof(r.region);
		fds[i] = vm->mem_fd;
	}
	return vm_ack(vm, VU_SET_MEM_TABLE, bytes, len, fds, num);
}

/* As many as rust-vmm sends. One more is refused, and the connection goes on. */
ORDERED_CASE(memory_many_regions, .rows = "A32")
{
	struct vm vm;

	vm_start(&vm, "");
	vm_negotiate(&vm, FEATURES, PROTOCOL | VU_PROTOCOL_F_XEN_MMAP);
	check_eq(set_many(&vm, 9, false), 0);
	check_eq(set_many(&vm, 9, true), 0);
	check_eq(set_many(&vm, 32, true), 0);
	check_eq(set_many(&vm, 32, false), 0);
	vm_set_ring(&vm, 0, 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 6, 512, true), 0);
	check_eq(set_many(&vm, 33, false), 1);
	check_eq(set_many(&vm, 33, true), 1);
	check_eq(set_many(&vm, 64, false), 1);
	check_eq(set_many(&vm, 64, true), 1);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 7, 512, true), 0);
	vm_end(&vm);
}

/* Running rings survive a new table that contains them, and no other table. */
ORDERED_CASE(memory_table_changes_under_rings)
{
	struct vu_region r[8] = { whole() };
	struct vu_addr addr;
	struct vm vm;

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
	for (unsigned int i = 0; i < 10; i++) {
		check_eq(do_request(&vm, i % 2, VIRTIO_BLK_T_IN, i, 512, true),
			 0);
		r[0].size = MEM_SIZE - 4096 * i;
		check_eq(set_table(&vm, r, 1, 40, 1), 0);
	}
	r[0].guest_addr += 1 << 30;
	r[0].user_addr += 1 << 30;
	check_eq(set_table(&vm, r, 1, 40, 1), 1);
	check(vm_said(
		&vm,
		"queue 0 not started: its ring cannot be mapped: EFAULT\n"));
	/* The refused table is in force: a ring inside of it is accepted. */
	addr = ring_addr(0, r[0].user_addr);
	check_eq(vm_set(&vm, message_addr(&addr)), 0);
	addr = ring_addr(0, r[0].user_addr - (1 << 30));
	check_eq(vm_set(&vm, message_addr(&addr)), 1);
	check_eq(set_table(&vm, r, 0, 8, 0), 1);
	r[0] = whole();
	check_eq(set_table(&vm, r, 1, 40, 1), 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 1, 512, true), 0);
	vm_end(&vm);
}

static uint64_t slot(struct vm *vm, uint32_t request,
		     const struct vu_region *region, unsigned int nr_fds)
{
	struct vu_slot slot = { .plain = *region };

	return vm_ack(vm, request, &slot, 40, &vm->mem_fd, nr_fds);
}

ORDERED_CASE(memory_slots)
{
	struct vu_region low = whole(), high = whole();
	unsigned int before;
	struct vm vm;

	low.size = high.size = MEM_SIZE / 2;
	high.guest_addr += MEM_SIZE / 2;
	high.user_addr += MEM_SIZE / 2;
	high.mmap_offset += MEM_SIZE / 2;
	vm_start(&vm, "");
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	before = vm_open_files(&vm);
	check_eq(slot(&vm, VU_ADD_MEM_REG, &low, 1), 0);
	check_eq(slot(&vm, VU_ADD_MEM_REG, &low, 1), 1);
	check_eq(slot(&vm, VU_ADD_MEM_REG, &high, 0), 1);
	check_eq(slot(&vm, VU_ADD_MEM_REG, &high, 1), 0);
	vm_set_ring(&vm, 0, 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 6, 512, true), 0);
	/* The data crosses from one region to the other. */
	set_header(&vm, VIRTIO_BLK_T_IN, 4);
	desc_set(&vm, 0, 1, GUEST_BASE + MEM_SIZE / 2 - 256, 512,
		 VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 2);
	make_available(&vm, 0, 0);
	kick(&vm, 0);
	check(wait_used_idx(&vm, 0, vm.ring[0].seen + 1));
	check_eq(vm.mem[STATUS_AT], 0);
	check_eq(*(uint32_t *)(vm.mem + MEM_SIZE / 2 - 256), 4 * 512);
	vm.ring[0].seen = vm.ring[0].used->idx;
	check_eq(slot(&vm, VU_REM_MEM_REG, &high, 1), 0);
	check_eq(slot(&vm, VU_REM_MEM_REG, &high, 0), 1);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 6, 512, true), 0);
	high.size /= 2;
	check_eq(slot(&vm, VU_REM_MEM_REG, &high, 0), 1);
	check_eq(slot(&vm, VU_REM_MEM_REG, &low, 0), 0);
	check_eq(vm_open_files(&vm), before + 3);
	vm_end(&vm);
}

/* As many regions as possible, all in the same page of the file. */
TAP_CASE(memory_all_slots)
{
	struct vu_region r = whole(), last;
	unsigned int refused = 0;
	struct vm vm;

	r.size = 4096;
	vm_start(&vm, "");
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	for (unsigned int i = 0; i < 509; i++) {
		refused += slot(&vm, VU_ADD_MEM_REG, &r, 1);
		last = r;
		r.guest_addr += r.size;
		r.user_addr += r.size;
	}
	check_eq(refused, 0);
	check_eq(slot(&vm, VU_ADD_MEM_REG, &r, 1), 1);
	check(vm_said(&vm, "message 37 (ADD_MEM_REG): ENOSPC\n"));
	check_eq(slot(&vm, VU_REM_MEM_REG, &last, 0), 0);
	check_eq(slot(&vm, VU_ADD_MEM_REG, &r, 1), 0);
	vm_end(&vm);
}

/* A ring in memory that is absent, misaligned or too short. */
TAP_CASE(memory_bad_rings)
{
	struct vu_addr good = ring_addr(0, USER_BASE), addr;
	struct vm vm;

	vm_start(&vm, "");
	vm_set_up(&vm, FEATURES);
#define BAD_ADDR(member, value) \
	addr = good;            \
	addr.member = value;    \
	check_eq(vm_set(&vm, message_addr(&addr)), 1)
	BAD_ADDR(desc, 0);
	/* a guest address, not one of the front end */
	BAD_ADDR(desc, GUEST_BASE);
	BAD_ADDR(desc, USER_BASE + 8);
	BAD_ADDR(desc, USER_BASE + MEM_SIZE - 16 * RING + 16);
	BAD_ADDR(avail, USER_BASE + 1);
	BAD_ADDR(avail, USER_BASE + MEM_SIZE - 2 * RING - 4);
	BAD_ADDR(avail, UINT64_MAX - 1);
	BAD_ADDR(used, USER_BASE + 2);
	BAD_ADDR(used, USER_BASE + MEM_SIZE - 8 * RING - 4);
	check_eq(vm_set(&vm, message_addr(&good)), 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 6, 512, true), 0);
	vm_end(&vm);
}

static uint64_t xen_slot(struct vm *vm, uint64_t at, uint32_t flags,
			 uint32_t domid, int fd)
{
	struct vu_slot slot = { 0 };

	slot.xen = (struct vu_xen_region){ { at, 4096, USER_BASE + at, 0 },
					   flags,
					   domid };
	return vm_ack(vm, VU_ADD_MEM_REG, &slot, 48, &fd, 1);
}

/* QEMU 8.2 and later negotiate XEN_MMAP, but send plain regions only. */
ORDERED_CASE(memory_plain_regions_with_xen_mmap, .rows = "A32")
{
	struct vu_region r[8] = { whole() };
	struct vm vm;

	vm_start(&vm, "");
	vm_negotiate(&vm, FEATURES, PROTOCOL | VU_PROTOCOL_F_XEN_MMAP);
	r[0].size = MEM_SIZE / 2;
	check_eq(set_table(&vm, r, 1, 40, 1), 0);
	r[1] = r[0];
	r[1].guest_addr += r[0].size;
	r[1].user_addr += r[0].size;
	r[1].mmap_offset = r[0].size;
	check_eq(slot(&vm, VU_ADD_MEM_REG, &r[1], 1), 0);
	check_eq(slot(&vm, VU_REM_MEM_REG, &r[1], 0), 0);
	check_eq(set_table(&vm, r, 2, 72, 2), 0);
	vm_set_ring(&vm, 0, 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 6, 512, true), 0);
	/* A size that fits neither kind of region. */
	check_eq(set_table(&vm, r, 2, 88 - 1, 2), 1);
	check_eq(set_table(&vm, r, 2, 40, 2), 1);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 7, 512, true), 0);
	vm_end(&vm);
}

/*
 * @guest: ring addresses are guest addresses. @user: the region's address in
 * the front end.
 */
static void guest_addresses(uint64_t protocol, uint64_t user, bool guest)
{
	struct vu_region r[8] = { whole() };
	struct vm vm;

	vm_start(&vm, "");
	vm.guest_addrs = guest;
	r[0].user_addr = user;
	vm_negotiate(&vm, FEATURES, PROTOCOL | protocol);
	check_eq(slot(&vm, VU_ADD_MEM_REG, &r[0], 1), 0);
	vm_set_ring(&vm, 0, 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 6, 512, true), 0);
	check_eq(slot(&vm, VU_REM_MEM_REG, &r[0], 0), 0);
	check_eq(set_table(&vm, r, 1, 40, 1), 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 7, 512, true), 0);
	vm_end(&vm);
}

/*
 * Ring addresses are guest addresses if that feature was negotiated, or with
 * XEN_MMAP.
 */
ORDERED_CASE(memory_guest_addresses)
{
	const uint64_t gpa = VU_PROTOCOL_F_GPA, xen = VU_PROTOCOL_F_XEN_MMAP;

	guest_addresses(gpa, GUEST_BASE, true);
	guest_addresses(gpa, USER_BASE, true);
	guest_addresses(gpa | xen, GUEST_BASE, true);
	guest_addresses(xen, GUEST_BASE, true);
	guest_addresses(xen, USER_BASE, true);
	/* The front end meant another feature by that number. */
	guest_addresses(gpa, USER_BASE, false);
	guest_addresses(gpa | xen, USER_BASE, false);
	guest_addresses(xen, USER_BASE, false);
}

/*
 * With XEN_MMAP a region may have Xen's fields. Regions that are not Xen's work
 * as before.
 */
TAP_CASE(memory_xen_regions)
{
	struct vu_table table = { .num = 2 };
	struct vu_region plain = whole();
	struct vm vm;
	int fds[2];

	vm_start(&vm, "");
	vm_negotiate(&vm, FEATURES, PROTOCOL | VU_PROTOCOL_F_XEN_MMAP);
	fds[0] = fds[1] = vm.mem_fd;
	plain.size = MEM_SIZE / 2;
	table.xen[0].region = plain;
	plain.guest_addr += plain.size;
	plain.user_addr += plain.size;
	plain.mmap_offset = plain.size;
	table.xen[1].region = plain;
	check_eq(vm_ack(&vm, VU_SET_MEM_TABLE, &table, 8 + 80, fds, 1), 1);
	check_eq(vm_ack(&vm, VU_SET_MEM_TABLE, &table, 8 + 80, fds, 2), 0);
	vm_set_ring(&vm, 0, 0);
	check_eq(do_request(&vm, 0, VIRTIO_BLK_T_IN, 6, 512, true), 0);
	/* A file that is not privcmd, and unknown flags. */
	check_eq(xen_slot(&vm, 0, 1, 7, vm.mem_fd), 1);
	check(vm_said(&vm, "message 37 (ADD_MEM_REG): ENOTTY\n"));
	check_eq(xen_slot(&vm, UINT64_C(1) << 63, 2, 7, vm.mem_fd), 1);
	check_eq(xen_slot(&vm, 0, 3, 7, vm.mem_fd), 1);
	check_eq(xen_slot(&vm, 0, 4, 7, vm.mem_fd), 1);
	/* A connection serves one domain only. */
	check_eq(xen_slot(&vm, 0, 2, 8, vm.mem_fd), 1);
	check(vm_said(&vm, "message 37 (ADD_MEM_REG): EPERM\n"));
	vm_end(&vm);
}
