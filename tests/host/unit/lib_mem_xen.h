/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A table of guest memory on the fake devices, for the cases of lib_mem_xen.c and
 * lib_mem_grant.c.
 */
#ifndef LIB_MEM_XEN_H
#define LIB_MEM_XEN_H

#include <fcntl.h>

#include <xenfm.h>

#include "tap.h"
#include "fake/driver.h"

static inline struct xenfm_mem *start(unsigned int flags)
{
	struct xenfm_mem *mem = NULL;

	fake_start();
	check_eq(xenfm_mem_new(&mem, flags), 0);
	must(mem);
	return mem;
}

/* A descriptor of a fake device, which the fake does not count. */
static inline int device(const char *path)
{
	int fd;

	fake.on = false;
	fd = open(path, O_RDWR);
	fake.on = true;
	must(fd >= 0);
	return fd;
}

static inline struct xenfm_mem_region foreign(uint64_t guest_addr,
					      uint64_t size)
{
	return (struct xenfm_mem_region){ .guest_addr = guest_addr,
					  .size = size,
					  .user_addr = 0x10000,
					  .xen_flags = XENFM_MEM_FOREIGN,
					  .domid = 5 };
}

static inline int add(struct xenfm_mem *mem, struct xenfm_mem_region r,
		      const char *path)
{
	int fd = device(path), ret;

	errno = 4711;
	ret = xenfm_mem_add(mem, &r, fd);
	check_eq(errno, 4711);
	close(fd);
	fake.closes--; /* this one */
	return ret;
}

/* The bytes from @addr on, @len of the @want, are those of the domain. */
static inline void shows(struct xenfm_mem *mem, uint64_t addr, size_t want,
			 size_t len)
{
	uint64_t first = addr & ~XENFM_MEM_GRANT_BIT;
	size_t got = want;
	unsigned char *p;
	void *ptr = NULL;

	check_ret(xenfm_mem_get(mem, addr, &got, 0, &ptr), 0);
	must(ptr);
	check_eq(got, len);
	p = ptr;
	for (uint64_t i = 0; i < got; i++)
		must(check_eq(p[i], FAKE_BYTE((first + i) / 4096,
					      (first + i) % 4096)));
	xenfm_mem_put(mem, ptr, got);
}

static inline int outside_of(struct xenfm_mem *mem, uint64_t addr)
{
	size_t len = 1;
	void *ptr;

	return xenfm_mem_get(mem, addr, &len, 0, &ptr);
}

#endif /* LIB_MEM_XEN_H */
