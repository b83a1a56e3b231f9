/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What the command line says of one device: "KIND,key=value,...".
 *
 *	all	socket=PATH      the back end's socket; must be given
 *		slot=N           of PCI bus 0, 1 to 31
 *		addr=N, irq=N    of the registers and of the interrupt, for mmio
 *		queue-size=N     entries, a power of 2 from 2 to 1024 (256)
 *		mask=N           bits of features that the guest does not get
 *	blk	queues=N         1 to 64 (one for each vCPU, if the back end has them)
 *	fs	tag=TEXT         1 to 36 bytes; must be given
 *		queues=N         queues of requests, 1 to 63 (1)
 *	net	queues=N         pairs of queues, 1 to 31 (1); more than 1 need control=on
 *		mac=XX:XX:XX:XX:XX:XX
 *		mtu=N            68 to 65535
 *		control=on       the back end serves the control queue
 *	vsock	cid=N            3 to 0xfffffffe (the back end has it)
 *	id=N	queues=N         1 to 64 (1)
 *		config=HEX       up to 256 bytes (none)
 *
 * A comma in a value is written twice.
 */
#ifndef SPEC_H
#define SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "virtio.h"

#define SPEC_WHY     256
#define SPEC_TAG_MAX 36
#define SPEC_SOCKET  108 /* sizeof(sockaddr_un.sun_path) */

struct kind;

struct spec {
	const struct kind *kind;
	uint32_t id; /* of virtio, if the kind is id=N */
	char socket[SPEC_SOCKET];
	unsigned int slot;   /* 0: not given */
	uint64_t addr;	     /* 0: not given */
	uint32_t irq;	     /* 0: not given */
	unsigned int queues; /* 0: not given; the unit depends on the kind */
	uint16_t queue_size;
	uint64_t mask;

	char tag[SPEC_TAG_MAX + 1];
	bool has_mac, control;
	uint8_t mac[6];
	uint16_t mtu; /* 0: not given */
	uint64_t cid; /* 0: not given */
	uint8_t config[VIRTIO_CONFIG_MAX];
	unsigned int config_size;

	uint32_t given; /* spec.c: keys that were given */
};

/* Reads @text. 0, or -EINVAL and a text in @why. */
int spec_parse(const char *text, struct spec *spec, char why[SPEC_WHY]);

#endif /* SPEC_H */
