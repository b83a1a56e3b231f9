// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The machine without Xen: see machine.h.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "machine.h"
#include "../../../tools/vhost-user-blk/say.h"

struct machine machine;

/* ---- ranges ---- */

static struct machine_range *machine_find(enum space space, uint64_t addr,
					  uint64_t len)
{
	for (unsigned int i = 0; i < machine.ranges; i++) {
		struct machine_range *r = &machine.range[i];

		if (r->space == space && addr < r->addr + r->len &&
		    r->addr < addr + len)
			return r;
	}
	return NULL;
}

static int machine_map(struct device *d, enum space space, uint64_t addr,
		       uint64_t len)
{
	if (machine.fail_range)
		return machine.fail_range;
	if (machine_find(space, addr, len))
		return -EEXIST;
	if (machine.ranges == MACHINE_MAX)
		return -ENOMEM;
	machine.maps++;
	machine.range[machine.ranges++] =
		(struct machine_range){ d, space, addr, len };
	return 0;
}

static int machine_unmap(struct device *d, enum space space, uint64_t addr,
			 uint64_t len)
{
	struct machine_range *r = machine_find(space, addr, len);

	if (!r || r->device != d || r->addr != addr || r->len != len) {
		machine.faults++;
		return -ENOENT;
	}
	for (unsigned int i = 0; i < machine.kicks; i++)
		if (machine.kick[i].addr >= addr &&
		    machine.kick[i].addr - addr < len)
			machine.faults++; /* it should be unbound before */
	*r = machine.range[--machine.ranges];
	return 0;
}

int platform_map_range(struct device *device, uint64_t addr, uint64_t len)
{
	return machine_map(device, SPACE_MEMORY, addr, len);
}

int platform_unmap_range(struct device *device, uint64_t addr, uint64_t len)
{
	return machine_unmap(device, SPACE_MEMORY, addr, len);
}

/* The configuration space of a function: 4 KiB at its number. */
int platform_map_pci(struct device *device, unsigned int devfn)
{
	return machine_map(device, SPACE_PCI, (uint64_t)devfn << 12, 1 << 12);
}

int platform_unmap_pci(struct device *device, unsigned int devfn)
{
	return machine_unmap(device, SPACE_PCI, (uint64_t)devfn << 12, 1 << 12);
}

/* ---- kicks ---- */

static struct machine_kick *machine_find_kick(uint64_t addr, unsigned int width,
					      uint64_t queue)
{
	for (unsigned int i = 0; i < machine.kicks; i++) {
		struct machine_kick *k = &machine.kick[i];

		if (k->addr == addr && k->width == width && k->queue == queue)
			return k;
	}
	return NULL;
}

int platform_bind_kick(struct device *device, uint64_t addr, unsigned int width,
		       uint16_t queue, int eventfd)
{
	struct machine_range *r = machine_find(SPACE_MEMORY, addr, width);

	if (machine.fail_kick)
		return machine.fail_kick;
	if (!r || r->device != device || addr + width > r->addr + r->len ||
	    machine_find_kick(addr, width, queue) ||
	    machine.kicks == MACHINE_MAX) {
		machine.faults++;
		return -EINVAL;
	}
	/* The driver binds an eventfd to one address. */
	for (unsigned int i = 0; i < machine.kicks; i++)
		if (machine.kick[i].eventfd == eventfd)
			return -EBUSY;
	machine.kick_binds++;
	machine.kick[machine.kicks++] =
		(struct machine_kick){ device, addr, width, queue, eventfd };
	return 0;
}

int platform_unbind_kick(struct device *device, uint64_t addr,
			 unsigned int width, uint16_t queue, int eventfd)
{
	struct machine_kick *k = machine_find_kick(addr, width, queue);

	if (!k || k->device != device || k->eventfd != eventfd) {
		machine.faults++;
		return -ENOENT;
	}
	*k = machine.kick[--machine.kicks];
	return 0;
}

/* ---- interrupts ---- */

static struct machine_binding *machine_find_binding(int eventfd)
{
	for (unsigned int i = 0; i < machine.bindings; i++)
		if (machine.binding[i].eventfd == eventfd)
			return &machine.binding[i];
	return NULL;
}

const struct machine_binding *machine_bound(int eventfd)
{
	return machine_find_binding(eventfd);
}

static int machine_bind(struct machine_binding b)
{
	if (machine.fail_irq)
		return machine.fail_irq;
	if (machine_find_binding(b.eventfd)) {
		machine.faults++;
		return -EBUSY;
	}
	if (machine.bindings == MACHINE_MAX)
		return -ENOMEM;
	machine.binds++;
	machine.binding[machine.bindings++] = b;
	return 0;
}

