// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * libFuzzer's bytes as calls of libxenfm's memory table: of ordinary files, foreign
 * frames and grants. What a call says is there is there, whatever the table was
 * told. One byte says which call, numbers follow; most of them are a page's.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "program.h"

#define MEMORY (256 << 10)

/* An ordinary file; privcmd, gntdev: see program_fake.c. */
static int memory, null, zero;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	memory = memfd_create("memory", MFD_CLOEXEC);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	zero = open("/dev/zero", O_RDWR | O_CLOEXEC);
	assert(memory >= 0 && null >= 0 && zero >= 0 &&
	       !ftruncate(memory, MEMORY));
	return 0;
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

	/* ENOMEM: nothing is mapped, not even something without a page. */
	assert(!mincore((void *)((uintptr_t)ptr & ~4095UL), 1, &there));
}

static void get(struct xenfm_mem *mem, uint64_t addr, size_t wanted,
		unsigned int flags)
{
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
	mapped(ptr);
	mapped((char *)ptr + len - 1);
	xenfm_mem_put(mem, ptr, len);
}

static void one_call(struct xenfm_mem *mem, struct bytes *in)
{
	struct xenfm_mem_region r[8];
	uint64_t a, b, addr;
	uint8_t how = byte(in);
	int fds[8], fd = !(how & 0x20) ? memory : how & 0x08 ? zero : null;
	unsigned int n;

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
	struct xenfm_mem *mem;
	int first = dup(memory);
	uint8_t how;

	close(first);
	how = byte(&in);
	fake_begin(how & 2 ? 0 : ~UINT64_C(0));
	assert(!xenfm_mem_new(&mem, how & 1));
	while (in.left)
		one_call(mem, &in);
	xenfm_mem_free(mem);
	fake_end();
	assert(dup(memory) == first);
	close(first);
	return 0;
}
