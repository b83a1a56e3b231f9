// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Takes libFuzzer's bytes as calls of libxenfm's memory table, with ordinary
 * files, foreign frames and grants, and as calls of its mappings. Memory that a
 * call returns must be accessible, whatever the table contains. One byte
 * selects the call. Numbers follow, most of which are multiples of a page.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xenfm.h>

#include "../../tools/vhost-user-blk/guard.h"
#include "program.h"

#define MEMORY (256 << 10)

#define MAPPINGS 4
#define FRAMES	 16 /* in one mapping */
/* From this byte on a call is for a mapping. */
#define CALL_MAPPING 0xe0

/*
 * Two ordinary files, of which the second is a file of a domain's memory; privcmd;
 * gntdev: see tests/lib/fake.
 */
static int memory, guest, null, zero;

static struct mapping {
	void *addr;
	size_t num;
} mappings[MAPPINGS];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	memory = memfd_create("memory", MFD_CLOEXEC);
	guest = memfd_create("xen-memory:5", MFD_CLOEXEC);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	zero = open("/dev/zero", O_RDWR | O_CLOEXEC);
	assert(memory >= 0 && guest >= 0 && null >= 0 && zero >= 0 &&
	       !ftruncate(memory, MEMORY) && !ftruncate(guest, MEMORY));
	return setenv("XENFM_DEVICE", "/dev/null", 1);
}

/* A small number of pages, or any number. */
static uint64_t number(struct bytes *in)
{
	uint8_t pages = byte(in);

	return pages == 0xff ? word(in) :
			       (pages & 0x3f) * UINT64_C(4096) +
				       (pages & 0x40 ? 16 : 0);
}

static struct xenfm_mem_region region(struct bytes *in, uint8_t how)
{
	struct xenfm_mem_region r;

	r.guest_addr = number(in);
	if (how & 0x08)
		r.guest_addr |= XENFM_MEM_GRANT_BIT;
	r.size = number(in);
	r.user_addr = number(in);
	r.mmap_offset = number(in);
	r.xen_flags = how & 0x10 ? byte(in) : 0;
	r.domid = how & 0x10 ? byte(in) : 0;
	return r;
}

static void mapped(void *ptr)
{
	unsigned char there;

	/* mincore() fails with ENOMEM where nothing is mapped at all. */
	assert(!mincore((void *)((uintptr_t)ptr & ~4095UL), 1, &there));
}

static void get(struct xenfm_mem *mem, uint64_t addr, size_t wanted,
		unsigned int flags)
{
	struct xenfm_mem_info info;
	size_t len = wanted;
	void *ptr;
	int ret;

	ret = xenfm_mem_get(mem, addr, &len, flags, &ptr);
	if (ret) {
		assert(ret < 0);
		return;
	}
	assert(len >= 1 && len <= wanted);
	assert(addr + (len - 1) >= addr);
	assert(!xenfm_mem_info(mem, addr, &info) && addr >= info.guest_addr &&
	       addr + (len - 1) - info.guest_addr < info.size);
	mapped(ptr);
	mapped((char *)ptr + len - 1);
	xenfm_mem_put(mem, ptr, len);
}

static void unmap(struct xenfm *handle, struct mapping *m)
{
	assert(!xenfm_unmap(handle, m->addr, m->num));
	m->addr = NULL;
}

/* All pages of a mapping can be accessed, whether their frames failed or not. */
static void map(struct xenfm *handle, struct mapping *m, struct bytes *in,
		bool range)
{
	uint64_t frames[FRAMES], first = byte(in);
	const unsigned int how = byte(in), flags = how & 7;
	const unsigned int domid = (how & 0x80) << 8 | byte(in);
	int errors[FRAMES], ret;
	void *addr = NULL;

	if (m->addr)
		unmap(handle, m);
	m->num = 1 + byte(in) % FRAMES;
	for (size_t i = 0; i < m->num; i++)
		frames[i] = byte(in);
	if (range)
		ret = xenfm_map_range(handle, domid, first, m->num, flags,
				      how >> 3 & 3, how & 0x40 ? errors : NULL,
				      &addr);
	else
		ret = xenfm_map(handle, domid, frames, m->num, flags,
				how >> 3 & 3, how & 0x40 ? errors : NULL,
				&addr);
	assert(ret <= 0 && !ret == !!addr);
	m->addr = addr;
	if (addr) {
		mapped(addr);
		mapped((char *)addr + m->num * PAGE - 1);
	}
}

