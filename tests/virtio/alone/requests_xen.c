// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Stand-ins for xen.c, server.c and device.c: see requests.h.
 */
#include <errno.h>
#include <string.h>

#include "requests.h"
#include "server.h"
#include "xen.h"

struct fake_xen fake_xen;

static uint8_t *fake_at(uint64_t guest_addr, size_t len)
{
	if (guest_addr < FAKE_MEMORY ||
	    guest_addr + len > FAKE_MEMORY + sizeof(fake_xen.memory))
		return NULL;
	return fake_xen.memory + (guest_addr - FAKE_MEMORY);
}

int xen_read_guest(uint64_t guest_addr, void *buf, size_t len)
{
	const uint8_t *at = fake_at(guest_addr, len);

	if (!at)
		return -EIO;
	memcpy(buf, at, len);
	return 0;
}

int xen_write_guest(uint64_t guest_addr, const void *buf, size_t len)
{
	uint8_t *at = fake_at(guest_addr, len);

	if (!at)
		return -EIO;
	memcpy(at, buf, len);
	return 0;
}

int xen_evtchn(void)
{
	return -1;
}

void device_post(struct device *d, struct request *r)
{
	fake_xen.posted = r;
	fake_xen.posted_to = d;
}

int server_add(enum space space, uint64_t first, uint64_t last)
{
	(void)space, (void)first, (void)last;
	fake_xen.added += !fake_xen.add;
	return fake_xen.add;
}

int server_remove(enum space space, uint64_t first, uint64_t last)
{
	(void)space, (void)first, (void)last;
	fake_xen.added--;
	return 0;
}

int server_add_kicks(uint64_t addr, unsigned int width)
{
	(void)addr, (void)width;
	fake_xen.kicks_added += !fake_xen.add_kicks;
	return fake_xen.add_kicks;
}

int server_remove_kicks(uint64_t addr, unsigned int width)
{
	(void)addr, (void)width;
	fake_xen.kicks_added--;
	return 0;
}

int server_bind(uint64_t addr, unsigned int width, uint16_t queue, int eventfd)
{
	(void)addr, (void)width, (void)queue, (void)eventfd;
	fake_xen.bound += !fake_xen.bind;
	return fake_xen.bind;
}

int server_unbind(uint64_t addr, unsigned int width, uint16_t queue,
		  int eventfd)
{
	(void)addr, (void)width, (void)queue, (void)eventfd;
	fake_xen.bound--;
	return 0;
}
