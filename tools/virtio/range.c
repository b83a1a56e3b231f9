// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The table of ranges, and of the addresses that kicks are written to. The hypervisor has
 * the same ranges, but does not know of devices: it merges neighbours.
 */
#include <errno.h>
#include <pthread.h>
#include <stddef.h>

#include "platform.h"
#include "range.h"
#include "server.h"

/* The hypervisor takes 256 ranges of each kind. */
#define RANGES_MAX 512

struct range {
	enum space space;
	uint64_t first, last;
	struct device *device;
};

/* An address of kicks. The queues of a device may share it. */
struct range_kicks {
	uint64_t addr;
	unsigned int width;
	unsigned int bindings;
};

/* Protects all of the following. Held during hypercalls, which do not wait. */
static pthread_mutex_t range_lock = PTHREAD_MUTEX_INITIALIZER;
static struct range range_table[RANGES_MAX];
static unsigned int ranges;
static struct range_kicks range_kicks[RANGES_MAX];
static unsigned int range_nr_kicks;

static struct range *range_overlap(enum space space, uint64_t first,
				   uint64_t last)
{
	for (unsigned int i = 0; i < ranges; i++) {
		struct range *r = &range_table[i];

		if (r->space == space && r->first <= last && first <= r->last)
			return r;
	}
	return NULL;
}

struct device *range_find(enum space space, uint64_t addr, uint64_t *first,
			  uint64_t *last)
{
	struct device *device = NULL;
	const struct range *r;

	pthread_mutex_lock(&range_lock);
	r = range_overlap(space, addr, addr);
	if (r) {
		device = r->device;
		*first = r->first;
		*last = r->last;
	}
	pthread_mutex_unlock(&range_lock);
	return device;
}

static int range_add(struct device *device, enum space space, uint64_t first,
		     uint64_t last)
{
	int ret;

	if (last < first)
		return -EINVAL;
	pthread_mutex_lock(&range_lock);
	if (range_overlap(space, first, last))
		ret = -EEXIST;
	else if (ranges == RANGES_MAX)
		ret = -ENOMEM;
	else
		ret = server_add(space, first, last);
	if (!ret)
		range_table[ranges++] =
			(struct range){ space, first, last, device };
	pthread_mutex_unlock(&range_lock);
	return ret;
}

static int range_remove(const struct device *device, enum space space,
			uint64_t first, uint64_t last)
{
	struct range *r;
	int ret = -ENOENT;

	pthread_mutex_lock(&range_lock);
	r = range_overlap(space, first, last);
	if (r && r->first == first && r->last == last && r->device == device)
		ret = server_remove(space, first, last);
	if (!ret)
		*r = range_table[--ranges];
	pthread_mutex_unlock(&range_lock);
	return ret;
}

int platform_map_range(struct device *device, uint64_t addr, uint64_t len)
{
	return range_add(device, SPACE_MEMORY, addr, addr + len - 1);
}

int platform_unmap_range(struct device *device, uint64_t addr, uint64_t len)
{
	return range_remove(device, SPACE_MEMORY, addr, addr + len - 1);
}

int platform_map_pci(struct device *device, unsigned int devfn)
{
	return range_add(device, SPACE_PCI, devfn, devfn);
}

int platform_unmap_pci(struct device *device, unsigned int devfn)
{
	return range_remove(device, SPACE_PCI, devfn, devfn);
}

/* ---- kicks ---- */

static struct range_kicks *range_find_kicks(uint64_t addr, unsigned int width)
{
	for (unsigned int i = 0; i < range_nr_kicks; i++)
		if (range_kicks[i].addr == addr &&
		    range_kicks[i].width == width)
			return &range_kicks[i];
	return NULL;
}

/* One more queue has its kicks at the address. Called with range_lock held. */
static int range_get_kicks(uint64_t addr, unsigned int width)
{
	struct range_kicks *kicks = range_find_kicks(addr, width);
	int ret;

	if (!kicks) {
		if (range_nr_kicks == RANGES_MAX)
			return -ENOMEM;
		ret = server_add_kicks(addr, width);
		if (ret)
			return ret;
		kicks = &range_kicks[range_nr_kicks++];
		*kicks = (struct range_kicks){ .addr = addr, .width = width };
	}
	kicks->bindings++;
	return 0;
}

/* The last queue goes: accesses are those of an ordinary register again. */
static void range_put_kicks(struct range_kicks *kicks)
{
	if (--kicks->bindings)
		return;
	server_remove_kicks(kicks->addr, kicks->width);
	*kicks = range_kicks[--range_nr_kicks];
}

/* Called with range_lock held. */
static bool range_has(const struct device *device, uint64_t addr,
		      unsigned int width)
{
	const struct range *r = range_overlap(SPACE_MEMORY, addr, addr);

	return r && r->device == device && r->last - addr >= width - 1;
}

int platform_bind_kick(struct device *device, uint64_t addr, unsigned int width,
		       uint16_t queue, int eventfd)
{
	int ret;

	pthread_mutex_lock(&range_lock);
	ret = range_has(device, addr, width) ?
		      server_bind(addr, width, queue, eventfd) :
		      -EINVAL;
	if (!ret) {
		ret = range_get_kicks(addr, width);
		if (ret)
			server_unbind(addr, width, queue, eventfd);
	}
	pthread_mutex_unlock(&range_lock);
	return ret;
}

int platform_unbind_kick(struct device *device, uint64_t addr,
			 unsigned int width, uint16_t queue, int eventfd)
{
	struct range_kicks *kicks;
	int ret;

	(void)device;
	pthread_mutex_lock(&range_lock);
	ret = server_unbind(addr, width, queue, eventfd);
	kicks = range_find_kicks(addr, width);
	if (!ret && kicks)
		range_put_kicks(kicks);
	pthread_mutex_unlock(&range_lock);
	return ret;
}
