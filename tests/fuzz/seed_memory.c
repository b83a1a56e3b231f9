// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Situations with the messages of the memory table: plain regions and those of
 * Xen.
 */
#include <fcntl.h>
#include <xenfm.h>

#include "seed.h"

#define DOMID 5

static size_t put_region(uint8_t *to, bool xen, uint64_t offset, uint64_t size,
			 uint32_t flags)
{
	struct vu_xen_region r = {
		{ GUEST_BASE + offset, size, USER_BASE + offset, offset },
		flags,
		flags ? DOMID : 0,
	};

	if (flags)
		r.region.mmap_offset = 0;
	if (flags & XENFM_MEM_GRANT)
		r.region.guest_addr |= XENFM_MEM_GRANT_BIT;
	memcpy(to, &r, xen ? sizeof(r) : sizeof(r.region));
	return xen ? sizeof(r) : sizeof(r.region);
}

/* @num regions that make up the whole memory. */
static void set_table(uint32_t num, bool xen, uint32_t flags, int fd)
{
	uint8_t bytes[8 + 32 * sizeof(struct vu_xen_region)] = { 0 };
	const size_t size = MEM_SIZE / num;
	size_t len = 8;
	int fds[32];

	memcpy(bytes, &num, sizeof(num));
	for (unsigned int i = 0; i < num; i++) {
		len += put_region(bytes + len, xen, i * size, size, flags);
		fds[i] = fd;
	}
	vm_ack(&vm, VU_SET_MEM_TABLE, bytes, len, fds, num);
}

static void slot(uint32_t request, bool xen, uint64_t offset, uint64_t size,
		 uint32_t flags, int fd)
{
	uint8_t bytes[sizeof(struct vu_slot)] = { 0 };
	size_t len = 8 + put_region(bytes + 8, xen, offset, size, flags);

	vm_ack(&vm, request, bytes, len, &fd, 1);
}

/* As QEMU does for memory that is plugged and unplugged. */
void slots(void)
{
	vm_negotiate(&vm, FEATURES, PROTOCOL);
	vm_ask(&vm, VU_GET_MAX_MEM_SLOTS);
	slot(VU_ADD_MEM_REG, false, 0, MEM_SIZE / 2, 0, vm.mem_fd);
	slot(VU_ADD_MEM_REG, false, MEM_SIZE / 2, MEM_SIZE / 2, 0, vm.mem_fd);
	vm_set_ring(&vm, 0, 0);
	ask(0, 0, VIRTIO_BLK_T_IN, 1, 512, true);
	rest();
	slot(VU_REM_MEM_REG, false, MEM_SIZE / 2, MEM_SIZE / 2, 0, vm.mem_fd);
	/* A part of this region is there already: refused. */
	slot(VU_ADD_MEM_REG, false, 0, MEM_SIZE, 0, vm.mem_fd);
	slot(VU_REM_MEM_REG, false, 0, MEM_SIZE / 2, 0, vm.mem_fd);
}

void many_regions(void)
{
	vm_negotiate(&vm, FEATURES, PROTOCOL | VU_PROTOCOL_F_XEN_MMAP);
	set_table(32, false, 0, vm.mem_fd);
	vm_set_ring(&vm, 0, 0);
	set_table(9, true, 0, vm.mem_fd);
	ask(0, 0, VIRTIO_BLK_T_IN, 1, 1024, true);
	rest();
}

static void xen_memory(uint32_t flags, const char *device)
{
	int fd = open(device, O_RDWR | O_CLOEXEC);

	must(fd >= 0);
	vm_negotiate(&vm, FEATURES,
		     PROTOCOL | VU_PROTOCOL_F_XEN_MMAP | VU_PROTOCOL_F_GPA);
	vm.guest_addrs = !(flags & XENFM_MEM_GRANT);
	set_table(2, true, flags, fd);
	vm_set_ring(&vm, 0, 0);
	rest();
	slot(VU_ADD_MEM_REG, true, MEM_SIZE, MEM_SIZE / 4, flags, fd);
	slot(VU_REM_MEM_REG, true, MEM_SIZE, MEM_SIZE / 4, flags, fd);
	set_table(1, true, flags | XENFM_MEM_NO_ADVANCE, fd);
	close(fd);
}

void xen_foreign(void)
{
	xen_memory(XENFM_MEM_FOREIGN, "/dev/null");
}

void xen_grants(void)
{
	xen_memory(XENFM_MEM_GRANT, "/dev/zero");
}

/* The front end shortens its file, so pages of the ring and of requests vanish. */
void memory_goes(void)
{
	vm_set_up(&vm, FEATURES);
	for (unsigned int i = 0; i < 2; i++)
		ask(0, 3 * i, VIRTIO_BLK_T_IN, i, 512, true);
	resize(STATUS_AT);
	rest();
	resize(AVAIL_AT);
	rest();
	state(VU_SET_VRING_BASE, 1, 0);
	resize(MEM_SIZE);
	state(VU_SET_VRING_BASE, 0, 0);
	rest();
}
