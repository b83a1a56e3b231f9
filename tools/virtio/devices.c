// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Makes and starts the devices.
 *
 * On x86 a device without slot= gets a free slot of PCI bus 0 from 16 on, in the order of
 * the command line, so that the guest finds them in this order. QEMU gives its own devices
 * the first free slots.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "device.h"
#include "devices.h"
#include "frontend.h"
#include "guest.h"
#include "kind.h"
#include "memory.h"
#include "options.h"
#include "../vhost-user-blk/say.h"
#include "spec.h"

#define DEVICES_FIRST_SLOT 16
#define DEVICES_SLOTS	   32

static struct device device[OPTIONS_DEVICES_MAX];
static const char *devices_socket[OPTIONS_DEVICES_MAX];
static unsigned int devices;
/* Each device signals the eventfd once. */
static int devices_signal = -1;
static unsigned int devices_seen;

static const char *__attribute__((format(printf, 1, 2)))
devices_why(const char *fmt, ...)
{
	static char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return text;
}

#ifdef __x86_64__

static bool devices_take_slot(uint32_t *taken, unsigned int slot)
{
	if (*taken & (1U << slot))
		return false;
	*taken |= 1U << slot;
	return true;
}

/* The slots from 16 to 31, then from 15 to 1. 0: none is free. */
static unsigned int devices_free_slot(uint32_t *taken)
{
	unsigned int slot;

	for (slot = DEVICES_FIRST_SLOT; slot < DEVICES_SLOTS; slot++)
		if (devices_take_slot(taken, slot))
			return slot;
	for (slot = DEVICES_FIRST_SLOT - 1; slot; slot--)
		if (devices_take_slot(taken, slot))
			return slot;
	return 0;
}

const char *devices_place(struct options *o)
{
	uint32_t taken = o->taken;
	unsigned int i;

	for (i = 0; i < o->devices; i++) {
		struct spec *s = &o->device[i];

		if (s->addr || s->irq)
			return "addr= and irq= are for Arm";
		if (s->slot && !devices_take_slot(&taken, s->slot))
			return devices_why("slot=%u has another device",
					   s->slot);
	}
	for (i = 0; i < o->devices; i++) {
		struct spec *s = &o->device[i];

		if (!s->slot)
			s->slot = devices_free_slot(&taken);
		if (!s->slot)
			return "no slot of PCI bus 0 is free";
	}
	return NULL;
}

static void devices_name(const struct spec *s, char *name, size_t size)
{
	snprintf(name, size, "%s at 00:%02x.0", s->kind->name, s->slot);
}

static int devices_attach(struct device *d, const struct spec *s)
{
	return pci_attach(d, s->slot << 3);
}

#else

/* Without addr= and irq= the devices are those of xl's disk= lines, in this order. */
const char *devices_place(struct options *o)
{
	unsigned int i, next = 0;

	for (i = 0; i < o->devices; i++) {
		struct spec *s = &o->device[i];

		if (s->slot)
			return "slot= is for x86";
		if (!s->addr != !s->irq)
			return "addr= and irq= belong together";
		if (!s->addr && !guest_disk(next++, &s->addr, &s->irq))
			return devices_why(
				"%s: no addr= and irq=, and the guest has %u virtio disks of backendtype=standalone",
				s->socket, next - 1);
	}
	return NULL;
}

static void devices_name(const struct spec *s, char *name, size_t size)
{
	snprintf(name, size, "%s at %#llx", s->kind->name,
		 (unsigned long long)s->addr);
}

static int devices_attach(struct device *d, const struct spec *s)
{
	return mmio_attach(d, s->addr, s->irq);
}

#endif

static int devices_make_one(struct device *d, const struct spec *s,
			    unsigned int vcpus)
{
	const struct region_table *memory = memory_table();
	char name[64];
	int ret;

	devices_name(s, name, sizeof(name));
	ret = virtio_init(&d->virtio, strdup(name), s, vcpus,
			  memory->way == REGION_GRANT);
	if (!ret) {
		d->virtio.frontend =
			frontend_new(&d->virtio, s->socket, memory);
		ret = d->virtio.frontend ? devices_attach(d, s) : -ENOMEM;
	}
	if (ret)
		say("%s: %s (%s)", name, strerrordesc_np(-ret),
		    errno_name(ret));
	return ret;
}

int devices_make(const struct options *o, unsigned int vcpus)
{
	int ret = 0;

	devices_signal = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (devices_signal < 0) {
		say("eventfd: %s", errno_name(-errno));
		return -EMFILE;
	}
	for (unsigned int i = 0; i < o->devices && !ret; i++) {
		ret = devices_make_one(&device[i], &o->device[i], vcpus);
		devices_socket[i] = o->device[i].socket;
		devices++;
	}
	return ret;
}

int devices_start(void)
{
	int ret = 0;

	for (unsigned int i = 0; i < devices && !ret; i++)
		ret = device_start(&device[i], devices_signal);
	if (ret)
		say("threads: %s (%s)", strerrordesc_np(-ret), errno_name(ret));
	return ret;
}

int devices_fd(void)
{
	return devices_signal;
}

bool devices_connected(void)
{
	eventfd_t more;

	if (!eventfd_read(devices_signal, &more))
		devices_seen += more;
	return devices_seen == devices;
}

void devices_say_missing(void)
{
	for (unsigned int i = 0; i < devices; i++)
		if (!device_was_connected(&device[i]))
			say("%s: no back end serves at %s",
			    device[i].virtio.name, devices_socket[i]);
}
