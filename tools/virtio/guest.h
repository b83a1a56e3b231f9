/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * The domain: its number, where it has memory, and when it ends.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stdint.h>

#define GUEST_RUNS_MAX 4

/* Memory without a hole; both in bytes. */
struct guest_ram {
	unsigned int nr;
	struct {
		uint64_t addr, size;
	} run[GUEST_RUNS_MAX];
};

/*
 * Finds the domain with this number or name. Connects to xenstore. Returns NULL, or why
 * not. The text is valid until the next call.
 */
const char *guest_find(const char *domain, uint16_t *domid);
/*
 * Arm: the registers and the interrupt that xl has given to virtio disk number @nr with
 * backendtype=standalone. False: there are not so many.
 */
bool guest_disk(unsigned int nr, uint64_t *addr, uint32_t *irq);

/* The functions below need xen_open(). */
/*
 * NULL, or why the domain cannot get devices: it is of the wrong type, or it runs already.
 * Stores where its memory is.
 */
const char *guest_look(struct guest_ram *ram);

/* A descriptor that is readable when guest_is_gone() should be asked. */
int guest_fd(void);
/* True if the domain is dying, or has died. */
bool guest_is_gone(void);

#endif /* GUEST_H */