static void populate(struct xenfm *handle, const struct mapping *m,
		     struct bytes *in)
{
	const unsigned int how = byte(in), at = byte(in) % m->num;
	const size_t num = m->num - at;
	uint64_t frames[FRAMES];
	int errors[FRAMES];

	for (size_t i = 0; i < num; i++)
		frames[i] = byte(in);
	xenfm_populate(handle, byte(in), (char *)m->addr + at * PAGE,
		       how & 0x80 ? NULL : frames, num, how & 7, how >> 3 & 3,
		       how & 0x40 ? errors : NULL);
}

/* Opens another handle, with a file that may not be privcmd. */
static void open_another(uint8_t how)
{
	const int fds[] = { null, zero, how & 0x10 ? guest : memory, -1 };
	struct xenfm *handle = NULL;
	int ret;

	ret = how & 4 ? xenfm_open(&handle, how >> 3 & 1) :
			xenfm_open_fd(&handle, fds[how & 3], how >> 3 & 1);
	assert(!ret == !!handle);
	xenfm_close(handle);
}

/* Makes a file of a domain's memory, which does not outlive the call. */
static void make_memory(struct xenfm *handle, uint8_t how)
{
	int fd = -1, ret;

	ret = xenfm_memory(handle, how, how, how & 7, how >> 5, &fd);
	assert(!ret == (fd >= 0));
	if (!ret)
		close(fd);
}

static void mapping_call(struct xenfm *handle, struct bytes *in, uint8_t how)
{
	struct xenfm_frame frames[FRAMES];
	struct mapping *m = &mappings[byte(in) % MAPPINGS];

	if (!m->addr || how % 8 < 2) {
		map(handle, m, in, how & 1);
		return;
	}
	switch (how % 8) {
	case 2:
		xenfm_release(handle, m->addr, m->num);
		break;
	case 3:
	case 4:
		populate(handle, m, in);
		break;
	case 5:
		unmap(handle, m);
		break;
	case 6:
		xenfm_restrict(handle, byte(in) << 8 | byte(in));
		how = byte(in);
		open_another(how);
		make_memory(handle, how);
		break;
	default:
		if (!xenfm_status(handle, m->addr, m->num, frames))
			assert(frames[m->num - 1].state <= XENFM_FRAME_RO);
	}
}

static int file_of(uint8_t how)
{
	const bool grants = how & 0x08;

	if (how & 0x20)
		return grants ? zero : null;
	return grants ? guest : memory;
}

static void one_call(struct xenfm_mem *mem, struct xenfm *handle,
		     struct bytes *in)
{
	struct xenfm_mem_region r[8];
	uint64_t a, b, addr;
	uint8_t how = byte(in);
	int fds[8], fd = file_of(how);
	unsigned int n;

	if (how >= CALL_MAPPING) {
		mapping_call(handle, in, how);
		return;
	}
	switch (how % 5) {
	case 0:
		n = byte(in) % 9;
		for (unsigned int i = 0; i < n; i++) {
			r[i] = region(in, how);
			fds[i] = fd;
		}
		xenfm_mem_set(mem, r, fds, n);
		break;
	case 1:
		r[0] = region(in, how);
		xenfm_mem_add(mem, &r[0], fd);
		break;
	case 2:
		r[0] = region(in, how);
		xenfm_mem_remove(mem, r[0].guest_addr, r[0].size,
				 r[0].user_addr);
		break;
	case 3:
		a = number(in) | (how & 0x08 ? XENFM_MEM_GRANT_BIT : 0);
		b = number(in);
		get(mem, a + byte(in), b + byte(in), how & 0x40 ? 1 : 0);
		break;
	default:
		a = number(in);
		b = number(in);
		if (!xenfm_mem_guest_addr(mem, a, b, &addr))
			assert(!b || addr + (b - 1) >= addr);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, size };
	struct xenfm *handle;
	struct xenfm_mem *mem;
	int first = dup(memory);
	uint8_t how;

	close(first);
	how = byte(&in);
	fake_begin(how & 2);
	assert(!xenfm_mem_new(&mem, how & 1));
	assert(!xenfm_open_fd(&handle, null, 0));
	while (in.left)
		one_call(mem, handle, &in);
	for (unsigned int i = 0; i < MAPPINGS; i++)
		if (mappings[i].addr)
			unmap(handle, &mappings[i]);
	xenfm_close(handle);
	xenfm_mem_free(mem);
	fake_end();
	assert(dup(memory) == first);
	close(first);
	return 0;
}
