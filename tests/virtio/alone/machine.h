/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A machine for devices of tools/virtio without Xen: it implements platform.h and say.h in
 * memory. A guest's access finds the device whose range it lies in, or signals a kick's
 * eventfd. Signals of bound eventfds become interrupts when machine_run() looks.
 *
 * The machine is strict: a binding that is made twice, undone without being there, or that
 * lies outside the device's range counts as a fault.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"
#include "platform.h"

#define MACHINE_MAX	256
#define MACHINE_DEVICES 4

struct machine_range {
	struct device *device;
	enum space space;
	uint64_t addr, len;
};

struct machine_kick {
	struct device *device;
	uint64_t addr;
	unsigned int width;
	uint16_t queue;
	int eventfd;
};

/* A message, or a line of Arm if @irq is not 0. */
struct machine_binding {
	struct msi msi;
	uint32_t irq;
	int eventfd;
};

struct machine {
	struct machine_range range[MACHINE_MAX];
	struct machine_kick kick[MACHINE_MAX];
	struct machine_binding binding[MACHINE_MAX];
	unsigned int ranges, kicks, bindings;
	/* Messages and interrupts that came, the last ones first lost. */
	struct machine_binding came[MACHINE_MAX];
	unsigned int interrupts;
	bool intx[256]; /* the level of INTA, by devfn */
	unsigned int intx_changes;
	unsigned int faults;
	unsigned int binds;	 /* interrupts that were bound, ever */
	unsigned int maps;	 /* ranges that were mapped, ever */
	unsigned int kick_binds; /* kicks that were bound, ever */
	/* What the next calls return, if not 0. */
	int fail_range, fail_kick, fail_irq;
	char said[4096];
};

extern struct machine machine;

/* An access of the guest. False: no device has the address. */
bool machine_write(enum space space, uint64_t addr, unsigned int size,
		   uint64_t value);
bool machine_read(enum space space, uint64_t addr, unsigned int size,
		  uint64_t *value);
/* Delivers all signals: those of bound eventfds, and those that the device waits for. */
void machine_run(struct device *d);
/* Interrupts that came with this message. machine_forget() forgets them. */
unsigned int machine_came(uint64_t addr, uint32_t data);
void machine_forget(void);
/* What the eventfd is bound to, or NULL. */
const struct machine_binding *machine_bound(int eventfd);
/* How often the text was in a line. */
unsigned int machine_said(const char *text);

#endif /* MACHINE_H */
