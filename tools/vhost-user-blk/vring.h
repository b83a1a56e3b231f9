/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Handlers of the messages that set up one ring.
 */
#ifndef VRING_H
#define VRING_H

struct device;
struct message;

int vring_num(struct device *device, struct message *message);
int vring_addr(struct device *device, struct message *message);
int vring_base(struct device *device, struct message *message);
int vring_get_base(struct device *device, struct message *message);
int vring_enable(struct device *device, struct message *message);
int vring_kick(struct device *device, struct message *message);
int vring_call(struct device *device, struct message *message);
int vring_err(struct device *device, struct message *message);

#endif /* VRING_H */
