/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Handlers of the messages that announce the guest's memory.
 */
#ifndef TABLE_H
#define TABLE_H

struct device;
struct message;

int table_set(struct device *device, struct message *message);
int table_add(struct device *device, struct message *message);
int table_remove(struct device *device, struct message *message);

#endif /* TABLE_H */