static int machine_unbind(struct machine_binding old)
{
	struct machine_binding *b = machine_find_binding(old.eventfd);

	if (!b || b->msi.addr != old.msi.addr || b->msi.data != old.msi.data ||
	    b->irq != old.irq) {
		machine.faults++;
		return -ENOENT;
	}
	*b = machine.binding[--machine.bindings];
	return 0;
}

static int machine_interrupt(struct machine_binding b)
{
	machine.came[machine.interrupts++ % MACHINE_MAX] = b;
	return 0;
}

int platform_bind_msi(const struct msi *msi, int eventfd)
{
	return machine_bind((struct machine_binding){ *msi, 0, eventfd });
}

int platform_unbind_msi(const struct msi *msi, int eventfd)
{
	return machine_unbind((struct machine_binding){ *msi, 0, eventfd });
}

int platform_send_msi(const struct msi *msi)
{
	return machine_interrupt((struct machine_binding){ *msi, 0, -1 });
}

int platform_bind_irq(uint32_t irq, int eventfd)
{
	return machine_bind((struct machine_binding){ { 0, 0 }, irq, eventfd });
}

int platform_unbind_irq(uint32_t irq, int eventfd)
{
	return machine_unbind(
		(struct machine_binding){ { 0, 0 }, irq, eventfd });
}

int platform_send_irq(uint32_t irq)
{
	return machine_interrupt((struct machine_binding){ { 0, 0 }, irq, -1 });
}

int platform_set_intx(unsigned int devfn, unsigned int pin, bool level)
{
	if (pin || devfn > 255 || machine.intx[devfn] == level)
		machine.faults++;
	else
		machine.intx_changes++;
	machine.intx[devfn & 255] = level;
	return 0;
}

unsigned int machine_came(uint64_t addr, uint32_t data)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < machine.interrupts && i < MACHINE_MAX; i++)
		nr += machine.came[i].msi.addr == addr &&
		      machine.came[i].msi.data == data && !machine.came[i].irq;
	return nr;
}

void machine_forget(void)
{
	machine.interrupts = 0;
}

/* ---- the guest's accesses ---- */

static bool machine_access(struct access *a)
{
	struct machine_range *r = machine_find(a->space, a->addr, 1);

	if (!r)
		return false;
	if (a->space == SPACE_PCI)
		a->addr -= r->addr;
	r->device->transport->access(r->device, a);
	return true;
}

bool machine_write(enum space space, uint64_t addr, unsigned int size,
		   uint64_t value)
{
	struct access a = { space, true, size, addr, value };
	struct machine_kick *k;

	if (size < 8)
		a.value &= (UINT64_C(1) << (8 * size)) - 1;
	k = space == SPACE_MEMORY ? machine_find_kick(addr, size, a.value) :
				    NULL;
	if (k)
		return !eventfd_write(k->eventfd, 1);
	return machine_access(&a);
}

bool machine_read(enum space space, uint64_t addr, unsigned int size,
		  uint64_t *value)
{
	struct access a = { space, false, size, addr, 0x5a5a5a5a5a5a5a5a };
	bool found = machine_access(&a);

	if (size < 8 && found && a.value >> (8 * size))
		machine.faults++; /* an answer is as wide as the access */
	*value = a.value;
	return found;
}

/* True if the eventfd was signalled. It is not any more. */
static bool machine_take(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	eventfd_t n;

	return poll(&p, 1, 0) == 1 && !eventfd_read(fd, &n);
}

void machine_run(struct device *d)
{
	for (unsigned int i = 0; i < machine.bindings; i++)
		if (machine_take(machine.binding[i].eventfd))
			machine_interrupt(machine.binding[i]);
	for (unsigned int i = 0; i < d->virtio.queues; i++)
		if (d->transport->wants_calls(d, i) &&
		    machine_take(d->virtio.queue[i].call))
			d->transport->called(d, i);
}

/* ---- lines ---- */

static void machine_say(const char *fmt, va_list ap)
{
	size_t len = strlen(machine.said);

	if (sizeof(machine.said) - len < 512)
		len = 0;
	vsnprintf(machine.said + len, sizeof(machine.said) - len - 1, fmt, ap);
	strcat(machine.said, "\n");
}

void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	machine_say(fmt, ap);
	va_end(ap);
}

void say_guest(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	machine_say(fmt, ap);
	va_end(ap);
}

const char *errno_name(int err)
{
	return strerrorname_np(-err);
}

unsigned int machine_said(const char *text)
{
	unsigned int nr = 0;

	for (const char *at = machine.said; (at = strstr(at, text)); at++)
		nr++;
	return nr;
}
